"""Which server the CouchDB store is tested on.

XUNLU_TEST_COUCHDB_URL (http://admin:password@host:port) names an Apache CouchDB: everything is to pass on it.
XUNLU_TEST_POUCHDB_SERVER_URL names a pouchdb-server: another implementation of the protocol, which lacks some of CouchDB (GAPS).
Without either the contract is skipped, and says so.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from sync.couchdb import CouchStore, open_store
from sync.couchdb.client import Address

COUCHDB_URL = os.environ.get("XUNLU_TEST_COUCHDB_URL")
POUCHDB_SERVER_URL = os.environ.get("XUNLU_TEST_POUCHDB_SERVER_URL")


SERVERS = [kind for kind, url in (("couchdb", COUCHDB_URL), ("pouchdb-server", POUCHDB_SERVER_URL)) if url]


@pytest.fixture(params=SERVERS or ["none"], scope="module")
def server(request: pytest.FixtureRequest) -> str:
    """Which kind of server, for tests that one kind cannot run."""
    kind: str = request.param
    if kind == "none":
        pytest.skip(
            "neither XUNLU_TEST_COUCHDB_URL nor XUNLU_TEST_POUCHDB_SERVER_URL is set: no server to run on"
        )
    return kind


@pytest.fixture
def url(server: str) -> str:
    found = COUCHDB_URL if server == "couchdb" else POUCHDB_SERVER_URL
    assert found is not None
    return found


@pytest.fixture
async def prefix(url: str) -> AsyncIterator[str]:
    """An installation's own corner of the server, taken away afterwards."""
    prefix = f"xt{uuid.uuid4().hex[:12]}"
    yield prefix
    address = Address.parse(url)
    auth = None if address.account is None else (address.account, address.password)
    async with httpx2.AsyncClient(base_url=address.base, auth=auth, trust_env=False) as client:
        for name in (await client.get("/_all_dbs")).json():
            if name.startswith(prefix):
                await client.delete(f"/{name.replace('/', '%2F')}")


@pytest.fixture
async def store(url: str, prefix: str, tmp_path: Path) -> AsyncIterator[CouchStore]:
    store = open_store(url, tmp_path / "journal", prefix=prefix)
    await store.create("area-a1")
    await store.create("area-b")
    yield store
    await store.close()
