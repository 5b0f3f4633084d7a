"""Pushes that were refused, set aside as documents of a database of their own.

For: writing, reading and releasing them. Not for: judging who may have how many set aside (edits.py).
Source: promises D2, S-08.

A document's id is the hash of what was pushed by whom, so the same push is set aside once, whichever process takes it. Its
revision follows from the time as well: what was released once may be set aside again later, beside the old deletion.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import orjson

from sync.access import JsonObject, Refusal
from sync.couchdb import lookups
from sync.couchdb.bodies import Note, Stored, outgoing
from sync.couchdb.client import CouchClient
from sync.couchdb.journal import HeldPush
from sync.database import Edit, Kept
from sync.documents import next_revision
from sync.revisions import Revision


def describe(database: str, edit: Edit, author: str | None) -> HeldPush:
    rev, content_hash = str(edit.history[0]), hashlib.sha256(edit.content).hexdigest()
    key = hashlib.sha256(orjson.dumps([database, edit.id, rev, author, content_hash])).hexdigest()
    return HeldPush(key, database, edit.id, rev, author, content_hash)


async def write(
    client: CouchClient,
    home: str,
    pushes: Sequence[tuple[HeldPush, Edit]],
    device: str | None,
    received_at: datetime,
) -> None:
    documents = []
    for push, edit in pushes:
        assert edit.refusal is not None
        content = orjson.dumps(
            {
                "database": push.db,
                "id": push.id,
                "rev": push.rev,
                "content_hash": push.content_hash,
                "code": edit.refusal.code,
                "reason": edit.refusal.reason,
                "deleted": edit.deleted,
                "history": [str(revision) for revision in edit.history],
                "content": edit.content.decode(),
            },
            option=orjson.OPT_SORT_KEYS,
        )
        seed = received_at.isoformat().encode() + content
        revision = Revision(1, hashlib.sha256(seed).hexdigest()[:32])
        note = Note(push.author, device, received_at)
        documents.append(outgoing(push.key, (revision,), False, content, note))
    await client.bulk(home, documents)


async def release(client: CouchClient, home: str, keys: Sequence[str], at: datetime) -> None:
    """Safe to repeat: a deletion of one revision is always the same revision."""
    documents = []
    for row in await lookups.by_keys(client, home, keys, with_content=True):
        if row.stored is None:
            continue
        for leaf in (row.stored.revision, *row.stored.conflicts):
            gone = next_revision(leaf, True, b"{}")
            documents.append(outgoing(row.id, (gone, leaf), True, b"{}", Note(None, None, at)))
    if documents:
        await client.bulk(home, documents)


async def read(client: CouchClient, home: str, keys: Sequence[str]) -> dict[str, Stored]:
    """By key; what was released meanwhile is left out."""
    rows = await lookups.by_keys(client, home, keys, with_content=True)
    return {row.id: row.stored for row in rows if row.stored is not None}


def pushed_of(stored: Stored) -> HeldPush:
    body: JsonObject = orjson.loads(stored.content)
    author = None if stored.note is None else stored.note.author
    return HeldPush(stored.id, body["database"], body["id"], body["rev"], author, body["content_hash"])


def kept_of(stored: Stored) -> Kept:
    body: JsonObject = orjson.loads(stored.content)
    flag = {"_deleted": True} if body["deleted"] else {}
    document = {"_id": body["id"], "_rev": body["rev"], **flag, **orjson.loads(body["content"])}
    return Kept(document, Refusal(body["code"], body["reason"]))
