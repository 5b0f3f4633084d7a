from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import hypothesis
import pytest

from sync.access import Action
from sync.http import SyncLimits, create_app
from sync.sqlite import SqliteStore, open_store
from tests.sync.people import OPERATOR, House, bearer
from tests.sync.served import Served

hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")
pytest.register_assert_rewrite("tests.sync.store_contract", "tests.sync.comparison")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_store(tmp_path / "store")
    await store.create("area-a1")
    await store.create("area-b")
    yield store
    await store.close()


@pytest.fixture
def house() -> House:
    return House(
        {
            ("steward1", "area-a1"): {Action.READ, Action.PUSH},
            ("steward2", "area-b"): {Action.READ, Action.PUSH},
            ("guest", "area-a1"): {Action.READ},
            ("mover", "area-a1"): {Action.PUSH},
        }
    )


@pytest.fixture
def limits() -> SyncLimits:
    return SyncLimits(
        request_bytes=200_000,
        document_bytes=20_000,
        rows=1000,
        page_rows=20,
        feed_timeout_seconds=5,
        held_documents=5,
    )


@pytest.fixture
async def office(store: SqliteStore, house: House, limits: SyncLimits) -> AsyncIterator[httpx2.AsyncClient]:
    """The operator, talking to the endpoint."""
    async with _client(store, house, limits, OPERATOR) as client:
        yield client


@pytest.fixture
async def phone(store: SqliteStore, house: House, limits: SyncLimits) -> AsyncIterator[httpx2.AsyncClient]:
    """steward1, who reads and pushes area-a1."""
    async with _client(store, house, limits, bearer("steward1")) as client:
        yield client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("served"))
    server.start()
    yield server
    server.stop()


def _client(
    store: SqliteStore, house: House, limits: SyncLimits, headers: dict[str, str]
) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=create_app(store, house, limits))
    return httpx2.AsyncClient(transport=transport, base_url="http://xunlu.test", headers=headers, timeout=30)
