"""What the SQL database meets on the disk is heeded by all of the server.

Source: promises F-33, F-34. A disk that is really full is in test_full_disk.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from server.database import create_tables, open_engine, writing
from server.disk import RoomFirst, heed_disk, sql_error
from server.intake.tables import meta
from sync.sqlite import SqliteStore, open_store
from sync.sqlite.space import Space
from tests.server.intake.conftest import anyio_backend
from tests.sync.disk_faults import FaultyDisk, failed_flush, full

__all__ = ["anyio_backend"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    with FaultyDisk() as disk:
        yield disk


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_store(tmp_path / "documents")
    yield store
    await store.close()


@pytest.fixture
def engine(store: SqliteStore, disk: FaultyDisk, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'server.sqlite'}")
    create_tables(engine)
    heed_disk(engine, store)
    yield engine
    disk.mend()
    engine.dispose()


def write(engine: Engine, name: str) -> None:
    with writing(engine) as connection:
        connection.execute(insert(meta).values(name=name, value="x" * 100))


def names(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(select(meta.c.name)))


async def test_a_full_disk_is_noted_and_nothing_is_half_there(
    engine: Engine, store: SqliteStore, disk: FaultyDisk
) -> None:
    disk.fail("write", "wal", full, times=1)

    with pytest.raises(OperationalError):
        write(engine, "refused")

    assert store.is_full
    assert not store.is_broken
    write(engine, "later")
    assert names(engine) == {"later"}
    await store.probe()
    assert not store.is_full


async def test_a_failed_flush_ends_all_writing(engine: Engine, store: SqliteStore, disk: FaultyDisk) -> None:
    disk.fail("flush", "wal", failed_flush, times=1)

    with pytest.raises(OperationalError):
        write(engine, "unsure")

    assert store.is_broken


async def test_who_asks_is_told_and_photos_leave_the_reserve_alone(
    engine: Engine, store: SqliteStore, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def note(request: Request) -> Response:
        write(engine, "noted")
        return PlainTextResponse("noted")

    async def photo(request: Request) -> Response:
        return PlainTextResponse("taken")

    photos = Starlette(routes=[Route("/uploads", photo, methods=["GET", "POST", "PATCH"])])
    app = Starlette(
        routes=[Route("/note", note, methods=["POST"]), Mount("/media", RoomFirst(photos, store))],
        exception_handlers={OperationalError: sql_error},
    )
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app), base_url="http://xunlu.test"
    ) as phone:
        disk.fail("write", "wal", full, times=1)
        refused = await phone.post("/note")
        with monkeypatch.context() as still_full:
            still_full.setattr(Space, "look_again", lambda self: None)
            uploads = [await phone.post("/media/uploads"), await phone.patch("/media/uploads")]
            seen = await phone.get("/media/uploads")
        again = await phone.post("/note")
        upload = await phone.post("/media/uploads")

    assert refused.status_code == 503
    assert "磁盘已满" in refused.json()["reason"]
    assert "Nothing was stored" in refused.json()["reason"]
    assert [(one.status_code, one.json()["error"]) for one in uploads] == [(507, "insufficient_storage")] * 2
    assert all(int(one.headers["retry-after"]) > 0 for one in (refused, *uploads))
    assert (seen.status_code, again.status_code, upload.status_code) == (200, 200, 200)
