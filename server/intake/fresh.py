"""What can be taken together: facts that nothing is known of yet, and documents of places. Most of what arrives is such.

For: `Fresh` and `write_together`, which taking uses. Not for: judging facts, or what has to be looked at one by one (take.py);
writing documents of places (references.py).
Source: issue 4, a year of facts is rebuilt in ten minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, union_all

from server.intake.facts import photo_rows
from server.intake.tables import fact, fact_photo, fact_subject, release

if TYPE_CHECKING:
    from sync.database import JournalEntry

LOOKED_UP = 500
_IDS: Any = bindparam("ids", expanding=True)
_KNOWN = union_all(
    select(fact.c.id).where(fact.c.id.in_(_IDS)), select(release.c.fact_id).where(release.c.fact_id.in_(_IDS))
)
_FACTS, _SUBJECTS, _PHOTOS = insert(fact), insert(fact_subject), insert(fact_photo)


class Waiting(NamedTuple):
    """A fact that is read and judged, and not written yet."""

    entry: JournalEntry
    row: dict[str, Any]
    subjects: tuple[str, ...]


class Fresh:
    """What waits to be written together."""

    def __init__(self, connection: Connection, entries: Sequence[JournalEntry]) -> None:
        self.known: set[str] = set()
        self.rows: list[Waiting] = []
        self.references: dict[str, JournalEntry] = {}  # by id
        for start in range(0, len(entries), LOOKED_UP):
            ids = [entry.id for entry in entries[start : start + LOOKED_UP]]
            self.known |= set(connection.scalars(_KNOWN, {"ids": ids}))

    def note(self, entry: JournalEntry) -> None:
        """Whatever else comes of this entry, or of the fact that it releases, is not new any more."""
        self.known.add(entry.id)
        if isinstance(entry.body, dict):
            self.known.add(str(entry.body.get("fact")))


def write_together(connection: Connection, waiting: Sequence[Waiting]) -> set[str]:
    """Write all or, when one cannot be written, raise; return the subjects they touch."""
    subjects = [{"fact_id": one.row["id"], "subject": name} for one in waiting for name in one.subjects]
    photos = [photo for one in waiting for photo in photo_rows(one.row)]
    connection.execute(_FACTS, [one.row for one in waiting])
    if subjects:
        connection.execute(_SUBJECTS, subjects)
    if photos:
        connection.execute(_PHOTOS, photos)
    return {each["subject"] for each in subjects}
