"""One document: reading any of its revisions, and editing it by hand.

Source: CouchDB documentation, "Documents"; its "multipart/mixed" form of `open_revs` is what CouchDB's own replicator reads.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import orjson
from starlette.responses import Response

from sync.access import Action, JsonObject
from sync.attachments import Sent
from sync.database import Edit, Found, Known, Outcome, Wanted
from sync.documents import Received, parse_revision, receive, revisions_member, splice
from sync.errors import (
    BadAttachment,
    BadQuery,
    BadRequest,
    DocumentDeleted,
    EditConflict,
    Forbidden,
    NoSuchDocument,
)
from sync.http import multipart
from sync.http.answers import json_answer, raw_answer
from sync.http.call import Call
from sync.http.pushing import push, row
from sync.http.rendering import Attached, Whole, followed, inline
from sync.revisions import Revision, RevisionTree
from sync.strict_json import parse


async def get(call: Call) -> Response:
    doc_id = call.names["id"]
    if "open_revs" in call.query:
        return await _open_revs(call, doc_id)
    rev = call.query.get("rev")
    revisions = () if rev is None else (parse_revision(rev),)
    if call.flag("latest"):  # as CouchDB: the winner, whatever revision was named
        rev, revisions = None, ()
    wanted = Wanted(doc_id, revisions)
    best = _present((await call.database.look_up([wanted]))[0], deleted_too=rev is not None)
    content = best.content or b"{}"
    attached, told = attached_asked(call), await _told_besides(call, doc_id, best)
    # A revision says nothing of its conflicts: an answer that tells of them has no tag, as in CouchDB.
    headers = {} if told else {"ETag": f'"{best.revision}"'}
    known = [tag.strip() for tag in call.request.headers.get("if-none-match", "").split(",")]
    if headers.get("ETag") in known:
        return Response(status_code=304, headers={**headers, "Cache-Control": "no-store"})
    members = (revisions_member(best.history) if call.flag("revs") else b"") + told
    if attached is not None and _accepts(call, "multipart/related"):
        whole = await followed(
            call.database, doc_id, best.revision, content, attached, best.history, best.deleted, members
        )
        if whole.following:
            return _related(whole, {**headers, "Cache-Control": "no-store"})
    content = await inline(call.database, doc_id, best.revision, content, attached, best.history)
    document = splice(doc_id, str(best.revision), content, best.deleted, members)
    return raw_answer(document, headers=headers)


async def put(call: Call) -> Response:
    kind = call.request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() == "multipart/related":
        return await _put_related(call, multipart.boundary_of(kind))
    return await _write(call, await call.json_object(is_type_needed=False), call.names["id"])


async def post(call: Call) -> Response:
    return await _write(call, await call.json_object(), secrets.token_hex(16))


async def delete(call: Call) -> Response:
    """What is not there, or is deleted already, cannot be deleted; who may not read does not learn which it is."""
    if call.may(Action.READ):
        _present((await call.database.look_up([Wanted(call.names["id"])]))[0])
    return await _write(call, {"_deleted": True}, call.names["id"])


def _present(found: Sequence[Found], *, deleted_too: bool = False) -> Found:
    if not found or found[0].content is None:
        raise NoSuchDocument
    if found[0].deleted and not deleted_too:
        raise DocumentDeleted
    return found[0]


def attached_asked(call: Call) -> Attached | None:
    """Whether attachments come with their bytes, and which."""
    since = call.json("atts_since")
    if since is None:
        return Attached() if call.flag("attachments") else None
    if not isinstance(since, list):
        raise BadQuery("atts_since must be a JSON list of revisions")
    call.check_rows(len(since))
    return Attached(frozenset([parse_revision(rev) for rev in since]))


def conflict_members(tree: RevisionTree, *, deleted: bool) -> bytes:
    """`,"_conflicts":[…]` or `,"_deleted_conflicts":[…]` for splice; nothing when there is none."""
    losers = [str(leaf.revision) for leaf in tree.leaves()[1:] if leaf.live != deleted]
    if not losers:
        return b""
    name = "_deleted_conflicts" if deleted else "_conflicts"
    return b',"%b":%b' % (name.encode(), orjson.dumps(losers))


async def _put_related(call: Call, boundary: bytes) -> Response:
    """The document is the first part; each of its attachments with `follows` is another, by name or in order."""
    if not call.may(Action.ADMIN):
        raise Forbidden
    parts = multipart.read(await call.body(), boundary)
    document = parse(parts[0].content)
    if not isinstance(document, dict):
        raise BadRequest("The first part must be a JSON object")
    received = receive(document, call.limits.document_bytes, call.names["id"])
    waiting = [name for name, one in received.attachments.items() if one.follows]
    if len(waiting) != len(parts) - 1:
        raise BadAttachment(f"{len(waiting)} attachments are to follow, {len(parts) - 1} parts do")
    filled: dict[str, Sent] = dict(received.attachments)
    for place, part in enumerate(parts[1:]):
        name = part.file_name if part.file_name is not None else waiting[place]
        one = filled.get(name)
        if one is None or not one.follows or one.content is not None:
            raise BadAttachment(f"No attachment {name[:100]!r} is to follow")
        filled[name] = one._replace(content=part.content)
    complete = Received(received.id, received.history, received.deleted, received.content, filled)
    return await _write(call, document, call.names["id"], complete)


async def _write(call: Call, document: JsonObject, doc_id: str, received: Received | None = None) -> Response:
    if document.get("_id", doc_id) != doc_id and call.request.method != "POST":
        raise BadRequest("Document ID must match the address")
    named = named_revision(call, document)
    if named is not None and document.get("_rev") is None and "_revisions" not in document:
        document = {**document, "_rev": named}
        if received is not None:
            received = received._replace(history=(parse_revision(named),))
    if received is None:
        received = receive(document, call.limits.document_bytes, doc_id)
    edits, outcomes = await push(call, [document], [received], call.flag("new_edits", True))
    return await answer_of_edit(call, edits[0], outcomes[0])


async def answer_of_edit(call: Call, edit: Edit, outcome: Outcome) -> Response:
    if outcome is Outcome.CONFLICT:
        raise EditConflict
    answer = row(edit, outcome)
    if "error" in answer:
        return json_answer(answer, 403)
    headers = {"ETag": f'"{answer["rev"]}"'}
    method = call.request.method
    is_deletion = method == "DELETE" or (method == "PUT" and edit.deleted)
    return json_answer(answer, 200 if is_deletion else 201, headers)


def named_revision(call: Call, document: JsonObject) -> str | None:
    """The revision an edit follows may be named in the body, the address and a header; they must agree."""
    header = call.request.headers.get("if-match")
    named = [
        document.get("_rev"),
        call.query.get("rev"),
        None if header is None else header.strip().strip('"'),
    ]
    given = [rev for rev in named if rev is not None]
    if any(rev != given[0] for rev in given):
        raise BadRequest("Document rev from request body and query string have different values")
    return None if not given else str(parse_revision(given[0]))


async def _told_besides(call: Call, doc_id: str, found: Found) -> bytes:
    """Members that tell of more than this revision: other leaves, what is kept of its past, its place."""
    asked = [name for name in ("revs_info", "conflicts", "deleted_conflicts", "local_seq") if call.flag(name)]
    if call.flag("meta"):
        asked = ["revs_info", "conflicts", "deleted_conflicts"]
    known = await call.database.known(doc_id) if asked else None
    return b"" if known is None else _members(known, found, asked)


def _members(known: Known, found: Found, asked: Sequence[str]) -> bytes:
    tree, members = known.tree, b""
    if "revs_info" in asked and found.revision in tree.nodes:
        members += b',"_revs_info":' + orjson.dumps(
            [
                {"rev": str(revision), "status": _status(tree, revision)}
                for revision in tree.history(found.revision)
            ]
        )
    if "conflicts" in asked:
        members += conflict_members(tree, deleted=False)
    if "deleted_conflicts" in asked:
        members += conflict_members(tree, deleted=True)
    if "local_seq" in asked:
        members += b',"_local_seq":' + orjson.dumps(known.seq)
    return members


def _status(tree: RevisionTree, revision: Revision) -> str:
    node = tree.nodes[revision]
    if node.stored is None:
        return "missing"
    return "deleted" if node.deleted else "available"


async def _open_revs(call: Call, doc_id: str) -> Response:
    asked = call.query["open_revs"]
    if asked == "all":
        wanted = Wanted(doc_id, None)
    else:
        revs = call.json("open_revs")
        if not isinstance(revs, list):
            raise BadQuery("open_revs must be `all` or a JSON list of revisions")
        call.check_rows(len(revs))
        wanted = Wanted(doc_id, tuple([parse_revision(rev) for rev in revs]), call.flag("latest"))
        if not revs:
            return raw_answer(b"[]")
    found = (await call.database.look_up([wanted]))[0]
    if not found and wanted.revisions is None:
        raise NoSuchDocument
    if not found:
        found = [Found(revision, None, False, []) for revision in wanted.revisions or ()]
    attached, with_revs = attached_asked(call), call.flag("revs")
    if _accepts(call, "multipart/mixed"):
        return await _mixed(call, doc_id, found, attached or Attached(), with_revs)
    rows = []
    for one in found:
        if one.content is None:
            rows.append(orjson.dumps({"missing": str(one.revision)}))
            continue
        members = revisions_member(one.history) if with_revs else b""
        content = await inline(call.database, doc_id, one.revision, one.content, attached, one.history)
        rows.append(b'{"ok":%b}' % splice(doc_id, str(one.revision), content, one.deleted, members))
    return raw_answer(b"[" + b",".join(rows) + b"]")


async def _mixed(
    call: Call, doc_id: str, found: Sequence[Found], attached: Attached, with_revs: bool
) -> Response:
    """As CouchDB's replicator reads it: attachments always follow."""
    outer, inner = multipart.new_boundary(), multipart.new_boundary()
    parts = []
    for one in found:
        if one.content is None:
            missing = orjson.dumps({"missing": str(one.revision)})
            parts.append(multipart.part(outer, b'application/json; error="true"', missing))
            continue
        members = revisions_member(one.history) if with_revs else b""
        whole = await followed(
            call.database, doc_id, one.revision, one.content, attached, one.history, one.deleted, members
        )
        parts.append(multipart.part(outer, *whole.part(inner)))
    content = b"".join(parts) + multipart.end(outer)
    return Response(
        content, 200, {"Cache-Control": "no-store"}, f'multipart/mixed; boundary="{outer.decode()}"'
    )


def _related(whole: Whole, headers: dict[str, str]) -> Response:
    boundary = multipart.new_boundary()
    content = multipart.related(whole.document, whole.following, boundary)
    return Response(content, 200, headers, f'multipart/related; boundary="{boundary.decode()}"')


def _accepts(call: Call, kind: str) -> bool:
    """Only who names it gets it: `*/*` gets JSON."""
    return kind in call.request.headers.get("accept", "")
