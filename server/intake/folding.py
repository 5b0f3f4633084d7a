"""Folding touched subjects again and writing what follows into the read model.

For: `Folding.fold(connection, subjects)`: statuses, due items and the judgement of facts against each other.
Not for: what a status is (server/ledger), what a fold may look at (surroundings.py), reading the journal (take.py),
publishing (publishing.py).
Source: docs/architecture.md section 5; promises D2, D5, I8, F-21; R-GEN-13.
"""

from __future__ import annotations

import heapq
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from server.access.directory import Snapshot
from server.catalogue.registry import LIFE_CYCLES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import kind_of, scope_of_duty
from server.intake.due_rows import delete_due_items, write_due_items
from server.intake.facts import fact_of, hold_columns, search_text
from server.intake.rules import Rules
from server.intake.surroundings import Surroundings
from server.intake.tables import evidence_version, fact, fact_subject, reference, status, withdrawal
from server.intake.take import DATABASE_TROUBLE, subjects_naming
from server.intake.waking import note_withdrawal
from server.ledger.model import Calendar, Context, Fact, Hold, JsonValue, Status
from server.ledger.scopes import reads_from

log = logging.getLogger(__name__)

NOT_YOURS = Hold(
    "not_your_record",
    "只能更正本人的记录；作废须由本人或主管进行",
    "Only its author may correct a record; only its author or the supervisor may withdraw it",
)
WRONG_AREA = Hold("wrong_area", "该对象不属于此片区", "The subject belongs to another area")
UNREADABLE = Hold(
    "unreadable", "记录无法处理，已通知管理员", "The record cannot be processed; the operator was told"
)
HELD_ELSEWHERE = Hold("held", "该记录待定，暂不计入", "The record is held and does not count yet")
# Declared cases and duties take a fact that touches several subjects only when none of the others holds it.
COUNT_ONLY_WHAT_STANDS = frozenset((*LIFE_CYCLES, *SCOPES))
SUPERVISING = ("cs_supervisor", "project_manager")
JUDGED_HERE = frozenset({NOT_YOURS.code, WRONG_AREA.code})
HOLD = tuple(hold_columns(None))
PLACE = ("unit", "unit_no", "building", "entrance", "floor")


