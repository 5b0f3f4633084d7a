"""The server on a CouchDB: it starts, it says when it cannot, it lets phones wait, it comes back (promises F-60, F-61)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.settings import Settings
from server.stores import open_documents
from sync.access import JsonObject
from sync.database import utc_now
from sync.errors import StoreUnfit
from tests.contract.people import Client, Json, fact, receipt_hash, revision
from tests.e2e.demo_server import DemoServer, wait_until
from tests.pouchdb_server import PouchdbServer
from tests.server.couchdb.conftest import PASSWORD, Xunlu, make_people
from tests.server.couchdb.fake_couchdb import FakeCouch


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


def test_a_roster_is_imported_into_a_couchdb(tmp_path: Path, settings: dict[str, str], xunlu: Xunlu) -> None:
    read = Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data"), **settings})
    make_people(read)
    roster = tmp_path / "roster.csv"
    roster.write_text("房号,片区,建筑面积,房态\n1-1-101,e1,108.2,已入住\n", encoding="utf-8")

    told = xunlu("import", "roster", str(roster), **settings)
    assert told.returncode == 0, told.stderr

    async def look() -> JsonObject | None:
        store = open_documents(read, utc_now)
        try:
            return await store.database("area-e1").read("unit:yunqi-1-1-101")
        finally:
            await store.close()

    unit = asyncio.run(look())
    assert unit is not None
    assert unit["area"] == "e1"


def test_a_password_that_is_refused_stops_the_start_at_once(tmp_path: Path) -> None:
    with FakeCouch() as couchdb:
        url = couchdb.url("xunlu", "not-this-one")
        settings = Settings.from_environ(
            {"XUNLU_DATA": str(tmp_path / "data"), "XUNLU_STORE": "couchdb", "XUNLU_COUCHDB_URL": url}
        )

        with pytest.raises(StoreUnfit, match="does not accept this account") as refused:
            open_documents(settings, utc_now)

    assert "XUNLU_COUCHDB_URL" in str(refused.value)
    assert "not-this-one" not in str(refused.value)
