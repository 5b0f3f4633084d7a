"""Many documents in one request: comparing, pushing, fetching.

Source: CouchDB Replication Protocol, "Calculate Revision Difference", "Upload Batch of Changed Documents"; CouchDB
documentation, "/{db}/_bulk_get"; promises D2, D3 (one row for each document, in the order sent), S-02.
"""

from __future__ import annotations

import secrets
from typing import Any

import orjson
from starlette.responses import Response

from sync.access import Action
from sync.database import Missing, Wanted
from sync.documents import parse_revision, receive, revisions_member, splice
from sync.errors import BadRequest
from sync.http.answers import json_answer, raw_answer
from sync.http.call import Call
from sync.http.pushing import push, row
from sync.revisions import Revision


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
    found = await call.database.look_up(wanted)
    results = []
    for one, revisions in zip(wanted, found, strict=True):
        docs = [
            b'{"ok":%b}'
            % splice(
                one.id,
                str(revision),
                content,
                deleted,
                revisions_member(history) if with_revs else b"",
            )
            if content is not None
            else _missing_row(one.id, str(revision))
            for revision, content, deleted, history in revisions
        ]
        if not revisions:
            docs = [_missing_row(one.id, str(x)) for x in one.revisions or ("undefined",)]
        results.append(b'{"id":%b,"docs":[%b]}' % (orjson.dumps(one.id), b",".join(docs)))
    return raw_answer(b'{"results":[\n' + b",\n".join(results) + b"\n]}")


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


def _missing_row(doc_id: str, rev: str) -> bytes:
    error = {"id": doc_id, "rev": rev, "error": "not_found", "reason": "missing"}
    return b'{"error":%b}' % orjson.dumps(error)
