"""The tallies of duties of areas and projects, kept in tables: one row for each fact that bears on a duty.

For: `Tallies`, which folding asks: `refresh` brings the rows of a duty up to date, either those of the facts that have
changed or, where that is not known, all of them.
Not for: what the fold asks (tally.py), what an entry is (server/ledger/scopes_tally.py), how periods stand (scopes.py there).
Source: issue 4: a fact costs one fold of what it bears on, however much a year has left there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, union_all, update

from server.catalogue.rules.kinds import Recurrence
from server.catalogue.subjects import SCOPE_DUTIES, scope_of_duty
from server.intake.tables import duty, duty_entry, fact, fact_subject
from server.intake.tally import SqlTally
from server.ledger.model import Fact
from server.ledger.scopes import reads_from
from server.ledger.scopes_tally import entries_of

log = logging.getLogger(__name__)

OUT_OF_DATE = timedelta(days=31)  # what is no longer looked at may stay so long
BATCH = 500
_COLUMNS = tuple(column.name for column in fact.c if column.name not in ("search", "rev", "seq", "unit"))
_ROWS = select(*(fact.c[name] for name in _COLUMNS))
_NAMED = select(fact_subject.c.fact_id).where(fact_subject.c.subject == bindparam("subject"))
_PLAIN = (
    select(fact.c.id)
    .where(
        fact.c.id.in_(_NAMED),
        fact.c.performed_at >= bindparam("since"),
        fact.c.amends.is_(None),
        fact.c.voids.is_(None),
    )
    .order_by(fact.c.id)
)
_CORRECTIONS = select(fact.c.id, fact.c.amends, fact.c.voids).where(
    or_(fact.c.amends.is_not(None), fact.c.voids.is_not(None)),
    or_(fact.c.id.in_(_NAMED), fact.c.amends.in_(_NAMED), fact.c.voids.in_(_NAMED)),
)
_IDS: Any = bindparam("ids", expanding=True)
_OF_IDS = _ROWS.where(fact.c.id.in_(_IDS))
_LINKED = union_all(
    _OF_IDS,
    _ROWS.where(fact.c.amends.in_(_IDS)),
    _ROWS.where(fact.c.voids.in_(_IDS)),
)
_IS_NAMED = select(fact_subject.c.fact_id).where(
    fact_subject.c.subject == bindparam("subject"),
    fact_subject.c.fact_id.in_(bindparam("ids", expanding=True)),
)
_KEPT = select(duty.c.kept_from, duty.c.figures).where(duty.c.subject == bindparam("subject"))
_OF_ROOTS = duty_entry.c.root.in_(bindparam("roots", expanding=True))
_ENTRIES = select(duty_entry).where(duty_entry.c.subject == bindparam("subject"), _OF_ROOTS)
_DELETE = delete(duty_entry).where(duty_entry.c.subject == bindparam("of"), _OF_ROOTS)
_INSERT = insert(duty_entry)
# Judges rows of facts against each other, and returns them as they are then.
Judge = Callable[[Sequence[Any]], Sequence[Any]]
ToFact = Callable[[Any], Fact | None]


class Tallies:
    """Of one transaction.

    `judge` judges a fact and its corrections against each other; of what is no fact here `to_fact` gives None.
    """

    def __init__(self, connection: Connection, now: datetime, judge: Judge, to_fact: ToFact) -> None:
        self._connection = connection
        self._now = now
        self._judge = judge
        self._to_fact = to_fact

    def refresh(self, subject: str, changed: Iterable[str] | None) -> SqlTally | None:
        """Return the tally of a duty, brought up to date; None for a subject that is no duty.

        `changed`: the facts that may bear on it otherwise than before. None: not known, so it is made anew.
        """
        rule = SCOPE_DUTIES.get(scope_of_duty(subject)[2])
        since = reads_from(subject, self._now)
        if rule is None or since is None:
            return None
        kept = self._connection.execute(_KEPT, {"subject": subject}).first()
        if kept is None or changed is None or kept.kept_from > since:
            self._make(subject, rule, since, is_new=kept is None)
            return SqlTally(self._connection, subject, rule, {})
        if since - kept.kept_from > OUT_OF_DATE:
            self._drop(subject, since)
        tally = SqlTally(self._connection, subject, rule, kept.figures)
        ids = sorted(changed)
        for start in range(0, len(ids), BATCH):
            self._renew(subject, rule, ids[start : start + BATCH], tally)
        return tally

    def _make(self, subject: str, rule: Recurrence, since: datetime, *, is_new: bool) -> None:
        self._connection.execute(delete(duty_entry).where(duty_entry.c.subject == subject))
        values = {"kept_from": since, "figures": {}}
        if is_new:
            self._connection.execute(insert(duty).values(subject=subject, **values))
        else:
            self._connection.execute(update(duty).where(duty.c.subject == subject).values(**values))
        corrections = self._connection.execute(_CORRECTIONS, {"subject": subject}).all()
        corrected = {str(row.voids or row.amends) for row in corrections}
        for page in self._pages(subject, since, corrected):
            rows = [row for each in page for row in _rows(subject, rule, self._family([each]))]
            if rows:
                self._connection.execute(_INSERT, rows)
        ids = sorted(corrected | {row.id for row in corrections})
        for start in range(0, len(ids), BATCH):
            self._renew(subject, rule, ids[start : start + BATCH], None)

    def _drop(self, subject: str, since: datetime) -> None:
        """Let go of what no period looks at any more."""
        old = duty_entry.c.at < since
        self._connection.execute(delete(duty_entry).where(duty_entry.c.subject == subject, old))
        self._connection.execute(update(duty).where(duty.c.subject == subject).values(kept_from=since))

    def _pages(self, subject: str, since: datetime, corrected: Collection[str]) -> Iterator[Sequence[Any]]:
        """The facts of a duty that correct none and are not corrected, some at a time: of a year there may be 100,000."""
        named = self._connection.scalars(_PLAIN, {"subject": subject, "since": since})
        ids = [name for name in named if name not in corrected]
        for start in range(0, len(ids), BATCH):
            yield self._connection.execute(_OF_IDS, {"ids": ids[start : start + BATCH]}).all()

    def _renew(self, subject: str, rule: Recurrence, ids: Sequence[str], tally: SqlTally | None) -> None:
        """Bring the entries of some facts, and of all they correct or are corrected by, up to date."""
        known = self._closure(ids)
        named: set[str] = set()
        if known:
            named = set(self._connection.scalars(_IS_NAMED, {"subject": subject, "ids": sorted(known)}))
        roots = sorted({*ids, *known})
        before = self._connection.execute(_ENTRIES, {"subject": subject, "roots": roots}).all()
        # As for every subject: the facts that name it, and what corrects one of those.
        here = {
            row.id: row for row in known.values() if not named.isdisjoint((row.id, row.amends, row.voids))
        }
        after = [row for family in _families(here) for row in _rows(subject, rule, self._family(family))]
        old = [dict(row._mapping) for row in before]
        if _sorted(old) == _sorted(after):
            return
        if old:
            self._connection.execute(_DELETE, {"of": subject, "roots": roots})
        if after:
            self._connection.execute(_INSERT, after)
        if tally is not None:
            tally.forget(row["at"] for row in (*old, *after))

    def _closure(self, ids: Sequence[str]) -> dict[str, Any]:
        """The rows of some facts, of what they correct and of what corrects them, through any number of corrections."""
        known: dict[str, Any] = {}
        asked: set[str] = set()
        wanted = set(ids)
        while wanted:
            listed = sorted(wanted)
            asked |= wanted
            rows = self._connection.execute(_LINKED, {"ids": listed}).all()
            known |= {row.id: row for row in rows}
            links = {name for row in rows for name in (row.id, row.amends, row.voids) if name is not None}
            wanted = links - asked
        return known

    def _family(self, rows: Sequence[Any]) -> list[Fact]:
        if len(rows) > 1 or rows[0].amends is not None or rows[0].voids is not None:
            rows = self._judge(rows)
        return [each for row in rows if (each := self._to_fact(row)) is not None]


def _families(known: Mapping[str, Any]) -> list[list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in known.values():
        seen = {row.id}
        top = row
        while (target := top.voids or top.amends) in known and target not in seen:
            seen.add(target)
            top = known[target]
        found.setdefault(top.id, []).append(row)
    return list(found.values())


def _rows(subject: str, rule: Recurrence, family: Sequence[Fact]) -> list[dict[str, Any]]:
    if not family:
        return []
    try:
        found = entries_of(rule, family)
    except Exception as error:  # I8: the fact is left out, and the duty stands as the others make it
        log.exception("duty cannot read a fact id=%s subject=%s cause=%r", family[0].id, subject, error)
        return []
    root = family[0].id if len(family) == 1 else min(each.id for each in family)
    return [
        {
            "subject": subject,
            "role": each.role,
            "fact_id": each.fact,
            "root": root,
            "at": each.at,
            "received_at": each.received_at,
            "heard_at": each.heard_at,
            "type": each.type,
            "author": each.author,
            "key": each.key,
            "amount": each.amount,
            "reason": each.reason,
        }
        for each in found
    ]


def _sorted(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["role"], row["fact_id"]))
