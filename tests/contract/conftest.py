"""One demo server for the whole folder, a fresh one for whoever kills it, and an empty installation made by commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.contract.people import Client, Json
from tests.e2e.demo_server import DemoServer, on_couchdb

Xunlu = Callable[..., "subprocess.CompletedProcess[str]"]
ON_COUCHDB = os.environ.get("XUNLU_TEST_STORE") == "couchdb"


def clean_environment(**settings: str) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("XUNLU_")} | settings


@pytest.fixture(scope="session")
def xunlu() -> Xunlu:
    """Run `xunlu …` with these settings, as `xunlu("user", "list", XUNLU_DATA=…)`."""

    def run(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "server", *words],
            input=stdin, capture_output=True, text=True, timeout=60, check=False,
            env=clean_environment(**settings),
        )  # fmt: skip

    return run


@contextmanager
def demo_server(request: pytest.FixtureRequest, folder: Path) -> Iterator[DemoServer]:
    """A server, not started yet, on a copy of the demo; its documents lie where XUNLU_TEST_STORE says."""
    if ON_COUCHDB:
        with on_couchdb(request.getfixturevalue("demo_in_couchdb"), folder) as server:
            yield server
        return
    shutil.copytree(request.getfixturevalue("demo_data"), folder / "data")
    server = DemoServer(folder / "data")
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """Shared by all: a test adds to it and takes a subject of its own."""
    with demo_server(request, tmp_path_factory.mktemp("contract")) as server:
        server.start()
        yield server


@pytest.fixture
def own_demo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DemoServer]:
    with demo_server(request, tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def client(demo: DemoServer) -> Iterator[Callable[[str], Client]]:
    @cache
    def signed_in(name: str) -> Client:
        opened.append(Client(demo.url, name))
        return opened[-1]

    opened: list[Client] = []
    yield signed_in
    for one in opened:
        one.http.close()


@pytest.fixture
def signed_in() -> Iterator[Callable[..., Client]]:
    """A session of one's own, as `signed_in(url, name)`: for tests that end it."""
    opened: list[Client] = []

    def sign_in(url: str, name: str, *password: str) -> Client:
        opened.append(Client(url, name, *password))
        return opened[-1]

    yield sign_in
    for one in opened:
        one.http.close()


@pytest.fixture
def steward(client: Callable[[str], Client]) -> Client:
    return client("steward1")


@pytest.fixture
def supervisor(client: Callable[[str], Client]) -> Client:
    return client("supervisor1")


@pytest.fixture
def office(client: Callable[[str], Client]) -> Client:
    return client("office1")


@pytest.fixture(scope="session")
def statuses(client: Callable[[str], Client]) -> dict[str, Json]:
    """What steward1's phone replicates before anybody has changed anything, by subject."""
    documents = client("steward1").documents("area-a1")
    return {one["of"]: one for one in documents if one["type"] == "status"}


@pytest.fixture(scope="session")
def units(client: Callable[[str], Client]) -> dict[str, Json]:
    return {one["_id"]: one for one in client("steward1").documents("area-a1") if one["type"] == "unit"}


@pytest.fixture(scope="session")
def subjects(statuses: dict[str, Json]) -> Callable[[str], list[str]]:
    def of(kind: str, **wanted: Any) -> list[str]:
        return [
            name for name, one in statuses.items()
            if one["kind"] == kind and all(one.get(key) == value for key, value in wanted.items())
        ]  # fmt: skip

    return of


@pytest.fixture(scope="session")
def project(subjects: Callable[..., list[str]]) -> str:
    """A decoration project in progress."""
    return subjects("decoration_project", state="in_progress")[0]


@pytest.fixture(scope="session")
def unit(subjects: Callable[..., list[str]]) -> str:
    return subjects("unit")[0]


@pytest.fixture(scope="session")
def household(subjects: Callable[..., list[str]], statuses: dict[str, Json]) -> tuple[str, str]:
    """A household in arrears, and its unit."""
    name = next(one for one in subjects("household") if statuses[one]["fields"]["arrears_fen"] > 0)
    return name, statuses[name]["fields"]["unit"]
