"""What the fold of a duty asks of its tally, answered from the table of entries.

For: `SqlTally`. Figures of periods to which nothing has come since they were reckoned are taken from the last time.
Not for: bringing entries up to date (tallies.py), what an entry is (server/ledger/scopes_tally.py).
Source: issue 4: a fact costs one fold of what it bears on, however much a year has left there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from server.catalogue.rules.kinds import Recurrence
from server.database import text_of
from server.intake.tables import duty, duty_entry
from server.ledger.model import HeldFact, JsonValue
from server.ledger.scopes_tally import Done, Entry, Role

_NOTE = update(duty).where(duty.c.subject == bindparam("of")).values(figures=bindparam("now"))
_ROLE = (duty_entry.c.subject == bindparam("subject")) & (duty_entry.c.role == bindparam("role"))
_SINCE = _ROLE & (duty_entry.c.at >= bindparam("since"))
_WITHIN = _SINCE & (duty_entry.c.at < bindparam("until"))
_FIRST = select(func.min(duty_entry.c.at)).where(_SINCE)
_LATEST = (
    select(duty_entry)
    .where(_SINCE)
    .order_by(duty_entry.c.at.desc(), duty_entry.c.fact_id.desc())
    .limit(bindparam("count"))
)
_HELD = select(duty_entry.c.fact_id, duty_entry.c.key, duty_entry.c.reason).where(_SINCE)
_HEARD = (
    select(duty_entry.c.heard_at)
    .where(duty_entry.c.subject == bindparam("subject"), duty_entry.c.at >= bindparam("since"))
    .order_by(duty_entry.c.heard_at.desc())
    .limit(1)
)
_BASE = select(
    func.count(duty_entry.c.key.distinct()), func.coalesce(func.sum(duty_entry.c.amount), 0)
).where(_WITHIN)
_HAS = select(duty_entry.c.fact_id).where(_WITHIN).limit(1)
_ACTS = (
    select(
        duty_entry.c.fact_id,
        duty_entry.c.at,
        duty_entry.c.received_at,
        func.row_number()
        .over(partition_by=duty_entry.c.key, order_by=(duty_entry.c.at, duty_entry.c.fact_id))
        .label("turn"),
    )
    .where(_WITHIN)
    .subquery()
)
_FIRSTS = select(_ACTS.c.fact_id, _ACTS.c.at, _ACTS.c.received_at).where(_ACTS.c.turn == 1)
_SINGLE = select(duty_entry.c.fact_id, duty_entry.c.at, duty_entry.c.received_at).where(_WITHIN)


def _statements(acts: Any, columns: Any) -> tuple[Any, Any, Any]:
    """How many acts there are; the one that made it enough; when enough had arrived."""
    enough = acts.order_by(columns.at, columns.fact_id).limit(1).offset(bindparam("skipped"))
    arrived = acts.order_by(columns.received_at).limit(1).offset(bindparam("skipped"))
    return select(func.count()).select_from(acts.subquery()), enough, arrived


_DONE = {True: _statements(_FIRSTS, _ACTS.c), False: _statements(_SINGLE, duty_entry.c)}


class SqlTally:
    """Answers from the table; figures of periods to which nothing has come since are taken from the last time."""

    def __init__(
        self, connection: Connection, subject: str, rule: Recurrence, figures: Mapping[str, JsonValue]
    ) -> None:
        self._connection = connection
        self._subject = subject
        self._is_distinct = rule.distinct is not None
        self._stored = dict(figures)
        self._known = dict(figures)
        self._asked: dict[str, JsonValue] = {}

    def forget(self, instants: Iterable[datetime]) -> None:
        """Something has come to these moments, or gone from them."""
        for at in {text_of(each) for each in instants}:
            for name in list(self._known):
                since, until = name.split("|")[1:3]
                if since <= at < until:
                    del self._known[name]

    def keep(self) -> None:
        """Keep the figures that were asked for, for the next time."""
        if self._asked != self._stored:
            self._connection.execute(_NOTE, {"of": self._subject, "now": self._asked})

    def first(self, role: Role, since: datetime) -> datetime | None:
        found: datetime | None = self._connection.execute(_FIRST, self._bound(role, since)).scalar()
        return found

    def latest_acts(self, since: datetime, count: int) -> list[Entry]:
        rows = self._connection.execute(_LATEST, self._bound("act", since) | {"count": count}).all()
        return [_entry(row) for row in reversed(rows)]

    def held(self, since: datetime) -> list[HeldFact]:
        return [HeldFact(*row) for row in self._connection.execute(_HELD, self._bound("held", since))]

    def heard_at(self, since: datetime) -> datetime | None:
        found: datetime | None = self._connection.execute(
            _HEARD, {"subject": self._subject, "since": since}
        ).scalar()
        return found

    def done(self, since: datetime, until: datetime, needed: int) -> Done:
        def count() -> JsonValue:
            bound = self._bound("act", since) | {"until": until}
            counting, enough, arrived = _DONE[self._is_distinct]
            times = self._connection.execute(counting, bound).scalar() or 0
            if times < needed or needed < 1:
                return [times]
            bound |= {"skipped": needed - 1}
            act = self._connection.execute(enough, bound).one()
            last = self._connection.execute(arrived, bound).one()
            return [times, act.fact_id, text_of(act.at), text_of(last.received_at)]

        found: Any = self._figure(f"done {needed}", since, until, count)
        if len(found) == 1:
            return Done(found[0])
        return Done(found[0], found[1], datetime.fromisoformat(found[2]), datetime.fromisoformat(found[3]))

    def base(self, since: datetime, until: datetime) -> tuple[int, int]:
        def reckon() -> JsonValue:
            row = self._connection.execute(_BASE, self._bound("base", since) | {"until": until}).one()
            return [int(row[0]), int(row[1])]

        found: Any = self._figure("base", since, until, reckon)
        return found[0], found[1]

    def has(self, role: Role, since: datetime, until: datetime) -> bool:
        def look() -> JsonValue:
            bound = self._bound(role, since) | {"until": until}
            return self._connection.execute(_HAS, bound).first() is not None

        return bool(self._figure(f"has {role}", since, until, look))

    def _figure(
        self, what: str, since: datetime, until: datetime, reckon: Callable[[], JsonValue]
    ) -> JsonValue:
        name = f"{what}|{text_of(since)}|{text_of(until)}"
        if name not in self._known:
            self._known[name] = reckon()
        self._asked[name] = self._known[name]
        return self._asked[name]

    def _bound(self, role: Role, since: datetime) -> dict[str, Any]:
        return {"subject": self._subject, "role": role, "since": since}


def _entry(row: Any) -> Entry:
    return Entry(
        fact=row.fact_id,
        role=row.role,
        at=row.at,
        received_at=row.received_at,
        heard_at=row.heard_at,
        type=row.type,
        author=row.author,
        key=row.key,
        amount=row.amount,
        reason=row.reason,
    )
