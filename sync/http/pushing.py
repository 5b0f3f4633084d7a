"""Taking pushed documents in: each gets its revision, has its ownership judged, and is stored or set aside.

For: `push` and the row that answers each document. Not for: business rules (nobody judges them here) and storing.
Source: CouchDB documentation, "/{db}/_bulk_docs"; promises D2, S-07.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.access import JsonObject
from sync.database import Database, Edit, Outcome, Pusher
from sync.documents import Received, next_revision, parse_revision
from sync.errors import BadDocument
from sync.http.call import Call

HELD_FULL = (
    "您被搁置的记录太多, 请先处理. Too many of your documents are set aside already; see to those first."
)


async def push(
    call: Call, documents: Sequence[JsonObject], received: Sequence[Received], new_edits: bool
) -> tuple[list[Edit], list[Outcome]]:
    """Give each document its revision, have its ownership judged, store or set aside: one transaction."""
    database = call.database
    edits = await _interactive(database, received) if new_edits else [_replicated(one) for one in received]
    if not call.caller.is_operator:
        edits = [_reviewed(call, document, edit) for document, edit in zip(documents, edits, strict=True)]
    pusher = Pusher(call.caller.name, call.caller.device, call.limits.held_documents)
    return edits, await database.push(edits, pusher)


def row(edit: Edit, outcome: Outcome) -> JsonObject:
    rev = str(edit.history[0])
    if outcome in (Outcome.STORED, Outcome.KNOWN):
        return {"ok": True, "id": edit.id, "rev": rev}
    if outcome is Outcome.CONFLICT:
        return {"id": edit.id, "error": "conflict", "reason": "Document update conflict."}
    code, reason = "held_full", HELD_FULL
    if outcome is Outcome.HELD and edit.refusal is not None:
        code, reason = edit.refusal.code, edit.refusal.reason
    return {"id": edit.id, "rev": rev, "error": "forbidden", "reason": reason, "code": code}


def _replicated(received: Received) -> Edit:
    if not received.history:
        raise BadDocument(f"{received.id}: a document pushed with new_edits=false must have a _rev")
    return Edit(received.id, received.history, received.deleted, received.content)


async def _interactive(database: Database, received: Sequence[Received]) -> list[Edit]:
    """An edit follows the revision it names; without one it begins a document, or follows its deletion."""
    unnamed = [one.id for one in received if not one.history]
    listed = await database.list_keys(unnamed) if unnamed else []
    deletions = {found.id: parse_revision(found.rev) for found in listed if found.deleted}
    edits = []
    for one in received:
        parent = one.history[0] if one.history else deletions.get(one.id)
        revision = next_revision(parent, one.deleted, one.content)
        history = (revision,) if parent is None else (revision, parent)
        edits.append(Edit(one.id, history, one.deleted, one.content, is_interactive=True))
    return edits


def _reviewed(call: Call, document: JsonObject, edit: Edit) -> Edit:
    named = {**document, "_id": edit.id, "_rev": str(edit.history[0])}
    refusal = call.access.review(call.caller, call.names["db"], named)
    if refusal is None:
        return edit
    return Edit(edit.id, edit.history, edit.deleted, edit.content, edit.is_interactive, refusal)