class Folding:
    """Folds subjects within one SQL transaction. Made anew for every batch: what it has loaded is of that moment."""

    def __init__(
        self, rules: Rules, directory: Snapshot, has_photo: Callable[[str], bool], now: datetime
    ) -> None:
        self._rules = rules
        self._now = now
        self._around = Surroundings(rules, directory, has_photo, now)

    def fold(self, connection: Connection, subjects: Iterable[str]) -> None:
        """Fold each subject once, and after it those that look at its status."""
        waiting = [(rank_of(subject), subject) for subject in set(subjects)]
        heapq.heapify(waiting)
        queued = {subject for _, subject in waiting}
        while waiting:
            _, subject = heapq.heappop(waiting)
            queued.discard(subject)
            for follower in sorted(self._fold_safely(connection, subject) - queued):
                queued.add(follower)
                heapq.heappush(waiting, (rank_of(follower), follower))

    def _fold_safely(self, connection: Connection, subject: str) -> set[str]:
        """Fold one subject; when that is impossible, say so in the log, leave its status as it was and go on (I8)."""
        try:
            with connection.begin_nested():
                return self._fold_one(connection, subject)
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            log.exception("status left as it was subject=%s cause=%r", subject, error)
            connection.execute(
                update(status).where(status.c.subject == subject).values(wake_at=None, dirty=False)
            )
            return set()

    def _fold_one(self, connection: Connection, subject: str) -> set[str]:
        """Fold one subject; return those that have to be looked at because of what changed."""
        before = connection.execute(select(status).where(status.c.subject == subject)).first()
        is_duty = kind_of(subject) in SCOPES
        rows = _facts_about(connection, subject, reads_from(subject, self._now) if is_duty else None)
        home = self._home_of_duty(subject) if is_duty else _home(connection, subject, rows)
        if home is None:  # parked: nothing has opened this subject (yet, F-21)
            return _withdraw(connection, before)
        database, project, area = home
        rejudged = self._judge(connection, subject, rows, database)
        # Facts of any area of the project may meet a duty of the project.
        facts = [
            replace(fact_of(row), hold=HELD_ELSEWHERE) if _stands_not(row, subject) else fact_of(row)
            for row in rows
            if row.database == database or row.released_by is not None or (is_duty and not row.refused)
        ]
        context = self._around.context(connection, subject, project, area, facts, before)
        followers = (subjects_naming(connection, rejudged) if rejudged else set()) - {subject}
        result = self._guarded(connection, subject, facts, context)
        if result is None:
            return followers | _withdraw(connection, before)
        if not is_duty:
            changed = _note_held(connection, result, rows)
            others = subjects_naming(connection, changed) - {subject}
            followers |= {name for name in others if kind_of(name) in COUNT_ONLY_WHAT_STANDS}
            _mark_superseded(connection, rows)
        return followers | self._write(connection, result, database, before, rows, context.calendar)

    def _guarded(
        self, connection: Connection, subject: str, facts: Sequence[Fact], context: Context
    ) -> Status | None:
        """Fold; when a fact makes the fold fail, hold that fact and fold without it (I8)."""
        try:
            return self._rules.fold(subject, facts, context)
        except Exception as error:
            log.exception("fold failed subject=%s facts=%d cause=%r", subject, len(facts), error)
            failure = error
        for suspect in sorted(facts, key=lambda one: (one.received_at, one.id), reverse=True):
            held = [replace(one, hold=UNREADABLE) if one is suspect else one for one in facts]
            try:
                result = self._rules.fold(subject, held, context)
            except Exception:  # noqa: BLE001 - the first failure is logged; we look for the fact that caused it
                continue
            log.error("fact held code=unreadable id=%s subject=%s", suspect.id, subject)
            connection.execute(update(fact).where(fact.c.id == suspect.id).values(hold_columns(UNREADABLE)))
            return result
        raise failure

    def _home_of_duty(self, subject: str) -> tuple[str, str, str] | None:
        """An area's duty lives with the area, a project's in its own database; None when there is no such scope any more."""
        scope, name, _ = scope_of_duty(subject)
        directory = self._around.directory
        if scope == "area" and name in directory.areas:
            return (directory.area_database(name), directory.areas[name].project, name)
        if scope == "project" and name in directory.projects:
            return (directory.project_database(name), name, "")
        return None

    def _judge(
        self, connection: Connection, subject: str, rows: Sequence[SimpleNamespace], database: str
    ) -> list[str]:
        """Judge facts against each other and against the subject's area; return the ids of those that changed.

        Judged afresh at every fold, so that it makes no difference which of two facts arrived first.
        """
        targets = [row.amends or row.voids for row in rows if row.amends or row.voids]
        authors = {
            row.id: row.author
            for row in connection.execute(select(fact.c.id, fact.c.author).where(fact.c.id.in_(targets)))
        }
        changed = []
        for row in rows:
            if row.refused or (row.held_code is not None and row.held_code not in JUDGED_HERE):
                continue  # what a fold holds is not held here: `_facts_about` says so
            hold = None if self._may_correct(row, authors) else NOT_YOURS
            if hold is None and row.subject == subject and row.database != database:
                hold = WRONG_AREA
            elif hold is None and row.subject != subject and row.held_code == WRONG_AREA.code:
                continue  # the fold of the subject that it names judges that
            if (None if hold is None else hold.code) != row.held_code:
                columns = hold_columns(hold)
                connection.execute(update(fact).where(fact.c.id == row.id).values(columns))
                vars(row).update(columns, held_before=None)
                changed.append(row.id)
        return changed

    def _may_correct(self, row: SimpleNamespace, authors: Mapping[str, str]) -> bool:
        """R-GEN-13: one corrects one's own; a supervisor may withdraw what another recorded."""
        target_author = authors.get(row.amends or row.voids or "")
        if target_author is None or target_author == row.author:
            return True
        roles = self._around.directory.roles_in(row.author, row.project, row.received_at)
        return bool(row.voids) and not roles.isdisjoint(SUPERVISING)

    def _write(
        self,
        connection: Connection,
        result: Status,
        database: str,
        before: Any,
        rows: Sequence[SimpleNamespace],
        calendar: Calendar,
    ) -> set[str]:
        document = self._rules.status_document(result, self._now)
        unit, unit_no = result.fields.get("unit"), result.fields.get("unit_no")
        same = before is not None and before.body == document and before.database == database
        values = {
            "kind": result.kind,
            "project": result.project,
            "area": result.area,
            "database": database,
            "unit": unit,
            "unit_no": unit_no,
            "unit_order": unit_order(str(unit_no or "")),
            "state": result.state,
            "body": document,
            "search": search_text({"unit_no": unit_no, "state": result.state, "fields": dict(result.fields)}),
            "changed_at": result.updated_at,
            "wake_at": result.wake_at,
            "dirty": False,
            "published": bool(same and before.published),
        }
        connection.execute(
            delete(withdrawal).where(
                withdrawal.c.subject == result.subject, withdrawal.c.database == database
            )
        )
        if before is None:
            connection.execute(insert(status).values(subject=result.subject, **values))
        else:
            if before.database != database:
                note_withdrawal(connection, before.subject, before.database)
            connection.execute(update(status).where(status.c.subject == result.subject).values(**values))
        # A duty of an area or a project is in no unit; the facts that it counts are.
        astray = [] if result.kind in SCOPES else [row.id for row in rows if row.unit != unit]
        if astray:
            connection.execute(update(fact).where(fact.c.id.in_(astray)).values(unit=unit))
        write_due_items(connection, self._rules, result, calendar)
        _keep_evidence(connection, result)
        return set() if same else _followers(connection, result, before)


def _stands_not(row: SimpleNamespace, subject: str) -> bool:
    """Whether another fold holds the fact, and this one counts only what no other holds."""
    return (
        kind_of(subject) in COUNT_ONLY_WHAT_STANDS
        and row.held_before is not None
        and row.held_before[0] != subject
    )


