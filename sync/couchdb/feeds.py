"""The changes feed of one database, by CouchDB's own sequences with our epoch behind them.

For: `changes`, `pending`, `current`; `Sequences`, which tells ours from foreign ones.
Not for: waiting (sync/hub), the journal's order (journal.py, follower.py).
Source: CouchDB 3.5 documentation, "/{db}/_changes"; fabric_view_changes `unpack_seqs`.

CouchDB recognises a sequence of another past by itself: its opaque part names the shard files, and what is not of theirs
begins anew. What it cannot read at all it answers with 400; that, too, is the beginning here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from sync.couchdb.bodies import incoming
from sync.couchdb.client import CouchClient, name
from sync.database import BEGINNING, NOW, Change, ChangesPage
from sync.documents import DESIGN_PREFIX
from sync.errors import BadQuery, BadRequest

_GIVEN_OUT = re.compile(r"[0-9]+(?:-[0-9A-Za-z_-]+)?")
_BACKWARDS = re.compile(r"~([0-9]{1,15})")


class Sequences:
    def __init__(self, epoch: str) -> None:
        self._suffix = f"-{epoch}"

    def ours(self, couchdbs: object) -> str:
        return f"{couchdbs}{self._suffix}"

    def couchdbs(self, ours: str) -> str:
        """CouchDB's part of a sequence that this epoch may have given out; of any other, the beginning."""
        if not ours.endswith(self._suffix):
            return BEGINNING
        part = ours[: -len(self._suffix)]
        return part if _GIVEN_OUT.fullmatch(part) or _BACKWARDS.fullmatch(part) else BEGINNING


async def current(client: CouchClient, database: str) -> str:
    """CouchDB's sequence of now, spelled as its feed spells it."""
    answer = await _ask(client, database, {"since": NOW, "limit": "1"})
    return str(answer["last_seq"])


async def changes(
    client: CouchClient,
    database: str,
    sequences: Sequences,
    since: str,
    limit: int,
    all_leaves: bool,
    with_content: bool,
    doc_ids: Sequence[str] | None,
) -> ChangesPage:
    query = _query(all_leaves, with_content)
    at = await _beginning_of(client, database, since)
    found: list[Change] = []
    while True:
        asked = limit - len(found)
        answer = await _since(client, database, at, {**query, "limit": str(asked)}, doc_ids)
        if not answer["results"] and await is_beyond(client, database, at):
            at = BEGINNING
            continue
        found += [_change(row, sequences) for row in answer["results"] if not _is_design(row)]
        at = str(answer["last_seq"])
        is_end = len(answer["results"]) < asked
        if is_end or len(found) >= limit:
            left = 0 if is_end else answer.get("pending")
            if left is None and doc_ids is None:
                left = await _at_most(client, database, at)
            return ChangesPage(found, sequences.ours(at), left)


async def changes_backwards(
    client: CouchClient,
    database: str,
    sequences: Sequences,
    since: str,
    limit: int,
    all_leaves: bool,
    with_content: bool,
    doc_ids: Sequence[str] | None,
) -> ChangesPage:
    """From the end down. CouchDB cannot go on from a place: `last_seq` says how many lie behind, for the next call here."""
    match = _BACKWARDS.fullmatch(since)
    if since != NOW and match is None:
        raise BadQuery("A descending feed begins at its end")
    passed = 0 if match is None else int(match[1])
    query = {**_query(all_leaves, with_content), "descending": "true"}
    asked = passed + limit + 16  # room for design documents
    answer = await _ask(client, database, {**query, "limit": str(asked)}, doc_ids)
    rows = [row for row in answer["results"] if not _is_design(row)][passed:][:limit]
    return ChangesPage([_change(row, sequences) for row in rows], sequences.ours(f"~{passed + len(rows)}"))


