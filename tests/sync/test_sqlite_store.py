"""The embedded store keeps the contract, and what it acknowledged."""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from sync.attachments import NewAttachment, digest_of, with_attachments
from sync.database import Edit, Outcome
from sync.errors import StorageFull, StoreBroken, StoreClosed, StoreUnfit
from sync.sqlite import SqliteStore, open_store, schema, writer
from sync.sqlite.schema import file_system_of, rows
from sync.sqlite.wal import CHECKPOINT_PAGES
from sync.sqlite.writer import Transaction, Writer
from tests.sync.store_contract import STEWARD, StoreContract, area, edit, rev

__all__ = ["area"]  # the contract's fixture

pytestmark = pytest.mark.anyio


class TestSqliteStore(StoreContract):
    pass


async def test_a_store_opened_again_holds_what_it_held(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    await first.create("area-a1")
    await first.database("area-a1").push([edit("a", "1-a", n=1)], STEWARD)
    epoch, end = first.epoch, await first.journal_end()
    await first.close()

    again = open_store(tmp_path)

    assert again.epoch == epoch
    assert await again.journal_end() == end
    assert await again.database("area-a1").read("a") == {"_id": "a", "_rev": "1-a", "n": 1}
    await again.close()


async def test_received_times_are_the_clocks_that_was_handed_in(tmp_path: Path) -> None:
    at = datetime(2026, 10, 1, 8, 30, tzinfo=UTC)
    store = open_store(tmp_path, now=lambda: at)
    await store.create("area-a1")
    await store.database("area-a1").push([edit("a", "1-a")], STEWARD)

    assert [entry.received_at for entry in await store.journal(0, 10)] == [at]
    await store.close()


async def test_only_one_process_opens_a_store(tmp_path: Path) -> None:
    first = open_store(tmp_path)

    with pytest.raises(StoreUnfit, match="Another process"):
        open_store(tmp_path)

    await first.close()
    await open_store(tmp_path).close()


async def test_a_closed_store_takes_nothing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await store.create("area-a1")
    area = store.database("area-a1")
    await store.close()
    await store.close()

    with pytest.raises(StoreClosed):
        await area.push([edit("a", "1-a")], STEWARD)
    with pytest.raises(StoreClosed):
        await area.read("a")


async def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")

    with pytest.raises(StoreUnfit, match=r"3\.51\.2"):
        open_store(tmp_path)


async def test_a_nearly_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MINIMUM_FREE_BYTES", 10**18)

    with pytest.raises(StoreUnfit, match="are needed"):
        open_store(tmp_path)


async def test_a_network_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "file_system_of", lambda folder: "nfs4")

    with pytest.raises(StoreUnfit, match="network file system"):
        open_store(tmp_path)


async def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 8:1 / / rw - ext4 /dev/a rw\n"
        f"2 1 0:5 / {tmp_path}/remote rw shared:1 - nfs4 host:/x rw\n"
        f"3 1 0:6 / {tmp_path}/rem rw - tmpfs none rw\n"
    )

    assert file_system_of(tmp_path / "remote" / "data", mounts) == "nfs4"
    assert file_system_of(tmp_path / "elsewhere", mounts) == "ext4"
    assert file_system_of(tmp_path, tmp_path / "no-such-file") is None


async def test_a_newer_format_and_a_foreign_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    made = sqlite3.connect(tmp_path / "new" / schema.FILE_NAME)
    made.execute("PRAGMA user_version = 99")
    made.close()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / schema.FILE_NAME).write_bytes(b"not a database" * 1000)

    with pytest.raises(StoreUnfit, match="newer"):
        open_store(tmp_path / "new")
    with pytest.raises(StoreUnfit, match="cannot be opened"):
        open_store(tmp_path / "foreign")


