"""One measured figure, and the table of all of them.

For: `Figure` and `table`. Not for: measuring.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured. With a bar it is met or missed; without one it is there to be compared."""

    what: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False  # a rate has to reach its bar, a time has to stay under it

    @property
    def is_missed(self) -> bool:
        if self.bar is None:
            return False
        return self.value < self.bar if self.at_least else self.value >= self.bar

    @property
    def verdict(self) -> str:
        return "" if self.bar is None else "MISSED" if self.is_missed else "met"

    @property
    def bar_text(self) -> str:
        return "" if self.bar is None else f"{'≥' if self.at_least else '<'} {self.bar:g} {self.unit}"


def middle(values: Sequence[float]) -> float:
    return float(median(values))


def table(figures: Sequence[Figure]) -> str:
    """Plain text in columns, wide enough for every cell."""
    rows = [("what", "figure", "bar", "verdict")]
    rows += [(one.what, f"{_short(one.value)} {one.unit}", one.bar_text, one.verdict) for one in figures]
    widths = [max(_width(row[column]) for row in rows) for column in range(4)]
    rows.insert(1, ("-" * widths[0], "-" * widths[1], "-" * widths[2], "-" * widths[3]))
    return "\n".join(
        "  ".join(
            _padded(cell, width, right=column == 1)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
