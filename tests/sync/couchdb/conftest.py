"""Which servers the CouchDB store is tested on: pouchdb-server always, an Apache CouchDB when one is given.

XUNLU_TEST_COUCHDB_URL (http://admin:password@host:port) names an Apache CouchDB: everything is to pass on it.
pouchdb-server is another implementation of the protocol, which lacks some of CouchDB (test_couch_store.py says what).
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
from tests.pouchdb_server import PouchdbServer

COUCHDB_URL = os.environ.get("XUNLU_TEST_COUCHDB_URL")
SERVERS = ["pouchdb-server", *([] if COUCHDB_URL is None else ["couchdb"])]


@pytest.fixture(params=SERVERS, scope="module")
def server(request: pytest.FixtureRequest) -> str:
    """Which kind of server, for tests that one kind cannot run."""
    kind: str = request.param
    return kind


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    if server == "couchdb":
        assert COUCHDB_URL is not None
        return COUCHDB_URL
    second: PouchdbServer = request.getfixturevalue("pouchdb_server")
    return second.url


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
