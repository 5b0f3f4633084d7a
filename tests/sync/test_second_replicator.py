"""Replicators that nobody here wrote carry everything both ways: each document, each leaf, each attachment.

For: pouchdb-server's replicator (in every run) and Apache CouchDB's (when XUNLU_TEST_COUCHDB_URL is given), started by
    `_replicate` as an operator does who moves an installation.
Not for: PouchDB as a phone uses it (test_pouchdb.py).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.sync.people import OPERATOR
from tests.sync.served import Served

COUCHDB_URL = os.environ.get("XUNLU_TEST_COUCHDB_URL")
JSON = {"Accept": "application/json"}
IDS = [f"patrol:{n}" for n in range(30)] + ["巡查/1 ü", "a/b", "note:+&?#%", "z\U0001f600"]


class Side:
    """A database on one of the servers."""

    def __init__(self, client: httpx2.Client, url: str, name: str) -> None:
        self._client = client
        self.url = f"{url}/{name}"  # with credentials, as a replicator is given it
        self._path = f"/{name}"
        assert client.put(self._path).status_code == 201

    def push(self, documents: list[dict[str, Any]]) -> None:
        answer = self._client.post(f"{self._path}/_bulk_docs", json={"docs": documents, "new_edits": False})
        assert answer.status_code == 201, answer.text
        assert not [row for row in answer.json() if "error" in row]

    def put(self, doc_id: str, document: dict[str, Any]) -> None:
        assert self._client.put(f"{self._path}/{doc_id}", json=document).status_code == 201

    def everything(self) -> dict[str, dict[str, Any]]:
        """Of each document each leaf, whole, attachments included."""
        found: dict[str, dict[str, Any]] = {}
        for row in self._client.get(f"{self._path}/_changes").json()["results"]:
            if row["id"].startswith("_design/"):
                continue
            leaves = self._client.get(
                f"{self._path}/{quote(row['id'], safe='')}",
                params={"open_revs": "all", "revs": "true", "attachments": "true"},
            ).json()
            found[row["id"]] = {leaf["ok"]["_rev"]: _plain(leaf["ok"]) for leaf in leaves}
        return found

    def winners(self) -> dict[str, str]:
        rows = self._client.get(f"{self._path}/_changes").json()["results"]
        return {row["id"]: row["changes"][0]["rev"] for row in rows if not row["id"].startswith("_design/")}

    def delete(self) -> None:
        self._client.delete(self._path)


@pytest.fixture(params=["pouchdb-server", "couchdb"])
def replicator(request: pytest.FixtureRequest) -> Iterator[tuple[httpx2.Client, str]]:
    """A server that replicates, and its address with credentials."""
    url, auth = COUCHDB_URL, None
    if request.param == "pouchdb-server":
        url = request.getfixturevalue("pouchdb_server").url
    elif url is None:
        pytest.skip("XUNLU_TEST_COUCHDB_URL is not set: no CouchDB to replicate with")
    assert url is not None
    parsed = httpx2.URL(url)
    if parsed.username:
        auth = (parsed.username, parsed.password)
    base = parsed.copy_with(username=None, password=None)
    with httpx2.Client(base_url=base, auth=auth, headers=JSON, timeout=120) as client:
        yield client, url.rstrip("/")


@pytest.fixture
def sides(served: Served, replicator: tuple[httpx2.Client, str]) -> Iterator[tuple[Side, Side]]:
    """Ours and theirs, empty."""
    name = f"project-{uuid.uuid4().hex[:8]}"
    client, url = replicator
    with ExitStack() as until_then:
        ours_client = httpx2.Client(base_url=served.url, headers={**OPERATOR, **JSON}, timeout=60)
        until_then.enter_context(ours_client)
        ours = Side(ours_client, served.url.replace("http://", "http://operator:secret@"), name)
        until_then.callback(ours.delete)
        theirs = Side(client, url, name)
        until_then.callback(theirs.delete)
        yield ours, theirs


def replicate(replicator: tuple[httpx2.Client, str], source: Side, target: Side) -> dict[str, Any]:
    answer = replicator[0].post("/_replicate", json={"source": source.url, "target": target.url})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    assert told["ok"] is True
    return told


def edits(seed: int) -> list[dict[str, Any]]:
    """Histories with conflicts and deletions; some documents have attachments."""
    dice = random.Random(seed)
    documents = []
    for doc_id in IDS:
        pasts: list[list[str]] = [[]]
        for number in range(dice.randint(1, 5)):
            parent = dice.choice(pasts)
            digest = hashlib.md5(f"{doc_id} {parent} {seed} {number}".encode()).hexdigest()
            past = [digest, *parent]
            pasts.append(past)
            document: dict[str, Any] = {
                "_id": doc_id,
                "_rev": f"{len(past)}-{digest}",
                "_revisions": {"start": len(past), "ids": past},
                "text": f"已整改 {number}",
            }
            if dice.random() < 0.2:
                document["_deleted"] = True
            elif dice.random() < 0.3:
                data = base64.b64encode(dice.randbytes(dice.choice([1, 900, 70_000]))).decode()
                document["_attachments"] = {"plan 1.png": {"content_type": "image/png", "data": data}}
            documents.append(document)
    return documents


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    attachments = document.pop("_attachments", None)
    if attachments is not None:
        document["_attachments"] = {
            name: (one["content_type"], one["digest"], one["data"]) for name, one in attachments.items()
        }
    return json.loads(json.dumps(document, sort_keys=True))  # type: ignore[no-any-return]


def test_another_replicator_carries_everything_both_ways(
    sides: tuple[Side, Side], replicator: tuple[httpx2.Client, str]
) -> None:
    ours, theirs = sides
    ours.push(edits(seed=1))
    before = ours.everything()
    assert len(before) == len(IDS)

    replicate(replicator, ours, theirs)
    assert theirs.everything() == before
    assert theirs.winners() == ours.winners()

    theirs.push(edits(seed=2))
    theirs.put("_design/rules", {"language": "javascript", "views": {}})
    after = theirs.everything()
    assert after != before
    replicate(replicator, theirs, ours)
    assert ours.everything() == after
    assert ours.winners() == theirs.winners()

    again = replicate(replicator, ours, theirs)
    assert again.get("docs_written", 0) == 0
    assert theirs.everything() == ours.everything() == after
