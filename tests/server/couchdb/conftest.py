"""A CouchDB-protocol server of one's own, that may be killed and started again, and somebody at a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from server.access import administration
from server.cli import main
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
def xunlu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Xunlu:
    """Run `xunlu …` on a data directory of one's own, as `xunlu("doctor", XUNLU_STORE="couchdb", …)`.

    In this process: starting another takes longer than what most commands do.
    """

    def run(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        out, err, code = StringIO(), StringIO(), 0
        with monkeypatch.context() as changed, redirect_stdout(out), redirect_stderr(err):
            for name in [name for name in os.environ if name.startswith("XUNLU_")]:
                changed.delenv(name)
            for name, value in {"XUNLU_DATA": str(tmp_path / "data"), **settings}.items():
                changed.setenv(name, value)
            changed.setattr(sys, "argv", ["xunlu", "--log-level", "error", *words])
            changed.setattr(sys, "stdin", StringIO(stdin))
            try:
                main()
            except SystemExit as ended:
                code = int(ended.code or 0)
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())

    return run
