"""Many documents in one request: comparing and pushing.

Not for: fetching many (fetching.py).
Source: CouchDB Replication Protocol, "Calculate Revision Difference", "Upload Batch of Changed Documents"; promises D2,
D3 (one row for each document, in the order sent), S-02.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from itertools import chain, islice

from starlette.responses import Response

from sync.access import Action, JsonObject, JsonValue
from sync.database import Edit, Missing, Outcome
from sync.documents import DESIGN_PREFIX, parse_revisions, receive
from sync.errors import BadRequest
from sync.http.answers import json_answer
from sync.http.call import Call
from sync.http.plain import plain_edits
from sync.http.pushing import push, rows_of, store

MANY = 50  # documents; for fewer, being called to use the time of a flush costs more than it saves
NO_DESIGN_DOCUMENTS = (
    "这里没有设计文档, 其余已收下. There are no design documents here; the others were taken."
)


async def revs_diff(call: Call) -> Response:
    missing = await _missing(call)
    answer = {}
    for doc_id, (revs, ancestors) in missing.items():
        answer[doc_id] = {"missing": revs}
        if ancestors:
            answer[doc_id]["possible_ancestors"] = ancestors
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
    answers: list[Response] = []

    def prepare(edits: Sequence[Edit], outcomes: Sequence[Outcome]) -> None:
        rows = rows_of(edits, outcomes)
        for place, refusal in turned_away.items():
            rows.insert(place, refusal)
        answers.append(json_answer(rows, 201))

    def prepare_and_free(edits: Sequence[Edit], outcomes: Sequence[Outcome]) -> None:
        prepare(edits, outcomes)
        documents.clear()  # freeing them takes nearly as long as parsing them

    meanwhile = prepare_and_free if len(documents) >= MANY else None
    turned_away: dict[int, JsonObject] = {}
    plain = None if new_edits else plain_edits(documents, call.limits.document_bytes)
    if plain is not None:
        stored = await store(call, documents, plain, meanwhile)
    else:
        turned_away = {place: _turned_away(one) for place, one in enumerate(documents) if _is_design(one)}
        taken = [one for place, one in enumerate(documents) if place not in turned_away]
        received = [
            receive(document, call.limits.document_bytes, secrets.token_hex(16) if new_edits else None)
            for document in taken
        ]
        stored = await push(call, taken, received, new_edits, meanwhile)
    if not answers:
        prepare(*stored)
    return answers[0]


def _is_design(document: JsonValue) -> bool:
    """A replicator brings those of a CouchDB along; refusing the whole batch for one would stop it for ever."""
    doc_id = document.get("_id") if isinstance(document, dict) else None
    return isinstance(doc_id, str) and doc_id.startswith(DESIGN_PREFIX)


def _turned_away(document: JsonObject) -> JsonObject:
    """As CouchDB answers who may not write them. Nothing here would run them, so nothing of them is kept."""
    named = {"id": document["_id"], **({"rev": document["_rev"]} if "_rev" in document else {})}
    return {**named, "error": "forbidden", "reason": NO_DESIGN_DOCUMENTS, "code": "design_document"}


async def _missing(call: Call) -> dict[str, Missing]:
    body = await call.json_object()
    for doc_id, revs in body.items():
        if not isinstance(revs, list):
            raise BadRequest(f"The revisions of {doc_id[:100]!r} must be a list")
    parsed = parse_revisions(list(chain.from_iterable(body.values())))
    if len(parsed) == len(body) and all(body.values()):  # one of each document, as a replicator asks
        asked = {doc_id: [revision] for doc_id, revision in zip(body, parsed, strict=True)}
    else:
        left = iter(parsed)
        asked = {doc_id: list(islice(left, len(revs))) for doc_id, revs in body.items()}
    call.check_rows(sum(map(len, asked.values())) + len(asked))
    database = call.database
    if call.may(Action.READ):
        return await database.missing_revisions(asked)
    await database.info()
    # Who may only push must not learn what is there; pushing again what is there is harmless.
    return {doc_id: Missing([str(x) for x in revs], []) for doc_id, revs in asked.items() if revs}
