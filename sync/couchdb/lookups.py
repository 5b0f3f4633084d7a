"""Single documents and lists of them, asked of CouchDB.

For: CouchDatabase; each function is one or a few requests on one database.
Not for: feeds (feeds.py), what is set aside (held.py).
Source: CouchDB 3.5 documentation, "/{db}/_bulk_get", "/{db}/_all_docs", "/{db}/{docid}".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from sync.attachments import digest_of, stubs_of
from sync.couchdb.bodies import Stored, incoming
from sync.couchdb.client import CouchClient, name
from sync.couchdb.errors import CouchRefused
from sync.database import Found, Listed, Missing, Wanted
from sync.documents import DESIGN_PREFIX
from sync.errors import BadRequest, NoSuchDocument
from sync.revisions import Revision, RevisionTree

PAGE_ROWS = 1000
COUCHDBS_REVS_LIMIT = 1000

logger = logging.getLogger(__name__)


class Row(NamedTuple):
    """A row of `_all_docs` for a key: `rev` None when it was never here; `stored` when it is live and was asked for."""

    id: str
    rev: str | None
    deleted: bool
    stored: Stored | None


async def read(client: CouchClient, database: str, doc_id: str) -> Stored | None:
    try:
        return incoming(await client.call("GET", f"/{name(database)}/{name(doc_id)}", has="_rev"))
    except NoSuchDocument:
        return None


async def leaves(client: CouchClient, database: str, doc_id: str) -> list[Stored]:
    """Every leaf with its past, the winner first; empty when no such document was ever here."""
    query = {"open_revs": "all", "revs": "true"}
    try:
        rows = await client.call("GET", f"/{name(database)}/{name(doc_id)}", query=query, kind=list)
    except NoSuchDocument:
        return []
    found = [incoming(row["ok"]) for row in rows if "ok" in row]
    return sorted(found, key=lambda one: (not one.deleted, one.revision), reverse=True)


async def tree_of(client: CouchClient, database: str, doc_id: str) -> RevisionTree | None:
    """What is known of a document's edits; `stored` marks revisions whose body is still here."""
    found = await leaves(client, database, doc_id)
    if not found:
        return None
    tree = RevisionTree()
    for leaf in found:
        tree.add(leaf.history, leaf.deleted, 1)
    ends = {leaf.revision for leaf in found}
    for leaf in found:
        if len(leaf.history) > 1:
            await _mark_older(client, database, doc_id, leaf.revision, tree, ends)
    return tree


async def get_revisions(
    client: CouchClient, database: str, asked: Sequence[tuple[str, Revision]], latest: bool = False
) -> list[list[Stored]]:
    """For each the revision with its past, or nothing; with `latest` the leaves that descend from it instead."""
    if not asked:
        return []
    query = {"revs": "true", "latest": "true"} if latest else {"revs": "true"}
    body = {"docs": [{"id": doc_id, "rev": str(revision)} for doc_id, revision in asked]}
    answer = await client.call("POST", f"/{name(database)}/_bulk_get", query=query, body=body, has="results")
    results = answer["results"]
    if [one["id"] for one in results] == [doc_id for doc_id, _ in asked]:
        groups = [_arrived(one) for one in results]
    else:  # pouchdb-server puts what it finds of one document together
        by_id: dict[str, list[Stored]] = {}
        for one in results:
            by_id.setdefault(one["id"], []).extend(_arrived(one))
        groups = [by_id.get(doc_id, []) for doc_id, _ in asked]
    if latest:
        return groups
    return [
        [one for one in group if one.revision == revision][:1]
        for group, (_, revision) in zip(groups, asked, strict=True)
    ]


async def look_up(client: CouchClient, database: str, wanted: Sequence[Wanted]) -> list[list[Found]]:
    exact = [(one.id, rev) for one in wanted if one.revisions and not one.latest for rev in one.revisions]
    latest = [(one.id, rev) for one in wanted if one.revisions and one.latest for rev in one.revisions]
    open_ids = [one.id for one in wanted if not one.revisions]
    exact_found, latest_found, open_found = await asyncio.gather(
        get_revisions(client, database, exact),
        get_revisions(client, database, latest, latest=True),
        asyncio.gather(*(leaves(client, database, doc_id) for doc_id in open_ids)),
    )
    missed = {
        doc_id
        for asked, groups in ((exact, exact_found), (latest, latest_found))
        for (doc_id, _), group in zip(asked, groups, strict=True)
        if not group
    }
    absent = {row.id for row in await by_keys(client, database, sorted(missed)) if row.rev is None}
    exact_rest, latest_rest, open_rest = iter(exact_found), iter(latest_found), iter(open_found)
    answer = []
    for one in wanted:
        if not one.revisions:
            all_leaves = next(open_rest)
            answer.append(
                [_found(leaf) for leaf in (all_leaves if one.revisions is None else all_leaves[:1])]
            )
            continue
        found: list[Found] = []
        for revision in one.revisions:
            group = next(latest_rest if one.latest else exact_rest)
            for item in [_found(stored) for stored in group] or [Found(revision, None, False, [revision])]:
                if all(item.revision != other.revision for other in found):
                    found.append(item)
        answer.append([] if one.id in absent else found)
    return answer


async def attachments(
    client: CouchClient, database: str, doc_id: str, revision: Revision, names: Sequence[str]
) -> dict[str, bytes]:
    """What is not here, or is not what its digest says, is left out."""
    stored = (await get_revisions(client, database, [(doc_id, revision)]))[0]
    stubs = stubs_of(stored[0].content) if stored else {}
    found = {}
    for one in [one for one in names if one in stubs]:
        path = f"/{name(database)}/{name(doc_id)}/{name(one)}"
        try:
            content = await client.raw(path, {"rev": str(revision)})
        except NoSuchDocument:
            continue
        if digest_of(content) == stubs[one]["digest"]:
            found[one] = content
        else:
            logger.error("attachment %s of %s in %s is damaged", one, doc_id, database)
    return found


