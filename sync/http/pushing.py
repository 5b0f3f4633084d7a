"""Taking pushed documents in: each gets its revision, has its ownership judged, and is stored or set aside.

For: `push` and the row that answers each document. Not for: business rules (nobody judges them here) and storing.
Source: CouchDB documentation, "/{db}/_bulk_docs"; promises D2, S-07.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sync.access import Action, JsonObject, Refusal
from sync.attachments import Stubs, settle, stubs_of, with_attachments
from sync.database import Database, Edit, Outcome, Pusher, Wanted
from sync.documents import Received, next_revision, parse_revision
from sync.errors import BadRequestInDocument, DocumentTooLarge
from sync.http.call import Call
from sync.revisions import Revision

HELD_FULL = (
    "您被搁置的记录太多, 请先处理. Too many of your documents are set aside already; see to those first."
)

CROWDED = "这条记录的不同版本太多, 不再收新的. There are too many versions of this record; no more are taken."

NO_ATTACHMENTS = Refusal(
    "attachment",
    "附件不能这样提交, 照片请走照片通道. Attachments are not accepted from you; photos have their own way.",
)

Meanwhile = Callable[[Sequence[Edit], Sequence[Outcome]], None]


async def push(
    call: Call,
    documents: Sequence[JsonObject],
    received: Sequence[Received],
    new_edits: bool,
    meanwhile: Meanwhile | None = None,
) -> tuple[list[Edit], list[Outcome]]:
    """Give each document its revision, then as `store`."""
    database = call.database
    if any(one.attachments for one in received):
        edits = await _with_attachments(call, documents, received, new_edits)
    else:
        edits = await _edits(database, received, new_edits)
    return await store(call, documents, edits, meanwhile)


async def store(
    call: Call, documents: Sequence[JsonObject], edits: list[Edit], meanwhile: Meanwhile | None = None
) -> tuple[list[Edit], list[Outcome]]:
    """Have each edit's ownership judged, store or set aside: one transaction.

    `meanwhile` may be called while the disk flushes, with what will be returned. Nothing looks at `documents` any more then.
    """
    if not call.caller.is_operator:
        edits = _reviewed(call, documents, edits)
    database = call.database
    leaf_limit = None if call.caller.is_operator else call.limits.leaves
    pusher = Pusher(call.caller.name, call.caller.device, call.limits.held_documents, leaf_limit)
    if meanwhile is None:
        return edits, await database.push(edits, pusher)
    return edits, await database.push(edits, pusher, partial(meanwhile, edits))


def rows_of(edits: Sequence[Edit], outcomes: Sequence[Outcome]) -> list[JsonObject]:
    """`row` for each; nearly always all of them were taken."""
    if outcomes.count(Outcome.STORED) + outcomes.count(Outcome.KNOWN) == len(edits):
        named = [(edit.id, edit.history[0]) for edit in edits]
        return [
            {"ok": True, "id": doc_id, "rev": f"{generation}-{digest}"}
            for doc_id, (generation, digest) in named
        ]
    return list(map(row, edits, outcomes))


def row(edit: Edit, outcome: Outcome) -> JsonObject:
    rev = str(edit.history[0])
    if outcome is Outcome.STORED or outcome is Outcome.KNOWN:
        return {"ok": True, "id": edit.id, "rev": rev}
    if outcome is Outcome.CONFLICT:
        return {"id": edit.id, "error": "conflict", "reason": "Document update conflict."}
    code, reason = "held_full", HELD_FULL
    if outcome is Outcome.CROWDED:
        code, reason = "too_many_versions", CROWDED
    elif outcome is Outcome.HELD and edit.refusal is not None:
        code, reason = edit.refusal.code, edit.refusal.reason
    return {"id": edit.id, "rev": rev, "error": "forbidden", "reason": reason, "code": code}


async def _edits(database: Database, received: Sequence[Received], new_edits: bool) -> list[Edit]:
    if not new_edits:
        return [_replicated(one) for one in received]
    parents = await _parents(database, received)
    return [_interactive(one, parent) for one, parent in zip(received, parents, strict=True)]


async def _with_attachments(
    call: Call, documents: Sequence[JsonObject], received: Sequence[Received], new_edits: bool
) -> list[Edit]:
    """Bodies get the stubs of their attachments. From those who may not write attachments they are set aside as sent."""
    database = call.database
    if not call.may(Action.ADMIN):
        as_sent = []
        for document, one in zip(documents, received, strict=True):
            content = with_attachments(one.content, document.get("_attachments") or {})
            if len(content) > call.limits.document_bytes:
                raise DocumentTooLarge(one.id)
            as_sent.append(one._replace(content=content, attachments={}))
        edits = await _edits(database, as_sent, new_edits)
        return [
            edit._replace(refusal=NO_ATTACHMENTS) if one.attachments else edit
            for edit, one in zip(edits, received, strict=True)
        ]
    parents = await _parents(database, received) if new_edits else [None] * len(received)
    earlier = await _earlier_attachments(database, received)
    edits = []
    for one, parent in zip(received, parents, strict=True):
        if new_edits:
            generation = 1 if parent is None else parent.generation + 1
        else:
            generation = one.history[0].generation if one.history else 1
        stubs, new = settle(one.id, one.attachments, earlier.get(one.id, ()), generation)
        complete = one._replace(content=with_attachments(one.content, stubs), attachments={})
        edit = _interactive(complete, parent) if new_edits else _replicated(complete)
        edits.append(edit._replace(attachments=new))
        if stubs:
            earlier.setdefault(one.id, []).insert(0, stubs)  # for another edit of it in the same request
    return edits


async def _earlier_attachments(database: Database, received: Sequence[Received]) -> dict[str, list[Stubs]]:
    """What the past of each edit names, nearest first, then what any other leaf does."""
    asking = [one for one in received if any(sent.content is None for sent in one.attachments.values())]
    wanted = [each for one in asking for each in (Wanted(one.id, one.history or ()), Wanted(one.id, None))]
    earlier: dict[str, list[Stubs]] = {}
    for each, found in zip(wanted, await database.look_up(wanted), strict=True):
        earlier.setdefault(each.id, []).extend(
            stubs for revision in found if (stubs := stubs_of(revision.content or b""))
        )
    return earlier


def _replicated(received: Received) -> Edit:
    if not received.history:
        raise BadRequestInDocument(
            f"{received.id}: when `new_edits` is false, the document needs `_rev` or `_revisions`"
        )
    return Edit(received.id, received.history, received.deleted, received.content)


async def _parents(database: Database, received: Sequence[Received]) -> list[Revision | None]:
    """An edit follows the revision it names; without one it begins a document, or follows its deletion."""
    unnamed = [one.id for one in received if not one.history]
    listed = await database.list_keys(unnamed) if unnamed else []
    deletions = {found.id: parse_revision(found.rev) for found in listed if found.deleted}
    return [one.history[0] if one.history else deletions.get(one.id) for one in received]


def _interactive(received: Received, parent: Revision | None) -> Edit:
    revision = next_revision(parent, received.deleted, received.content)
    history = (revision,) if parent is None else (revision, parent)
    return Edit(received.id, history, received.deleted, received.content, is_interactive=True)


def _reviewed(call: Call, documents: Sequence[JsonObject], edits: Sequence[Edit]) -> list[Edit]:
    review, caller, name = call.access.review, call.caller, call.names["db"]
    reviewed = []
    for document, edit in zip(documents, edits, strict=True):
        if edit.is_interactive or "_id" not in document or document.get("_rev") is None:
            document = {**document, "_id": edit.id, "_rev": str(edit.history[0])}
        refusal = review(caller, name, document)
        reviewed.append(edit if refusal is None else edit._replace(refusal=refusal))
    return reviewed
