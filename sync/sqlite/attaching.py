"""Where the attachments of a stored body lie.

For: `attach`, and letting go of those of bodies that go.
Not for: what a client may send (sync/attachments), reading them (reads.py).
Source: promises S-10; CouchDB documentation, "Attachments".
"""

from __future__ import annotations

import hashlib

import apsw

from sync.access import JsonObject
from sync.attachments import Stubs, digest_of
from sync.database import Edit
from sync.errors import MissingStub
from sync.sqlite.schema import rows


def attach(db: apsw.Connection, body: int, doc: int, edit: Edit, stubs: Stubs) -> None:
    """Tie a body to the bytes that its stubs name. Raises MissingStub."""
    for name, stub in stubs.items():
        rows(
            db,
            "INSERT INTO attached (body, name, doc, attachment) VALUES (?, ?, ?, ?)",
            (body, name, doc, _place(db, doc, edit, name, stub)),
        )


def _place(db: apsw.Connection, doc: int, edit: Edit, name: str, stub: JsonObject) -> int:
    """Where the bytes lie: those that came with the edit, or what an edit before it brought."""
    for new in edit.attachments:
        if new.name == name:
            return _put(db, new.content)
    found = rows(
        db,
        "SELECT t.attachment FROM attached t JOIN attachment a ON a.n = t.attachment "
        "WHERE t.doc = ? AND a.digest = ? LIMIT 1",
        (doc, stub["digest"]),
    )
    if not found:
        raise MissingStub(f"Invalid attachment stub in {edit.id} for {name}")
    return int(found[0][0])


def _put(db: apsw.Connection, content: bytes) -> int:
    key = hashlib.sha256(content).digest()
    found = rows(db, "SELECT n FROM attachment WHERE sha256 = ?", (key,))
    if not found:
        found = rows(
            db,
            "INSERT INTO attachment (sha256, digest, content) VALUES (?, ?, ?) RETURNING n",
            (key, digest_of(content), content),
        )
    return int(found[0][0])
