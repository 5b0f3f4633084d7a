"""Many documents fetched in one request.

For: `_bulk_get`, as JSON and as multipart. What a pull asks for is moved as bytes; the rest is looked up in trees.
Not for: comparing and pushing (bulk.py).
Source: CouchDB documentation, "/{db}/_bulk_get"; promises D2, S-02, S-04.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from starlette.responses import Response

from sync.access import Action
from sync.database import Database, Found, Wanted
from sync.documents import parse_revision, revisions_member, splice
from sync.errors import BadRequest, NoSuchDatabase, SyncError
from sync.http import multipart
from sync.http.answers import StreamedAnswer, whole_answer
from sync.http.call import Call
from sync.http.rendering import Attached, followed, inline

_Asked = tuple[str, Any]  # an id and what stands for a revision
_Entry = tuple[Wanted, Attached | None, list[Found]]
_BEGINNING, _END = b'{"results":[\n', b"\n]}\n"


PIECE_ROWS = 1000
LOOKED_UP_ROWS = 100


async def bulk_get(call: Call) -> Response:
    body = await call.json_object()
    asked, attached = _asked(call, body.get("docs"))
    latest, with_revs = call.flag("latest"), call.flag("revs")
    accept = call.request.headers.get("accept", "")
    is_json_taken = any(kind in accept for kind in ("application/json", "application/*", "*/*"))
    for kind in ("multipart/mixed", "multipart/related"):
        if kind in accept and not is_json_taken:  # as CouchDB: JSON for whoever takes it
            outer = multipart.new_boundary()
            entries = _look_up(call.database, _all_wanted(asked, latest), attached, call.limits.attached_rows)
            return StreamedAnswer(
                _cut_short(_parts(call, entries, outer, with_revs)), f'{kind}; boundary="{outer.decode()}"'
            )
    if any(one is not None for one in attached):
        entries = _look_up(call.database, _all_wanted(asked, latest), attached, call.limits.attached_rows)
        return StreamedAnswer(_cut_short(_one_by_one(call, entries, with_revs)))
    first = await _results(call, asked, latest, with_revs)
    if not call.may(Action.READ):  # taken away while it was read
        raise NoSuchDatabase
    if len(first) == len(asked):
        return whole_answer(_whole(first))
    rest = asked[len(first) :]
    for doc_id, rev in rest:
        _wanted(doc_id, rev, latest)  # refused now or never: the answer begins
    return StreamedAnswer(_in_pieces(call, first, rest, latest, with_revs))


def _whole(results: list[bytes]) -> bytes:
    if not results:
        return _BEGINNING + _END
    results[0] = _BEGINNING + results[0]
    results[-1] += _END
    return b",\n".join(results)  # a million bytes are copied once


async def _results(call: Call, asked: Sequence[_Asked], latest: bool, with_revs: bool) -> list[bytes]:
    """Rows of the answer for the first of what is asked, as many as go into one piece."""
    ready = await call.database.only_leaves(asked[:PIECE_ROWS], with_revs)
    rest = [place for place, document in enumerate(ready) if document is None]
    if len(rest) > LOOKED_UP_ROWS:  # whole documents, each of any size
        ready, rest = ready[: rest[LOOKED_UP_ROWS]], rest[:LOOKED_UP_ROWS]
    found: dict[int, bytes] = {}
    if rest:
        wanted = [_wanted(*asked[place], latest) for place in rest]
        looked_up = await call.database.look_up(wanted)
        for place, one, revisions in zip(rest, wanted, looked_up, strict=True):
            rows = [_row(one.id, each, each.content, with_revs) for each in revisions]
            found[place] = _result(one, rows)
    return [
        found[place]
        if document is None
        else b'{"id":%b,"docs":[{"ok":%b}]}' % (orjson.dumps(asked[place][0]), document)
        for place, document in enumerate(ready)
    ]


async def _in_pieces(
    call: Call, first: list[bytes], rest: list[_Asked], latest: bool, with_revs: bool
) -> AsyncGenerator[bytes, None]:
    yield _BEGINNING + b",\n".join(first)
    while rest:
        try:
            piece = await _results(call, rest, latest, with_revs)
        except SyncError:
            return  # cut short, so that it is no answer
        if not call.may(Action.READ):
            return
        yield b",\n" + b",\n".join(piece)
        rest = rest[len(piece) :]
    yield _END


def _all_wanted(asked: Sequence[_Asked], latest: bool) -> list[Wanted]:
    """Raises BadRequest: now or never, for the answer begins."""
    return [_wanted(doc_id, rev, latest) for doc_id, rev in asked]


async def _look_up(
    database: Database, wanted: Sequence[Wanted], attached: Sequence[Attached | None], at_once: int
) -> AsyncGenerator[_Entry, None]:
    """A few at a time, while they are written: documents may be large. Raises what the database raises."""
    for start in range(0, len(wanted), at_once):
        some = wanted[start : start + at_once]
        found = await database.look_up(some)
        for entry in zip(some, attached[start : start + at_once], found, strict=True):
            yield entry


async def _cut_short(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """When the database goes meanwhile, so that it is no answer."""
    with contextlib.suppress(SyncError):
        async for piece in pieces:
            yield piece


async def _one_by_one(
    call: Call, entries: AsyncGenerator[_Entry, None], with_revs: bool
) -> AsyncGenerator[bytes, None]:
    """A document at a time: attachments may be large."""
    yield _BEGINNING
    separator = b""
    async for one, attached, revisions in entries:
        if not call.may(Action.READ):
            return  # cut short, so that it is no answer
        rows = []
        for each in revisions:
            content = each.content
            if content is not None:
                content = await inline(call.database, one.id, each.revision, content, attached, each.history)
            rows.append(_row(one.id, each, content, with_revs))
        yield separator + _result(one, rows)
        separator = b",\n"
    yield _END


async def _parts(
    call: Call, entries: AsyncGenerator[_Entry, None], outer: bytes, with_revs: bool
) -> AsyncGenerator[bytes, None]:
    """Each revision is a part, followed by its attachments in parts of its own."""
    inner = multipart.new_boundary()
    async for one, attached, revisions in entries:
        if not call.may(Action.READ):
            return
        if not revisions:
            for rev in one.revisions or ("undefined",):
                yield _missing_part(outer, one.id, str(rev))
        for each in revisions:
            rev = str(each.revision)
            if each.content is None:
                yield _missing_part(outer, one.id, rev)
                continue
            members = revisions_member(each.history) if with_revs else b""
            whole = await followed(
                call.database,
                one.id,
                each.revision,
                each.content,
                attached or Attached(),
                each.history,
                each.deleted,
                members,
            )
            headers = b"X-Doc-Id: %b\r\nX-Rev-Id: %b\r\n" % (quote(one.id).encode(), rev.encode())
            yield multipart.part(outer, *whole.part(inner), headers)
    yield multipart.end(outer)


def _missing_part(boundary: bytes, doc_id: str, rev: str) -> bytes:
    error = orjson.dumps(_missing_error(doc_id, rev))
    return multipart.part(boundary, b'application/json; error="true"', error)


def _asked(call: Call, docs: Any) -> tuple[list[_Asked], list[Attached | None]]:
    """What is asked, and which attachments come with each: for the whole request, or as CouchDB's replicator asks."""
    if not isinstance(docs, list):
        raise BadRequest("Missing JSON list of 'docs'.")
    call.check_rows(len(docs))
    general = Attached() if call.flag("attachments") else None
    asked: list[_Asked] = []
    attached: list[Attached | None] = [general] * len(docs)
    for place, one in enumerate(docs):
        if type(one) is not dict or type(doc_id := one.get("id")) is not str:
            raise BadRequest("Every member of `docs` must be an object with an `id`")
        asked.append((doc_id, one.get("rev")))
        since = one.get("atts_since")
        if since is not None:
            attached[place] = _since(call, since)
    return asked, attached


