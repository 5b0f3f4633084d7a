"""The `couchdb` package, a client we did not write, works against the served endpoint - and any CouchDB answers it alike.

With XUNLU_TEST_COUCHDB_URL (http://user:password@host:port) the same requests are sent to that server too, and the
answers compared.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import couchdb
import httpx2
import pytest

from tests.sync.people import OPERATOR
from tests.sync.served import Served

COUCHDB_URL = os.environ.get("XUNLU_TEST_COUCHDB_URL")


@pytest.fixture
def database(served: Served) -> Iterator[couchdb.Database]:
    url = served.url.replace("http://", "http://operator:secret@")
    server = couchdb.Server(url, session=couchdb.Session(timeout=20))
    name = f"project-{uuid.uuid4().hex[:8]}"
    yield server.create(name)
    server.delete(name)


def test_an_independent_client_reads_and_writes(database: couchdb.Database) -> None:
    doc_id, rev = database.save({"_id": "巡查/1", "n": 1})
    assert database[doc_id]["n"] == 1
    assert doc_id in database
    assert len(database) == 1
    assert database.info()["doc_count"] == 1

    with pytest.raises(couchdb.ResourceConflict):
        database.save({"_id": "巡查/1", "n": 2})
    edited = database[doc_id]
    edited["n"] = 2
    database.save(edited)
    assert database.get(doc_id, rev=rev)["n"] == 1
    assert [old["n"] for old in database.revisions(doc_id)] == [2, 1]

    results = database.update([{"_id": "a"}, {"_id": "b", "n": 3}, {"_id": "巡查/1"}])
    assert [result[0] for result in results] == [True, True, False]
    assert [row.id for row in database.view("_all_docs")] == ["a", "b", "巡查/1"]
    assert [row.doc["n"] for row in database.view("_all_docs", keys=["b"], include_docs=True)] == [3]
    assert [row["id"] for row in database.changes()["results"]] == ["巡查/1", "a", "b"]
    feed = database.changes(feed="continuous", timeout=50)
    assert [row.get("id") for row in feed] == ["巡查/1", "a", "b", None]

    del database["a"]
    assert "a" not in database
    with pytest.raises(couchdb.ResourceNotFound):
        database["a"]
    database.compact()
    assert database.get(doc_id, rev=rev) is None


Request = tuple[str, str, Any]
HISTORY = {"start": 2, "ids": ["b", "a"]}
REQUESTS: list[Request] = [
    ("GET", "", None),
    ("PUT", "", None),
    ("GET", "/nope", None),
    ("DELETE", "/nope?rev=1-a", None),
    ("POST", "/_bulk_docs", {"docs": [{"_id": "x", "_rev": "1-a", "n": 1}], "new_edits": False}),
    (
        "POST",
        "/_bulk_docs",
        {"docs": [{"_id": "x", "_rev": "2-b", "_revisions": HISTORY, "n": 2}], "new_edits": False},
    ),
    ("POST", "/_bulk_docs", {"docs": [{"_id": "x", "_rev": "2-c", "_deleted": True}], "new_edits": False}),
    ("POST", "/_bulk_docs", {"docs": [{"_id": "y", "_rev": "3-y", "_deleted": True}], "new_edits": False}),
    ("POST", "/_bulk_docs", {}),
    ("POST", "/_bulk_docs", {"docs": 1}),
    ("POST", "/_revs_diff", {"x": ["2-b", "4-z"], "q": ["1-q"], "y": ["3-y"]}),
    ("POST", "/_missing_revs", {"x": ["2-b", "4-z"], "q": ["1-q"]}),
    (
        "POST",
        "/_bulk_get?revs=true",
        {"docs": [{"id": "x"}, {"id": "x", "rev": "9-z"}, {"id": "q", "rev": "1-q"}]},
    ),
    ("GET", "/x", None),
    ("GET", "/x?revs=true&conflicts=true&deleted_conflicts=true", None),
    ("GET", "/x?revs_info=true", None),
    ("GET", "/x?rev=1-a", None),
    ("GET", "/x?rev=7-z", None),
    ("GET", "/x?rev=nonsense", None),
    ("GET", "/x?open_revs=all&revs=true", None),
    ("GET", '/x?open_revs=["2-c","9-z"]', None),
    ("GET", '/x?open_revs=["1-a"]&latest=true', None),
    ("GET", "/y", None),
    ("GET", "/q?open_revs=all", None),
    ("GET", '/q?open_revs=["1-a"]', None),
    ("GET", "/_all_docs", None),
    ("GET", "/_all_docs?include_docs=true&conflicts=true", None),
    ("POST", "/_all_docs", {"keys": ["x", "y", "q"]}),
    ("GET", '/_all_docs?startkey="y"', None),
    ("PUT", "/x", {"n": 5}),
    ("PUT", "/x", {"n": 5, "_rev": "1-a"}),
    ("PUT", "/x", {"n": 5, "_bad": 1}),
    ("PUT", "/x?rev=2-b", {"n": 5, "_rev": "1-a"}),
    ("GET", "/_local/c", None),
    ("PUT", "/_local/c", {"n": 1}),
    ("GET", "/_local/c", None),
    ("GET", "/_changes?style=all_docs&include_docs=true", None),
    ("GET", "/_changes?feed=longpoll&timeout=1", None),
    ("GET", "/_changes?limit=0", None),
    ("GET", "/_changes?feed=continuous&timeout=1", None),
    ("POST", "/_changes?filter=_doc_ids", {"doc_ids": ["y"]}),
    ("GET", "/_revs_limit", None),
    ("POST", "/_ensure_full_commit", {}),
    ("PATCH", "/x", None),
    ("GET", "/x?rev=1-a&latest=true", None),
    ("GET", "/_changes?feed=live&timeout=1", None),
    ("GET", "/_changes?descending=true&limit=1", None),
    ("POST", "/_bulk_docs", {"docs": [{"_id": "z"}], "new_edits": False}),
    ("POST", "/_bulk_docs", {"docs": ["z"]}),
    ("POST", "", []),
    ("DELETE", "/nope", None),
    ("DELETE", "/x", None),
    ("DELETE", "/y", None),
    ("GET", "/y?rev=3-y&latest=true", None),
    ("DELETE", "?rev=1-a", None),
]
# Each server's own: places, sizes and start times. Rows of replicated pushes are ours on purpose (one row for each document).
OWN = {
    "seq",
    "last_seq",
    "update_seq",
    "pending",
    "purge_seq",
    "sizes",
    "instance_start_time",
    "db_name",
    "props",
}
OWN |= {"disk_format_version", "cluster", "data_size", "disk_size", "other", "offset"}


@pytest.mark.couchdb
@pytest.mark.skipif(
    COUCHDB_URL is None, reason="XUNLU_TEST_COUCHDB_URL is not set: no CouchDB to compare with"
)
def test_our_answers_are_couchdbs(served: Served) -> None:
    assert COUCHDB_URL is not None
    parts = urlsplit(COUCHDB_URL)
    theirs = httpx2.Client(
        base_url=f"{parts.scheme}://{parts.hostname}:{parts.port}",
        auth=(parts.username or "", parts.password or ""),
    )
    ours = httpx2.Client(base_url=served.url, headers=OPERATOR)
    name = f"/project-{uuid.uuid4().hex[:8]}"
    differences = []
    with theirs, ours:
        for client in (theirs, ours):
            client.put(name)
        for method, path, body in REQUESTS:
            answers = [_answer(client, method, name + path, body) for client in (theirs, ours)]
            if answers[0] != answers[1]:
                differences.append((method, path, *answers))
        for client in (theirs, ours):
            client.delete(name)
    assert differences == []


def _answer(client: httpx2.Client, method: str, path: str, body: Any) -> tuple[int, Any]:
    answer = client.request(method, path, json=body, headers={"Accept": "application/json"})
    try:
        content = [json.loads(line) for line in answer.text.splitlines() if line]
    except ValueError:
        content = [answer.json()]
    if path.endswith("/_bulk_docs") and body and body.get("new_edits") is False:
        content = [[row for row in content[0] if "error" in row]]
    return answer.status_code, _common(content)


def _common(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: _common(member) for name, member in value.items() if name not in OWN}
        if "reason" in kept and kept.get("error") in ("bad_request", "doc_validation", "method_not_allowed"):
            kept.pop("reason")  # words for people
        return kept
    return [_common(member) for member in value] if isinstance(value, list) else value
