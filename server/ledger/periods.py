"""Periods of the calendar: days, weeks, months, two months, quarters, half-years and years, by their names.

For: recurrences and quotas of every length: `2026-11-22`, `2026-W47`, `2026-11`, `2026-B6`, `2026-Q4`, `2026-H2`, `2026`.
Not for: which of them has a duty (scopes.py, case_dues.py), instants (calendar.py).
Source: R-GEN-05.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from server.catalogue.rules.kinds import Every, Quota, Recurrence
from server.ledger.calendar import DAY, is_working_day
from server.ledger.model import Calendar

MONTHS_IN: dict[Every, int] = {"month": 1, "two_months": 2, "quarter": 3, "half_year": 6, "year": 12}
# How many periods of each length a status goes back. One that reads other facts beside its acts goes back less far.
KEPT: dict[Every, int] = {
    "day": 60, "week": 26, "month": 13, "two_months": 7, "quarter": 5, "half_year": 3, "year": 2,
}  # fmt: skip
KEPT_BY_QUOTA = 3
KEPT_WITH_OTHERS = 7


def kept(rule: Recurrence) -> int:
    if isinstance(rule, Quota):
        return min(KEPT[rule.every], KEPT_BY_QUOTA)
    return KEPT[rule.every] if rule.only_with is None else min(KEPT[rule.every], KEPT_WITH_OTHERS)


_LETTER: dict[Every, str] = {"two_months": "B", "quarter": "Q", "half_year": "H"}


@dataclass(frozen=True, slots=True)
class Period:
    name: str
    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def period_of(day: date, every: Every) -> Period:
    """Return the period of that length in which `day` lies."""
    if every == "day":
        return Period(day.isoformat(), day, day)
    if every == "week":
        year, week, weekday = day.isocalendar()
        monday = day - timedelta(days=weekday - 1)
        return Period(f"{year:04d}-W{week:02d}", monday, monday + timedelta(days=6))
    length = MONTHS_IN[every]
    number = (day.month - 1) // length
    first = date(day.year, number * length + 1, 1)
    last_month = number * length + length
    last = date(day.year, last_month, monthrange(day.year, last_month)[1])
    return Period(_name(every, first, number + 1), first, last)


def periods(first: date, last: date, every: Every) -> Iterator[Period]:
    """Yield every period that has a day from `first` to `last`, both included."""
    if first > last:
        return
    period = period_of(first, every)
    while period.first <= last:
        yield period
        period = period_of(period.last + DAY, every)


def periods_back(day: date, every: Every, count: int) -> Period:
    """Return the period `count` periods before the one of `day`."""
    period = period_of(day, every)
    for _ in range(count):
        period = period_of(period.first - DAY, every)
    return period


def working_day(first: date, number: int, calendar: Calendar) -> date:
    """Return the `number`-th working day from `first` on, `first` included (R-GEN-07)."""
    day = first
    while True:
        if is_working_day(day, calendar):
            number -= 1
            if number <= 0:
                return day
        day += DAY


def _name(every: Every, first: date, number: int) -> str:
    if every == "month":
        return f"{first.year:04d}-{first.month:02d}"
    if every == "year":
        return f"{first.year:04d}"
    return f"{first.year:04d}-{_LETTER[every]}{number}"
