"""`xunlu couchdb init|check|compact` as an operator types them, on servers that somebody else wrote.

pouchdb-server with accounts always: it has databases, `_security`, validation and compaction, no cluster and no configuration of
nodes. An Apache CouchDB when XUNLU_TEST_COUCHDB_URL (http://admin:password@host:port) names one, in a corner of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from server.access.directory import DatabaseEntry, Directory, Snapshot
from server.copying.ends import Reports, copy_documents
from server.couchdb.admin import Administration, Refused
from server.couchdb.checks import check
from server.couchdb.compaction import compact
from server.couchdb.homes import our_homes
from server.couchdb.provision import Account, provision
from server.database import open_engine
from server.settings import Settings
from server.stores import open_documents
from sync.database import utc_now
from sync.sqlite import open_store
from tests.pouchdb_server import PouchdbServer
from tests.server.couchdb.conftest import Xunlu, make_people

COUCHDB_URL = os.environ.get("XUNLU_TEST_COUCHDB_URL")
ADMIN, ADMIN_PASSWORD = "root", "of-all"
ACCOUNT = Account("xunlu", "its:pass@word")
REPLICATED = {"new_edits": False, "docs": [{"_id": "replicated", "_rev": "1-a0"}]}


@pytest.fixture
def guarded(own_couchdb: PouchdbServer) -> str:
    """host:port of a pouchdb-server with an administrator."""
    address = own_couchdb.url.removeprefix("http://")
    httpx2.put(f"http://{address}/_config/admins/{ADMIN}", json=ADMIN_PASSWORD).raise_for_status()
    return address


@pytest.fixture
def settings(guarded: str, tmp_path: Path) -> dict[str, str]:
    """An installation with one project and one area."""
    make_people(Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data")}))
    return {"XUNLU_COUCHDB_URL": f"http://xunlu:its%3Apass%40word@{guarded}"}


def test_an_operator_makes_a_server_ready_and_has_it_checked(
    settings: dict[str, str], guarded: str, xunlu: Xunlu
) -> None:
    before = xunlu("couchdb", "check", **settings)
    assert before.returncode == 1
    assert "xunlu couchdb init --admin" in before.stdout

    made = xunlu(
        "couchdb", "init", "--admin", ADMIN, "--password-stdin", stdin=f"{ADMIN_PASSWORD}\n", **settings
    )
    assert made.returncode == 0, made.stderr
    assert [line.split()[:2] for line in made.stdout.splitlines()][:2] == [
        ["made", "account"],
        ["made", "xunlu_meta"],
    ]
    assert "not offered" in made.stdout  # require_valid_user

    again = xunlu(
        "couchdb",
        "init",
        "--json",
        "--admin",
        ADMIN,
        "--password-stdin",
        stdin=f"{ADMIN_PASSWORD}\n",
        **settings,
    )
    steps = json.loads(again.stdout)
    assert {step["action"] for step in steps} == {"kept", "not offered"}
    homes = {step["what"] for step in steps if step["what"].startswith("xunlu")}
    assert {"xunlu_meta", "xunlu_held", "xunlu-project-yunqi", "xunlu-area-e1", "xunlu-user-lin"} <= homes

    checked = xunlu("couchdb", "check", "--json", **settings)
    assert checked.returncode == 0, checked.stdout
    found = {one["name"]: one["state"] for one in json.loads(checked.stdout)}
    assert found["databases"] == "ok"
    assert found["server"] == "warning"  # for tests only
    assert found["nodes"] == found["valid_user"] == found["sizes"] == "not offered"

    compacted = xunlu("couchdb", "compact", "--json", **settings)
    assert compacted.returncode == 0, compacted.stderr
    assert json.loads(compacted.stdout)["databases"] == len(homes)
    for told in (before, made, again, checked, compacted):
        assert "its:pass@word" not in told.stdout + told.stderr
        assert ADMIN_PASSWORD not in told.stdout + told.stderr

    told = xunlu("doctor", "--json", XUNLU_STORE="couchdb", **settings)
    assert next(one for one in json.loads(told.stdout) if one["name"] == "documents")["state"] == "warning"

    # Only the server's account writes, and it does: the store opens with it, and makes no database of its own.
    with httpx2.Client(base_url=f"http://{guarded}") as nobody:
        assert nobody.put("/xunlu-area-e1/x", json={}).status_code in (401, 403)
    assert xunlu("rebuild", XUNLU_STORE="couchdb", **settings).returncode == 0


@pytest.fixture
def provisioned(settings: dict[str, str], guarded: str, tmp_path: Path) -> Settings:
    """The installation, on a server that its administrator made ready for the account."""
    read = Settings.from_environ(settings | {"XUNLU_DATA": str(tmp_path / "data")})
    engine = open_engine(read.database_url)
    with Administration(f"http://{guarded}", (ADMIN, ADMIN_PASSWORD)) as admin:
        list(provision(admin, ACCOUNT, read.couchdb_prefix, Directory(engine).current()))
    engine.dispose()
    return read


def test_whoever_is_let_in_to_read_writes_nothing(provisioned: Settings, guarded: str) -> None:
    with Administration(f"http://{guarded}", (ADMIN, ADMIN_PASSWORD)) as admin:
        user = {"name": "bai", "password": "secret", "roles": [], "type": "user"}
        admin.put("_users", "org.couchdb.user:bai", body=user)
        rights = admin.get("xunlu-area-e1", "_security")
        rights["members"]["names"].append("bai")
        admin.put("xunlu-area-e1", "_security", body=rights)
        assert admin.put("xunlu-area-e1", "by-the-administrator", body={})["ok"]

    with Administration(f"http://{guarded}", ("bai", "secret")) as bai:
        assert bai.get("xunlu-area-e1", "by-the-administrator")["_id"] == "by-the-administrator"
        with pytest.raises(Refused, match="Only the server of Xunlu writes here"):
            bai.put("xunlu-area-e1", "by-bai", body={})
        told = bai.post("xunlu-area-e1", "_bulk_docs", body=REPLICATED)
        assert [row.get("error") for row in told] == ["forbidden"]

    with Administration(f"http://{guarded}", (ACCOUNT.name, ACCOUNT.password)) as own:
        assert own.post("xunlu-area-e1", "_bulk_docs", body=REPLICATED) == []
        assert own.get("xunlu-area-e1", "replicated")["_rev"] == "1-a0"


def test_a_copy_goes_into_databases_that_were_made_for_the_account(provisioned: Settings) -> None:
    async def fill() -> None:
        store = open_store(provisioned.documents)
        await store.create("area-e1")
        await store.database("area-e1").publish([{"_id": f"unit:{n}", "type": "unit"} for n in range(3)])
        await store.close()

    async def look() -> list[str]:
        store = open_documents(replace(provisioned, store="couchdb"), utc_now)
        try:
            return [one.id for one in await store.database("area-e1").list_documents(10)]
        finally:
            await store.close()

    asyncio.run(fill())

    quiet = Reports(lambda text: None, lambda stage, steps: None, lambda steps: None)
    carried = asyncio.run(copy_documents(provisioned, "sqlite", "couchdb", quiet)).carried

    assert (carried.databases, carried.documents) == (1, 3)
    assert asyncio.run(look()) == ["unit:0", "unit:1", "unit:2"]


def test_without_a_couchdb_or_its_address_there_is_one_clear_line(xunlu: Xunlu) -> None:
    without = xunlu("couchdb", "check")
    assert without.returncode == 1
    assert without.stderr.splitlines() == ["xunlu: XUNLU_COUCHDB_URL is missing; it names the CouchDB"]

    gone = xunlu("couchdb", "init", XUNLU_COUCHDB_URL="http://xunlu:hidden@127.0.0.1:9")
    assert gone.returncode == 1
    assert len(gone.stderr.splitlines()) == 1
    assert "Cannot reach" in gone.stderr
    assert "hidden" not in gone.stderr


@pytest.fixture
def corner() -> Iterator[tuple[str, str]]:
    """The address of an Apache CouchDB, and a prefix that nobody else uses."""
    if COUCHDB_URL is None:
        pytest.skip("XUNLU_TEST_COUCHDB_URL is not set: no Apache CouchDB to provision")
    prefix = f"xp{uuid.uuid4().hex[:12]}"
    yield COUCHDB_URL, prefix
    with Administration(COUCHDB_URL) as admin:
        for home in our_homes(admin, prefix):
            admin.delete(home)
        user = admin.get("_users", f"org.couchdb.user:{prefix}")
        admin.delete("_users", user["_id"], rev=user["_rev"])


@pytest.mark.couchdb
def test_an_apache_couchdb_is_made_ready_checked_and_compacted(corner: tuple[str, str]) -> None:
    url, prefix = corner
    account = Account(prefix, ACCOUNT.password)
    directory = Snapshot(1, [], [], [DatabaseEntry("area-e1", "area", "e1", True)], [], [], [])
    with Administration(url) as admin:
        made = list(provision(admin, account, prefix, directory))
        again = list(provision(admin, account, prefix, directory))
        found = list(check(admin, prefix, prefix, directory, datetime.now(UTC)))
        done = compact(admin, our_homes(admin, prefix), 60, lambda steps: None, lambda seconds: None)

    assert {"made"} <= {step.action for step in made}
    assert {step.action for step in again} == {"kept"}
    assert [one for one in found if one.state == "failed"] == []
    assert done.databases == 3
    own = Administration(f"http://{urlsplit(url).netloc.rpartition('@')[2]}", (prefix, account.password))
    with own:
        assert own.get(f"{prefix}-area-e1")["doc_count"] == 1
    stranger = Administration(f"http://{urlsplit(url).netloc.rpartition('@')[2]}", is_anonymous=True)
    with stranger, pytest.raises(Refused):
        stranger.get(f"{prefix}-area-e1")
