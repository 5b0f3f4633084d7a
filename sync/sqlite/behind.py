"""How many documents have a place after a given one: `pending` of a changes feed.

For: reads.py; exact at the moment of the read it belongs to, and free of counting where a replica reads page after page.
Not for: finding the changes themselves.

A database knows how many documents it has; each of them has one place. So nothing is counted from the beginning or from
the end, a page leaves behind what it found before it less its own rows, and only a replica that starts in the middle has
places counted, on the side where there are fewer.
"""

from __future__ import annotations

import apsw

from sync.sqlite.schema import rows

MAX_KEPT = 4096


class Behind:
    """Shared by all reading threads. What is kept belongs to one state of its database: any change makes it worthless."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int, int], int] = {}

    def count(self, db: apsw.Connection, n: int, since: int, update_seq: int, documents: int) -> int:
        """Documents after `since`. The database's number, latest place and documents (deleted ones too) are of this moment."""
        if since >= update_seq:
            return 0
        if since <= 0:
            return documents
        kept = self._kept.get((n, update_seq, since))
        return _count(db, n, since, update_seq, documents) if kept is None else kept

    def keep(self, n: int, since: int, update_seq: int, behind: int) -> None:
        """Remember it for who asks from there next."""
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[n, update_seq, since] = behind


def _count(db: apsw.Connection, n: int, since: int, update_seq: int, documents: int) -> int:
    if since > update_seq - since:
        return int(rows(db, "SELECT count(*) FROM doc WHERE db = ? AND seq > ?", (n, since))[0][0])
    return documents - int(rows(db, "SELECT count(*) FROM doc WHERE db = ? AND seq <= ?", (n, since))[0][0])
