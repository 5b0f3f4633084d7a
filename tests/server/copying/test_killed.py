"""A copy whose process is killed: the source is whole, nobody is served from the half, and the next copy ends it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from server.settings import Settings
from tests.pouchdb_server import IS_HERE, PouchdbServer
from tests.server.copying.conftest import fill
from tests.server.copying.test_copying import leaves, looking


@pytest.mark.skipif(not IS_HERE, reason="pouchdb-server is not here: run `make second-server`")
@pytest.mark.soak
def test_a_copy_that_was_killed_is_ended_by_the_next(tmp_path: Path) -> None:
    couchdb = PouchdbServer(None, tmp_path / "couchdb-work")
    couchdb.start()
    try:
        given = {"XUNLU_DATA": str(tmp_path / "data"), "XUNLU_COUCHDB_URL": couchdb.url}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNLU_")}
        environment |= given
        settings = Settings.from_environ(given)
        asyncio.run(fill(settings.documents))
        xunlu = [sys.executable, "-m", "server", "--log-level", "error"]

        copying = subprocess.Popen(
            [*xunlu, "copy", "sqlite", "couchdb"], env=environment, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 60
        while httpx2.get(f"{couchdb.url}/xunlu_meta/copying").status_code != 200:
            assert copying.poll() is None
            assert time.monotonic() < until
        copying.kill()
        copying.wait(timeout=30)

        on_couchdb = environment | {"XUNLU_STORE": "couchdb"}
        refused = subprocess.run(
            [*xunlu, "serve"], env=on_couchdb, capture_output=True, text=True, timeout=60, check=False
        )
        assert refused.returncode == 1
        assert "was cut off" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1

        again = subprocess.run(
            [*xunlu, "copy", "sqlite", "couchdb"],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert again.returncode == 0, again.stderr
        assert "beginning again" in again.stderr
        assert looking(settings, "couchdb", leaves) == looking(settings, "sqlite", leaves)
    finally:
        couchdb.stop()
