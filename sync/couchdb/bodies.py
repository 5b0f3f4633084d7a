"""A document as it lies in CouchDB: our stored bytes, its revision and past, and a note of who sent it when.

For: `outgoing` (ours to CouchDB's) and `incoming` (back). Not for: requests.
Source: CouchDB 3.5 documentation, "Documents", "Attachments"; RFC 3339.

The note is a member named NOTE. A client's own member of that name, or of that name with apostrophes behind it, gets one more
apostrophe on its way in and loses it on its way out: whatever was sent comes back as it was.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import orjson

from sync.access import JsonObject
from sync.attachments import NewAttachment, stubs_of, with_attachments, without_attachments
from sync.documents import revisions_member, splice
from sync.revisions import Revision

NOTE = "xunlu:received"
_NOTE_NAME = orjson.dumps(NOTE)
_NOTE_BEGINNING = _NOTE_NAME[:-1]
_STUB_MEMBERS = ("content_type", "revpos", "digest", "length", "stub")


class Note(NamedTuple):
    author: str | None  # None: the server itself, or an operator beside it
    device: str | None
    received_at: datetime


class Stored(NamedTuple):
    """A revision as CouchDB answered it. `history` has only the revision itself unless its past was asked for."""

    id: str
    revision: Revision
    history: list[Revision]
    deleted: bool
    content: bytes
    received: object  # the note as it lies there
    conflicts: list[Revision]  # further live leaves, when they were asked for

    @property
    def note(self) -> Note | None:
        """None when the document came past us, as by CouchDB's own replicator."""
        return _note(self.received)


def outgoing(
    doc_id: str,
    history: Sequence[Revision],
    deleted: bool,
    content: bytes,
    note: Note,
    new: Sequence[NewAttachment] = (),
) -> bytes:
    """The document as `_bulk_docs` takes it."""
    members = revisions_member(history) + _note_member(note)
    stubs = stubs_of(content)
    if stubs:
        data = {one.name: base64.b64encode(one.content).decode() for one in new}
        sent = {name: _sent(stub, data.get(name)) for name, stub in stubs.items()}
        members += b',"_attachments":' + orjson.dumps(sent)
        content = without_attachments(content)
    if _NOTE_BEGINNING in content:
        body = {_with_apostrophe(name): value for name, value in orjson.loads(content).items()}
        content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    return splice(doc_id, str(history[0]), content, deleted, members)


def incoming(document: JsonObject) -> Stored:
    """Take an answered document apart; `document` is used up."""
    revision = Revision.parse(document["_rev"])
    past = document.get("_revisions")
    history = [revision]
    if past is not None:
        history = [Revision(past["start"] - place, digest) for place, digest in enumerate(past["ids"])]
    conflicts = [Revision.parse(rev) for rev in document.get("_conflicts", ())]
    stubs = document.get("_attachments", {})
    received = document.pop(NOTE, None)
    body = {name: value for name, value in document.items() if name[:1] != "_"}
    content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    if _NOTE_BEGINNING in content:
        body = {_without_apostrophe(name): value for name, value in body.items()}
        content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    if stubs:
        kept = {
            name: {member: stub[member] for member in _STUB_MEMBERS if member in stub}
            for name, stub in stubs.items()
        }
        content = with_attachments(content, kept)
    is_deleted = document.get("_deleted", False)
    return Stored(document["_id"], revision, history, is_deleted, content, received, conflicts)


def as_object(stored: Stored) -> JsonObject:
    flag = {"_deleted": True} if stored.deleted else {}
    return {"_id": stored.id, "_rev": str(stored.revision), **flag, **orjson.loads(stored.content)}


def _sent(stub: JsonObject, data: str | None) -> JsonObject:
    if data is None:
        return stub
    return {"content_type": stub["content_type"], "revpos": stub["revpos"], "data": data}


@lru_cache(16)  # all documents of a push have the same
def _note_member(note: Note) -> bytes:
    at = note.received_at.astimezone(UTC).isoformat()
    return b",%b:%b" % (_NOTE_NAME, orjson.dumps({"author": note.author, "device": note.device, "at": at}))


def _note(value: object) -> Note | None:
    if not isinstance(value, dict):
        return None
    try:
        return Note(value["author"], value["device"], datetime.fromisoformat(value["at"]))
    except (KeyError, TypeError, ValueError):
        return None


def _with_apostrophe(name: str) -> str:
    return name + "'" if name.rstrip("'") == NOTE else name


def _without_apostrophe(name: str) -> str:
    return name[:-1] if name.startswith(NOTE) and name.rstrip("'") == NOTE else name