def unit_order(unit_no: str) -> str:
    """`unit_no` with its numbers padded, so that 2 comes before 10."""
    return re.sub(r"\d+", lambda number: number.group().zfill(6), unit_no)


def rank_of(subject: str) -> int:
    """When a subject is folded among others: 0 first."""
    # A decoration project looks at the statuses of its violations, so it is folded after them; a duty of an area or a project
    # counts what no other fold holds.
    if kind_of(subject) in SCOPES:
        return 2
    return 1 if subject.startswith("decoration_project:") else 0


def _followers(connection: Connection, result: Status, before: Any) -> set[str]:
    """Subjects whose status looks at this one."""
    if result.kind == "violation":
        project = result.fields.get("decoration_project")
        return {project} if isinstance(project, str) else set()
    if result.kind == "decoration_project" and (before is None or _place(before.body) != _place_of(result)):
        # A violation that arrived before its project learns from it which unit it is in.
        return set(
            connection.scalars(
                select(fact.c.id).where(fact.c.type == "violation", fact.c.subject == result.subject)
            )
        )
    return set()


def _place_of(result: Status) -> tuple[JsonValue, ...]:
    return (result.area, *(result.fields.get(name) for name in PLACE))


def _place(document: Mapping[str, Any]) -> tuple[JsonValue, ...]:
    return (document.get("area"), *(document.get("fields", {}).get(name) for name in PLACE))


def _withdraw(connection: Connection, before: Any) -> set[str]:
    """Take back the status of a subject that no longer is one; return the subjects that looked at it."""
    if before is None:
        return set()
    connection.execute(delete(status).where(status.c.subject == before.subject))
    delete_due_items(connection, before.subject)
    note_withdrawal(connection, before.subject, before.database)
    project = before.body.get("fields", {}).get("decoration_project")
    return {project} if before.kind == "violation" and isinstance(project, str) else set()


def _keep_evidence(connection: Connection, result: Status) -> None:
    """Remember what an evidence hash stands for (F-50)."""
    digest = result.fields.get("evidence_hash")
    if not isinstance(digest, str):
        return
    known = connection.execute(
        select(evidence_version.c.violation).where(
            evidence_version.c.violation == result.subject, evidence_version.c.evidence_hash == digest
        )
    ).first()
    if known is None:
        connection.execute(
            insert(evidence_version).values(
                violation=result.subject, evidence_hash=digest, evidence=result.fields.get("evidence", [])
            )
        )


def _facts_about(
    connection: Connection, subject: str, since: datetime | None = None
) -> list[SimpleNamespace]:
    """Rows that touch the subject, and the corrections of them, in the order of their ids; with `since`, of acts from then on."""
    named = select(fact_subject.c.fact_id).where(fact_subject.c.subject == subject)
    found = select(fact).where(or_(fact.c.id.in_(named), fact.c.amends.in_(named), fact.c.voids.in_(named)))
    if since is not None:
        found = found.where(fact.c.performed_at >= since)
    rows = connection.execute(found.order_by(fact.c.id))
    return [_before_the_fold(SimpleNamespace(**row._mapping)) for row in rows]


def _before_the_fold(row: SimpleNamespace) -> SimpleNamespace:
    """The row without what a fold found to hold against it, which is kept in `held_before`."""
    row.held_before = None
    if row.held_by is not None:
        row.held_before = (row.held_by, row.held_code, row.held_reason)
        vars(row).update(hold_columns(None))
    return row


def _note_held(connection: Connection, result: Status, rows: Sequence[SimpleNamespace]) -> list[str]:
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
            connection.execute(
                update(fact).where(fact.c.id == row.id).values({name: getattr(row, name) for name in HOLD})
            )
    return changed


def _home(
    connection: Connection, subject: str, rows: Sequence[SimpleNamespace]
) -> tuple[str, str, str] | None:
    """The database, project and area the subject lives in: of its reference document, else of the fact that opened it."""
    known = connection.execute(select(reference).where(reference.c.id == subject)).first()
    if known is not None:
        return (known.database, known.project or "", known.area or "")
    kind = subject.partition(":")[0]
    opening = [row for row in rows if row.id == subject or (row.type == kind and row.subject == subject)]
    # What is held for its area is held because of this very question, so it takes part in answering it.
    counted = [row for row in opening if row.held_code in (None, WRONG_AREA.code) or row.released_by]
    first = min(counted or opening, key=lambda row: (row.received_at, row.id), default=None)
    return None if first is None else (first.database, first.project, first.area)


def _mark_superseded(connection: Connection, rows: Sequence[SimpleNamespace]) -> None:
    """Note on each row which counting correction amends or voids it, for the office's lists."""
    counting = [row for row in rows if row.held_code is None or row.released_by is not None]
    voided = {row.voids: row.id for row in counting if row.voids}
    amended = {row.amends: row.id for row in counting if row.amends}
    for row in rows:
        now = {"voided_by": voided.get(row.id), "amended_by": amended.get(row.id)}
        if now != {"voided_by": row.voided_by, "amended_by": row.amended_by}:
            connection.execute(update(fact).where(fact.c.id == row.id).values(now))
