"""A disk that is full, or fails, wherever the store meets it: what was acknowledged stays, the rest is whole or not there.

Source: promises F-33, F-34, D9.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import apsw
import httpx2
import pytest

from sync.database import Database, Outcome
from sync.errors import StorageFull, StoreBroken, StoreUnreadable
from sync.http import create_app
from sync.sqlite import SqliteStore, open_store
from sync.sqlite.schema import FILE_NAME, rows
from sync.sqlite.space import RESERVE_NAME
from tests.sync.disk_faults import FaultyDisk, failed_flush, failed_read, failed_write, full
from tests.sync.people import House, bearer
from tests.sync.served import EVERYTHING
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
RESERVE = 256 * 1024


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    with FaultyDisk() as disk:
        yield disk


@pytest.fixture
async def store(disk: FaultyDisk, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = open_store(tmp_path, reserve_bytes=RESERVE)
    await store.create("area-a1")
    await store.database("area-a1").push([edit("kept", "1-a", n=1)], STEWARD)
    yield store
    await store.close()


@pytest.fixture
def area(store: SqliteStore) -> Database:
    return store.database("area-a1")


def integrity(folder: Path) -> str:
    db = apsw.Connection(str(folder / FILE_NAME), apsw.SQLITE_OPEN_READONLY, vfs="unix")
    answer = rows(db, "PRAGMA integrity_check")[0][0]
    db.close()
    return str(answer)


async def ids(area: Database) -> set[str]:
    return {row.id for row in await area.list_documents(1000)}


@pytest.mark.parametrize("after", [0, 1, 3, 6])
async def test_a_disk_that_is_full_in_a_write_refuses_all_of_it_and_heals_by_itself(
    disk: FaultyDisk, area: Database, store: SqliteStore, tmp_path: Path, after: int
) -> None:
    end = await store.journal_end()
    disk.fail("write", "wal", full, after=after)

    for _ in range(2):
        with pytest.raises(StorageFull):
            await area.push([edit(f"refused{n}", "1-a", text="x" * 9000) for n in range(5)], STEWARD)

    assert disk.failures
    assert await ids(area) == {"kept"}
    assert await store.journal_end() == end
    disk.mend()
    await area.push([edit("later", "1-a")], STEWARD)
    assert await ids(area) == {"kept", "later"}
    assert [entry.seq for entry in await store.journal(0, 10)] == [end, end + 1]
    assert integrity(tmp_path) == "ok"


async def test_a_disk_that_is_full_in_a_checkpoint_loses_nothing(
    disk: FaultyDisk, area: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sqlite.wal.CHECKPOINT_PAGES", 1)
    disk.fail("write", "file", full)

    acknowledged = {"kept"}
    for number in range(20):
        try:
            await area.push([edit(f"d{number}", "1-a", text="x" * 3000)], STEWARD)
        except StorageFull:
            continue
        acknowledged.add(f"d{number}")

    assert disk.failures
    assert len(acknowledged) > 1
    assert await ids(area) == acknowledged
    disk.mend()
    await area.push([edit("later", "1-a")], STEWARD)
    assert await ids(area) == {*acknowledged, "later"}
    assert integrity(tmp_path) == "ok"


async def test_what_was_prepared_before_a_flush_that_failed_is_not_acknowledged(
    disk: FaultyDisk, area: Database
) -> None:
    told: list[list[Outcome]] = []
    disk.fail("flush", "wal", failed_flush, times=1)

    with pytest.raises(StoreBroken):
        await area.push([edit("lost", "1-a")], STEWARD, told.append)

    assert told == [[Outcome.STORED]]


async def test_the_reserve_is_given_up_for_what_must_go_on_and_laid_again(
    disk: FaultyDisk, area: Database, store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve = tmp_path / RESERVE_NAME
    assert reserve.stat().st_blocks * 512 >= RESERVE
    disk.fail("write", "wal", full, times=1)
    with pytest.raises(StorageFull):
        await area.push([edit("refused", "1-a")], STEWARD)
    assert not reserve.exists()
    monkeypatch.setattr(store._space, "free_bytes", lambda: RESERVE)  # what the reserve gave up, and no more

    with pytest.raises(StorageFull):
        await area.push([edit("refused", "1-a")], STEWARD)
    with pytest.raises(StorageFull):
        await area.write_local("steward1", "checkpoint", b"{}")
    with pytest.raises(StorageFull):
        await store.probe()
    await area.publish([{"_id": "status:kept", "state": "open"}])
    await area.compact()
    assert (await store.figures()).is_full
    assert await ids(area) == {"kept", "status:kept"}

    monkeypatch.undo()
    await store.probe()
    await area.push([edit("later", "1-a")], STEWARD)
    assert reserve.stat().st_blocks * 512 >= RESERVE
    assert not (await store.figures()).is_full
    await store.close()
    assert not reserve.exists()


@pytest.mark.parametrize(("what", "error"), [("flush", failed_flush), ("write", failed_write)])
async def test_after_a_failed_commit_nothing_is_written_until_the_store_is_opened_anew(
    disk: FaultyDisk, area: Database, store: SqliteStore, tmp_path: Path, what: str, error: object
) -> None:
    disk.fail(what, "wal", error, times=1)  # type: ignore[arg-type]

    with pytest.raises(StoreBroken):
        await area.push([edit("unsure", "1-a")], STEWARD)
    for _ in range(2):  # the flush would "succeed" now
        with pytest.raises(StoreBroken):
            await area.push([edit("refused", "1-a")], STEWARD)

    assert disk.failures == 1
    assert (await area.read("kept") or {})["n"] == 1
    assert await area.read("refused") is None
    with pytest.raises(StoreBroken):
        await store.probe()
    assert (await store.figures()).is_broken
    await store.close()
    again = open_store(tmp_path)
    assert (await again.database("area-a1").read("kept") or {})["n"] == 1
    await again.database("area-a1").push([edit("later", "1-a")], STEWARD)
    assert {"kept", "later"} <= await ids(again.database("area-a1"))
    assert "refused" not in await ids(again.database("area-a1"))
    await again.close()
    assert integrity(tmp_path) == "ok"


async def test_a_checkpoint_whose_flush_fails_leaves_the_wal_for_the_next_start(
    disk: FaultyDisk, area: Database, store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sqlite.wal.CHECKPOINT_PAGES", 1)
    disk.fail("flush", "file", failed_flush, times=1)

    acknowledged = {"kept"}

    async def push_on() -> None:
        for number in range(100):  # a checkpoint comes after the answer
            await area.push([edit(f"d{number}", "1-a")], STEWARD)
            acknowledged.add(f"d{number}")

    with pytest.raises(StoreBroken):
        await push_on()
    await store.close()

    assert (tmp_path / f"{FILE_NAME}-wal").stat().st_size > 0  # closing did not try again and call it good
    again = open_store(tmp_path)
    assert acknowledged <= await ids(again.database("area-a1"))
    await again.close()
    assert integrity(tmp_path) == "ok"


@pytest.mark.parametrize(("what", "error"), [("read", failed_read), ("cut_read", None)])
async def test_what_cannot_be_read_is_not_said_to_be_missing_and_is_read_when_the_disk_can(
    disk: FaultyDisk, tmp_path: Path, what: str, error: object
) -> None:
    store = open_store(tmp_path)
    await store.create("area-a1")
    await store.database("area-a1").push([edit("kept", "1-a", n=1)], STEWARD)
    await store.close()  # what follows is read from the file, not from memory
    store = open_store(tmp_path)
    area = store.database("area-a1")

    disk.fail(what, "file", error)  # type: ignore[arg-type]
    with pytest.raises(StoreUnreadable):
        await area.read("kept")
    assert disk.failures

    disk.mend()
    for _ in range(8):  # on every connection
        assert (await area.read("kept") or {})["n"] == 1
    await store.close()


async def test_who_asks_is_told_in_couchdbs_form_and_may_ask_again(
    disk: FaultyDisk, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = House({("steward1", "area-a1"): EVERYTHING})
    transport = httpx2.ASGITransport(app=create_app(store, access))
    pushed = {"docs": [{"_id": "a", "_rev": "1-a"}], "new_edits": False}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://xunlu.test", headers=bearer("steward1")
    ) as phone:
        disk.fail("write", "wal", full, times=1)
        is_full = await phone.post("/area-a1/_bulk_docs", json=pushed)
        healed = await phone.post("/area-a1/_bulk_docs", json=pushed)
        disk.fail("flush", "wal", failed_flush, times=1)
        broken = await phone.put("/area-a1/b", json={"n": 1})
        still = await phone.put("/area-a1/_local/checkpoint", json={"n": 1})
        read = await phone.get("/area-a1/a")

    assert (is_full.status_code, is_full.json()["error"]) == (507, "insufficient_storage")
    assert healed.status_code == 201
    assert [(one.status_code, one.json()["error"]) for one in (broken, still)] == [
        (503, "service_unavailable")
    ] * 2
    for answer in (is_full, broken, still):
        assert int(answer.headers["retry-after"]) > 0
        assert "Nothing was stored" in answer.json()["reason"]
    assert read.status_code == 200
