"""The same random requests to us and to another server of CouchDB's protocol are answered alike.

For: pouchdb-server (in every run) and Apache CouchDB (when XUNLU_TEST_COUCHDB_URL is given). What pouchdb-server answers
otherwise than CouchDB stands in POUCHDB_SERVER_LACKS, each with what CouchDB does; nothing else is forgiven.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, NamedTuple

import httpx2
import pytest

from tests.pouchdb_server import PouchdbServer
from tests.sync.differential import Request, Server, Stream
from tests.sync.people import OPERATOR
from tests.sync.served import Served

COUCHDB_URL = os.environ.get("XUNLU_TEST_COUCHDB_URL")
JSON = {"Accept": "application/json"}

Answer = tuple[int, Any]


class Forgiven(NamedTuple):
    """A difference of which the reason is known. `of` makes both answers alike in this respect and no other."""

    kinds: tuple[str, ...]
    reason: str
    of: Callable[[Request, Any], Any]


def _only_refused(request: Request, rows: Any) -> Any:
    return [row for row in rows if "error" in row]


def _by_id(request: Request, body: Any) -> Any:
    return {**body, "results": sorted(body["results"], key=lambda row: str(row["id"]))}


def _leaves_in_any_order(request: Request, body: Any) -> Any:
    if isinstance(body, dict):
        body = {name: _leaves_in_any_order(request, value) for name, value in body.items()}
        for name in ("_conflicts", "_deleted_conflicts"):
            if name in body:
                body[name] = sorted(body[name])
        if "changes" in body:
            body["changes"] = sorted(body["changes"], key=str)
        return body
    return [_leaves_in_any_order(request, one) for one in body] if isinstance(body, list) else body


def _in_any_order(request: Request, body: Any) -> Any:
    return sorted(body, key=lambda row: str(row["ok"]["_rev"])) if isinstance(body, list) else body


def _missing_in_any_words(request: Request, body: Any) -> Any:
    return {**body, "reason": "missing"} if body.get("error") == "not_found" else body


def _without_deleted_conflicts(request: Request, body: Any) -> Any:
    return {name: value for name, value in body.items() if name != "_deleted_conflicts"}


def _without_ancestors(request: Request, body: Any) -> Any:
    return {doc_id: {"missing": one["missing"]} for doc_id, one in body.items()}


def _without_full_stop(request: Request, body: Any) -> Any:
    return {**body, "reason": body["reason"].rstrip(".")} if body.get("error") == "conflict" else body


def _not_deleted_but_missing(request: Request, body: Any) -> Any:
    return {**body, "reason": "missing"} if body.get("reason") == "deleted" else body


def _found_by_revision(request: Request, body: Any) -> Any:
    """Each revision that was asked for by name and is here, once."""
    asked = {(one["id"], one["rev"]) for one in request.body["docs"] if "rev" in one}
    found = {}
    for result in body["results"]:
        for row in result["docs"]:
            if "ok" in row and (result["id"], row["ok"]["_rev"]) in asked:
                found[result["id"], row["ok"]["_rev"]] = row
    return found


BY_DECISION = [
    Forgiven(("push",), "we answer every document of a replicated push, CouchDB only the refused", _only_refused),
    Forgiven(("changes",), "CouchDB's shards have no common order; ours is in test_model.py", _by_id),
]  # fmt: skip
POUCHDB_SERVER_LACKS = [
    Forgiven(("diff",), "it names no possible_ancestors; CouchDB names the leaves of a lower generation", _without_ancestors),
    Forgiven(("read", "changes", "list", "keys"), "it names losing leaves as they came; CouchDB by rank", _leaves_in_any_order),
    Forgiven(("open",), "it lists leaves as they came; CouchDB by rank", _in_any_order),
    Forgiven(("by hand",), "its reason has no full stop; CouchDB's has one", _without_full_stop),
    Forgiven(("attachment",), "it says `missing` of an attachment; CouchDB of what", _missing_in_any_words),
    Forgiven(("read",), "it says `missing` of some deleted documents; CouchDB says `deleted`", _not_deleted_but_missing),
    Forgiven(("read",), "it does not know deleted_conflicts; CouchDB does", _without_deleted_conflicts),
    Forgiven(
        ("fetch",),
        "it asks once per id, gives `{}` for what is not here, and the winner alone where no revision is named; "
        "CouchDB answers each member of `docs`, names what is missing, and gives all leaves",
        _found_by_revision,
    ),
]  # fmt: skip


@pytest.fixture
def ours(served: Served) -> Iterator[Server]:
    client = httpx2.Client(base_url=served.url, headers={**OPERATOR, **JSON}, timeout=30)
    with closing(Server("ours", client, f"project-{uuid.uuid4().hex[:8]}")) as server:
        yield server


def compare(ours: Server, theirs: Server, forgiven: Sequence[Forgiven], stream: Stream, count: int) -> None:
    for number, request in enumerate(stream.requests(count)):
        answers = [_plain(request, server.answer(request), forgiven) for server in (ours, theirs)]
        assert answers[0] == answers[1], f"request {number}: {request}"


def _plain(request: Request, answer: Answer, forgiven: Sequence[Forgiven]) -> Answer:
    status, body = answer
    for one in forgiven:
        if request.kind in one.kinds:
            body = one.of(request, body)
    return status, body


def compare_with_pouchdb_server(ours: Server, url: str, seed: int, count: int) -> None:
    client = httpx2.Client(base_url=url, headers=JSON, timeout=30)
    with closing(Server("pouchdb-server", client, f"project-{uuid.uuid4().hex[:8]}")) as theirs:
        # Of a deleted document it takes an edit of any revision, where CouchDB answers 409; and goes another way from there.
        stream = Stream(seed, deletes_by_hand=False)
        compare(ours, theirs, [*BY_DECISION, *POUCHDB_SERVER_LACKS], stream, count)


@pytest.mark.parametrize("seed", range(4))
def test_random_requests_are_answered_as_pouchdb_server_does(
    ours: Server, pouchdb_server: PouchdbServer, seed: int
) -> None:
    compare_with_pouchdb_server(ours, pouchdb_server.url, seed, 120)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 200))
def test_many_random_requests_are_answered_as_pouchdb_server_does(
    ours: Server, pouchdb_server: PouchdbServer, seed: int
) -> None:
    compare_with_pouchdb_server(ours, pouchdb_server.url, seed, 400)


@pytest.mark.couchdb
@pytest.mark.skipif(
    COUCHDB_URL is None, reason="XUNLU_TEST_COUCHDB_URL is not set: no CouchDB to compare with"
)
@pytest.mark.parametrize("seed", range(20))
def test_random_requests_are_answered_as_couchdb_does(ours: Server, seed: int) -> None:
    assert COUCHDB_URL is not None
    url = httpx2.URL(COUCHDB_URL)
    auth = (url.username, url.password) if url.username else None
    client = httpx2.Client(
        base_url=url.copy_with(username=None, password=None), auth=auth, headers=JSON, timeout=30
    )
    with closing(Server("couchdb", client, f"project-{uuid.uuid4().hex[:8]}")) as theirs:
        compare(ours, theirs, BY_DECISION, Stream(seed, deletes_by_hand=True), 200)
