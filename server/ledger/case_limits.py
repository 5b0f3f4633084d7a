"""When a declared limit of a case ends, counted from the entry that started it.

For: `limit_of`, used for due items and for what time alone moves.
Not for: which entries start one and what meets it (case_dues.py).
Source: R-GEN-02 to R-GEN-04, R-GEN-07, R-EVT-02, R-REP-10.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from server.catalogue.rules.kinds import Deadline
from server.ledger.calendar import DAY, day_in_month, day_of, local_time, month_of, start_of_day
from server.ledger.deadlines import until_day_window
from server.ledger.model import Context, Fact, JsonObject
from server.ledger.moments import whole_second
from server.ledger.periods import working_day
from server.ledger.reading import count_setting, day, instant, text
from server.ledger.recurrences import DueWindow
from server.ledger.weather import first_rain_after

CLOCKS = ("clock", "same_day")  # units whose setting is a time of the day
# A limit that an event sets which has not come: the duty is open and cannot be overdue (T-10).
NO_LIMIT_YET = datetime(2199, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A state a case entered, or an act about it; `fact` is None where time alone moved it."""

    state: str
    at: datetime
    fact: Fact | None


def limit_of(
    rule: Deadline, entry: Entry, period: str, fields: JsonObject, context: Context, amount: int | None = None
) -> DueWindow | None:
    """Return the window of a limit; None when the field that sets it is not filled.

    `amount` stands in for the setting's number: one of several in a list.
    """
    assert rule.within is not None, rule.id
    assert rule.start is not None, rule.id
    opens = entry.at
    if entry.fact is not None and rule.start.received:
        opens = entry.fact.received_at
    elif entry.fact is not None and rule.start.field is not None:
        opens = _start_named(entry.fact, rule.start.field, context) or opens
    opens = whole_second(opens)
    calendar, limit = context.calendar, rule.within
    if amount is None and limit.setting is not None and limit.unit not in CLOCKS:
        amount = count_setting(context.settings, limit.setting)
    count = amount or 0
    if limit.optional and count == 0:
        return None
    today = day_of(opens, calendar)
    match limit.unit:
        case "minutes":
            due_at = _when_service_begins(opens, limit.in_hours, context) or opens + timedelta(minutes=count)
            return DueWindow(period, opens, due_at, opens)
        case "hours":
            return DueWindow(period, opens, opens + timedelta(hours=count), opens)
        case "days":
            return until_day_window(period, opens, today + count * DAY, calendar)
        case "working_days":
            return until_day_window(period, opens, working_day(today + DAY, count, calendar), calendar)
        case "same_day":
            cutoff = None if limit.setting is None else context.settings[limit.setting]
            is_late = isinstance(cutoff, str) and opens >= local_time(
                today, time.fromisoformat(cutoff), calendar
            )
            return until_day_window(period, opens, today + DAY if is_late else today, calendar)
        case "clock":
            return _until_clock(period, opens, today, str(context.settings[str(limit.setting)]), context)
        case "until":
            return _until_field(period, opens, fields, str(limit.field), context)
        case "before":
            last = _day_of_field(fields, str(limit.field), context)
            return None if last is None else until_day_window(period, opens, last - count * DAY, calendar)
        case "day_of_month":
            named = _day_in(text(fields, limit.field or "") or "", count)
            last = max(named or day_in_month(month_of(today), count), today + DAY)
            return until_day_window(period, opens, last, calendar)
        case "first_rain":
            rain = first_rain_after(today, context.weather, context.settings)
            if rain is None:  # nothing done before the rain can be what is done after it
                return DueWindow(period, opens, NO_LIMIT_YET, NO_LIMIT_YET)
            window = until_day_window(period, opens, rain + DAY, calendar)
            return replace(window, counts_from=start_of_day(rain, calendar))


def _day_in(month: str, number: int) -> date | None:
    try:
        return day_in_month(month, number)
    except ValueError:
        return None  # what a form takes as text may be no month


def _start_named(fact: Fact, name: str, context: Context) -> datetime | None:
    """Return the instant a body names, or the start of the day it names."""
    on = day(fact.body, name)
    return instant(fact.body, name) or (None if on is None else start_of_day(on, context.calendar))


def _when_service_begins(opens: datetime, hours: tuple[str, str] | None, context: Context) -> datetime | None:
    """Return when the hours of service begin next; None when `opens` lies in them, or there are none."""
    if hours is None:
        return None
    begin, end = (time.fromisoformat(str(context.settings[key])) for key in hours)
    on = day_of(opens, context.calendar)
    begins, ends = local_time(on, begin, context.calendar), local_time(on, end, context.calendar)
    if begin < end and begins <= opens < ends:
        return None
    if begin >= end and (
        opens >= begins or opens < ends
    ):  # over midnight; the same hour twice: round the clock
        return None
    return begins if opens < begins else local_time(on + DAY, begin, context.calendar)


def _until_clock(period: str, opens: datetime, today: date, clock: str, context: Context) -> DueWindow:
    at = time.fromisoformat(clock)
    due_at = local_time(today, at, context.calendar)
    if due_at <= opens:
        due_at = local_time(today + DAY, at, context.calendar)
    return DueWindow(period, opens, due_at, opens)


def _until_field(
    period: str, opens: datetime, fields: JsonObject, name: str, context: Context
) -> DueWindow | None:
    if (at := instant(fields, name)) is not None:
        return DueWindow(period, opens, max(opens, whole_second(at)), opens)
    last = day(fields, name)
    return None if last is None else until_day_window(period, opens, last, context.calendar)


def _day_of_field(fields: JsonObject, name: str, context: Context) -> date | None:
    at = instant(fields, name)
    if at is not None:
        return day_of(at, context.calendar)
    return day(fields, name) if text(fields, name) else None