async def pending(client: CouchClient, database: str, since: str) -> int:
    """How many documents lie behind; design documents are ours, not theirs to count."""
    at = await _beginning_of(client, database, since)
    design = f"{DESIGN_PREFIX}xunlu"
    answer, guards = await asyncio.gather(
        _since(client, database, at, {"limit": "1"}, None),
        _since(client, database, at, {}, [design]),
    )
    rows = answer["results"]
    if not rows and await is_beyond(client, database, at):
        return await pending(client, database, BEGINNING)
    if "pending" not in answer and rows:  # pouchdb-server does not count
        rows = (await _since(client, database, at, {}, None))["results"]
    return max(0, len(rows) + int(answer.get("pending", 0)) - len(guards["results"]))


async def is_beyond(client: CouchClient, database: str, since: str) -> bool:
    """Whether a server that counts its changes 1, 2, 3 has not come so far: then it is another one than before."""
    if since == BEGINNING or not since.isdecimal() or not client.plain_sequences:
        return False
    now = await current(client, database)
    return now.isdecimal() and int(now) < int(since)


async def place_of(client: CouchClient, database: str, doc_id: str) -> str | None:
    """CouchDB's sequence of a document's latest change."""
    answer = await _ask(client, database, {}, [doc_id])
    return str(answer["results"][0]["seq"]) if answer["results"] else None


async def _since(
    client: CouchClient, database: str, since: str, query: dict[str, str], doc_ids: Sequence[str] | None
) -> Any:
    try:
        return await _ask(client, database, {**query, "since": since}, doc_ids)
    except BadRequest:
        if since == BEGINNING:
            raise
        return await _ask(client, database, {**query, "since": BEGINNING}, doc_ids)


async def _ask(
    client: CouchClient, database: str, query: dict[str, str], doc_ids: Sequence[str] | None = None
) -> Any:
    path = f"/{name(database)}/_changes"
    if doc_ids is None:
        answer = await client.call("GET", path, query=query, has="last_seq")
    else:
        query, body = {**query, "filter": "_doc_ids"}, {"doc_ids": list(doc_ids)}
        answer = await client.call("POST", path, query=query, body=body, has="last_seq")
    client.plain_sequences = isinstance(answer["last_seq"], int)
    return answer


async def _at_most(client: CouchClient, database: str, since: str) -> int | None:
    """What a server that counts 1, 2, 3 may still have behind a place: a document changed twice counts twice.

    By its end when that was last asked, which is asked again when it is reached: so it is never none while there are more.
    """
    if not client.plain_sequences:
        return None
    if client.ends.get(database, 0) <= int(since):
        facts = await client.call("GET", f"/{name(database)}", has="update_seq")
        client.ends[database] = int(facts["update_seq"])
    return max(0, client.ends[database] - int(since))


async def _beginning_of(client: CouchClient, database: str, since: str) -> str:
    """Where to read on. A bare number is no sequence of a CouchDB; only of a server that counts 1, 2, 3."""
    if since == NOW:
        return await current(client, database)
    if since.startswith("~"):
        return BEGINNING
    if since != BEGINNING and since.isdecimal():
        if client.plain_sequences is None:
            await current(client, database)
        return since if client.plain_sequences else BEGINNING
    return since


def _query(all_leaves: bool, with_content: bool) -> dict[str, str]:
    query = {"style": "all_docs"} if all_leaves else {}
    return {**query, "include_docs": "true"} if with_content else query


def _change(row: Any, sequences: Sequences) -> Change:
    document = row.get("doc")
    stored = None if document is None else incoming(document)
    revs = [leaf["rev"] for leaf in row["changes"]]
    if stored is not None and revs[0] != (winner := str(stored.revision)):
        revs = [winner, *(rev for rev in revs if rev != winner)]
    content = None if stored is None else stored.content
    return Change(sequences.ours(row["seq"]), row["id"], bool(row.get("deleted")), revs, content)


def _is_design(row: Any) -> bool:
    return bool(row["id"].startswith(DESIGN_PREFIX))
