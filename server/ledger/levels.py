"""When a due item reminds, and when it escalates.

For: `levels(item, calendar)`, which jobs walk through.
Not for: to whom and in which words (server/jobs, server/notify).
Source: R-GEN-10; docs/architecture.md, "Due items and inbox".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache

from server.ledger.calendar import day_of, local_time
from server.ledger.model import Calendar, DueItem
from server.ledger.moments import lapses_at, soon_at
from server.ledger.rules import due_rule

REMINDERS = (1, 2)
ESCALATION, ESCALATION_AGAIN = 3, 4
BEFORE_HOURS_LIMIT = timedelta(hours=2)
MORNING = time(9)
AGAIN_AFTER = timedelta(hours=24)


def levels(item: DueItem, calendar: Calendar) -> Sequence[tuple[int, datetime]]:
    """Return each level with its instant, in order of time and of level.

    Reminders (1, then 2): when three quarters of the time are gone, and two hours before a limit of hours or at 09:00 of
    the day a limit of days ends with; whichever comes first is level 1. A reminder that would come before the duty opens
    is left out. Escalation (3) when the limit lapses, and again (4) a day later.
    """
    is_of_hours = due_rule(item.rule, item.period).kind_of_limit == "hours"
    return _levels(item.opens_at, item.due_at, is_of_hours, calendar)


@lru_cache(maxsize=4096)  # of one month a thousand units have the same duty
def _levels(
    opens_at: datetime, due_at: datetime, is_of_hours: bool, calendar: Calendar
) -> tuple[tuple[int, datetime], ...]:
    lapse = lapses_at(due_at)
    second = (
        due_at - BEFORE_HOURS_LIMIT
        if is_of_hours
        else local_time(day_of(due_at, calendar), MORNING, calendar)
    )
    reminders = sorted({at for at in (soon_at(opens_at, due_at), second) if opens_at < at < lapse})
    return (
        *zip(REMINDERS, reminders, strict=False),
        (ESCALATION, lapse),
        (ESCALATION_AGAIN, lapse + AGAIN_AFTER),
    )
