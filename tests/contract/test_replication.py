"""Contract section 3: `/db` as a steward, as a stranger, and with stock PouchDB 9."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.contract.people import Client, fact, listed, patrol, revision
from tests.e2e.demo_server import DemoServer

ROOT = Path(__file__).parents[2]
PHONE = Path(__file__).parent / "phone.mjs"


def test_the_root_tells_the_epoch(steward: Client) -> None:
    root = steward.get("/db/")
    assert root["couchdb"] == "Welcome"
    assert root["uuid"] == steward.get("/api/me")["epoch"]


def test_every_listed_database_replicates(client: Callable[[str], Client]) -> None:
    for name in ("steward1", "supervisor1", "office1", "finance1", "admin1"):
        for database in client(name).get("/api/me")["databases"]:
            info = client(name).get(f"/db/{database['name']}")
            changes = client(name).get(f"/db/{database['name']}/_changes")
            assert len(changes["results"]) == info["doc_count"] + info["doc_del_count"], database
            assert changes["pending"] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("GET", "/_changes"), ("GET", "/_all_docs"), ("GET", "/unit:demo-1-1-101"), ("GET", "/_local/x"),
        ("POST", "/_revs_diff"), ("POST", "/_bulk_docs"), ("POST", "/_bulk_get"), ("PUT", "/_local/x"), ("DELETE", ""),
        ("POST", "/_compact"), ("PUT", ""), ("PUT", "/airing:1"), ("POST", "/_all_docs"),
    ],
)  # fmt: skip
def test_a_foreign_database_answers_like_none(method: str, path: str, steward: Client) -> None:
    """S-01: byte for byte."""
    for foreign in ("area-a2", "user-steward2"):
        told = [
            steward.http.request(method, f"/db/{name}{path}", json={} if method in ("POST", "PUT") else None)
            for name in (foreign, "area-nowhere")
        ]
        varying = ("date", "x-couch-request-id")
        heads = [[(k, v) for k, v in one.headers.items() if k not in varying] for one in told]
        assert (told[0].status_code, told[0].content, heads[0]) == (404, told[1].content, heads[1])


def test_what_is_not_offered_is_not_there(steward: Client) -> None:
    for path in (
        "_users",
        "_config",
        "_session",
        "_all_dbs",
        "area-a1/_design/x",
        "area-a1/_security",
        "area-a1/_find",
    ):
        assert steward.http.get(f"/db/{path}").status_code in (404, 405), path
    assert steward.http.put("/db/own", json={}).status_code == 404
    assert steward.http.delete("/db/area-a1").status_code in (403, 404)
    assert steward.http.post("/db/area-a1/_compact", json={}).status_code in (403, 404)
    assert steward.http.put("/db/project-demo/setting:x", json={"a": 1}).status_code == 403


def test_a_pushed_fact_is_read_back_and_sending_twice_changes_nothing(steward: Client, project: str) -> None:
    sent = patrol(project)
    missing = steward.http.post("/db/area-a1/_revs_diff", json={sent["_id"]: [revision(sent)]}).json()
    assert missing == {sent["_id"]: {"missing": [revision(sent)]}}
    assert steward.push(sent, sent) == [{"ok": True, "id": sent["_id"], "rev": revision(sent)}] * 2
    assert steward.push(sent)[0]["ok"]
    read = steward.get(f"/db/area-a1/{sent['_id']}", revs="true")
    assert read["_revisions"] == {"start": 1, "ids": [revision(sent)[2:]]}
    assert {name: value for name, value in read.items() if name not in ("_rev", "_revisions")} == sent
    assert steward.http.post("/db/area-a1/_revs_diff", json={sent["_id"]: [revision(sent)]}).json() == {}


def test_a_long_poll_hears_of_a_fact(steward: Client, project: str) -> None:
    since = steward.get("/db/area-a1")["update_seq"]
    sent = steward.accepted(patrol(project))
    heard = steward.get("/db/area-a1/_changes", feed="longpoll", since=since, timeout=5000)
    assert heard["results"]
    ids = [one["id"] for one in steward.get("/db/area-a1/_changes", since=since)["results"]]
    assert sent["_id"] in ids
    unknown = steward.get("/db/area-a1/_changes", since="99999999-ffffffffffffffffffffffffffffffff", limit=1)
    assert unknown["results"]  # F-26: a foreign sequence starts from the beginning


def test_a_checkpoint_is_kept_per_person(client: Callable[[str], Client]) -> None:
    mine, theirs = client("steward1"), client("supervisor1")
    put = mine.http.put("/db/area-a1/_local/checkpoint", json={"last_seq": 7})
    assert put.status_code in (200, 201)
    assert mine.get("/db/area-a1/_local/checkpoint")["last_seq"] == 7
    assert theirs.http.get("/db/area-a1/_local/checkpoint").status_code == 404  # S-10


@pytest.mark.parametrize(
    "body",
    [
        b'{"docs":[{"_id":"a:1","_id":"a:2"}]}', b'{"docs":[{"_id":"a:1","x":NaN}]}', b'{"docs":', b"[]", b"",
        b'{"docs":[{"_id":"a:1","x":1e400}]}', b'{"docs":[{"_id":"a:1","x":"\\ud800"}]}',
        b'{"docs":[{"_id":"a:1","x":' + b"[" * 60 + b"]" * 60 + b"}]}",
    ],
)  # fmt: skip
def test_hostile_json_is_refused_whole(body: bytes, steward: Client) -> None:
    for path in ("/db/area-a1/_bulk_docs", "/api/receipts", "/api/facts"):
        answer = steward.http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 415, 422), (path, answer.text)
        assert answer.json().keys() >= {"error", "reason"}
    assert steward.http.get("/db/area-a1/a:1").status_code == 404


def test_every_answer_carries_epoch_and_echo(demo: DemoServer, steward: Client) -> None:
    epoch = steward.get("/db/")["uuid"]
    nonce = {"X-Xunlu-Nonce": "abc_1-2"}
    for path in (
        "/db/",
        "/db/area-a1",
        "/db/nowhere",
        "/api/me",
        "/api/nowhere",
        f"/media/photos/{'0' * 64}",
    ):
        for answer in (steward.http.get(path, headers=nonce), httpx2.get(demo.url + path, headers=nonce)):
            assert (answer.headers["X-Xunlu-Epoch"], answer.headers["X-Xunlu-Echo"]) == (epoch, "abc_1-2"), (
                path
            )
    assert "X-Xunlu-Echo" not in steward.http.get("/api/me", headers={"X-Xunlu-Nonce": "no spaces!"}).headers


@pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / "pwa" / "node_modules" / "pouchdb-core").is_dir(),
    reason="needs node and the PWA's packages: run `npm ci` in pwa/",
)
def test_stock_pouchdb_pulls_pushes_and_hears_of_the_status(
    demo: DemoServer, steward: Client, subjects: Callable[..., list[str]]
) -> None:
    project = subjects("decoration_project", state="in_progress")[1]
    good = patrol(project)
    forged = fact("decoration_patrol", project, {"items": []}, listed(), author="steward2")
    told = subprocess.run(
        ["node", str(PHONE), f"{demo.url}/db/area-a1", steward.http.headers["Authorization"]],
        input=json.dumps({"docs": [good, forged], "status": f"status:{project}", "fact": good["_id"]}),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    seen = json.loads(told.stdout)
    assert seen["pulled"] == seen["doc_count"]
    assert seen["denied"] == [forged["_id"]]
    assert seen["pushed"] == 1
    assert good["_id"] in json.dumps(seen["status"])
    stored = steward.get(f"/db/area-a1/{good['_id']}")
    assert steward.receipts({**good, "_rev": stored["_rev"]})[0]["state"] == "accepted"
