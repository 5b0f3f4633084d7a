"""Satisfaction in figures: how many of the valid answers are satisfied.

For: `satisfaction_rate`, per question and overall.
Not for: collecting answers (server/catalogue/surveys.py).
Source: R-SAT-15, R-GEN-06; K-33; D-19: five grades, the top two count, blank answers are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SATISFIED = ("5", "4")
VALID = ("5", "4", "3", "2", "1")


@dataclass(frozen=True, slots=True)
class Rate:
    """A ratio as counted: never a rounded figure."""

    satisfied: int
    valid: int

    @property
    def permille(self) -> int | None:
        """Thousandths, rounded half up; None without a valid answer: that is neither 0 % nor 100 %."""
        return None if self.valid == 0 else (self.satisfied * 2000 + self.valid) // (2 * self.valid)


def satisfaction_rate(grades: Iterable[str]) -> Rate:
    """Return the rate of grades "5" to "1"; "0" and anything else is no answer."""
    valid = [grade for grade in grades if grade in VALID]
    return Rate(sum(1 for grade in valid if grade in SATISFIED), len(valid))
