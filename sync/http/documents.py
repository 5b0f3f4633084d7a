"""One document: reading any of its revisions, and editing it by hand.

Source: CouchDB documentation, "Documents"; its "multipart/mixed" form of `open_revs` is what CouchDB's own replicator reads.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import orjson
from starlette.responses import Response

from sync.access import JsonObject
from sync.database import Edit, Found, Known, Outcome, Wanted
from sync.documents import parse_revision, receive, revisions_member, splice
from sync.errors import BadAttachment, BadQuery, BadRequest, DocumentDeleted, EditConflict, NoSuchDocument
from sync.http.answers import json_answer, raw_answer
from sync.http.call import Call
from sync.http.pushing import push, row
from sync.revisions import Revision, RevisionTree


async def get(call: Call) -> Response:
    doc_id = call.names["id"]
    if "open_revs" in call.query:
        return await _open_revs(call, doc_id)
    rev = call.query.get("rev")
    wanted = Wanted(doc_id, () if rev is None else (parse_revision(rev),), call.flag("latest"))
    found = (await call.database.look_up([wanted]))[0]
    if not found or found[0].content is None:
        raise NoSuchDocument
    best = found[0]
    if best.deleted and rev is None:
        raise DocumentDeleted
    etag = f'"{best.revision}"'
    if etag in [tag.strip() for tag in call.request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers={"ETag": etag, "Cache-Control": "no-store"})
    return raw_answer(await _document(call, doc_id, best), headers={"ETag": etag})


async def put(call: Call) -> Response:
    document = await call.json_object(is_type_needed=False)
    if document.get("_id", call.names["id"]) != call.names["id"]:
        raise BadRequest("Document ID must match the address")
    return await _write(call, document, call.names["id"])


async def post(call: Call) -> Response:
    return await _write(call, await call.json_object(), secrets.token_hex(16))


async def delete(call: Call) -> Response:
    return await _write(call, {"_deleted": True}, call.names["id"])


async def get_attachment(call: Call) -> Response:
    raise NoSuchDocument("Document is missing attachment")


async def write_attachment(call: Call) -> Response:
    raise BadAttachment("Attachments are not accepted here")


def conflict_members(tree: RevisionTree, *, deleted: bool) -> bytes:
    """`,"_conflicts":[…]` or `,"_deleted_conflicts":[…]` for splice; nothing when there is none."""
    losers = [str(leaf.revision) for leaf in tree.leaves()[1:] if leaf.live != deleted]
    if not losers:
        return b""
    name = "_deleted_conflicts" if deleted else "_conflicts"
    return b',"%b":%b' % (name.encode(), orjson.dumps(losers))


async def _write(call: Call, document: JsonObject, doc_id: str) -> Response:
    named = _named_revision(call, document)
    if named is not None:
        document = {**document, "_rev": named}
    received = receive(document, call.limits.document_bytes, doc_id)
    edits, outcomes = await push(call, [document], [received], call.flag("new_edits", True))
    edit, outcome = edits[0], outcomes[0]
    if outcome is Outcome.CONFLICT:
        raise await _no_place_for(call, edit)
    answer = row(edit, outcome)
    if "error" in answer:
        return json_answer(answer, 403)
    headers = {"ETag": f'"{answer["rev"]}"'}
    is_deletion = call.request.method == "DELETE"
    return json_answer(answer, 200 if is_deletion else 201, headers)


async def _no_place_for(call: Call, edit: Edit) -> EditConflict | NoSuchDocument:
    if call.request.method == "DELETE" and await call.database.known(edit.id) is None:
        return NoSuchDocument()
    return EditConflict()


def _named_revision(call: Call, document: JsonObject) -> str | None:
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


async def _document(call: Call, doc_id: str, found: Found) -> bytes:
    members = revisions_member(found.history) if call.flag("revs") else b""
    asked = [name for name in ("revs_info", "conflicts", "deleted_conflicts", "local_seq") if call.flag(name)]
    if call.flag("meta"):
        asked = ["revs_info", "conflicts", "deleted_conflicts"]
    if asked:
        known = await call.database.known(doc_id)
        if known is not None:
            members += _members(known, found, asked)
    assert found.content is not None
    return splice(doc_id, str(found.revision), found.content, found.deleted, members)


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
    with_revs = call.flag("revs")
    documents = [
        None
        if one.content is None
        else splice(
            doc_id,
            str(one.revision),
            one.content,
            one.deleted,
            revisions_member(one.history) if with_revs else b"",
        )
        for one in found
    ]
    missing = [orjson.dumps({"missing": str(one.revision)}) for one in found]
    if "multipart/mixed" in call.request.headers.get("accept", ""):
        return _multipart(documents, missing)
    rows = [
        gap if body is None else b'{"ok":' + body + b"}" for body, gap in zip(documents, missing, strict=True)
    ]
    return raw_answer(b"[" + b",".join(rows) + b"]")


def _multipart(documents: Sequence[bytes | None], missing: Sequence[bytes]) -> Response:
    boundary = secrets.token_hex(16)
    parts = []
    for body, gap in zip(documents, missing, strict=True):
        kind = b"application/json" if body is not None else b'application/json; error="true"'
        parts.append(
            b"\r\n--%b\r\nContent-Type: %b\r\n\r\n%b"
            % (boundary.encode(), kind, gap if body is None else body)
        )
    content = b"".join(parts) + b"\r\n--" + boundary.encode() + b"--"
    return Response(content, media_type=f'multipart/mixed; boundary="{boundary}"')
