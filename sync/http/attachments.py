"""One attachment: reading it, whole or a range, writing and deleting it by hand.

Source: CouchDB documentation, "/{db}/{docid}/{attname}"; RFC 9110 section 14 (ranges); promises S-19, S-22.
"""

from __future__ import annotations

import re
from typing import NoReturn

from starlette.responses import Response

from sync import attachments
from sync.attachments import Sent, stubs_of, without_attachments
from sync.database import Found, Wanted
from sync.documents import Received, check_id, parse_revision
from sync.errors import EditConflict, NoSuchDocument, RangeNotSatisfiable, RevisionGone
from sync.http.call import Call
from sync.http.documents import answer_of_edit, named_revision
from sync.http.multipart import disposition
from sync.http.pushing import push
from sync.revisions import Revision

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")


async def get(call: Call) -> Response:
    doc_id, name = call.names["id"], call.names["attachment"]
    rev = call.query.get("rev")
    found = await _revision(call, doc_id, None if rev is None else str(parse_revision(rev)))
    stub = stubs_of(found.content or b"").get(name)
    if stub is None:
        _no_attachment()
    etag = f'"{stub["digest"].removeprefix("md5-")}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "no-store",
        "Accept-Ranges": "bytes",
        # Whatever it holds, it never runs as a page of ours.
        "Content-Disposition": disposition(name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    if etag in [tag.strip() for tag in call.request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    data = (await call.database.attachments(doc_id, found.revision, [name])).get(name)
    if data is None:
        _no_attachment()
    asked = call.request.headers.get("range")
    status = 200
    if asked is None or call.request.headers.get("if-range", etag) != etag:
        headers["Content-MD5"] = etag.strip('"')
    elif (within := _range(asked, len(data))) is not None:
        first, last = within
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        data, status = data[first : last + 1], 206
    answer = Response(data, status, headers)
    answer.headers["Content-Type"] = stub["content_type"]  # as it was given, without a charset of ours
    return answer


async def put(call: Call) -> Response:
    name = attachments.check_name(call.names["attachment"])
    content_type = attachments.check_type(call.request.headers.get("content-type", attachments.DEFAULT_TYPE))
    content = await call.body()
    attachments.check_md5(content, call.request.headers.get("content-md5"))
    return await _edit(call, {name: Sent(content_type, None, None, content)})


async def delete(call: Call) -> Response:
    return await _edit(call, {})


async def _edit(call: Call, new: dict[str, Sent]) -> Response:
    """The document as it was, with one attachment more, changed or less, is its next revision."""
    doc_id, name = check_id(call.names["id"]), call.names["attachment"]
    rev = named_revision(call, {})
    content = b"{}"
    kept: dict[str, Sent] = {}
    history: tuple[Revision, ...] = ()
    known = await call.database.known(doc_id)
    if rev is not None or (known is not None and not new):
        try:
            found = await _revision(call, doc_id, rev)
        except NoSuchDocument as error:
            if rev is None:
                raise
            raise RevisionGone from error
        stubs = stubs_of(found.content or b"")
        if not new and name not in stubs:
            _no_attachment()
        if rev is None:
            raise EditConflict
        content = without_attachments(found.content or b"{}")
        kept = {
            other: Sent(None, stub["revpos"], stub["digest"], None)
            for other, stub in stubs.items()
            if other != name
        }
        history = (found.revision,)
    elif not new:
        raise NoSuchDocument
    received = Received(doc_id, history, False, content, {**kept, **new})
    edits, outcomes = await push(call, [{"_id": doc_id}], [received], new_edits=True)
    return await answer_of_edit(call, edits[0], outcomes[0])


async def _revision(call: Call, doc_id: str, rev: str | None) -> Found:
    wanted = Wanted(doc_id, () if rev is None else (parse_revision(rev),))
    found = (await call.database.look_up([wanted]))[0]
    if not found or found[0].content is None or (rev is None and found[0].deleted):
        raise NoSuchDocument
    return found[0]


def _range(header: str, length: int) -> tuple[int, int] | None:
    """First and last byte; None for what asks for no range of bytes. More than one range is refused."""
    if not header.startswith("bytes="):
        return None
    match = _RANGE.fullmatch(header.replace(" ", ""))
    if match is None or not (match[1] or match[2]):
        raise RangeNotSatisfiable
    if not match[1]:
        first, last = max(0, length - int(match[2])), length - 1
    else:
        first, last = int(match[1]), min(int(match[2]) if match[2] else length - 1, length - 1)
    if first > last or (match[1] and match[2] and int(match[2]) < first):
        raise RangeNotSatisfiable
    return first, last


def _no_attachment() -> NoReturn:
    raise NoSuchDocument("Document is missing attachment")
