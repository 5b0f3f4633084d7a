"""What stands at places of the journal, read from CouchDB.

For: `entries_at`. Not for: the order (journal.py), or finding out what changed (follower.py).
Source: docs/architecture.md section 1 (journal).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import orjson

from sync.couchdb import held, lookups
from sync.couchdb.bodies import Stored, as_object
from sync.couchdb.client import CouchClient
from sync.couchdb.journal import Place
from sync.database import JournalEntry
from sync.errors import NoSuchDatabase
from sync.revisions import Revision


async def entries_at(
    client: CouchClient, places: Sequence[Place], home_of: Callable[[str], str], held_home: str
) -> list[JournalEntry]:
    """Each document as it is now; one that is not there is left out. Two requests for each database, one for what is held."""
    by_database: dict[str, list[str]] = {}
    for place in places:
        if place.held_key is None:
            by_database.setdefault(place.db, []).append(place.id)
    documents: dict[tuple[str, str], Stored] = {}
    for database, ids in by_database.items():
        with contextlib.suppress(NoSuchDatabase):
            for stored in await _winners(client, home_of(database), ids):
                documents[database, stored.id] = stored
    keys = [place.held_key for place in places if place.held_key is not None]
    refused = await held.read(client, held_home, keys)
    entries = []
    for place in places:
        if place.held_key is not None:
            if (aside := refused.get(place.held_key)) is not None:
                entries.append(_refused_entry(place, aside))
        elif (found := documents.get((place.db, place.id))) is not None:
            entries.append(_entry(place, found))
    return entries


async def _winners(client: CouchClient, home: str, ids: list[str]) -> list[Stored]:
    rows = await lookups.by_keys(client, home, ids, with_content=True)
    deleted = [
        (row.id, Revision.parse(row.rev)) for row in rows if row.stored is None and row.rev is not None
    ]
    graves = await lookups.get_revisions(client, home, deleted)
    return [row.stored for row in rows if row.stored is not None] + [one[0] for one in graves if one]


def _entry(place: Place, stored: Stored) -> JournalEntry:
    note = stored.note
    return JournalEntry(
        place.n,
        place.db,
        stored.id,
        str(stored.revision),
        None if note is None else note.author,
        None if note is None else note.device,
        datetime.fromtimestamp(place.seen_at / 1_000_000, UTC) if note is None else note.received_at,
        stored.deleted,
        as_object(stored),
        None,
    )


def _refused_entry(place: Place, aside: Stored) -> JournalEntry:
    kept, note, body = held.kept_of(aside), aside.note, orjson.loads(aside.content)
    assert kept.document is not None
    assert note is not None  # only this store writes there
    return JournalEntry(
        place.n,
        place.db,
        body["id"],
        body["rev"],
        note.author,
        note.device,
        note.received_at,
        body["deleted"],
        kept.document,
        kept.refusal,
    )
