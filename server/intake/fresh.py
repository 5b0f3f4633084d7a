"""Facts of a batch that nothing is known of yet: most of what arrives. They are looked up and written together.

For: `Fresh` and `write_together`, which taking uses. Not for: judging them, or what has to be looked at one by one (take.py).
Source: issue 4, a year of facts is rebuilt in ten minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, insert, select

from server.intake.facts import photo_rows
from server.intake.tables import fact, fact_photo, fact_subject, release

if TYPE_CHECKING:
    from sync.database import JournalEntry

LOOKED_UP = 500


class Waiting(NamedTuple):
    """A fact that is read and judged, and not written yet."""

    entry: JournalEntry
    row: dict[str, Any]
    subjects: tuple[str, ...]


class Fresh:
    """Facts of a batch of which nothing is known yet. They are written together: most of what arrives is such."""

    def __init__(self, connection: Connection, entries: Sequence[JournalEntry]) -> None:
        self.known: set[str] = set()
        self.rows: list[Waiting] = []
        for start in range(0, len(entries), LOOKED_UP):
            ids = [entry.id for entry in entries[start : start + LOOKED_UP]]
            for column in (fact.c.id, release.c.fact_id):
                self.known |= set(connection.scalars(select(column).where(column.in_(ids))))

    def note(self, entry: JournalEntry) -> None:
        """Whatever else comes of this entry, or of the fact that it releases, is not new any more."""
        self.known.add(entry.id)
        if isinstance(entry.body, dict):
            self.known.add(str(entry.body.get("fact")))


def write_together(connection: Connection, waiting: Sequence[Waiting]) -> set[str]:
    """Write all or, when one cannot be written, raise; return the subjects they touch."""
    subjects = [{"fact_id": one.row["id"], "subject": name} for one in waiting for name in one.subjects]
    photos = [photo for one in waiting for photo in photo_rows(one.row)]
    connection.execute(insert(fact), [one.row for one in waiting])
    if subjects:
        connection.execute(insert(fact_subject), subjects)
    if photos:
        connection.execute(insert(fact_photo), photos)
    return {each["subject"] for each in subjects}
