"""The one place where a fold meets time: what has passed, and when time alone changes something next.

For: `Moment.passed(at)`, the only comparison with `now` a fold makes; `wake_at` and `updated_at` follow from the asking.
Not for: days (calendar.py) or limits (deadlines.py).
Source: docs/architecture.md, "Status documents".

Limits count in whole seconds: the second named by `due_at` still belongs to the period, so a duty lapses one second
after it. Ask only where the answer matters: every question about the future is an instant at which the status changes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

ONE_SECOND = timedelta(seconds=1)


class Moment:
    """`now`, and what was asked of it."""

    __slots__ = ("changed_at", "now", "wake_at")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.wake_at: datetime | None = None  # the first instant asked about that is still to come
        self.changed_at: datetime | None = None  # the last one that is not

    def passed(self, at: datetime) -> bool:
        """Whether `at` has come. The status must depend on the answer."""
        if at <= self.now:
            if self.changed_at is None or at > self.changed_at:
                self.changed_at = at
            return True
        if self.wake_at is None or at < self.wake_at:
            self.wake_at = at
        return False


def lapses_at(due_at: datetime) -> datetime:
    """Return the first instant that is too late for a limit ending in the second of `due_at`."""
    return due_at + ONE_SECOND


def soon_at(opens_at: datetime, due_at: datetime) -> datetime:
    """Return the instant at which three quarters of the time are gone (R-GEN-10)."""
    return opens_at + (lapses_at(due_at) - opens_at) * 3 / 4


def whole_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
