"""MIME multipart as CouchDB speaks it: a document and the bytes of its attachments in one message.

For: reading a `multipart/related` body; writing `multipart/related` and `multipart/mixed` ones.
Not for: what the parts mean (sync/attachments, rendering.py).
Source: RFC 2046 section 5.1; RFC 2387; CouchDB documentation, "Efficient Multiple Attachments Uploads".
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from sync.errors import BadRequest

MAX_PARTS = 1000
_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FILE_NAME = re.compile(r'filename="((?:[^"\\]|\\.)*)"')


class Part(NamedTuple):
    headers: dict[str, str]  # names in lower case
    content: bytes

    @property
    def file_name(self) -> str | None:
        found = _FILE_NAME.search(self.headers.get("content-disposition", ""))
        return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


def boundary_of(content_type: str) -> bytes:
    """Raises BadRequest."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BadRequest("multipart/related needs a boundary")
    return (found[1] or found[2]).encode("latin-1")


def read(body: bytes, boundary: bytes) -> list[Part]:
    """The parts of a whole body. Raises BadRequest when it is not one, or is cut short."""
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, MAX_PARTS + 2)
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise BadRequest("The multipart body is malformed, cut short or has too many parts")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    _, newline, rest = piece.partition(b"\r\n")  # what may pad a boundary's line
    head, gap, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if not newline or not gap:
        raise BadRequest("A part of the multipart body is malformed")
    headers = {}
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        headers[name.strip().lower().decode("latin-1")] = value.strip().decode("utf-8", "replace")
    return Part(headers, content)


def new_boundary() -> bytes:
    return secrets.token_hex(16).encode()


def related(document: bytes, attachments: Sequence[tuple[str, str, bytes]], boundary: bytes) -> bytes:
    """A document and its attachments: (name, content type, bytes), in the order its `_attachments` names them."""
    parts = [b"--%b\r\nContent-Type: application/json\r\n\r\n%b" % (boundary, document)]
    for name, content_type, content in attachments:
        parts.append(
            b'\r\n--%b\r\nContent-Disposition: attachment; filename="%b"\r\n'
            b"Content-Type: %b\r\nContent-Length: %d\r\n\r\n%b"
            % (boundary, _quoted(name), content_type.encode(), len(content), content)
        )
    return b"".join(parts) + end(boundary)


def part(boundary: bytes, kind: bytes, content: bytes, headers: bytes = b"") -> bytes:
    """A part of a `multipart/mixed` answer. `headers` are whole lines, each ended."""
    return b"\r\n--%b\r\n%bContent-Type: %b\r\n\r\n%b" % (boundary, headers, kind, content)


def end(boundary: bytes) -> bytes:
    return b"\r\n--%b--" % boundary


def disposition(name: str) -> str:
    """Offered for saving, never shown as a page of ours (promises S-19)."""
    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"


def _quoted(name: str) -> bytes:
    return re.sub(r"[\r\n\0]", " ", name).replace("\\", "\\\\").replace('"', '\\"').encode()
