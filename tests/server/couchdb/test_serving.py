"""The server on a CouchDB: it starts, it says when it cannot, it lets phones wait, it comes back (promises F-60, F-61)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings import Settings
from tests.contract.people import Client, Json, fact, receipt_hash, revision
from tests.e2e.demo_server import DemoServer, wait_until
from tests.pouchdb_server import PouchdbServer
from tests.server.couchdb.conftest import PASSWORD, Xunlu, make_people


@pytest.fixture
def settings(own_couchdb: PouchdbServer) -> dict[str, str]:
    return {"XUNLU_STORE": "couchdb", "XUNLU_COUCHDB_URL": own_couchdb.url}


@pytest.fixture
def server(tmp_path: Path, own_couchdb: PouchdbServer, settings: dict[str, str]) -> Iterator[DemoServer]:
    """One project, one area, its steward."""
    make_people(Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data"), **settings}))
    server = DemoServer(tmp_path / "data", own_couchdb.url)
    server.start()
    yield server
    server.close()


@pytest.fixture
def lin(server: DemoServer) -> Iterator[Client]:
    client = Client(server.url, "lin", PASSWORD)
    yield client
    client.http.close()


def record() -> Json:
    return fact("airing", "unit:yunqi-1-1-101", {"note": "开窗"}, author="lin", project="yunqi", area="e1")


def test_a_couchdb_that_goes_away_makes_phones_wait_and_loses_nothing(
    server: DemoServer, lin: Client, own_couchdb: PouchdbServer
) -> None:
    first, second = record(), record()
    assert lin.push(first, database="area-e1")[0].get("error") is None

    own_couchdb.kill()

    ready = lin.http.get("/readyz")
    assert ready.status_code == 503
    assert "CouchDB" in ready.json()["reason"]
    assert lin.http.get("/healthz").json() == {"status": "alive"}
    pushed = lin.http.post(
        "/db/area-e1/_bulk_docs", json={"new_edits": False, "docs": [second | {"_rev": revision(second)}]}
    )
    asked = lin.http.get("/db/area-e1/_changes")
    receipts = lin.http.post(
        "/api/receipts",
        json={
            "items": [{"id": first["_id"], "rev": revision(first), "hash": receipt_hash(first)}],
            "photos": [],
        },
    )
    for answer in (pushed, asked, receipts):
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert own_couchdb.url not in answer.text

    own_couchdb.start()

    wait_until(lambda: lin.http.get("/readyz").status_code == 200, "readiness")
    assert lin.push(second, database="area-e1")[0].get("error") is None
    assert {row["state"] for row in lin.receipts(first, second)} <= {"accepted", "held"}
    kept = {document["_id"] for document in lin.documents("area-e1")}
    assert {first["_id"], second["_id"]} <= kept
    assert "HTTP Request" not in server.log()  # whose addresses would name records (S-31)


def test_a_server_that_finds_no_couchdb_ends_with_one_clear_line(xunlu: Xunlu) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"

        told = xunlu("serve", XUNLU_STORE="couchdb", XUNLU_COUCHDB_URL=f"http://xunlu:hidden@{address}")

    assert told.returncode == 1
    lines = told.stderr.strip().splitlines()
    assert len(lines) == 1, told.stderr
    assert f"http://{address}" in lines[0]
    assert "连不上" in lines[0]
    assert "Cannot reach" in lines[0]
    assert "hidden" not in told.stderr


def test_a_second_process_on_the_same_data_is_refused(
    server: DemoServer, settings: dict[str, str], xunlu: Xunlu
) -> None:
    told = xunlu("rebuild", **settings)

    assert told.returncode == 1
    assert "Another process uses" in told.stderr
