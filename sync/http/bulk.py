"""Many documents in one request: comparing and pushing.

Not for: fetching many (fetching.py).
Source: CouchDB Replication Protocol, "Calculate Revision Difference", "Upload Batch of Changed Documents"; promises D2,
D3 (one row for each document, in the order sent), S-02.
"""

from __future__ import annotations

import secrets

from starlette.responses import Response

from sync.access import Action
from sync.database import Missing
from sync.documents import parse_revision, receive
from sync.errors import BadRequest
from sync.http.answers import json_answer
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
