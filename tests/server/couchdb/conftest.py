"""A CouchDB-protocol server of one's own, that may be killed and started again, and somebody at a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.access import administration
from server.database import create_tables, open_engine
from server.settings import Settings
from tests.pouchdb_server import IS_HERE, PouchdbServer

Xunlu = Callable[..., "subprocess.CompletedProcess[str]"]
PASSWORD = "a-good-password"


def make_people(settings: Settings) -> None:
    """One project, one area, its steward."""
    engine, at = open_engine(settings.database_url), datetime(2026, 1, 1, tzinfo=UTC)
    create_tables(engine)
    administration.add_project(engine, "yunqi", "云栖里", at=at)
    administration.add_area(engine, "e1", "yunqi", "东区", at=at)
    administration.add_user(engine, "lin", "林晓禾", PASSWORD, at=at)
    administration.grant_role(engine, "lin", "steward", "yunqi", at=at)
    administration.grant_area(engine, "lin", "e1", at=at)
    engine.dispose()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def own_couchdb(tmp_path: Path) -> Iterator[PouchdbServer]:
    """Keeps its databases over a kill."""
    if not IS_HERE:
        pytest.skip("pouchdb-server is not here: run `make second-server`")
    server = PouchdbServer(tmp_path / "couchdb-files", tmp_path / "couchdb-work")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def xunlu(tmp_path: Path) -> Xunlu:
    """Run `xunlu …` on a data directory of one's own, as `xunlu("doctor", XUNLU_STORE="couchdb", …)`."""

    def run(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("XUNLU_")}
        return subprocess.run(
            [sys.executable, "-m", "server", "--log-level", "error", *words],
            env={**environment, "XUNLU_DATA": str(tmp_path / "data"), **settings},
            input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    return run
