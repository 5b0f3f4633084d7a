"""A stored revision as an answer holds it: alone, with its attachments inside it, or followed by them.

For: every handler that answers with documents. Without attachments asked for, bytes only move.
Not for: which revisions are asked for (documents.py, bulk.py, changes.py, listing.py).
Source: CouchDB documentation, "/{db}/{docid}" (`attachments`, `atts_since`); couch_doc `to_json_obj`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import NamedTuple

from sync.access import JsonObject
from sync.attachments import stubs_of, with_attachments, without_attachments
from sync.database import Database
from sync.documents import splice
from sync.http import multipart
from sync.revisions import Revision


class Attached(NamedTuple):
    """Which attachments come with their bytes: those that the client's revisions do not have."""

    since: frozenset[Revision] = frozenset()

    def after(self, history: Sequence[Revision]) -> int:
        """The generation up to which the client has them."""
        return next((revision.generation for revision in history if revision in self.since), 0)


class Whole(NamedTuple):
    """A document as JSON, and the attachments that follow it: (name, content type, bytes)."""

    document: bytes
    following: list[tuple[str, str, bytes]]

    def part(self, boundary: bytes) -> tuple[bytes, bytes]:
        """Content type and body of a multipart answer's part."""
        if not self.following:
            return b"application/json", self.document
        kind = b'multipart/related; boundary="%b"' % boundary
        return kind, multipart.related(self.document, self.following, boundary)


async def inline(
    database: Database,
    doc_id: str,
    revision: Revision,
    content: bytes,
    attached: Attached | None,
    history: Sequence[Revision] = (),
) -> bytes:
    """The body with the wanted attachments in it as base64; as it lies when there are none."""
    if attached is None or not (stubs := stubs_of(content)):
        return content
    found = await _wanted(database, doc_id, revision, stubs, attached, history)
    shown = {}
    for name, stub in stubs.items():
        data = found.get(name)
        shown[name] = stub if data is None else _with_data(stub, data)
    return with_attachments(without_attachments(content), shown)


async def followed(
    database: Database,
    doc_id: str,
    revision: Revision,
    content: bytes,
    attached: Attached,
    history: Sequence[Revision],
    deleted: bool,
    members: bytes,
) -> Whole:
    """The document whose wanted attachments stand in parts behind it."""
    stubs = stubs_of(content)
    found = await _wanted(database, doc_id, revision, stubs, attached, history) if stubs else {}
    shown = {
        name: {**_plain(stub), "follows": True} if name in found else stub for name, stub in stubs.items()
    }
    body = with_attachments(without_attachments(content), shown) if found else content
    document = splice(doc_id, str(revision), body, deleted, members)
    return Whole(document, [(name, stubs[name]["content_type"], data) for name, data in found.items()])


async def _wanted(
    database: Database,
    doc_id: str,
    revision: Revision,
    stubs: dict[str, JsonObject],
    attached: Attached,
    history: Sequence[Revision],
) -> dict[str, bytes]:
    after = attached.after(history)
    names = [name for name, stub in stubs.items() if stub["revpos"] > after]
    return await database.attachments(doc_id, revision, names) if names else {}


def _with_data(stub: JsonObject, data: bytes) -> JsonObject:
    plain = {name: value for name, value in stub.items() if name not in ("stub", "length")}
    return {**plain, "data": base64.b64encode(data).decode()}


def _plain(stub: JsonObject) -> JsonObject:
    return {name: value for name, value in stub.items() if name != "stub"}
