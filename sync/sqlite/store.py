"""The embedded store: one file, one writing thread, a few reading ones.

For: `open_store`; `SqliteStore` and `SqliteDatabase` implement sync.database on one SQLite file.
Not for: SQL (edits.py, upkeep.py, reads.py) and transactions (writer.py).
Source: promises D4, D9, F-26, F-35.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any, TypeVar

import apsw

from sync.database import ChangesPage, Database, JournalEntry, Store, utc_now
from sync.errors import (
    BadDatabaseName,
    NoSuchDatabase,
    StorageFull,
    StoreBroken,
    StoreUnfit,
)
from sync.figures import StoreFigures
from sync.hub import Hub
from sync.sqlite import reads, upkeep
from sync.sqlite.changes import ChangesAsked
from sync.sqlite.checkpoints import Checkpoints
from sync.sqlite.compaction import Compaction
from sync.sqlite.database import SqliteDatabase
from sync.sqlite.edits import Editor
from sync.sqlite.readers import Readers
from sync.sqlite.schema import FILE_NAME, LOCK_NAME, check_place, open_writer, rows
from sync.sqlite.space import NO_RESERVE, Space
from sync.sqlite.verify import verify
from sync.sqlite.writer import Transaction, Writer
from sync.verification import Damage, Progress

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

T = TypeVar("T")
MAX_NAME_LENGTH = 200
logger = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z][a-z0-9_$()+/-]*")


def open_store(
    folder: Path, *, now: Callable[[], datetime] = utc_now, reserve_bytes: int = NO_RESERVE
) -> SqliteStore:
    """Open the store in `folder`, making both when they are not there. Blocks.

    `now` gives the time at which things are received; `reserve_bytes` of the disk are kept for mending when it is full.
    Raises StoreUnfit with one line that says what to do.
    """
    check_place(folder)
    lock = _lock(folder)
    try:
        return SqliteStore(folder, now, lock, Space(folder, reserve_bytes))
    except BaseException as error:
        lock.close()
        if isinstance(error, apsw.Error):
            raise StoreUnfit(f"无法读取 {folder}: {error}. {folder} cannot be read: {error}.") from error
        raise


class SqliteStore(Store):
    """Use `open_store`. All methods belong to event loops; any number of loops may share a store."""

    def __init__(self, folder: Path, now: Callable[[], datetime], lock: IO[str], space: Space) -> None:
        self.now = now
        self.hub = Hub()
        self._lock = lock
        self._space = space
        self._folder = folder
        self.compaction = Compaction(self)
        self.checkpoints = Checkpoints(self)
        writing = open_writer(folder)
        found = rows(writing, "SELECT value FROM meta WHERE name = 'epoch'")
        self.epoch = found[0][0] if found else upkeep.rotate_epoch(Transaction(writing, 0))
        self._names = {name for (name,) in rows(writing, "SELECT name FROM db")}
        self.pages: dict[str, tuple[int, ChangesAsked, ChangesPage]] = {}  # the last one of each database
        self.writer = Writer(writing, self.hub, space)
        self._readers = Readers(folder, self.writer.look)
        self.writer.wal.when_held_back = self._readers.end_long
        self._first_seq = self.writer.committed_seq
        self._documents_read = 0
        self._is_closed = False

    @property
    def is_broken(self) -> bool:
        return self.writer.is_broken

    async def create(self, database: str) -> None:
        if _NAME.fullmatch(database) is None or len(database) > MAX_NAME_LENGTH:
            raise BadDatabaseName(database)
        await self.writer.write(
            lambda transaction: upkeep.create_database(transaction, database), may_use_reserve=True
        )
        self._names.add(database)

    async def delete(self, database: str) -> None:
        self._names.discard(database)  # first: nothing is to start on what is about to go
        await self.writer.write(
            lambda transaction: upkeep.delete_database(transaction, database), may_use_reserve=True
        )
        self.checkpoints.forget(database)

    async def databases(self) -> list[str]:
        return sorted(self._names)

    def database(self, name: str) -> Database:
        if name not in self._names:
            raise NoSuchDatabase
        return SqliteDatabase(self, name)

    async def journal(self, since: int, limit: int) -> list[JournalEntry]:
        return await self.read(reads.journal, since, limit)

    async def journal_end(self) -> int:
        return self.writer.committed_seq

    async def wait_for_journal(self, since: int, timeout_seconds: float) -> bool:
        ends_at = time.monotonic() + timeout_seconds
        with self.hub.listen(Hub.ANYTHING) as listener:
            while not self.hub.is_closed:
                # The last number may belong to what a deleted database held: only an entry counts.
                if self.writer.committed_seq > since and await self.glance(reads.has_journal_after, since):
                    return True
                left_seconds = ends_at - time.monotonic()
                if left_seconds <= 0 or not await listener.wait(left_seconds):
                    return False
        return False

    async def tidy(self) -> None:
        await self.compaction.tidy()

    async def probe(self) -> None:
        if self.writer.is_broken:
            raise StoreBroken
        if self._space.is_full:
            await self.writer.write(lambda transaction: None, is_durable=False, may_use_reserve=True)
        if self._space.is_full:
            raise StorageFull

    async def figures(self) -> StoreFigures:
        held = await self.read(reads.count_held)
        return StoreFigures(
            documents_written=self.writer.committed_seq - self._first_seq,
            documents_read=self._documents_read,
            commits=sum(self.writer.commit_seconds.seen().counts),
            commit_seconds=self.writer.commit_seconds.seen(),
            writes_in_a_commit=self.writer.writes_in_a_commit.seen(),
            wal_bytes=_size_of(self._folder / f"{FILE_NAME}-wal"),
            file_bytes=_size_of(self._folder / FILE_NAME),
            free_bytes=self._space.free_bytes(),
            open_feeds=self.hub.waiting,
            held=held,
            is_broken=self.writer.is_broken,
            is_full=self._space.is_full,
            compacted_at=self.compaction.ended_at,
            bodies_dropped=self.compaction.bodies_dropped,
        )

    async def verify(self, progress: Progress | None = None) -> AsyncIterator[Damage]:
        """Look through everything that is kept, in a thread, beside whatever is written. `progress` is called in that thread."""
        looking = verify(self._folder, progress)
        try:
            while (damage := await asyncio.to_thread(next, looking, None)) is not None:
                yield damage
        finally:
            await asyncio.to_thread(looking.close)

    @property
    def is_full(self) -> bool:
        return self._space.is_full

    def note_full(self) -> None:
        self._space.note_full()

    def note_failed_flush(self) -> None:
        self.writer.is_broken = True

    def count_read(self, documents: int) -> None:
        """Called in an event loop for bodies that are handed out."""
        self._documents_read += documents

    def recheck_access(self) -> None:
        self.hub.recheck()

    async def rotate_epoch(self) -> str:
        self.epoch = await self.writer.write(upkeep.rotate_epoch, may_use_reserve=True)
        self.checkpoints.forget()
        self.hub.recheck()
        return self.epoch

    def end_feeds(self) -> None:
        self.hub.close()

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self.hub.close()
        await self.checkpoints.end()
        await asyncio.to_thread(self._close)

    async def read(self, function: Callable[..., T], *values: Any) -> T:
        """Run a read in a thread of its own."""
        return await self._readers.read(function, *values)

    async def glance(self, function: Callable[..., T], *values: Any) -> T:
        """Run a read of a few rows at once."""
        return await self._readers.glance(function, *values)

    async def edit(
        self,
        database: str,
        work: Callable[[Editor], T],
        may_use_reserve: bool = False,
        meanwhile: Callable[[T], None] | None = None,
    ) -> T:
        """Run work on a database's documents in the writing thread."""

        def run(transaction: Transaction) -> T:
            editor = Editor(transaction, database, self.now)
            result = work(editor)
            editor.finish()
            return result

        return await self.writer.write(run, may_use_reserve=may_use_reserve, meanwhile=meanwhile)

    def _close(self) -> None:
        self._readers.close()
        self.writer.close()  # last: its closing checkpoint empties the WAL
        self._lock.close()


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def is_in_use(folder: Path) -> bool:
    """Whether a process has the store in `folder` open."""
    path = folder / LOCK_NAME
    if sys.platform == "win32" or not path.exists():
        return False
    with path.open(encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _lock(folder: Path) -> IO[str]:
    """Keep every other process from opening this store. The system lets go when the process ends, however it ends."""
    path = folder / LOCK_NAME
    try:
        lock = open(path, "a+", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
    except OSError as error:
        raise StoreUnfit(
            f"无法写入 {folder}: {error.strerror}. {folder} cannot be written to: {error.strerror}."
        ) from error
    try:
        if sys.platform == "win32":
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreUnfit(
            f"{folder} 正被另一个进程使用: 请先停止它. Another process uses {folder}: stop it first."
        ) from error
    return lock
