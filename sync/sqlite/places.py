"""How many documents of a database lie in each stretch of sequences: what lies behind a place is not counted one by one.

For: `Moves`, which the writer tells of each document's new place, and `count_after`: `pending` of a changes feed.
Not for: finding the changes themselves (reads.py).

Two lengths of stretches, each counted in a row: a count adds up the long ones after a place, the short ones up to there, and
looks at documents only within one short stretch: some hundred entries, however many documents there are.
"""

from __future__ import annotations

import apsw

from sync.sqlite.schema import LONG, SHORT, rows

_AFTER = (
    f"SELECT (SELECT coalesce(sum(documents), 0) FROM place WHERE db = ?1 AND bits = {LONG} AND stretch > ?2 >> {LONG}) + "
    f"(SELECT coalesce(sum(documents), 0) FROM place WHERE db = ?1 AND bits = {SHORT} AND stretch > ?2 >> {SHORT} "
    f"AND stretch < ((?2 >> {LONG}) + 1) << {LONG - SHORT}) + "
    f"(SELECT count(*) FROM doc WHERE db = ?1 AND seq > ?2 AND seq < ((?2 >> {SHORT}) + 1) << {SHORT})"
)
_ADD = (
    "INSERT INTO place (db, bits, stretch, documents) VALUES (?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET documents = documents + excluded.documents"
)
_TIDY = "DELETE FROM place WHERE db = ? AND bits = ? AND stretch = ? AND documents = 0"


def count_after(db: apsw.Connection, n: int, since: int) -> int:
    """Documents of database `n`, deleted ones too, whose place is after `since`."""
    return int(rows(db, _AFTER, (n, since))[0][0])


class Moves:
    """The places that documents of one database took and left in one transaction."""

    def __init__(self) -> None:
        self._steps: dict[int, int] = {}  # short stretch → documents more

    def take(self, seq: int) -> None:
        stretch = seq >> SHORT
        self._steps[stretch] = self._steps.get(stretch, 0) + 1

    def take_all(self, first: int, count: int) -> None:
        """`count` places from `first` on."""
        end = first + count
        while first < end:
            stretch = first >> SHORT
            until = min(end, (stretch + 1) << SHORT)
            self._steps[stretch] = self._steps.get(stretch, 0) + until - first
            first = until

    def move(self, old: int, new: int) -> None:
        steps, left, taken = self._steps, old >> SHORT, new >> SHORT
        steps[left] = steps.get(left, 0) - 1
        steps[taken] = steps.get(taken, 0) + 1

    def write(self, db: apsw.Connection, n: int) -> None:
        long: dict[int, int] = {}
        for stretch, step in self._steps.items():
            above = stretch >> (LONG - SHORT)
            long[above] = long.get(above, 0) + step
        steps = [
            (n, bits, stretch, step)
            for bits, counted in ((SHORT, self._steps), (LONG, long))
            for stretch, step in counted.items()
            if step
        ]
        if steps:
            db.executemany(_ADD, steps)
        if left := [key[:3] for key in steps if key[3] < 0]:
            db.executemany(_TIDY, left)
