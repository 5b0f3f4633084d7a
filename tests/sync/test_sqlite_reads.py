"""How the embedded store reads: what lies behind without counting, once for many who wait, and never slowly for others."""

from __future__ import annotations

import asyncio
import random
import threading
from pathlib import Path
from typing import Any

import apsw
import pytest

from sync.database import BEGINNING, ChangesPage
from sync.errors import StoreClosed, StoreUnreadable
from sync.sqlite import SqliteStore, changes, open_store, readers
from sync.sqlite.readers import SLOW_SECONDS, THREADS, WARY_SECONDS, Readers
from sync.sqlite.schema import FILE_NAME, LONG, SHORT, rows
from sync.sqlite.writer import Transaction
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("seed", range(4))
async def test_what_lies_behind_is_exact_from_any_place_at_any_time(store: SqliteStore, seed: int) -> None:
    dice = random.Random(seed)
    area, other = store.database("area-a1"), store.database("area-b")
    past: dict[str, list[str]] = {}
    seen = [BEGINNING]
    await _skip_to(store, 2**LONG - 1000)  # so that places lie on both sides of every bound
    for step in range(60):
        doc_id = dice.choice([*past, f"d{step}", f"d{step}"])
        past[doc_id] = [f"{len(past.get(doc_id, [])) + 1}-{step}", *past.get(doc_id, [])]
        await area.push([edit(doc_id, *past[doc_id], deleted=dice.random() < 0.2)], STEWARD)
        await other.push([edit(f"{doc_id}-{n}", f"1-{step}") for n in range(dice.randrange(60))], STEWARD)
        seen.append(await dice.choice([area, other]).current_sequence())
        since = dice.choice(seen)
        for limit in (1, 3, 1000):
            page = await area.changes(since, limit)
            left = (await area.changes(page.last_seq, 1000)).changes
            assert page.pending == len(left) == await area.pending(page.last_seq)
            some = await area.changes(since, limit, doc_ids=list(past)[:3])
            assert some.pending == len((await area.changes(some.last_seq, 1000)).changes)
        assert await area.pending(since) == len((await area.changes(since, 1000)).changes)
    assert await _stretches(store) == await _counted(store)
    assert len(await _stretches(store)) > 10


