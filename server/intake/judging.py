"""The rows of facts about a subject, and the judgement of facts against each other.

For: `facts_about`; `Judging.judge`, whose record it is to correct and which area it belongs to; `note_held`, what a fold
holds; `note_corrections`.
Not for: judging a fact alone (facts.py), what a fold holds and why (server/ledger).
Source: R-GEN-13; promises D2, D5, F-21. Judged afresh at every fold: it makes no difference which of two facts came first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select, update

from server.access.directory import Snapshot
from server.catalogue.registry import LIFE_CYCLES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import kind_of
from server.intake.facts import fact_of, hold_columns
from server.intake.tables import fact, fact_subject
from server.ledger.model import Fact, Hold, Status

NOT_YOURS = Hold(
    "not_your_record",
    "只能更正本人的记录；作废须由本人或主管进行",
    "Only its author may correct a record; only its author or the supervisor may withdraw it",
)
WRONG_AREA = Hold("wrong_area", "该对象不属于此片区", "The subject belongs to another area")
HELD_ELSEWHERE = Hold("held", "该记录待定，暂不计入", "The record is held and does not count yet")
# Declared cases and duties take a fact that touches several subjects only when none of the others holds it.
COUNT_ONLY_WHAT_STANDS = frozenset((*LIFE_CYCLES, *SCOPES))
SUPERVISING = ("cs_supervisor", "project_manager")
JUDGED_HERE = frozenset({NOT_YOURS.code, WRONG_AREA.code})
HOLD = tuple(hold_columns(None))
# What a fold needs of a row: all but the words for the registers' filter.
FACT_COLUMNS = tuple(column for column in fact.c if column.name != "search")

_NAMED = select(fact_subject.c.fact_id).where(fact_subject.c.subject == bindparam("about"))
_ABOUT = (
    select(*FACT_COLUMNS)
    .where(or_(fact.c.id.in_(_NAMED), fact.c.amends.in_(_NAMED), fact.c.voids.in_(_NAMED)))
    .order_by(fact.c.id)
)
_HOLD = (
    update(fact)
    .where(fact.c.id == bindparam("about"))
    .values({name: bindparam(f"new_{name}", type_=fact.c[name].type) for name in HOLD})
)
_CORRECTED = (
    update(fact)
    .where(fact.c.id == bindparam("about"))
    .values(voided_by=bindparam("by_voiding"), amended_by=bindparam("by_amending"))
)
_AUTHORS = select(fact.c.id, fact.c.author).where(fact.c.id.in_(bindparam("ids", expanding=True)))


def facts_about(connection: Connection, subject: str) -> list[SimpleNamespace]:
    """Rows that touch the subject, and the corrections of them, in the order of their ids."""
    return [before_the_fold(row) for row in connection.execute(_ABOUT, {"about": subject})]


def before_the_fold(row: Any) -> SimpleNamespace:
    """The row without what a fold found to hold against it, which is kept in `held_before`."""
    found = SimpleNamespace(**dict(zip(row._fields, row, strict=True)), held_before=None)
    if found.held_by is not None:
        found.held_before = (found.held_by, found.held_code, found.held_reason)
        vars(found).update(hold_columns(None))
    return found


def fact_for(subject: str, row: SimpleNamespace) -> Fact:
    """The fact as the fold of `subject` takes it: held, when another fold holds it and this one counts what none holds."""
    found = fact_of(row)
    if row.held_before is None or row.held_before[0] == subject:
        return found
    return replace(found, hold=HELD_ELSEWHERE) if kind_of(subject) in COUNT_ONLY_WHAT_STANDS else found


class Judging:
    def __init__(self, directory: Snapshot) -> None:
        self._directory = directory

    def judge(
        self, connection: Connection, subject: str, rows: Sequence[SimpleNamespace], database: str
    ) -> list[str]:
        """Judge facts against each other and against the subject's area; return the ids of those that changed."""
        authors = _authors(connection, rows)
        changed = []
        for row in rows:
            if row.refused or (row.held_code is not None and row.held_code not in JUDGED_HERE):
                continue  # what a fold holds is not held here: `before_the_fold` says so
            hold = None if self._may_correct(row, authors) else NOT_YOURS
            if hold is None and row.subject == subject and row.database != database:
                hold = WRONG_AREA
            elif hold is None and row.subject != subject and row.held_code == WRONG_AREA.code:
                continue  # the fold of the subject that it names judges that
            if (None if hold is None else hold.code) != row.held_code:
                columns = hold_columns(hold)
                _write_hold(connection, row.id, columns)
                vars(row).update(columns, held_before=None)
                changed.append(row.id)
        return changed

    def _may_correct(self, row: SimpleNamespace, authors: Mapping[str, str]) -> bool:
        """R-GEN-13: one corrects one's own; a supervisor may withdraw what another recorded."""
        target_author = authors.get(row.amends or row.voids or "")
        if target_author is None or target_author == row.author:
            return True
        roles = self._directory.roles_in(row.author, row.project, row.received_at)
        return bool(row.voids) and not roles.isdisjoint(SUPERVISING)


def note_held(connection: Connection, result: Status, rows: Sequence[SimpleNamespace]) -> list[str]:
    """Write on facts what this fold holds against them: receipts and the list of held facts read it there.

    Return the ids of those for which that changed.
    """
    changed = []
    held = {one.fact: one for one in result.held}
    for row in rows:
        if row.held_code is not None:
            continue  # held before it came to the fold
        by = None if row.held_before is None else row.held_before[0]
        found = held.get(row.id)
        if found is not None and by in (None, result.subject):
            after = (result.subject, found.code, found.reason)
            vars(row).update(hold_columns(Hold(found.code, found.reason, found.reason), by=result.subject))
        elif by == result.subject:
            after = None
        else:
            after = row.held_before  # another subject's fold judges that
            if row.held_before is not None:
                row.held_code = row.held_before[1]
        if after != row.held_before:
            changed.append(row.id)
            _write_hold(connection, row.id, {name: getattr(row, name) for name in HOLD})
    return changed


def note_corrections(connection: Connection, rows: Sequence[SimpleNamespace]) -> None:
    """Note on each row which counting correction amends or voids it, for the office's lists."""
    counting = [row for row in rows if row.held_code is None or row.released_by is not None]
    voided = {row.voids: row.id for row in counting if row.voids}
    amended = {row.amends: row.id for row in counting if row.amends}
    for row in rows:
        now = (voided.get(row.id), amended.get(row.id))
        if now != (row.voided_by, row.amended_by):
            connection.execute(_CORRECTED, {"about": row.id, "by_voiding": now[0], "by_amending": now[1]})


def _write_hold(connection: Connection, fact_id: str, columns: Mapping[str, Any]) -> None:
    bound = {f"new_{name}": value for name, value in columns.items()}
    connection.execute(_HOLD, {"about": fact_id, **bound})


def _authors(connection: Connection, rows: Sequence[SimpleNamespace]) -> dict[str, str]:
    """Who recorded what these rows correct."""
    targets = {row.amends or row.voids for row in rows if row.amends or row.voids}
    known = {row.id: row.author for row in rows if row.id in targets}
    if missing := sorted(targets - known.keys()):
        known |= {row.id: row.author for row in connection.execute(_AUTHORS, {"ids": missing})}
    return known