async def test_a_file_of_the_format_before_attachments_is_brought_up(tmp_path: Path) -> None:
    made = open_store(tmp_path)
    await made.create("area-a1")
    await made.database("area-a1").push([edit("a", "1-a", n=1)], STEWARD)
    await made.close()
    old = sqlite3.connect(tmp_path / schema.FILE_NAME)
    old.executescript("DROP TABLE attached; DROP TABLE attachment; DROP TABLE place; PRAGMA user_version = 1")
    old.close()

    store = open_store(tmp_path)

    area = store.database("area-a1")
    assert await area.read("a") == {"_id": "a", "_rev": "1-a", "n": 1}
    content = with_attachments(b"{}", {"p": {"digest": digest_of(b"x"), "revpos": 1}})
    await area.push(
        [Edit("b", (rev("1-b"),), False, content, attachments=(NewAttachment("p", b"x"),))], STEWARD
    )
    assert await area.attachments("b", rev("1-b"), ["p", "q"]) == {"p": b"x"}
    await store.close()


async def test_writes_survive_a_power_cut_because_each_commit_is_synced(store: SqliteStore) -> None:
    def pragmas(transaction: Transaction) -> tuple[Any, Any]:
        db = transaction.db
        return rows(db, "PRAGMA journal_mode")[0][0], rows(db, "PRAGMA synchronous")[0][0]

    assert await store.writer.write(pragmas) == ("wal", 2)
    assert await store.writer.write(pragmas, is_durable=False) == ("wal", 1)
    assert await store.writer.write(pragmas) == ("wal", 2)


async def test_waiting_writes_share_a_commit_and_one_failure_is_nobody_elses(store: SqliteStore) -> None:
    area = store.database("area-a1")
    commits: list[int] = []

    def note() -> bool:
        commits.append(1)
        return False  # True would roll back

    def count(transaction: Transaction) -> None:
        transaction.db.set_commit_hook(note)

    def stumble(transaction: Transaction) -> None:
        rows(transaction.db, "INSERT INTO meta VALUES ('stumbled', 1)")
        raise ValueError("this one's own fault")

    await store.writer.write(count)
    results = await asyncio.gather(
        *(area.push([edit(f"d{n}", "1-a")], STEWARD) for n in range(40)),
        store.writer.write(stumble),
        *(area.push([edit(f"e{n}", "1-a")], STEWARD) for n in range(40)),
        return_exceptions=True,
    )

    assert isinstance(results[40], ValueError)
    assert (await area.info()).documents == 80
    assert len(commits) <= 10
    assert await store.writer.write(lambda x: rows(x.db, "SELECT 1 FROM meta WHERE name = 'stumbled'")) == []


async def test_a_place_that_readers_see_before_the_writer_noted_it_is_not_the_future(
    store: SqliteStore,
) -> None:
    area = store.database("area-a1")
    await area.push([edit("a", "1-a")], STEWARD)
    since = await area.current_sequence()
    store.writer.committed_seq -= 1  # a reader may be faster than the thread that committed

    assert (await area.changes(since, 10)).changes == []


async def test_a_full_disk_refuses_the_write_and_heals_without_a_restart(store: SqliteStore) -> None:
    area = store.database("area-a1")
    await area.push([edit("a", "1-a", n=1)], STEWARD)
    pages = await store.writer.write(lambda x: rows(x.db, "PRAGMA page_count")[0][0])
    await store.writer.write(lambda x: rows(x.db, f"PRAGMA max_page_count = {pages}"))

    for _ in range(3):
        with pytest.raises(StorageFull):
            await area.push([edit("big", "1-a", text="x" * 1_000_000)], STEWARD)
    assert await area.read("big") is None
    assert await area.read("a") is not None
    assert store.writer.last_seq == await store.journal_end()

    await store.writer.write(lambda x: rows(x.db, "PRAGMA max_page_count = 1000000"))
    await area.push([edit("big", "1-a", text="x" * 1_000_000)], STEWARD)
    assert await area.read("big") is not None
    assert await store.journal_end() == (await store.journal(0, 10))[-1].seq


