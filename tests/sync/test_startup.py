"""What the store looks at before it opens: a place that cannot keep what it acknowledges is refused with one line.

Source: promises D9, F-35. The first four refusals are in test_sqlite_store.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from sync.errors import StorageFull, StoreUnfit
from sync.sqlite import open_store, schema, space
from sync.sqlite.schema import FILE_NAME, open_reader, open_writer, rows
from sync.sqlite.space import RESERVE_NAME
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
MEBIBYTE = 1024 * 1024


@pytest.fixture
def no_wal() -> Iterator[None]:
    """A file system without shared memory: SQLite then keeps a rollback journal, and only tells by the pragma's answer."""
    vfs = apsw.VFS("no-wal", "unix-dotfile", makedefault=True)
    yield
    vfs.unregister()


async def test_a_place_where_there_can_be_no_wal_is_refused(tmp_path: Path, no_wal: None) -> None:
    with pytest.raises(StoreUnfit, match="journal_mode must be wal"):
        open_store(tmp_path)


async def test_every_connection_is_looked_at_again(tmp_path: Path) -> None:
    await open_store(tmp_path).close()
    db = apsw.Connection(str(tmp_path / FILE_NAME), flags=apsw.SQLITE_OPEN_READWRITE)
    db.pragma("journal_mode", "DELETE")
    db.close()

    with pytest.raises(StoreUnfit, match="journal_mode must be wal"):
        open_reader(tmp_path)

    writing = open_writer(tmp_path)  # makes it a WAL again
    assert (writing.pragma("journal_mode"), writing.pragma("synchronous")) == ("wal", 2)
    reading = open_reader(tmp_path)
    with pytest.raises(apsw.ReadOnlyError):
        rows(reading, "DELETE FROM meta")
    assert (reading.pragma("mmap_size"), writing.pragma("mmap_size")) == (0, 0)
    reading.close()
    writing.close()


async def test_a_store_that_lost_its_first_pages_is_refused(tmp_path: Path) -> None:
    """Found by the power cuts of test_power_cut.py, on a disk that was never flushed."""
    await open_store(tmp_path).close()
    writing = open_writer(tmp_path)
    rows(writing, "DELETE FROM meta")
    writing.close()

    with pytest.raises(StoreUnfit, match="restore it from a backup"):
        open_store(tmp_path)


async def test_what_cannot_be_read_at_the_start_is_told_in_one_line(tmp_path: Path) -> None:
    await open_store(tmp_path).close()
    writing = open_writer(tmp_path)
    rows(writing, "ALTER TABLE db RENAME TO elsewhere")
    writing.close()

    with pytest.raises(StoreUnfit, match="cannot be read: no such table"):
        open_store(tmp_path)


async def test_a_folder_that_cannot_be_written_or_does_not_keep_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(file: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fail)
        with pytest.raises(StoreUnfit, match="cannot be written to: Input/output error"):
            open_store(tmp_path)
    with monkeypatch.context() as forgetful:
        forgetful.setattr(Path, "read_bytes", lambda self: b"")
        with pytest.raises(StoreUnfit, match="did not keep"):
            open_store(tmp_path)

    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("kind", ["cifs", "nfs", "9p", "fuse.sshfs", "fuse.s3fs"])
async def test_network_disks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(schema, "file_system_of", lambda folder: kind)

    with pytest.raises(StoreUnfit, match=kind):
        open_store(tmp_path)


@pytest.mark.parametrize(
    ("kind", "word"), [("tmpfs", "in memory"), ("fuse.grpcfuse", "local disk"), ("ext4", None)]
)
async def test_disks_that_may_forget_are_warned_of(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    word: str | None,
) -> None:
    monkeypatch.setattr(schema, "file_system_of", lambda folder: kind)

    await open_store(tmp_path).close()

    assert [word in record.message for record in caplog.records] == ([True] if word else [])


async def test_a_store_that_is_there_is_served_on_a_full_disk_and_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(tmp_path)
    await store.create("area-a1")
    await store.database("area-a1").push([edit("a", "1-a", n=1)], STEWARD)
    await store.close()
    free = 9 * MEBIBYTE
    usage = type("Usage", (), {"free": property(lambda self: free)})
    monkeypatch.setattr(schema.shutil, "disk_usage", lambda folder: usage())
    monkeypatch.setattr(space.shutil, "disk_usage", lambda folder: usage())

    with pytest.raises(StoreUnfit, match="64 MiB are needed"):
        open_store(tmp_path / "new")
    store = open_store(tmp_path, reserve_bytes=16 * MEBIBYTE)
    area = store.database("area-a1")
    assert (await area.read("a") or {})["n"] == 1
    with pytest.raises(StorageFull):
        await area.push([edit("b", "1-b")], STEWARD)
    free = 100 * MEBIBYTE
    await area.push([edit("b", "1-b")], STEWARD)
    await store.close()
    free = 7 * MEBIBYTE
    with pytest.raises(StoreUnfit, match="8 MiB are needed"):
        open_store(tmp_path)


async def test_a_reserve_that_a_killed_process_left_counts_as_room_and_is_kept(tmp_path: Path) -> None:
    await open_store(tmp_path).close()
    (tmp_path / RESERVE_NAME).write_bytes(bytes(MEBIBYTE))
    left = (tmp_path / RESERVE_NAME).stat().st_ino

    store = open_store(tmp_path, reserve_bytes=MEBIBYTE)

    assert (tmp_path / RESERVE_NAME).stat().st_ino == left
    assert not (await store.figures()).is_full
    await store.close()
