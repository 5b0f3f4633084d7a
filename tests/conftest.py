"""What every test may use, each made once: the demo project as a folder (whoever changes it works on a copy), the same with its
documents in a CouchDB, and a second server of CouchDB's protocol."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from server.clock import FixedClock
from server.demo.build import build_demo
from server.opening import close_services, open_services
from server.settings import Settings
from server.startup import prepare
from tests.pouchdb_server import IS_HERE, PouchdbServer

# How long an example takes says how busy the machine is.
settings.register_profile("xunlu", deadline=None)
settings.load_profile("xunlu")


# `make test` makes the demo once for all its processes: the folder of its data.
SHARED_DEMO = os.environ.get("TEST_DEMO")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser stories last: Playwright keeps an event loop running in this thread until the run ends."""
    items.sort(key=lambda item: "tests/e2e/" in item.nodeid)


def run_elsewhere(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """In a thread of its own: a loop of Playwright's may be running in this one."""
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(lambda: asyncio.run(work())).result()


@pytest.fixture(scope="session")
def demo_now() -> datetime:
    """When the demo's story ends: when it was made."""
    if SHARED_DEMO is None:
        return datetime.now(UTC)
    return datetime.fromtimestamp(Path(SHARED_DEMO, "secret").stat().st_mtime, UTC)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory, demo_now: datetime) -> Path:
    if SHARED_DEMO is not None:
        return Path(SHARED_DEMO)
    data = tmp_path_factory.mktemp("demo") / "data"
    settings = Settings.from_environ({"XUNLU_DATA": str(data)})
    run_elsewhere(lambda: build_demo(settings, demo_now))
    return data


async def start_once(settings: Settings, now: datetime) -> None:
    services = open_services(settings, FixedClock(now))
    try:
        await prepare(services)
        await services.intake.start()
        await services.intake.stop()
    finally:
        await close_services(services)


@pytest.fixture(scope="session")
def pouchdb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PouchdbServer]:
    """One in memory, for every test that only needs databases of its own on it."""
    if not IS_HERE:
        pytest.skip("pouchdb-server is not here: run `make second-server`")
    server = PouchdbServer(None, tmp_path_factory.mktemp("pouchdb-server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def demo_in_couchdb(demo_data: Path, demo_now: datetime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two: `data`, and in `couchdb` the files of a pouchdb-server with its documents.

    They were moved there by `xunlu copy`, and the read model was then made anew from them, as the first start does it.
    """
    if not IS_HERE:
        pytest.skip("pouchdb-server is not here: run `make second-server`")
    folder = tmp_path_factory.mktemp("demo-in-couchdb")
    shutil.copytree(demo_data, folder / "data")
    server = PouchdbServer(folder / "couchdb", tmp_path_factory.mktemp("copying"))
    server.start()
    try:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNLU_")}
        settings = {"XUNLU_DATA": str(folder / "data"), "XUNLU_COUCHDB_URL": server.url}
        command = [sys.executable, "-m", "server", "copy", "sqlite", "couchdb"]
        told = subprocess.run(
            command, env=environment | settings, capture_output=True, text=True, timeout=300, check=False
        )
        assert told.returncode == 0, told.stderr
        assert "copied and compared" in told.stdout
        on_couchdb = Settings.from_environ(settings | {"XUNLU_STORE": "couchdb"})
        run_elsewhere(lambda: start_once(on_couchdb, demo_now))
    finally:
        server.stop()
    shutil.rmtree(folder / "data" / "documents")
    return folder
