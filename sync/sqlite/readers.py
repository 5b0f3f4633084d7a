"""The connections that only read, and in which thread each read runs.

For: `Readers.read`, in a thread, and `Readers.glance`, at once in the event loop's own thread.
Not for: what is asked (reads.py, ready.py), writing (writer.py).

Handing a read to a thread and taking the answer back costs ten times what a short read costs. So what looks at a few pages,
which lie in memory nearly always, is read where it is asked. Where the disk turns out to be slow, threads take over for
a while: everyone else's requests wait for a glance.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw

from sync.errors import StoreBusy, StoreClosed, StoreUnfit, StoreUnreadable
from sync.sqlite.schema import open_reader, rows

if sys.platform == "linux":
    import resource

T = TypeVar("T")
THREADS = 4
SLOW_SECONDS = 0.05  # of one glance
WARY_SECONDS = 10.0  # after it, no glances
GLANCES_IN_A_ROW = 8
LONG_SECONDS = 5.0  # a read that took longer ends when it keeps the WAL from being cut (wal.py); asking again is harmless

logger = logging.getLogger(__name__)


class Readers:
    def __init__(
        self, folder: Path, borrow: Callable[[Callable[[apsw.Connection], Any]], tuple[Any] | None]
    ) -> None:
        """`borrow` runs a read on a connection that remembers more than these, unless that is in use."""
        self._folder = folder
        self._borrow = borrow
        # As many as ever read at a time; the one used last knows most pages and is used next.
        self._idle = [open_reader(folder)]
        self._began: dict[apsw.Connection, float] = {}  # what is read at this moment, and since when
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sync-reader")
        self._wary_until = 0.0
        self._glances = 0
        self._disk_reads = disk_reads()
        self._is_closed = False

    async def read(self, function: Callable[..., T], *values: Any) -> T:
        """Run `function(connection, *values)`, at one moment of the store, in a thread.

        Raises StoreClosed, StoreBusy, StoreUnreadable.
        """
        if self._is_closed:
            raise StoreClosed
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._run, function, values)

    async def glance(self, function: Callable[..., T], *values: Any) -> T:
        """The same at once, for what looks at a few rows."""
        if self._is_closed:
            raise StoreClosed
        began = time.monotonic()
        if began < self._wary_until:
            return await self.read(function, *values)
        found = self._look(function, values)
        if time.monotonic() - began > SLOW_SECONDS and disk_reads() != self._disk_reads:
            self._wary_until = time.monotonic() + WARY_SECONDS
        self._glances += 1
        if self._glances % GLANCES_IN_A_ROW == 0:
            self._disk_reads = disk_reads()
            await asyncio.sleep(0)  # who glances again and again lets others have their turn
        return found

    def close(self) -> None:
        """Finish what is being read. Blocks."""
        self._is_closed = True
        self._threads.shutdown(wait=True)
        for reader in self._idle:
            reader.close()

    def end_long(self) -> None:
        """End what has been read for long; whoever asked is told to ask again. From any thread."""
        now = time.monotonic()
        for db, began in list(self._began.items()):
            if now - began > LONG_SECONDS:
                logger.warning("a read of %.0f s is ended: the WAL would grow beyond its bound", now - began)
                with contextlib.suppress(apsw.ConnectionClosedError):
                    db.interrupt()

    def _look(self, function: Callable[..., T], values: tuple[Any, ...]) -> T:
        try:
            borrowed = self._borrow(lambda db: _at_one_moment(db, function, values))
        except apsw.Error as error:
            logger.warning("a read is tried again on another connection: %r", error)
            borrowed = None
        return self._run(function, values) if borrowed is None else borrowed[0]

    def _run(self, function: Callable[..., T], values: tuple[Any, ...]) -> T:
        db = None
        try:
            db = self._idle_reader() or open_reader(self._folder)
            self._began[db] = time.monotonic()
            return _at_one_moment(db, function, values)
        except apsw.BusyError as error:
            raise StoreBusy from error
        except (apsw.Error, StoreUnfit) as error:
            logger.error("a read failed: %r", error)
            if db is not None:
                self._began.pop(db, None)
                db.close()  # what it keeps in memory may be as wrong as what it just read
                db = None
            raise StoreUnreadable from error
        finally:
            if db is not None:
                self._began.pop(db, None)
                self._idle.append(db)

    def _idle_reader(self) -> apsw.Connection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


def disk_reads() -> int:
    """How often this thread has waited for the disk: a glance is slow on a busy machine too, where threads help nobody.

    Where the system does not tell, never the same number. Source: getrusage(2), `ru_inblock`.
    """
    if sys.platform == "linux":
        return resource.getrusage(resource.RUSAGE_THREAD).ru_inblock
    return time.monotonic_ns()


def _at_one_moment(db: apsw.Connection, function: Callable[..., T], values: tuple[Any, ...]) -> T:
    rows(db, "BEGIN")
    try:
        return function(db, *values)
    finally:
        if db.in_transaction:
            rows(db, "ROLLBACK")
