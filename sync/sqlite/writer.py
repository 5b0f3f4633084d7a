"""The one thread that writes.

For: `Writer.write(work)`: work done inside a transaction with whatever else has gathered, durable when the call returns.
Not for: what the work does (edits.py), moving the WAL into the file (wal.py).
Source: promises D9, F-33, F-34; sqlite.org, "Write-Ahead Logging", "PRAGMA synchronous".

All work that waits when the last commit ends shares the next one, and so its fsync; each has a savepoint, so that one's failure
is nobody else's. Checkpoints of replicas (`is_durable=False`) cause no fsync of their own. A full disk fails what was
in that transaction; until there is room again only what `may_use_reserve` is tried (space.py). Any other error of the disk
ends writing: what it holds is unknown until the file has been opened anew, and an fsync that failed once may "succeed"
later without having written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple, TypeVar

import apsw

from sync.errors import StorageFull, StoreBroken, StoreBusy, StoreClosed, SyncError
from sync.figures import Tally
from sync.hub import Hub
from sync.sqlite import wal
from sync.sqlite.schema import rows
from sync.sqlite.space import Space, is_out_of_room
from sync.sqlite.wal import Wal

T = TypeVar("T")
MAX_GATHERED = 128
QUIET_SECONDS = 0.5
COMMIT_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
WRITES_IN_A_COMMIT = (1, 2, 4, 8, 16, 32, 64, 127)
# What SQLite says of a statement or its values, not of the disk.
_FAULTS_OF_WORK = (
    apsw.ConstraintError,
    apsw.BindingsError,
    apsw.MismatchError,
    apsw.RangeError,
    apsw.SQLError,
)

logger = logging.getLogger(__name__)


class Transaction:
    """What work is handed: the connection, numbers, and the names of databases whose followers are to be woken."""

    __slots__ = ("db", "empties_wal", "last_seq", "topics")

    def __init__(self, db: apsw.Connection, last_seq: int) -> None:
        self.db = db
        self.last_seq = last_seq
        self.topics: set[str] = set()
        self.empties_wal = (
            False  # set by work that shrank the file: it does so only when the WAL has moved into it
        )

    def next_seq(self) -> int:
        """Numbers that were ever seen are never given twice."""
        self.last_seq += 1
        return self.last_seq


class _Job(NamedTuple):
    work: Callable[[Transaction], Any]
    is_durable: bool
    may_use_reserve: bool
    meanwhile: Callable[[Any], None] | None
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class _Answer(NamedTuple):
    job: _Job
    result: Any
    error: BaseException | None


class Writer:
    def __init__(self, db: apsw.Connection, hub: Hub, space: Space) -> None:
        self._db = db
        self._is_using = threading.Lock()  # whoever uses the connection
        self._hub = hub
        self._space = space
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._is_closed = False
        self._synchronous = "FULL"
        self.is_broken = False
        self.commit_seconds = Tally(COMMIT_SECONDS)
        self.writes_in_a_commit = Tally(WRITES_IN_A_COMMIT)
        self.committed_seq = int(rows(db, "SELECT value FROM meta WHERE name = 'last_seq'")[0][0])
        self._transaction = Transaction(db, self.committed_seq)
        self.wal = Wal(db)
        self._thread = threading.Thread(target=self._run, name="sync-writer", daemon=True)
        self._thread.start()

    @property
    def last_seq(self) -> int:
        """No reader has seen a greater one. `committed_seq` may lag behind what readers see by a moment."""
        return self._transaction.last_seq

    async def write(
        self,
        work: Callable[[Transaction], T],
        is_durable: bool = True,
        may_use_reserve: bool = False,
        meanwhile: Callable[[T], None] | None = None,
    ) -> T:
        """Run `work` in the writing thread; return its result once committed, or raise what it raised.

        `may_use_reserve`: tried even while the disk is full. `meanwhile` may be called in the caller's loop while the disk
        flushes, with what the work returned: it is not durable then and may never be. Raises StorageFull, StoreBroken,
        StoreClosed. What was queued is done even when the caller goes away.
        """
        if self._is_closed:
            raise StoreClosed
        if self.is_broken:
            raise StoreBroken
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, is_durable, may_use_reserve, meanwhile, answer, loop))
        return await answer

    def look(self, function: Callable[[apsw.Connection], T]) -> tuple[T] | None:
        """What `function`, which only reads, finds on the writing connection; None at once when that is busy or unfit.

        It alone remembers the pages it knows: each commit makes every other connection forget all of them.
        """
        if self.is_broken or not self._is_using.acquire(blocking=False):
            return None
        try:
            return None if self._is_closed else (function(self._db),)
        finally:
            self._is_using.release()

    def close(self) -> None:
        """Finish what is queued, then close the file. Blocks."""
        if not self._is_closed:
            self._is_closed = True
            self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        is_open = True
        while is_open:
            first = self._first_job()
            jobs = [] if first is None else [first]
            is_open = first is not None
            with contextlib.suppress(queue.Empty):
                while is_open and len(jobs) < MAX_GATHERED:
                    job = self._jobs.get_nowait()
                    if job is None:
                        is_open = False
                    else:
                        jobs.append(job)
            if jobs:
                with self._is_using:
                    answers = self._commit(jobs)
                _deliver(answers)
                self._checkpoint(wal.CHECKPOINT_PAGES)
        self._refuse_the_rest()
        with self._is_using:
            self._db.close()
        self._space.close()

    def _first_job(self) -> _Job | None:
        """Waits. A time in which nothing comes is the time for a checkpoint, which nobody waits for then."""
        if self.wal.is_due(wal.QUIET_PAGES):
            with contextlib.suppress(queue.Empty):
                return self._jobs.get(timeout=QUIET_SECONDS)
            self._checkpoint(wal.QUIET_PAGES)
        return self._jobs.get()

    def _refuse_the_rest(self) -> None:
        """Jobs that slipped in behind the closing mark."""
        late = []
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    late.append(_Answer(job, None, StoreClosed()))
        _deliver(late)

    def _commit(self, jobs: list[_Job]) -> list[_Answer]:
        if self.is_broken:
            return [_Answer(job, None, StoreBroken()) for job in jobs]
        if self._space.is_full:
            self._space.look_again()
        if self._space.is_full and (refused := [job for job in jobs if not job.may_use_reserve]):
            allowed = [job for job in jobs if job.may_use_reserve]
            answers = [_Answer(job, None, StorageFull()) for job in refused]
            return answers + (self._commit(allowed) if allowed else [])
        transaction = self._transaction
        transaction.topics, transaction.empties_wal = set(), False
        try:
            self._set_synchronous("FULL" if any(job.is_durable for job in jobs) else "NORMAL")
            self._do("BEGIN IMMEDIATE")
            answers = [self._work(job, alone=len(jobs) == 1) for job in jobs]
            if self._db.in_transaction:
                if transaction.last_seq != self.committed_seq:
                    self._do("UPDATE meta SET value = ? WHERE name = 'last_seq'", (transaction.last_seq,))
                _tell(answers)
                started = time.perf_counter()
                self._do("COMMIT")
                self.commit_seconds.note(time.perf_counter() - started)
                self.writes_in_a_commit.note(len(jobs))
        except apsw.BusyError as error:
            logger.error("another process holds the store's file: %r", error)
            self._roll_back()
            return [_Answer(job, None, StoreBusy()) for job in jobs]
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be acknowledged after it
            if is_out_of_room(self._db, error):
                self._space.note_full()
                self._roll_back()
                return [_Answer(job, None, StorageFull()) for job in jobs]
            self._break(error)
            self._roll_back()
            return [_Answer(job, None, StoreBroken()) for job in jobs]
        self.committed_seq = transaction.last_seq
        self._hub.publish(transaction.topics)
        return answers

    def _work(self, job: _Job, alone: bool) -> _Answer:
        """Disk errors leave here as what they are; other failures are the job's own."""
        topics, seq = set(self._transaction.topics), self._transaction.last_seq
        if not alone:
            self._do("SAVEPOINT job")
        try:
            result = job.work(self._transaction)
        except Exception as error:
            if isinstance(error, apsw.Error) and not isinstance(error, _FAULTS_OF_WORK):
                raise
            if not isinstance(error, SyncError):
                logger.exception("a write failed")
            self._transaction.topics, self._transaction.last_seq = topics, seq
            if alone:
                self._do("ROLLBACK")
            else:
                self._do("ROLLBACK TO job")
                self._do("RELEASE job")
            return _Answer(job, None, error)
        if not alone:
            self._do("RELEASE job")
        return _Answer(job, result, None)

    def _roll_back(self) -> None:
        self._transaction.topics, self._transaction.last_seq = set(), self.committed_seq
        if self._db.in_transaction:
            try:
                self._do("ROLLBACK")
            except apsw.Error as error:
                self._break(error)

    def _break(self, error: Exception) -> None:
        """Nothing is written from here on, not even when the file is closed: the WAL is kept for the next start to read."""
        logger.critical("the store stops taking writes until the process has started again: %r", error)
        self.is_broken = True
        self._db.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)

    def _checkpoint(self, pages_at_least: int) -> None:
        """Move the WAL into the file when it has so many pages; after the answers have left."""
        if self.is_broken or not self.wal.is_due(pages_at_least, self._transaction.empties_wal):
            return
        with self._is_using:
            failure = self.wal.move(self._transaction.empties_wal)
            if failure is None:
                return
            if is_out_of_room(self._db, failure):
                self._space.note_full()  # the WAL holds everything; the next try has what the reserve gave up
            else:
                self._break(failure)

    def _set_synchronous(self, level: str) -> None:
        if level != self._synchronous:
            self._db.pragma("synchronous", level)
            self._synchronous = level

    def _do(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        rows(self._db, statement, values)


def _tell(answers: Iterable[_Answer]) -> None:
    for job, result, error in answers:
        if job.meanwhile is not None and error is None:
            with contextlib.suppress(RuntimeError):  # the loop closed meanwhile
                job.loop.call_soon_threadsafe(job.meanwhile, result)


def _deliver(answers: Collection[_Answer]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer.job.loop, []).append(answer)
    for loop, group in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop closed meanwhile: nobody is left to be told
            loop.call_soon_threadsafe(_resolve, group)


def _resolve(answers: Iterable[_Answer]) -> None:
    for job, result, error in answers:
        if job.answer.done():
            continue  # the caller went away
        if error is None:
            job.answer.set_result(result)
        else:
            job.answer.set_exception(error)