async def missing_revisions(
    client: CouchClient, database: str, asked: Mapping[str, Sequence[Revision]]
) -> dict[str, Missing]:
    body = {doc_id: [str(revision) for revision in revs] for doc_id, revs in asked.items() if revs}
    if not body:
        return {}
    answer = await client.call("POST", f"/{name(database)}/_revs_diff", body=body)
    if any("missing" not in row for row in answer.values()):
        raise CouchRefused  # no answer of CouchDB
    return {
        doc_id: Missing(list(row["missing"]), list(row.get("possible_ancestors", ())))
        for doc_id, row in answer.items()
    }


async def by_keys(
    client: CouchClient, database: str, keys: Sequence[str], with_content: bool = False
) -> list[Row]:
    """One row for each key, in its order. Content also names further live leaves."""
    if not keys:
        return []
    query = {"include_docs": "true", "conflicts": "true"} if with_content else {}
    path = f"/{name(database)}/_all_docs"
    answer = await client.call("POST", path, query=query, body={"keys": list(keys)}, has="rows")
    if len(answer["rows"]) != len(keys):
        raise CouchRefused  # no answer of CouchDB
    return [_row(key, row) for key, row in zip(keys, answer["rows"], strict=True)]


async def list_documents(
    client: CouchClient,
    database: str,
    limit: int,
    start: str | None,
    end: str | None,
    skip: int,
    descending: bool,
    inclusive_start: bool,
    inclusive_end: bool,
    with_content: bool,
) -> list[Listed]:
    query = {"inclusive_end": "true" if inclusive_end else "false"}
    if with_content:
        query["include_docs"] = "true"
    if descending:
        query["descending"] = "true"
    if end is not None:
        query["end_key"] = _json(end)
    wanted, found = skip + limit, list[Row]()
    at, includes_start = start, inclusive_start
    while len(found) < wanted:
        asked = min(wanted - len(found), PAGE_ROWS) + (not includes_start)
        from_there = {} if at is None else {"start_key": _json(at)}
        asked_for = {**query, **from_there, "limit": str(asked)}
        answer = await client.call("GET", f"/{name(database)}/_all_docs", query=asked_for, has="rows")
        page = [_row(row["id"], row) for row in answer["rows"]]
        found += [
            row for row in page if not row.id.startswith(DESIGN_PREFIX) and (includes_start or row.id != at)
        ]
        if len(page) < asked:
            break
        at, includes_start = page[-1].id, False
    return [listed(row) for row in found[skip:wanted]]


async def count_before(client: CouchClient, database: str, start: str, descending: bool) -> int:
    """Counted by walking there: `offset` of a cluster is an estimate."""
    counted = 0
    query = {"end_key": _json(start), "inclusive_end": "false", "limit": str(PAGE_ROWS)}
    if descending:
        query["descending"] = "true"
    at: str | None = None
    while True:
        from_there = {} if at is None else {"start_key": _json(at), "skip": "1"}
        asked = {**query, **from_there}
        answer = await client.call("GET", f"/{name(database)}/_all_docs", query=asked, has="rows")
        rows = answer["rows"]
        counted += sum(not row["id"].startswith(DESIGN_PREFIX) for row in rows)
        if len(rows) < PAGE_ROWS:
            return counted
        at = rows[-1]["id"]


async def count_designs(client: CouchClient, database: str) -> int:
    query = {"start_key": _json(DESIGN_PREFIX), "end_key": _json(DESIGN_PREFIX[:-1] + "0")}
    answer = await client.call("GET", f"/{name(database)}/_all_docs", query=query, has="rows")
    return len(answer["rows"])


async def revs_limit(client: CouchClient, database: str) -> int:
    try:
        return int(await client.call("GET", f"/{name(database)}/_revs_limit", kind=int))
    except (NoSuchDocument, BadRequest):
        return COUCHDBS_REVS_LIMIT  # pouchdb-server has none


def listed(row: Row) -> Listed:
    return Listed(row.id, row.rev, row.deleted, None if row.stored is None else row.stored.content)


async def _mark_older(
    client: CouchClient, database: str, doc_id: str, leaf: Revision, tree: RevisionTree, ends: set[Revision]
) -> None:
    """Mark which revisions under a leaf still have their bodies."""
    query = {"rev": str(leaf), "revs_info": "true"}
    document = await client.call("GET", f"/{name(database)}/{name(doc_id)}", query=query)
    for info in document.get("_revs_info", ()):
        revision = Revision.parse(info["rev"])
        if revision in tree.nodes and revision not in ends and info["status"] in ("available", "deleted"):
            node = tree.nodes[revision]
            node.stored, node.deleted = 1, info["status"] == "deleted"


def _arrived(result: Any) -> list[Stored]:
    return [incoming(row["ok"]) for row in result["docs"] if "ok" in row]


def _found(stored: Stored) -> Found:
    return Found(stored.revision, stored.content, stored.deleted, stored.history)


def _row(key: str, row: Any) -> Row:
    value = row.get("value")
    if value is None or "rev" not in value:
        return Row(key, None, False, None)
    document = row.get("doc")
    stored = None if document is None else incoming(document)
    return Row(key, value["rev"], bool(value.get("deleted")), stored)


def _json(text: str) -> str:
    return orjson.dumps(text).decode()