def _since(call: Call, since: Any) -> Attached:
    if not isinstance(since, list):
        raise BadRequest("`atts_since` must be a list of revisions")
    call.check_rows(len(since))
    return Attached(frozenset([parse_revision(rev) for rev in since]))


def _wanted(doc_id: str, rev: Any, latest: bool) -> Wanted:
    """Raises BadDocument."""
    return Wanted(doc_id, None if rev is None else (parse_revision(rev),), latest)


def _result(one: Wanted, rows: Sequence[bytes]) -> bytes:
    rows = rows or [_missing_row(one.id, str(rev)) for rev in one.revisions or ("undefined",)]
    return b'{"id":%b,"docs":[%b]}' % (orjson.dumps(one.id), b",".join(rows))


def _row(doc_id: str, found: Found, content: bytes | None, with_revs: bool) -> bytes:
    rev = str(found.revision)
    if content is None:
        return _missing_row(doc_id, rev)
    members = revisions_member(found.history) if with_revs else b""
    return b'{"ok":%b}' % splice(doc_id, rev, content, found.deleted, members)


def _missing_row(doc_id: str, rev: str) -> bytes:
    return b'{"error":%b}' % orjson.dumps(_missing_error(doc_id, rev))


def _missing_error(doc_id: str, rev: str) -> dict[str, str]:
    return {"id": doc_id, "rev": rev, "error": "not_found", "reason": "missing"}
