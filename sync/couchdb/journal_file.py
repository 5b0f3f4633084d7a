"""The journal's file: opened by one process, never waited for, and gone on with above whatever it gave out before.

For: `Journal`, which says what is in it (journal.py).
Not for: what must not be lost: everything here is made again from CouchDB.
Source: sqlite.org, "PRAGMA locking_mode", "PRAGMA synchronous".

A place is never given twice: numbers start above the microseconds of the clock at every opening, so that a file that lost
its end in a power cut, or was made anew, goes on above all earlier ones. What it lost, the follower finds again. So its
commits need no fsync, and take microseconds in the event loop's own thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from sync.errors import StorageFull, StoreBroken, StoreUnfit
from sync.sqlite.schema import check_place, rows

FILE_NAME = "couchdb-journal.sqlite"
FORMAT = 1

logger = logging.getLogger(__name__)

_TABLES = (
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE followed (db TEXT PRIMARY KEY, since TEXT NOT NULL) STRICT, WITHOUT ROWID",
    """CREATE TABLE place (
        n INTEGER PRIMARY KEY, db TEXT NOT NULL, id TEXT NOT NULL, seen_at INTEGER NOT NULL,
        revs TEXT NOT NULL, past TEXT NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX place_by_id ON place (db, id)",
    """CREATE TABLE held (
        n INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, db TEXT NOT NULL, id TEXT NOT NULL, rev TEXT NOT NULL,
        author TEXT, content_hash TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX held_by_id ON held (db, id, rev)",
    "CREATE INDEX held_by_author ON held (author)",
    """CREATE TABLE checkpoint (
        n INTEGER PRIMARY KEY, db TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, rev TEXT NOT NULL
    ) STRICT""",
    "CREATE UNIQUE INDEX checkpoint_by_key ON checkpoint (db, owner, key)",
)


class JournalFile:
    def __init__(self, folder: Path, clock_us: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        """Raises StoreUnfit."""
        check_place(folder)
        path = folder / FILE_NAME
        if not path.exists():
            path.touch(mode=0o600)
        self._clock_us = clock_us
        try:
            self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            self._prepare(path)
        except apsw.BusyError as error:
            raise StoreUnfit(
                f"{folder} 正被另一个进程使用: 请先停止它. Another process uses {folder}: stop it first."
            ) from error
        except (apsw.NotADBError, apsw.CorruptError, apsw.IOError, apsw.CantOpenError) as error:
            raise StoreUnfit(
                f"{path} 无法打开 ({error}): 可以删除, 会从 CouchDB 重建. "
                f"{path} cannot be opened ({error}): it may be deleted, it is made again from CouchDB."
            ) from error
        found = rows(self._db, "SELECT value FROM meta WHERE name = 'end'")
        self._end = max(found[0][0] if found else 0, 0)
        self._next = max(self._end + 1, clock_us())

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _commit(self) -> Iterator[None]:
        """One transaction. Raises StorageFull, StoreBroken; then nothing of it was remembered."""
        try:
            rows(self._db, "BEGIN IMMEDIATE")
            try:
                yield
                rows(self._db, "COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled it back already
                    rows(self._db, "ROLLBACK")
                raise
        except apsw.FullError as error:
            raise StorageFull from error
        except (apsw.IOError, apsw.CorruptError, apsw.CantOpenError, apsw.ReadOnlyError) as error:
            logger.error("the journal's file failed: %r", error)
            raise StoreBroken from error

    def _number(self) -> int:
        self._end, self._next = self._next, self._next + 1
        return self._end

    def _prepare(self, path: Path) -> None:
        self._db.pragma("locking_mode", "EXCLUSIVE")  # before WAL: a second process then fails at once
        self._db.pragma("journal_mode", "WAL")
        self._db.pragma("synchronous", "NORMAL")
        found: Any = self._db.pragma("user_version")
        if found not in (0, FORMAT):
            raise StoreUnfit(
                f"{path} 的格式 {found} 比本程序新: 请升级. {path} has format {found}, newer than this program: upgrade it."
            )
        rows(self._db, "BEGIN IMMEDIATE")
        if found == 0:
            for statement in _TABLES:
                rows(self._db, statement)
            self._db.pragma("user_version", FORMAT)
        rows(self._db, "COMMIT")
