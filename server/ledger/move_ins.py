"""What a move-in that is complete changes about its unit: it leaves the register of vacant units, and fees begin.

For: `moved_in_by`, `move_in_fields` and `without_tail`, parts of folding a unit.
Not for: the steps of a move-in (server/catalogue/move_in.py, cases.py).
Source: R-MOV-06: the ledgers open by themselves (the unit's status here, its fee accounts by import); R-MOV-08.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from server.ledger.calendar import DAY, day_of
from server.ledger.model import Context, Fact, JsonObject, JsonValue
from server.ledger.reading import day, instant
from server.ledger.recurrences import Span

COMPLETE = "archived"


@dataclass(frozen=True, slots=True)
class MoveIn:
    """A move-in that is complete."""

    on: date
    fee_start_on: date | None


def moved_in_by(facts: Sequence[Fact], context: Context) -> MoveIn | None:
    """Return the last complete move-in of the unit, by the statuses of its cases; None while there is none."""
    found = []
    for fact in facts:
        case = context.linked.get(fact.id) if fact.type == "move_in_case" else None
        if case is None or case.state != COMPLETE:
            continue
        closed = instant(case.fields, "closed_at")
        if closed is not None:
            found.append(MoveIn(day_of(closed, context.calendar), day(case.fields, "fee_start_on")))
    return max(found, key=lambda each: (each.on, each.fee_start_on or each.on), default=None)


def without_tail(register: Span | None, moved_in: MoveIn | None) -> Span | None:
    """Return the register's days without those from the move-in on; a unit that fell vacant after it stays."""
    if register is None or moved_in is None or register.first > moved_in.on:
        return register
    if register.last is not None and register.last < moved_in.on:
        return register
    return Span(register.first, moved_in.on - DAY) if register.first < moved_in.on else None


def move_in_fields(moved_in: MoveIn | None, unit: Mapping[str, JsonValue]) -> JsonObject:
    """Return since when the unit is lived in and fees run: by its move-in, else by its reference document."""
    known = day(unit, "moved_in_on")
    on = moved_in.on if moved_in is not None else known
    starts = moved_in.fee_start_on if moved_in is not None else None
    return {
        "moved_in_on": None if on is None else on.isoformat(),
        "fee_start_on": None if starts is None else starts.isoformat(),
    }
