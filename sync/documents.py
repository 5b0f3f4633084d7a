"""One document on its way in and out: what it may hold, the bytes that are stored, the hash a receipt names.

For: `receipt_hash`; turning a received object into `Received` (id, revision, past, body); putting `_id` and `_rev`
    back around stored bytes.
Not for: parsing bytes (sync/strict_json), growing trees (sync/revisions), whose document it is (Access.review).
Source: CouchDB 3.5 document members (couch_doc `transfer_fields`); RFC 8785.

A body is stored once, as bytes, without any underscore member (but the stubs of its attachments, which come first); answers
splice those around it and never build objects for what only passes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
import rfc8785

from sync.access import JsonObject
from sync.attachments import Sent, take_apart
from sync.errors import BadDocument, BadDocumentId, BadRequestInDocument, DocumentTooLarge
from sync.revisions import MAX_GENERATION, BadRevision, Revision

MAX_ID_BYTES = 512
MAX_HISTORY = 4096  # four times what any replica keeps; promises S-06
LOCAL_PREFIX = "_local/"
DESIGN_PREFIX = "_design/"

# Members that an answer carries and a client may send back: read by nobody, stored nowhere.
_ANSWER_ONLY = frozenset({"_revs_info", "_conflicts", "_deleted_conflicts", "_local_seq"})


class Received(NamedTuple):
    """A document as it was sent, taken apart. `history` is newest first and empty when no revision was named."""

    id: str
    history: tuple[Revision, ...]
    deleted: bool
    content: bytes  # without attachments
    attachments: Mapping[str, Sent] = MappingProxyType({})


def receipt_hash(document: Mapping[str, Any]) -> str:
    """Lowercase hex SHA-256 of the RFC 8785 form, without underscore members other than `_id`.

    Raises ValueError for what has no such form: a number beyond 2^53-1, NaN, a lone surrogate.
    """
    kept = {name: value for name, value in document.items() if not name.startswith("_") or name == "_id"}
    return hashlib.sha256(rfc8785.dumps(kept)).hexdigest()


def fact_revision(document: Mapping[str, Any]) -> Revision:
    """The only revision of a document that is written once: sending it twice is the same revision."""
    return Revision(1, receipt_hash(document)[:32])


def content_of(document: Mapping[str, Any]) -> bytes:
    """The bytes that are stored: one form for equal bodies, no underscore members."""
    kept = {name: value for name, value in document.items() if name[:1] != "_"}
    return orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)


def next_revision(parent: Revision | None, deleted: bool, content: bytes) -> Revision:
    """The revision of an edit made here. The same edit of the same parent is the same revision on every replica."""
    past = b"" if parent is None else str(parent).encode()
    digest = hashlib.sha256(b"%b\n%b\n%b" % (past, b"deleted" if deleted else b"live", content)).hexdigest()
    return Revision(1 if parent is None else parent.generation + 1, digest[:32])


def check_id(doc_id: object) -> str:
    """Return the id of an ordinary document. Raises BadDocumentId."""
    if not isinstance(doc_id, str):
        raise BadDocumentId("Document id must be a string")
    if not doc_id:
        raise BadDocumentId("Document id must not be empty")
    if doc_id[0] == "_":
        raise BadDocumentId("Only reserved document ids may start with underscore.")
    if len(doc_id) > MAX_ID_BYTES // 4 and len(doc_id.encode()) > MAX_ID_BYTES:
        raise BadDocumentId(f"Document id is longer than {MAX_ID_BYTES} bytes")
    return doc_id


def receive(document: object, max_bytes: int, doc_id: str | None = None) -> Received:
    """Take a parsed document apart. `doc_id` stands for a missing `_id` (the address, or a new one).

    Raises BadDocument, BadDocumentId, BadAttachment, DocumentTooLarge.
    """
    if not isinstance(document, dict):
        raise BadRequestInDocument("Document must be a JSON object")
    body: JsonObject = document.copy()
    named_id = check_id(body.pop("_id", doc_id))
    deleted = body.pop("_deleted", False)
    if not isinstance(deleted, bool):
        raise BadDocument("_deleted must be true or false")
    history = _history(body.pop("_rev", None), body.pop("_revisions", None))
    attached = body.pop("_attachments", None)
    content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    if "\n_" in "\n" + "\n".join(body) and (special := [name for name in body if name[:1] == "_"]):
        for name in special:
            if name not in _ANSWER_ONLY:
                raise BadDocument(f"Bad special document member: {name}")
            del body[name]
        content = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    if len(content) > max_bytes:
        raise DocumentTooLarge(named_id)
    if attached is None:
        return Received(named_id, history, deleted, content)
    return Received(named_id, history, deleted, content, take_apart(attached))


def parse_revision(text: object) -> Revision:
    """Raises BadDocument."""
    try:
        return Revision.parse(text)
    except BadRevision as error:
        raise BadRequestInDocument("Invalid rev format") from error


def parse_revisions(texts: Sequence[object]) -> list[Revision]:
    """Raises BadDocument."""
    try:
        return Revision.parse_all(texts)
    except BadRevision as error:
        raise BadRequestInDocument("Invalid rev format") from error


def splice(doc_id: str, rev: str, content: bytes, deleted: bool = False, members: bytes = b"") -> bytes:
    """The whole document as JSON bytes. `members` is `,"name":value…` to stand after `_rev`."""
    rest = content[1:] if content == b"{}" else b"," + content[1:]
    flag = b',"_deleted":true' if deleted else b""
    return b'{"_id":%b,"_rev":"%b"%b%b%b' % (orjson.dumps(doc_id), rev.encode(), flag, members, rest)


def revisions_member(history: Sequence[Revision]) -> bytes:
    """`,"_revisions":{…}` for splice; digests are plain letters and digits."""
    ids = '","'.join([revision.digest for revision in history])
    return f',"_revisions":{{"start":{history[0].generation},"ids":["{ids}"]}}'.encode()


def _history(rev: object, revisions: object) -> tuple[Revision, ...]:
    if revisions is None:
        return () if rev is None else (parse_revision(rev),)
    if not isinstance(revisions, dict):
        raise BadDocument("_revisions isn't a valid object")
    start, ids = revisions.get("start"), revisions.get("ids")
    if type(start) is not int or not isinstance(ids, list) or not ids:
        raise BadDocument("_revisions must have an integer start and a list of ids")
    if start > MAX_GENERATION or len(ids) > min(start, MAX_HISTORY):
        raise BadDocument("_revisions names more revisions than it can")
    try:
        history = Revision.line(start, ids)
    except BadRevision as error:
        if not all(isinstance(digest, str) for digest in ids):
            raise BadDocument("_revisions ids must be strings") from error
        raise BadRequestInDocument("Invalid rev format") from error
    if rev is not None and rev != f"{start}-{ids[0]}":
        parse_revision(rev)
        raise BadDocument("_rev and _revisions do not name the same revision")
    return history