async def test_after_a_disk_error_nothing_is_taken_and_reading_goes_on(store: SqliteStore) -> None:
    area = store.database("area-a1")
    await area.push([edit("a", "1-a", n=1)], STEWARD)

    def fail(transaction: Transaction) -> None:
        rows(transaction.db, "INSERT INTO meta VALUES ('half', 1)")
        raise apsw.IOError("fsync failed")

    with pytest.raises(StoreBroken):
        await store.writer.write(fail)
    with pytest.raises(StoreBroken):
        await area.push([edit("b", "1-b")], STEWARD)

    assert await area.read("a") is not None
    assert await area.read("b") is None


async def test_a_damaged_body_is_never_served_as_good(store: SqliteStore) -> None:
    area = store.database("area-a1")
    await area.push([edit("a", "1-a", n=1), edit("b", "1-b", n=2)], STEWARD)
    await store.writer.write(
        lambda x: rows(x.db, "UPDATE body SET content = ? WHERE content = ?", (b'{"n":7}', b'{"n":1}'))
    )

    assert await area.read("a") is None
    assert (await area.read("b") or {})["n"] == 2


async def test_the_wal_does_not_grow_without_end(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sqlite.wal.CHECKPOINT_PAGES", CHECKPOINT_PAGES // 4)
    area = store.database("area-a1")
    for batch in range(40):
        await area.push([edit(f"d{batch}-{n}", "1-a", text="x" * 10_000) for n in range(100)], STEWARD)

    wal = tmp_path / "store" / (schema.FILE_NAME + "-wal")
    assert wal.stat().st_size < 20 * 1024 * 1024  # of 40 MB written


async def test_the_wal_is_moved_when_nothing_comes_for_a_while(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sqlite.wal.QUIET_PAGES", 10)
    monkeypatch.setattr(writer, "QUIET_SECONDS", 0.001)
    moved = asyncio.Event()
    loop = asyncio.get_running_loop()
    checkpoint = Writer._checkpoint

    def note(self: Writer, pages_at_least: int) -> None:
        checkpoint(self, pages_at_least)
        if pages_at_least == 10:
            loop.call_soon_threadsafe(moved.set)

    monkeypatch.setattr(Writer, "_checkpoint", note)
    await store.database("area-a1").push([edit("a", "1-a", text="x" * 200_000)], STEWARD)
    async with asyncio.timeout(30):
        await moved.wait()

    assert (tmp_path / "store" / schema.FILE_NAME).stat().st_size > 200_000


async def test_what_can_be_done_while_the_disk_flushes_is_done_once_and_before_the_answer(
    store: SqliteStore,
) -> None:
    told: list[list[Outcome]] = []
    area = store.database("area-a1")

    outcomes = await area.push([edit("a", "1-a"), edit("a", "1-a")], STEWARD, told.append)

    assert outcomes == [Outcome.STORED, Outcome.KNOWN]
    assert told == [outcomes]


async def test_a_wal_that_a_long_reader_let_grow_is_cut_when_the_reader_is_gone(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sqlite.wal.CHECKPOINT_PAGES", 50)
    monkeypatch.setattr("sync.sqlite.wal.TRUNCATE_PAGES", 200)
    monkeypatch.setattr("sync.sqlite.wal.TRUNCATE_WAIT_MILLISECONDS", 1)
    area = store.database("area-a1")
    wal = tmp_path / "store" / (schema.FILE_NAME + "-wal")
    reader = schema.open_reader(tmp_path / "store")
    rows(reader, "BEGIN")
    rows(reader, "SELECT count(*) FROM doc")
    for number in range(3):
        await area.push([edit(f"d{number}", "1-a", text="x" * 1_000_000)], STEWARD)
    assert wal.stat().st_size > 2_000_000

    reader.close()
    await area.push([edit("last", "1-a")], STEWARD)

    await store.writer.write(
        lambda transaction: None
    )  # the cut comes after the answer, before the next write
    assert wal.stat().st_size < 100_000


async def test_files_are_the_owners_alone(store: SqliteStore, tmp_path: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "store").iterdir()}

    assert schema.FILE_NAME in modes
    assert set(modes.values()) == {0}
