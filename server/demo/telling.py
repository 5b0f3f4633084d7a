"""What every part of the demo's story is told with: its dice, its pen, its now and its people.

For: `Telling`, and what is told: facts (`Written`, server/demo/facts.py) and decisions (`Decided`).
Not for: what happened (server/demo/decorations.py, vacancies.py, collecting.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from server.demo.facts import Pen

DAYS = 30
SITE = ZoneInfo("Asia/Shanghai")
STEWARD_OF = {"a1": "steward1", "a2": "steward2", "a3": "steward3"}


@dataclass(frozen=True, slots=True)
class Decided:
    """The supervisor decides about a violation at a moment."""

    at: datetime
    violation: str
    decision: str
    reason: str
    rectify_in_days: int | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    random: Random
    pen: Pen
    now: datetime  # at the site

    @property
    def today(self) -> date:
        return self.now.date()

    def at(self, days_ago: int, hour: int) -> datetime:
        return datetime.combine(self.today - timedelta(days=days_ago), time(hour), SITE)
