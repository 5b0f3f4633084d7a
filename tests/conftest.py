"""What every test may use, each made once: the demo project as a folder (whoever changes it works on a copy), and a second
server of CouchDB's protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.demo.build import build_demo
from server.settings import Settings
from tests.pouchdb_server import IS_HERE, PouchdbServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser stories last: Playwright keeps an event loop running in this thread until the run ends."""
    items.sort(key=lambda item: "tests/e2e/" in item.nodeid)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("demo") / "data"
    settings = Settings.from_environ({"XUNLU_DATA": str(data)})
    with ThreadPoolExecutor(1) as elsewhere:  # a loop of Playwright's may be running in this thread
        elsewhere.submit(lambda: asyncio.run(build_demo(settings))).result()
    return data


@pytest.fixture(scope="session")
def pouchdb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PouchdbServer]:
    """One in memory, for every test that only needs databases of its own on it."""
    if not IS_HERE:
        pytest.skip("pouchdb-server is not here: run `make second-server`")
    server = PouchdbServer(None, tmp_path_factory.mktemp("pouchdb-server"))
    server.start()
    yield server
    server.stop()
