"""A document's attachments: what a client may send, what is kept beside the document, what a stub stands for.

For: taking `_attachments` apart; telling which bytes are new and which an earlier edit brought; the stubs that a stored
    body begins with.
Not for: photos (evidence has its own store and never lives in documents), storing (sync/sqlite), multipart (sync/http/multipart).
Source: CouchDB documentation, "Attachments"; couch_att `from_json` and `merge_stubs`.

A stored body names its attachments first, as stubs that are sent as they lie; the bytes lie apart, once for equal content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import orjson

from sync.access import JsonObject, JsonValue
from sync.errors import AttachmentCorrupted, BadAttachment, BodyTooLarge, MissingStub

MAX_NAME_BYTES = 512
MAX_UNPACKED_BYTES = 64 * 1024 * 1024
DEFAULT_TYPE = "application/octet-stream"
BEGINNING = b'{"_attachments":'  # of a stored body that names some

Stubs = dict[str, JsonObject]


class NewAttachment(NamedTuple):
    name: str
    content: bytes


class Sent(NamedTuple):
    """An attachment as a client names it. `content` None: a stub, or (`follows`) bytes in a later part."""

    content_type: str | None
    revpos: int | None
    digest: str | None
    content: bytes | None
    follows: bool = False
    is_packed: bool = False  # the bytes are gzip


class Settled(NamedTuple):
    """Every attachment of one edit: what its body is to name, and the bytes that are not here yet."""

    stubs: Stubs
    new: tuple[NewAttachment, ...]


def digest_of(content: bytes) -> str:
    """CouchDB's digest. It names content to clients; storage goes by SHA-256."""
    return "md5-" + base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def stubs_of(content: bytes) -> Stubs:
    """The attachments that a stored body names."""
    if not content.startswith(BEGINNING):
        return {}
    stubs: Stubs = orjson.loads(content)["_attachments"]
    return stubs


def with_attachments(content: bytes, attachments: Mapping[str, JsonValue]) -> bytes:
    """A body that names these. `content` is one without any."""
    if not attachments:
        return content
    rest = content[1:] if content == b"{}" else b"," + content[1:]
    return BEGINNING + orjson.dumps(attachments) + rest


def without_attachments(content: bytes) -> bytes:
    if not content.startswith(BEGINNING):
        return content
    body = orjson.loads(content)
    del body["_attachments"]
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def take_apart(value: JsonValue) -> dict[str, Sent]:
    """The `_attachments` member of a received document. Raises BadAttachment."""
    if not isinstance(value, dict):
        raise BadAttachment("_attachments must be a JSON object")
    return {check_name(name): _sent(name, one) for name, one in value.items()}


def check_name(name: str) -> str:
    """Raises BadAttachment."""
    if not name:
        raise BadAttachment("Attachment name must not be empty")
    if name[0] == "_":
        raise BadAttachment(f"Attachment name '{name[:100]}' starts with prohibited character '_'")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise BadAttachment(f"Attachment name is longer than {MAX_NAME_BYTES} bytes")
    return name


def check_type(content_type: str) -> str:
    """It becomes a header again. Raises BadAttachment."""
    if len(content_type) > 200 or not content_type.isascii() or not content_type.isprintable():
        raise BadAttachment("An attachment's content_type must be short printable ASCII")
    return content_type


def settle(doc_id: str, sent: Mapping[str, Sent], known: Iterable[Stubs], generation: int) -> Settled:
    """Give each attachment of an edit its stub; `known` are those of earlier edits, nearest first.

    A stub stands for an earlier attachment of that name with its digest, or told by its revpos as CouchDB does.
    Raises MissingStub when nothing here does.
    """
    stubs: Stubs = {}
    new = []
    earlier = list(known)
    for name, one in sent.items():
        if one.content is None:
            found = next((x[name] for x in earlier if name in x and _stands_for(one, x[name])), None)
            if found is None:
                raise MissingStub(f"Invalid attachment stub in {doc_id} for {name}")
            stubs[name] = found
            continue
        content = _unpacked(name, one.content) if one.is_packed else one.content
        revpos = generation if one.revpos is None or one.revpos > generation else one.revpos
        stubs[name] = {
            "content_type": one.content_type or DEFAULT_TYPE,
            "revpos": revpos,
            "digest": digest_of(content),
            "length": len(content),
            "stub": True,
        }
        new.append(NewAttachment(name, content))
    return Settled(stubs, tuple(new))


def check_md5(content: bytes, header: str | None) -> None:
    """Raises AttachmentCorrupted when the bytes are not those the sender announced in Content-MD5."""
    if header is not None and header.strip() != digest_of(content).removeprefix("md5-"):
        raise AttachmentCorrupted


def _sent(name: str, value: JsonValue) -> Sent:
    if not isinstance(value, dict):
        raise BadAttachment(f"Attachment {name[:100]!r} must be a JSON object")
    content_type, revpos, digest = value.get("content_type"), value.get("revpos"), value.get("digest")
    if content_type is not None and not isinstance(content_type, str):
        raise BadAttachment(f"The content_type of attachment {name[:100]!r} must be text")
    if revpos is not None and (type(revpos) is not int or revpos < 1):
        raise BadAttachment(f"The revpos of attachment {name[:100]!r} must be a positive integer")
    if digest is not None and not isinstance(digest, str):
        raise BadAttachment(f"The digest of attachment {name[:100]!r} must be text")
    encoding = value.get("encoding", "identity")
    if encoding not in ("identity", "gzip"):
        raise BadAttachment(f"The encoding of attachment {name[:100]!r} must be identity or gzip")
    kind = None if content_type is None else check_type(content_type)
    if value.get("stub") is True or value.get("follows") is True:
        follows = value.get("follows") is True
        return Sent(kind, revpos, digest, None, follows, is_packed=encoding == "gzip")
    return Sent(kind, revpos, digest, _decoded(name, value.get("data")), is_packed=encoding == "gzip")


def _decoded(name: str, data: JsonValue) -> bytes:
    try:
        if isinstance(data, str):
            return base64.b64decode(data, validate=True)
    except binascii.Error:
        pass
    raise BadAttachment(f"Invalid attachment data for {name[:100]}")


def _stands_for(sent: Sent, stub: JsonObject) -> bool:
    return sent.digest in (None, stub["digest"]) or sent.revpos == stub["revpos"]


def _unpacked(name: str, packed: bytes) -> bytes:
    """CouchDB's replicator sends text as it lies there: gzip. It is kept as what it is."""
    unpacking = zlib.decompressobj(31)
    try:
        content = unpacking.decompress(packed, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise BadAttachment(f"Attachment {name[:100]} is not the gzip it says it is") from error
    if unpacking.unconsumed_tail:
        raise BodyTooLarge(f"Attachment {name[:100]} unpacks to more than {MAX_UNPACKED_BYTES} bytes")
    if not unpacking.eof:
        raise BadAttachment(f"Attachment {name[:100]} is cut short")
    return content