async def test_a_read_that_never_ends_does_not_let_the_wal_grow_without_bound(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sqlite.wal.CHECKPOINT_PAGES", 50)
    monkeypatch.setattr("sync.sqlite.wal.TRUNCATE_PAGES", 200)
    monkeypatch.setattr("sync.sqlite.wal.TRUNCATE_WAIT_MILLISECONDS", 1)
    area = store.database("area-a1")
    begun = threading.Event()

    def endless(db: apsw.Connection) -> None:
        rows(db, "SELECT count(*) FROM doc")
        begun.set()
        rows(db, "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n")

    reading = asyncio.ensure_future(store.read(endless))
    assert await asyncio.to_thread(begun.wait, 30)
    for number in range(3):
        await area.push([edit(f"d{number}", "1-a", text="x" * 1_000_000)], STEWARD)
    assert not reading.done()  # a read may take its time

    monkeypatch.setattr(readers, "LONG_SECONDS", 0.0)
    async with asyncio.timeout(30):
        await area.push([edit("more", "1-a")], STEWARD)
        with pytest.raises(StoreUnreadable):
            await reading
        for number in range(2):  # the cut comes after the answer
            await area.push([edit(f"last{number}", "1-a")], STEWARD)
            await store.writer.write(lambda transaction: None)

    wal = tmp_path / "store" / (FILE_NAME + "-wal")
    assert wal.stat().st_size < 300_000
    assert await area.read("more") is not None


async def test_places_of_an_older_file_are_counted_when_it_is_brought_up(tmp_path: Path) -> None:
    store = open_store(tmp_path / "old")
    await store.create("area-a1")
    await _skip_to(store, 2**LONG - 300)
    await store.database("area-a1").push([edit(f"d{n}", "1-a") for n in range(600)], STEWARD)
    since = (await store.database("area-a1").changes(BEGINNING, 250)).last_seq
    await store.close()
    old = apsw.Connection(str(tmp_path / "old" / FILE_NAME))
    rows(old, "DROP TABLE place")
    old.pragma("user_version", 2)
    old.close()

    store = open_store(tmp_path / "old")

    assert await _stretches(store) == await _counted(store)
    assert await store.database("area-a1").pending(since) == 350
    await store.close()


async def test_a_database_that_goes_takes_its_counts_along(store: SqliteStore) -> None:
    await store.database("area-a1").push([edit("a", "1-a")], STEWARD)
    await store.delete("area-a1")

    assert await _stretches(store) == []


async def test_one_read_serves_all_feeds_that_one_write_wakes(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    read = changes.changes_if_few

    def counted(*asked: Any) -> ChangesPage | None:
        nonlocal count
        count += 1
        return read(*asked)

    monkeypatch.setattr(changes, "changes_if_few", counted)
    area = store.database("area-a1")
    await area.push([edit("a", "1-a")], STEWARD)

    pages = await asyncio.gather(*(area.changes(BEGINNING, 500) for _ in range(100)))
    assert count == 1
    assert {page.changes[0].id for page in pages} == {"a"}

    await area.push([edit("b", "1-b")], STEWARD)
    assert len((await area.changes(BEGINNING, 500)).changes) == 2
    assert len((await area.changes(BEGINNING, 500, with_content=True)).changes) == 2
    assert (await area.changes(BEGINNING, 500)).changes[0].content is None
    assert count == 3


async def test_a_glance_is_taken_at_once_and_what_is_more_goes_to_a_thread(store: SqliteStore) -> None:
    here = threading.get_ident()

    def where(db: apsw.Connection) -> int:
        return threading.get_ident()

    assert await store.glance(where) == here
    assert await store.read(where) != here


async def test_on_a_slow_disk_nobody_waits_for_anothers_glance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("sync.sqlite.readers.time.monotonic", lambda: now)
    await _make_file(tmp_path)
    looking = Readers(tmp_path, lambda read: None)

    def slow(db: apsw.Connection) -> int:
        nonlocal now
        now += SLOW_SECONDS * 2
        return threading.get_ident()

    def where(db: apsw.Connection) -> int:
        return threading.get_ident()

    here = threading.get_ident()
    assert await looking.glance(slow) == here
    assert await looking.glance(where) == here, "the machine was slow, not the disk"
    monkeypatch.setattr(readers, "disk_reads", iter(range(10, 20)).__next__)
    assert await looking.glance(slow) == here
    assert await looking.glance(where) != here
    now += WARY_SECONDS
    assert await looking.glance(where) == here
    looking.close()


async def test_a_glance_finds_a_connection_when_every_thread_reads(tmp_path: Path) -> None:
    await _make_file(tmp_path)
    looking = Readers(tmp_path, lambda read: None)
    all_here, go_on = threading.Barrier(THREADS + 1), threading.Event()

    def long(db: apsw.Connection) -> int:
        all_here.wait(10)
        go_on.wait(10)
        return threading.get_ident()

    reading = [asyncio.ensure_future(looking.read(long)) for _ in range(THREADS)]
    await asyncio.to_thread(all_here.wait, 10)
    assert await looking.glance(lambda db: rows(db, "SELECT 1")) == [(1,)]
    go_on.set()
    assert len(set(await asyncio.gather(*reading))) == THREADS
    looking.close()
    for read in (looking.read, looking.glance):
        with pytest.raises(StoreClosed):
            await read(long)


async def test_a_glance_uses_what_the_writing_connection_knows_while_that_is_idle(store: SqliteStore) -> None:
    area = store.database("area-a1")
    at_work, go_on = threading.Event(), threading.Event()

    def work(transaction: Transaction) -> None:
        rows(transaction.db, "DELETE FROM doc")
        at_work.set()
        go_on.wait(10)
        raise StoreClosed  # and so nothing of it stays

    def on_which(db: apsw.Connection) -> tuple[bool, int]:
        return db.readonly("main"), rows(db, "SELECT count(*) FROM doc")[0][0]

    await area.push([edit("a", "1-a")], STEWARD)
    assert await store.glance(on_which) == (False, 1)
    writing = asyncio.ensure_future(store.writer.write(work))
    await asyncio.to_thread(at_work.wait, 10)
    assert await store.glance(on_which) == (True, 1), "what is half written is seen by nobody"
    go_on.set()
    with pytest.raises(StoreClosed):
        await writing
    assert await store.glance(on_which) == (False, 1)


async def test_a_glance_that_fails_there_is_tried_on_another_connection(store: SqliteStore) -> None:
    def fails_there(db: apsw.Connection) -> bool:
        if not db.readonly("main"):
            raise apsw.IOError("the page cannot be read")
        return True

    assert await store.glance(fails_there)


async def test_what_was_read_before_a_write_is_not_told_after_it(store: SqliteStore) -> None:
    area = store.database("area-a1")
    for step in range(30):
        early = asyncio.ensure_future(area.changes(BEGINNING, 1000))
        await area.push([edit(f"d{step}", "1-a")], STEWARD)
        late = await area.changes(BEGINNING, 1000)
        assert len(late.changes) == step + 1
        assert len((await early).changes) in (step, step + 1)


async def _make_file(folder: Path) -> None:
    await open_store(folder).close()


async def _skip_to(store: SqliteStore, seq: int) -> None:
    await store.writer.write(lambda transaction: setattr(transaction, "last_seq", seq))


async def _stretches(store: SqliteStore) -> list[Any]:
    return await store.read(
        lambda db: rows(db, "SELECT db, bits, stretch, documents FROM place ORDER BY 1, 2, 3")
    )


async def _counted(store: SqliteStore) -> list[Any]:
    found = []
    for bits in (SHORT, LONG):
        statement = f"SELECT db, {bits}, seq >> {bits} AS at, count(*) FROM doc GROUP BY db, at"
        found += await store.read(rows, statement)
    return sorted(found)
