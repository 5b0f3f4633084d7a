"""Limits of one case: when they end, whether an act kept them, and what each fee visit makes due next.

For: decisions, re-checks, next actions and promises.
Not for: duties that come back by the calendar (recurrences.py), levels of reminders (levels.py).
Source: R-GEN-02, R-GEN-03, R-GEN-08, R-SYN-08, R-DEC-11, R-DEC-14, R-FEE-11; vectors in tests/vectors/recurrences.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.ledger.calendar import day_of, end_of_day
from server.ledger.model import Calendar
from server.ledger.moments import Moment, lapses_at, soon_at, whole_second
from server.ledger.recurrences import Act, DueWindow, Outcome, day_window

ENDS_PROMISE = ("paid", "refused", "disputed")


@dataclass(frozen=True, slots=True)
class Visit:
    """A measure against arrears, as far as it makes something due."""

    act: Act
    outcome: str  # fee_visit.outcome
    next_action_on: date | None
    promise_on: date | None


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a visit makes due: the next action on its day, met by the next visit whenever that is made."""

    window: DueWindow
    set_by: Visit
    met_by: Visit | None


def hours_window(period: str, opens_at: datetime, hours: int) -> DueWindow:
    """Return the window of a limit of hours: it ends exactly so many hours later (R-GEN-03), in whole seconds."""
    opens = whole_second(opens_at)
    return DueWindow(period, opens, opens + timedelta(hours=hours), opens)


def until_day_window(period: str, opens_at: datetime, last: date, calendar: Calendar) -> DueWindow:
    """Return the window of a limit that ends with a day (R-GEN-02); one that ended before it opened ends at once."""
    opens = whole_second(opens_at)
    return DueWindow(period, opens, max(opens, end_of_day(last, calendar)), opens)


def judge_deadline(window: DueWindow, act: Act | None, moment: Moment) -> Outcome:
    """Return how the limit stands; `act` is the one that meets it, in time or not."""
    lapse = lapses_at(window.due_at)
    if act is not None:
        if act.performed_at >= lapse:
            return Outcome("met_late", act.id, act.performed_at)
        late = act.received_at is not None and act.received_at >= lapse
        return Outcome("met_synced_late" if late else "met", act.id, act.performed_at)
    if moment.passed(lapse):
        return Outcome("overdue")
    return Outcome("due_soon" if moment.passed(soon_at(window.opens_at, window.due_at)) else "pending")


def in_order(visits: Iterable[Visit]) -> list[Visit]:
    return sorted(visits, key=lambda visit: (visit.act.performed_at, visit.act.id))


def follow_ups(visits: Sequence[Visit], calendar: Calendar) -> list[FollowUp]:
    """Return what each visit makes due, by day; of several for one day the last set counts. `visits` are in order.

    The day is the earlier of the next action and the promise that stands after the visit (R-FEE-11).
    """
    by_day: dict[date, FollowUp] = {}
    promise: date | None = None
    for visit, following in zip(visits, [*visits[1:], None], strict=False):
        promise = standing_promise(promise, visit, calendar)
        days = [day for day in (visit.next_action_on, promise) if day is not None]
        if visit.outcome != "paid" and days:
            by_day[min(days)] = FollowUp(day_window(min(days), calendar), visit, following)
    return [by_day[day] for day in sorted(by_day)]


def standing_promise(before: date | None, visit: Visit, calendar: Calendar) -> date | None:
    """Return the day of the promise that stands after `visit`, given the one that stood before it."""
    if visit.outcome == "promised" and visit.promise_on is not None:
        return visit.promise_on
    if visit.outcome in ENDS_PROMISE or (
        before is not None and before < day_of(visit.act.performed_at, calendar)
    ):
        return None
    return before
