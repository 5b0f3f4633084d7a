"""Meters of vacant units: a reading that rises where nobody lives is looked after.

For: `look_after_meters`, part of folding a unit.
Not for: reading a meter (server/catalogue/vacancy.py), utilities of the project (inspections).
Source: R-X-19: more than 0.5 m³ or 5 kWh since the last check; gas has no figure and is shown only.
"""

from __future__ import annotations

from collections.abc import Sequence

from server.ledger.calendar import day_of, months_before
from server.ledger.deadlines import hours_window, judge_deadline
from server.ledger.drafts import MONTHS_KEPT, Draft
from server.ledger.model import Fact, JsonObject
from server.ledger.reading import count_setting, number, stamp
from server.ledger.recurrences import Act, Span

RULE = "R-X-19"
METERS = {"water": "meter_water", "electric": "meter_electric", "gas": "meter_gas"}
WATCHED = {"water": "vac.meter_water_max", "electric": "vac.meter_electric_max"}


def look_after_meters(draft: Draft, register: Span, checks: Sequence[Fact]) -> list[JsonObject]:
    """Put down a duty for each check whose readings rose too far; return every rise. `checks` are in order of time.

    The next check meets it: somebody has looked. Readings from before the unit was vacant, or lower than before (a new
    meter), say nothing.
    """
    context = draft.context
    until = min(draft.today, register.last or draft.today)
    earliest = max(months_before(until, MONTHS_KEPT - 1), draft.duties_from or register.first)
    hours = count_setting(context.settings, "vac.meter_hours")
    last: dict[str, int | float] = {}
    found: list[JsonObject] = []
    for place, check in enumerate(checks):
        on = day_of(check.performed_at, context.calendar)
        if not register.covers(on):
            last.clear()
            continue
        risen = _rises(draft, check, last)
        if not risen or on < earliest:
            continue
        after = checks[place + 1] if place + 1 < len(checks) else None
        act = None if after is None else Act(after.id, after.performed_at, after.received_at)
        window = hours_window(f"{on.isoformat()}-{check.id.rpartition(':')[2]}", check.performed_at, hours)
        draft.due(RULE, window, judge_deadline(window, act, draft.moment))
        found += [
            {
                "meter": meter,
                "rise": rise,
                "fact": check.id,
                "at": stamp(check.performed_at),
                "looked_after": after is not None,
            }
            for meter, rise in risen
        ]
    return found


def _rises(draft: Draft, check: Fact, last: dict[str, int | float]) -> list[tuple[str, float]]:
    """Return the meters that rose too far since the reading before; `last` is brought up to date."""
    risen = []
    for meter, field in METERS.items():
        reading = number(check.body, field)
        if reading is None:
            continue
        before = last.get(meter)
        last[meter] = reading
        limit = draft.context.settings.get(WATCHED.get(meter, ""))
        if before is None or not isinstance(limit, int | float):
            continue
        rise = round(reading - before, 3)  # readings have decimals: 12.6 - 12.1 is not quite 0.5
        if rise > limit:
            risen.append((meter, rise))
    return risen
