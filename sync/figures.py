"""What a store tells of itself in numbers: how much it did, how fast, how much room is left.

For: `Store.figures`; whoever shows them (a metrics endpoint, a test).
Not for: what a database holds (DatabaseInfo), or any word about documents and people.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often a value fell into each span. `counts` has one entry for each upper bound and one for what is greater."""

    upper_bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float  # of all values


class Tally:
    """Counts values into spans. One thread notes, any thread may ask."""

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, upper_bounds: Sequence[float]) -> None:
        self._bounds = tuple(upper_bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self._total = 0.0

    def note(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    def seen(self) -> Distribution:
        return Distribution(self._bounds, tuple(self._counts), self._total)


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """One moment of a store that keeps its own file. Counts are since the start of the process."""

    documents_written: int
    documents_read: int  # bodies handed out
    commits: int
    commit_seconds: Distribution  # of COMMIT, the flush to the disk included
    writes_in_a_commit: Distribution
    wal_bytes: int
    file_bytes: int
    free_bytes: int  # of the disk
    open_feeds: int
    held: int  # pushes set aside now
    is_broken: bool
    is_full: bool
    compacted_at: float | None  # seconds since 1970; None: not in this process
    bodies_dropped: int
