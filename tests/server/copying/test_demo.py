"""The demo project moved to a CouchDB and back: the same documents leaf by leaf, the same statuses byte for byte.

In `make soak`: everyday runs move smaller stores (test_copying.py) and let a story run on the moved demo
(tests/e2e/test_spine_on_couchdb.py).
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import rfc8785

from server.copying.comparing import compare
from server.copying.ends import Reports, copy_documents
from server.settings import Settings
from sync.sqlite import open_store
from tests.pouchdb_server import PouchdbServer

pytestmark = pytest.mark.soak
QUIET = Reports(lambda text: None, lambda stage, steps: None, lambda steps: None)


def statuses(data: Path) -> dict[str, tuple[str, bytes]]:
    """Subject → state and body, as they lie in the read model.

    In RFC 8785 form: a server written in JavaScript hands 14.0 back as 14.
    """
    with closing(sqlite3.connect(data / "server.sqlite")) as connection:
        rows = connection.execute("SELECT subject, state, body FROM status").fetchall()
    return {subject: (state, rfc8785.dumps(json.loads(body))) for subject, state, body in rows}


def test_statuses_made_anew_from_a_couchdb_are_the_same_bytes(demo_data: Path, demo_in_couchdb: Path) -> None:
    before, after = statuses(demo_data), statuses(demo_in_couchdb / "data")

    assert len(before) > 100
    assert after == before


def test_the_demo_comes_back_from_a_couchdb_leaf_by_leaf(
    demo_data: Path, demo_in_couchdb: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(demo_in_couchdb, folder)
    shutil.copytree(demo_data / "documents", tmp_path / "original")
    couchdb = PouchdbServer(folder / "couchdb", tmp_path / "work")
    couchdb.start()
    try:
        settings = Settings.from_environ(
            {"XUNLU_DATA": str(folder / "data"), "XUNLU_COUCHDB_URL": couchdb.url}
        )
        carried = asyncio.run(copy_documents(settings, "couchdb", "sqlite", QUIET)).carried
    finally:
        couchdb.stop()

    async def look() -> int:
        original, returned = open_store(tmp_path / "original"), open_store(settings.documents)
        try:
            assert original.epoch != returned.epoch
            return await compare(original, returned, lambda steps: None)
        finally:
            await original.close()
            await returned.close()

    assert asyncio.run(look()) == carried.documents > 2000
    assert replace(carried, held=0) == carried  # the demo's stewards were refused nothing
