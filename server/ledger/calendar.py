"""Days at the site: which day an instant belongs to, when it begins and ends, and whether people work on it.

For: every bucket of days and months, in the project's own time zone.
Not for: what is due (recurrences.py, deadlines.py).
Source: R-GEN-01, R-GEN-02, R-GEN-05, R-GEN-07; the same vectors as pwa/src/ledger/days.ts.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from server.ledger.model import Calendar, JsonObject, JsonValue

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
SATURDAY = 5
MIDNIGHT = time(0)


def day_of(instant: datetime, calendar: Calendar) -> date:
    """Return the day at the site to which `instant` belongs."""
    return instant.astimezone(_zone(calendar.time_zone)).date()


def start_of_day(day: date, calendar: Calendar) -> datetime:
    """Return the instant at which `day` begins at the site, in UTC; where a spring gap swallows midnight, its end."""
    return _start(day, calendar.time_zone)


def end_of_day(day: date, calendar: Calendar) -> datetime:
    """Return the last second of `day` at the site, in UTC: a limit of days ends there (R-GEN-02)."""
    return _start(day + DAY, calendar.time_zone) - SECOND


def local_time(day: date, clock: time, calendar: Calendar) -> datetime:
    """Return the instant of a time on the wall; the first of two, and behind a gap when it falls into one."""
    return _local(day, clock, calendar.time_zone)


def is_working_day(day: date, calendar: Calendar) -> bool:
    """Monday to Friday less the holidays, plus the make-up days (R-GEN-07)."""
    if day in calendar.makeup_days:
        return True
    return day.weekday() < SATURDAY and day not in calendar.holidays


def month_of(day: date) -> str:
    return f"{day.year:04d}-{day.month:02d}"


def first_day_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_day_of(month: str) -> date:
    first = first_day_of(month)
    return first.replace(day=monthrange(first.year, first.month)[1])


def day_in_month(month: str, day: int) -> date:
    """Return that day of the month, or its last day when the month is shorter: the 30th of February is the 28th (R-FEE-07)."""
    last = last_day_of(month)
    return last.replace(day=min(day, last.day))


def days(first: date, last: date) -> Iterator[date]:
    """Yield every day from `first` to `last`, both included."""
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)


def months(first: date, last: date) -> Iterator[str]:
    """Yield every month that has a day from `first` to `last`, both included."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"


def months_before(day: date, count: int) -> date:
    """Return the first day of the month `count` months before the month of `day`."""
    number = day.year * 12 + day.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)


def calendar_of(documents: Iterable[Mapping[str, JsonValue]], time_zone: str) -> Calendar:
    """Return the calendar that `calendar` and `calendar_day` documents describe; others are ignored.

    A `calendar` document lists `holidays` and `makeup_days`; a `calendar_day` has `date` and `kind`, `holiday` or `makeup`.
    """
    holidays: set[date] = set()
    makeup_days: set[date] = set()
    for document in documents:
        nested = document.get("body")
        body: Mapping[str, JsonValue] = nested if isinstance(nested, dict) else document
        kind = document.get("type")
        if kind == "calendar":
            holidays |= _days_of(body.get("holidays"))
            makeup_days |= _days_of(body.get("makeup_days"))
        elif kind == "calendar_day" and body.get("kind") in ("holiday", "makeup"):
            into = holidays if body.get("kind") == "holiday" else makeup_days
            into |= _days_of([body.get("date")])
    return Calendar(time_zone, frozenset(holidays), frozenset(makeup_days))


def calendar_document(project: str, holidays: Iterable[date], makeup_days: Iterable[date]) -> JsonObject:
    """Return the `calendar` document of a project; the phone judges rest days by it."""
    return {
        "_id": f"calendar:{project}",
        "type": "calendar",
        "v": 1,
        "project": project,
        "holidays": [day.isoformat() for day in sorted(set(holidays))],
        "makeup_days": [day.isoformat() for day in sorted(set(makeup_days))],
    }


@lru_cache(maxsize=8192)
def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, MIDNIGHT, _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=8192)
def _local(day: date, clock: time, zone: str) -> datetime:
    return datetime.combine(day, clock, _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _days_of(listed: JsonValue) -> set[date]:
    found: set[date] = set()
    for each in listed if isinstance(listed, list) else []:
        try:
            found.add(date.fromisoformat(str(each)))
        except ValueError:
            continue  # a line no calendar can hold makes no day
    return found
