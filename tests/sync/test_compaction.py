"""Old bodies go in short slices, beside readers and writers; nothing that is needed goes with them.

Source: CouchDB documentation, "Compaction"; issue "sync/", Operable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import httpx2
import pytest

from sync.database import Database, Wanted
from sync.http import create_app
from sync.sqlite import SqliteStore, compaction, open_store
from sync.sqlite.compaction import KEEP_SECONDS
from sync.sqlite.schema import FILE_NAME
from sync.sqlite.verify import verify
from tests.sync.people import OPERATOR, House
from tests.sync.store_contract import STEWARD, edit, rev

pytestmark = pytest.mark.anyio
START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def pass_seconds(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[SqliteStore]:
    store = open_store(tmp_path, now=clock.now)
    await store.create("area-a1")
    await store.create("area-b")
    yield store
    await store.close()


@pytest.fixture
def area(store: SqliteStore) -> Database:
    return store.database("area-a1")


async def write(area: Database, doc_id: str, generations: range, size: int = 10) -> None:
    digits = "x" if doc_id == "both" else "032x"  # both ways in which a store may keep a history
    for n in generations:
        history = [f"{g}-{g:{digits}}" for g in range(n, 0, -1)]
        await area.push([edit(doc_id, *history, n=n, text="x" * size)], STEWARD)


async def bodies(area: Database, doc_id: str) -> list[int]:
    """The generations whose bodies are here."""
    known = await area.known(doc_id)
    assert known is not None
    found = (await area.look_up([Wanted(doc_id, tuple(known.tree.nodes))]))[0]
    return sorted(one.revision.generation for one in found if one.content is not None)


async def test_only_what_was_replaced_long_enough_ago_goes_by_itself(
    area: Database, store: SqliteStore, clock: Clock
) -> None:
    await write(area, "old", range(1, 5))
    await write(area, "both", range(1, 3))
    await write(store.database("area-b"), "elsewhere", range(1, 4))
    clock.pass_seconds(KEEP_SECONDS - 1)
    await store.tidy()
    assert await bodies(area, "old") == [1, 2, 3, 4]

    clock.pass_seconds(2)
    await write(area, "both", range(3, 5))
    await store.tidy()

    assert await bodies(area, "old") == [4]
    assert await bodies(area, "both") == [2, 3, 4]  # 2 was the newest until a moment ago
    assert await bodies(store.database("area-b"), "elsewhere") == [3]
    figures = await store.figures()
    assert (figures.bodies_dropped, figures.compacted_at is not None) == (3 + 1 + 2, True)
    clock.pass_seconds(KEEP_SECONDS + 1)
    await store.tidy()
    assert await bodies(area, "both") == [4]


async def test_a_clock_that_was_wrong_for_a_while_does_not_stop_it(
    area: Database, store: SqliteStore, clock: Clock
) -> None:
    await write(area, "before", range(1, 4))
    clock.pass_seconds(50 * 365 * 86400)
    await write(area, "ahead", range(1, 4))
    clock.pass_seconds(-50 * 365 * 86400)
    await write(area, "after", range(1, 4))
    clock.pass_seconds(KEEP_SECONDS + 1)

    await store.tidy()

    assert [await bodies(area, name) for name in ("before", "ahead", "after")] == [[3]] * 3


async def test_tidying_goes_on_where_it_ended_also_after_a_restart(
    area: Database, store: SqliteStore, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(area, "a", range(1, 20))
    clock.pass_seconds(KEEP_SECONDS + 1)
    await store.tidy()
    await store.close()
    again = open_store(tmp_path, now=clock.now)
    looked_at: list[int] = []
    find = compaction.find_since

    def noting(db: apsw.Connection, after: int, recent: tuple[int, int]) -> compaction.OldBodies:
        looked_at.append(after)
        return find(db, after, recent)

    monkeypatch.setattr(compaction, "find_since", noting)
    await again.tidy()

    assert looked_at == [19]
    assert await bodies(again.database("area-a1"), "a") == [19]
    await again.close()


async def test_leaves_are_always_there_for_readers_beside_edits_and_compaction(
    area: Database, store: SqliteStore, tmp_path: Path
) -> None:
    await area.push([edit("a", "1-a", n=1)], STEWARD)
    is_over = False

    async def keep_editing() -> None:
        for n in range(2, 150):
            await area.push(
                [edit("a", f"{n}-{n:x}", *(f"{g}-{g:x}" for g in range(n - 1, 1, -1)), "1-a", n=n)], STEWARD
            )

    async def keep_reading() -> int:
        reads, last = 0, 0
        while not is_over:
            found = await area.read("a")
            assert found is not None
            assert found["n"] >= last
            last, reads = found["n"], reads + 1
        return reads

    async def keep_compacting() -> None:
        while not is_over:
            await area.compact()

    readers = [asyncio.create_task(keep_reading()) for _ in range(3)]
    compacting = asyncio.create_task(keep_compacting())
    await keep_editing()
    is_over = True

    assert all([await reader for reader in readers])
    await compacting
    assert list(verify(tmp_path)) == []


async def test_a_write_waits_for_a_slice_and_not_for_the_whole(
    area: Database, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "SLICE_BODIES", 5)
    await write(area, "a", range(1, 60))
    dropped_at_once: list[int] = []
    loop, has_begun = asyncio.get_running_loop(), asyncio.Event()
    drop = compaction.drop

    def noting(*arguments: object, **more: object) -> tuple[list[int], int]:
        left, count = drop(*arguments, **more)  # type: ignore[arg-type]
        dropped_at_once.append(count)
        loop.call_soon_threadsafe(has_begun.set)
        return left, count

    monkeypatch.setattr(compaction, "drop", noting)
    compacting = asyncio.create_task(area.compact())
    await has_begun.wait()
    assert (await area.info()).is_compacting
    await area.push([edit("between", "1-a")], STEWARD)
    assert not compacting.done()

    await compacting
    assert max(dropped_at_once) == 5
    assert sum(dropped_at_once) == 58
    assert not (await area.info()).is_compacting
    assert await bodies(area, "a") == [59]


async def test_one_that_is_broken_off_leaves_a_whole_store_and_is_done_again(
    area: Database, store: SqliteStore, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "SLICE_BODIES", 3)
    for name in ("a", "b", "c"):
        await write(area, name, range(1, 12))
    clock.pass_seconds(KEEP_SECONDS + 1)

    for steps in range(1, 12):
        tidying = asyncio.create_task(store.tidy())
        for _ in range(steps * 3):
            await asyncio.sleep(0.001)
        tidying.cancel()
        await asyncio.gather(tidying, return_exceptions=True)
        assert list(verify(tmp_path)) == []

    await store.tidy()
    assert [await bodies(area, name) for name in ("a", "b", "c")] == [[11]] * 3
    assert not (await area.info()).is_compacting


async def test_the_body_at_a_documents_place_in_the_journal_stays(area: Database, store: SqliteStore) -> None:
    """Its edit became an inner one when a longer past of its child was told; a reader of the journal must still meet it."""
    await area.push([edit("a", "2-b", n=2)], STEWARD)
    await area.push([edit("a", "1-a", n=1)], STEWARD)
    await area.push([edit("a", "2-b", "1-a", n=2)], STEWARD)

    await area.compact()

    assert [entry.body["n"] for entry in await store.journal(0, 10)] == [2]
    assert (await area.look_up([Wanted("a", (rev("2-b"),))]))[0][0].content is not None


async def test_space_is_given_back(area: Database, store: SqliteStore, clock: Clock) -> None:
    await write(area, "a", range(1, 80), size=100_000)
    before = (await area.info()).file_bytes
    clock.pass_seconds(KEEP_SECONDS + 1)
    await store.tidy()
    tidied = (await area.info()).file_bytes
    await area.compact()
    compacted = (await area.info()).file_bytes

    assert before > 7_900_000
    assert tidied < 1_000_000
    assert compacted <= tidied


async def test_the_file_is_shorter_when_a_compaction_has_ended(
    area: Database, store: SqliteStore, tmp_path: Path
) -> None:
    await write(area, "a", range(1, 80), size=100_000)

    await area.compact()

    file = tmp_path / FILE_NAME
    assert file.stat().st_size == (await area.info()).file_bytes < 1_000_000
    assert file.with_name(FILE_NAME + "-wal").stat().st_size < 100_000


async def test_a_database_says_over_the_wire_that_it_is_being_compacted(
    area: Database, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.http.databases.COMPACT_WAIT_SECONDS", 0.0)
    monkeypatch.setattr(compaction, "SLICE_BODIES", 1)
    await write(area, "a", range(1, 40))
    transport = httpx2.ASGITransport(app=create_app(store, House()))
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://xunlu.test", headers=OPERATOR
    ) as operator:
        assert (await operator.post("/area-a1/_compact", json={})).status_code == 202
        during = (await operator.get("/area-a1")).json()["compact_running"]
        while (await operator.get("/area-a1")).json()["compact_running"]:
            pass

    assert during is True
    assert await bodies(area, "a") == [39]
