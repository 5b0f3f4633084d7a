"""Duties that come back: which days and months have one, its window, and whether acts met it.

For: daily patrols, monthly duties of vacant units, monthly measures against arrears; shared with pwa/src/ledger.
Not for: limits of a single case (deadlines.py), reading facts (the folds).
Source: R-DEC-06, R-VAC-02 to R-VAC-04, R-VAC-10, R-FEE-06, R-GEN-02, R-GEN-08, R-GEN-12;
vectors in tests/vectors/recurrences.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from server.ledger.calendar import (
    DAY,
    end_of_day,
    first_day_of,
    is_working_day,
    last_day_of,
    start_of_day,
)
from server.ledger.model import Calendar
from server.ledger.moments import Moment, lapses_at, soon_at


@dataclass(frozen=True, slots=True)
class Act:
    """What may meet a duty."""

    id: str
    performed_at: datetime
    received_at: datetime | None  # None: still on the phone that recorded it


@dataclass(frozen=True, slots=True)
class DueWindow:
    """The time in which a duty stands; the whole second of `due_at` is part of it.

    Acts of the whole period count, those before the duty opened too: a unit that enters the register on the 10th and
    was checked on the 2nd has been checked this month.
    """

    period: str
    opens_at: datetime
    due_at: datetime
    counts_from: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a duty stands."""

    status: str  # due.status
    satisfied_by: str | None = None
    satisfied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included; without an end when `last` is None."""

    first: date
    last: date | None = None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Arrears:
    """One unpaid line of a fee account."""

    account: str
    due_on: date
    settled_on: date | None = None  # the day of the visit that says it was paid in full

    @property
    def since(self) -> date:
        """The first day in arrears."""
        return self.due_on + DAY


def day_window(day: date, calendar: Calendar) -> DueWindow:
    start = start_of_day(day, calendar)
    return DueWindow(day.isoformat(), start, end_of_day(day, calendar), start)


def month_window(month: str, first: date, calendar: Calendar) -> DueWindow:
    """Return the window of a month's duty that exists from `first` on."""
    begins = first_day_of(month)
    return DueWindow(
        month,
        start_of_day(max(first, begins), calendar),
        end_of_day(last_day_of(month), calendar),
        start_of_day(begins, calendar),
    )


def has_patrol_duty(
    day: date, active: Iterable[Span], pauses: Iterable[Span], on_rest_days: bool, calendar: Calendar
) -> bool:
    """Whether work is on at the site on `day`, no pause covers it, and patrols are made on such days (R-DEC-06)."""
    if not any(span.covers(day) for span in active):
        return False
    if any(pause.covers(day) for pause in pauses):
        return False
    return on_rest_days or is_working_day(day, calendar)


def patrol_needs_act(day: date, active: Iterable[Span]) -> bool:
    """Whether `day` is the day the work ended: a patrol then counts when made and is not missed when not."""
    covering = [span for span in active if span.covers(day)]
    return bool(covering) and all(span.last == day for span in covering)


def days_in_month(month: str, register: Span) -> int:
    """Return on how many days of the month the register held the unit."""
    first = max(first_day_of(month), register.first)
    last = last_day_of(month) if register.last is None else min(last_day_of(month), register.last)
    return max(0, (last - first).days + 1)


def vacancy_window(month: str, register: Span, least_days: int, calendar: Calendar) -> DueWindow | None:
    """Return the window of the month's duties of a vacant unit; None below the days that make a duty (R-VAC-10)."""
    if days_in_month(month, register) < max(1, least_days):
        return None
    return month_window(month, register.first, calendar)


def arrears_window(month: str, lines: Iterable[Arrears], calendar: Calendar) -> DueWindow | None:
    """Return the window of the month's measure; None when no line is in arrears in that month (R-FEE-06)."""
    first, last = first_day_of(month), last_day_of(month)
    since = [
        line.since
        for line in lines
        if line.since <= last and (line.settled_on is None or line.settled_on >= first)
    ]
    return month_window(month, min(since), calendar) if since else None


def acts_within(window: DueWindow, acts: Iterable[Act]) -> list[Act]:
    """Return the acts performed within the window's period, earliest first."""
    lapse = lapses_at(window.due_at)
    within = [act for act in acts if window.counts_from <= act.performed_at < lapse]
    return sorted(within, key=lambda act: (act.performed_at, act.id))


def judge_recurrence(window: DueWindow, acts: Sequence[Act], needed: int, moment: Moment) -> Outcome:
    """Return how the duty stands; `acts` are those within its period, earliest first.

    A period that ended without them stays missed for ever, whatever is done later (R-GEN-12); acts done in time and
    received too late make it "met, synced late" (R-GEN-08).
    """
    lapse = lapses_at(window.due_at)
    if len(acts) >= needed:
        deciding = acts[needed - 1]
        received = sorted(act.received_at for act in acts if act.received_at is not None)
        unsent = len(acts) - len(received)
        late = needed > unsent and received[needed - unsent - 1] >= lapse
        return Outcome("met_synced_late" if late else "met", deciding.id, deciding.performed_at)
    if moment.passed(lapse):
        return Outcome("overdue")
    return Outcome("due_soon" if moment.passed(soon_at(window.opens_at, window.due_at)) else "pending")
