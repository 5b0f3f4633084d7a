"""Many documents in one request: comparing, pushing, fetching.

Source: CouchDB Replication Protocol, "Calculate Revision Difference", "Upload Batch of Changed Documents"; CouchDB
documentation, "/{db}/_bulk_get"; promises D2, D3 (one row for each document, in the order sent), S-02.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Sequence
from typing import Any
from urllib.parse import quote

import orjson
from starlette.responses import Response

from sync.access import Action
from sync.database import Found, Missing, Wanted
from sync.documents import parse_revision, receive, revisions_member, splice
from sync.errors import BadRequest
from sync.http import multipart
from sync.http.answers import StreamedAnswer, json_answer, raw_answer
from sync.http.call import Call
from sync.http.pushing import push, row
from sync.http.rendering import Attached, followed, inline
from sync.revisions import Revision

_Asked = tuple[Wanted, Attached | None, list[Found]]


async def revs_diff(call: Call) -> Response:
    missing = await _missing(call)
    answer = {}
    for doc_id, found in missing.items():
        ancestors = {"possible_ancestors": found.possible_ancestors} if found.possible_ancestors else {}
        answer[doc_id] = {"missing": found.missing, **ancestors}
    return json_answer(answer)


async def missing_revs(call: Call) -> Response:
    missing = await _missing(call)
    return json_answer({"missing_revs": {doc_id: found.missing for doc_id, found in missing.items()}})


async def bulk_docs(call: Call) -> Response:
    """A refused document is set aside and its row says so; a malformed one refuses the whole request."""
    body = await call.json_object()
    documents, new_edits = body.get("docs"), body.get("new_edits", True)
    if not isinstance(documents, list):
        raise BadRequest("POST body must include `docs` parameter.")
    if not isinstance(new_edits, bool):
        raise BadRequest("`new_edits` must be true or false")
    call.check_rows(len(documents))
    received = [
        receive(document, call.limits.document_bytes, secrets.token_hex(16) if new_edits else None)
        for document in documents
    ]
    edits, outcomes = await push(call, documents, received, new_edits)
    return json_answer([row(edit, outcome) for edit, outcome in zip(edits, outcomes, strict=True)], 201)


async def bulk_get(call: Call) -> Response:
    body = await call.json_object()
    asked = body.get("docs")
    if not isinstance(asked, list):
        raise BadRequest("Missing JSON list of 'docs'.")
    call.check_rows(len(asked))
    latest, with_revs = call.flag("latest"), call.flag("revs")
    wanted = [_wanted(one, latest) for one in asked]
    attached = _attached(call, asked)
    found = list(zip(wanted, attached, await call.database.look_up(wanted), strict=True))
    accept = call.request.headers.get("accept", "")
    for kind in ("multipart/mixed", "multipart/related"):
        if kind in accept:
            outer = multipart.new_boundary()
            return StreamedAnswer(
                _parts(call, found, outer, with_revs), f'{kind}; boundary="{outer.decode()}"'
            )
    if any(one is not None for one in attached):
        return StreamedAnswer(_stream(call, found, with_revs))
    results = [
        _result(one, [_row(one.id, each, each.content, with_revs) for each in revisions])
        for one, _, revisions in found
    ]
    return raw_answer(b'{"results":[\n' + b",\n".join(results) + b"\n]}")


async def _stream(call: Call, found: Sequence[_Asked], with_revs: bool) -> AsyncGenerator[bytes, None]:
    """A document at a time: attachments may be large."""
    yield b'{"results":[\n'
    separator = b""
    for one, attached, revisions in found:
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
    yield b"\n]}\n"


async def _parts(
    call: Call, found: Sequence[_Asked], outer: bytes, with_revs: bool
) -> AsyncGenerator[bytes, None]:
    """Each revision is a part, followed by its attachments in parts of its own."""
    inner = multipart.new_boundary()
    for one, attached, revisions in found:
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


def _attached(call: Call, asked: Sequence[Any]) -> list[Attached | None]:
    """For the whole request, or for each document as CouchDB's replicator asks."""
    general = Attached() if call.flag("attachments") else None
    answer: list[Attached | None] = []
    for one in asked:
        since = one.get("atts_since")
        if since is None:
            answer.append(general)
            continue
        if not isinstance(since, list):
            raise BadRequest("`atts_since` must be a list of revisions")
        call.check_rows(len(since))
        answer.append(Attached(frozenset([parse_revision(rev) for rev in since])))
    return answer


async def _missing(call: Call) -> dict[str, Missing]:
    body = await call.json_object()
    asked: dict[str, list[Revision]] = {}
    for doc_id, revs in body.items():
        if not isinstance(revs, list):
            raise BadRequest(f"The revisions of {doc_id[:100]!r} must be a list")
        asked[doc_id] = [parse_revision(rev) for rev in revs]
    call.check_rows(sum(map(len, asked.values())) + len(asked))
    database = call.database
    if call.may(Action.READ):
        return await database.missing_revisions(asked)
    await database.info()
    # Who may only push must not learn what is there; pushing again what is there is harmless.
    return {doc_id: Missing([str(x) for x in revs], []) for doc_id, revs in asked.items() if revs}


def _wanted(one: Any, latest: bool) -> Wanted:
    doc_id, rev = (one.get("id"), one.get("rev")) if isinstance(one, dict) else (None, None)
    if not isinstance(doc_id, str):
        raise BadRequest("Every member of `docs` must be an object with an `id`")
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
