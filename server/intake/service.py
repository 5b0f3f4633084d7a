"""Intake: follows the journal and keeps read model and status documents in step with it.

For: running it (`start`, `stop`), waiting for it (`catch_up`), and everything else that writes the read model
(`photo_stored`, `wake_due`, `rebuild`, `exclusively`): one writer at a time.
Not for: what is written (take.py, folding.py), how it reaches phones (publishing.py), reminders (server/jobs).
Each batch of the journal is one SQL transaction: facts, statuses and the cursor. What the transaction says is published
after it, and noted as published after that. So a kill between any two steps repeats the next one, and that is harmless.
Source: docs/architecture.md sections 1 and 5; promises D2, I5, I8.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from server.access.signatures import Signatures
from server.clock import Clock
from server.database import writing
from server.errors import NotCaughtUp
from server.intake.claims import record_claimed
from server.intake.folding import Folding, rank_of
from server.intake.publishing import FirstPages, first_pages, publish_pending
from server.intake.rules import Rules
from server.intake.surroundings import Shared
from server.intake.tables import READ_MODEL, journal_cursor
from server.intake.take import Taking, is_of_the_read_model
from server.intake.waking import (
    CURSOR,
    DUTIES,
    REBUILDING,
    Left,
    begin_duties,
    duties_changed,
    duties_wanted,
    forget_unfolded,
    leave_unfolded,
    mark_dirty,
    mark_stored,
    next_to_wake,
    next_unfolded,
    note_lost_statuses,
    note_people,
    read_meta,
    unstored_of,
    unstored_photos,
    what_is_left,
    write_meta,
)
from sync.errors import StorageFull, StoreBroken, StoreClosed

if TYPE_CHECKING:
    from datetime import datetime

    from media.store import Evidence, EvidenceStore
    from server.access.directory import Directory, Snapshot
    from sync.database import JournalEntry, Store

log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 500
WAKE_BATCH = 200
WAIT_SECONDS = 30.0
MAX_BACK_OFF_SECONDS = 30.0
_CURSOR = select(journal_cursor.c.seq, journal_cursor.c.epoch).where(journal_cursor.c.name == CURSOR)
_MOVE = (
    update(journal_cursor)
    .where(journal_cursor.c.name == CURSOR)
    .values(seq=bindparam("to"), epoch=bindparam("of"))
)


class Seen(NamedTuple):
    """What one look at the read model told."""

    left: Left
    snapshot: Snapshot
    unpublished: FirstPages


@dataclass
class Known:
    """What need not be asked again while the journal is at `seq`: whatever changes it comes through the journal."""

    snapshot: Snapshot
    epoch: str
    seq: int
    shared: Shared = field(default_factory=Shared)
    duties: str | None = None  # those of areas and projects, as the settings would have them


class Intake:
    def __init__(
        self,
        engine: Engine,
        store: Store,
        directory: Directory,
        evidence: EvidenceStore,
        rules: Rules,
        clock: Clock,
    ) -> None:
        self.rules = rules
        self._engine = engine
        self._store = store
        self._directory = directory
        self._evidence = evidence
        self._signatures = Signatures()
        self._clock = clock
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._follower: asyncio.Task[None] | None = None
        self._coming_pass: asyncio.Task[None] | None = None
        self._known: Known | None = None

    async def start(self) -> None:
        """Finish what a kill left half done, then follow the journal until `stop`."""
        if self._follower is not None:
            raise RuntimeError("intake is running already")
        await self._alone(self._resume)
        self._follower = asyncio.create_task(self._follow(), name="intake")

    async def stop(self) -> None:
        """End after the work in hand. Safe to repeat."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
            self._follower = None
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def catch_up(self, timeout_seconds: float = 10) -> None:
        """Return when everything that is in the journal now is read, folded and published. Raises NotCaughtUp."""
        # Callers share the next pass that has not begun: whatever began before may have read too little.
        if self._coming_pass is None:
            self._coming_pass = self._spawn(self._locked(self._pass_for_callers))
        try:
            await asyncio.wait_for(asyncio.shield(self._coming_pass), timeout_seconds)
        except TimeoutError as cause:
            raise _not_caught_up() from cause
        except (SQLAlchemyError, StorageFull, StoreBroken, StoreClosed) as cause:
            log.error("intake could not catch up cause=%r", cause)
            raise _not_caught_up() from cause

    async def photo_stored(self, evidence: Evidence) -> None:
        """A photo has arrived: fold the subjects whose facts name it."""
        await self._alone(lambda: self._photos_stored([evidence.sha256]))

    async def check_photos(self) -> None:
        """Look for photos that are stored and not yet noted: a kill may have come between the two."""
        await self._alone(self._check_photos)

    async def check_photos_of(self, subject: str) -> None:
        """As `check_photos`, for one subject: before a decision that a missing photo would stop."""
        arrived = await asyncio.to_thread(unstored_of, self._engine, self._evidence.has, subject)
        if arrived:
            await self._alone(lambda: self._photos_stored(arrived))

    async def wake_due(self, now: datetime) -> None:
        """Fold the subjects that time, a setting or a change of people has changed."""
        await self._alone(lambda: self._wake(now))

    async def rebuild(self) -> None:
        """Empty the read model and read the journal from its beginning: the same statuses come out."""
        await self._alone(self._rebuild)

    async def exclusively(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one writing transaction, alone among all that writes the read model; publish what it leaves."""

        async def run() -> T:
            result = await asyncio.to_thread(self._in_transaction, work)
            await self._publish()
            return result

        return await self._alone(run)

    # The loop

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                await self._alone(self._read_journal)
                failures = 0
                since = await self._read_on_from()
                await self._store.wait_for_journal(since, WAIT_SECONDS)
            except StoreClosed:
                return
            except Exception as error:  # noqa: BLE001 - I8: nothing but the end of the server ends this loop
                failures += 1
                wait = min(0.1 * 2**failures, MAX_BACK_OFF_SECONDS)
                log.error("intake failed attempt=%d cause=%r retry_in_seconds=%.1f", failures, error, wait)
                await asyncio.sleep(wait)

    async def _pass_for_callers(self) -> None:
        self._coming_pass = None
        await self._read_journal()

    async def _resume(self) -> None:
        await record_claimed(self._engine, self._store)
        await self._read_journal()
        await self._check_photos()

    async def _read_journal(self) -> None:
        """Take everything that was in the journal when this began; fold what it touches; then publish.

        Not before: after a backlog or in a rebuild, phones would else be shown states that are long past.
        """
        end = await self._store.journal_end()
        since = await self._read_on_from()
        seen: Seen | None = None
        while since < end:
            entries = await self._store.journal(since, BATCH)
            if not entries:
                break
            seen = await asyncio.to_thread(self._take_and_look, since, entries)
            since = await self._read_on_from()
        if seen is None:
            seen = await asyncio.to_thread(self._look)
        await self._settle(seen, self._clock.now())

    def _take_and_look(self, since: int, entries: list[JournalEntry]) -> Seen:
        """In one go: a thread for each would cost more than the work."""
        self._take(since, entries)
        return self._look()

    async def _settle(self, seen: Seen, now: datetime) -> None:
        """Fold what the journal has left to be folded, mostly nothing, and publish."""
        left = seen.left
        if not (left.unfolded or left.dirty or left.rebuilding or left.duties):
            await publish_pending(self._engine, self._store, seen.snapshot, seen.unpublished)
            return
        if left.unfolded:
            while await asyncio.to_thread(self._fold_unfolded):
                pass
        if left.duties:
            await asyncio.to_thread(self._begin_duties, now)
        await self._fold_waiting(now, only_dirty=True)
        await self._end_rebuild()
        await self._publish()

    def _look(self) -> Seen:
        """What is left to be done after the journal was read."""
        snapshot = self._current()
        with self._engine.connect() as connection:
            found = what_is_left(connection)
            known = self._known
            if known is None or known.snapshot is not snapshot or known.seq != found.seq:
                known = Known(snapshot, self._store.epoch, found.seq)
            if known.duties is None:
                known.duties = duties_wanted(connection, self.rules, snapshot)
            unpublished = first_pages(connection, snapshot)
        if found.epoch == known.epoch:
            self._known = known
        return Seen(found._replace(duties=found.duties != known.duties), snapshot, unpublished)

    async def _read_on_from(self) -> int:
        if self._known is not None and self._known.epoch == self._store.epoch:
            return self._known.seq
        return await asyncio.to_thread(self._cursor)

    def _cursor(self) -> int:
        """Where to read on; from the beginning when the store is another one than it was (a restore)."""
        with self._engine.connect() as connection:
            row = connection.execute(_CURSOR).first()
        if row is not None and row.epoch == self._store.epoch:
            return int(row.seq)
        if row is not None:
            log.warning(
                "the store is another one than before: read model rebuilt epoch=%s", self._store.epoch
            )
        self._in_transaction(self._forget)
        return 0

    def _take(self, since: int, entries: list[JournalEntry]) -> None:
        """Take a batch, unless another process has meanwhile."""
        snapshot = self._current()
        known, self._known = self._known, None  # as long as this has not ended well
        is_plain = all(
            self.rules.is_record_type(one.id.partition(":")[0]) or is_of_the_read_model(one)
            for one in entries
        )
        if known is None or known.snapshot is not snapshot or known.seq != since or not is_plain:
            known = Known(snapshot, self._store.epoch, since)
        with writing(self._engine) as connection:
            if connection.execute(_CURSOR).first() != (since, self._store.epoch):
                return  # another process has taken this batch
            taking = Taking(self.rules, snapshot, self._signatures, known.shared.settings)
            touched = taking.take(connection, entries)
            if len(entries) == BATCH:  # a backlog: what comes next would only fold the same subjects again
                leave_unfolded(connection, {subject: rank_of(subject) for subject in touched})
            else:
                shared = known.shared if is_plain else None
                self._folding(snapshot, self._clock.now(), shared).fold(connection, touched, taking.changed)
            self._move_cursor(connection, entries[-1].seq)
        if is_plain:
            known.seq = entries[-1].seq
            self._known = known

    def _current(self) -> Snapshot:
        return self._directory.glance() or self._directory.current()

    def _folding(self, snapshot: Snapshot, now: datetime, shared: Shared | None = None) -> Folding:
        return Folding(self.rules, snapshot, self._evidence.has, now, shared)

    def _fold_unfolded(self) -> bool:
        """Fold some of what was left while a backlog was read; return whether there was any."""
        snapshot = self._directory.current()
        with writing(self._engine) as connection:
            subjects = next_unfolded(connection, WAKE_BATCH)
            self._folding(snapshot, self._clock.now()).fold(connection, subjects)
            forget_unfolded(connection, subjects)
        return bool(subjects)

    def _forget(self, connection: Connection) -> None:
        self._known = None
        for table in READ_MODEL:
            connection.execute(delete(table))
        self._move_cursor(connection, 0)
        note_people(connection, self._directory.recent(), self._clock.now())
        write_meta(connection, REBUILDING, "yes")
        write_meta(connection, DUTIES, "")

    def _move_cursor(self, connection: Connection, seq: int) -> None:
        if connection.execute(_MOVE, {"to": seq, "of": self._store.epoch}).rowcount == 0:
            connection.execute(insert(journal_cursor).values(name=CURSOR, seq=seq, epoch=self._store.epoch))

    # The other work

    async def _rebuild(self) -> None:
        await asyncio.to_thread(self._in_transaction, self._forget)
        await self._read_journal()
        await self._check_photos()

    async def _end_rebuild(self) -> None:
        """When the journal was read from its beginning: take back statuses that did not come out again."""
        if await asyncio.to_thread(self._is_rebuilding):
            await note_lost_statuses(self._engine, self._store)
            await asyncio.to_thread(
                self._in_transaction, lambda connection: write_meta(connection, REBUILDING, "")
            )

    def _is_rebuilding(self) -> bool:
        with self._engine.connect() as connection:
            return bool(read_meta(connection, REBUILDING))

    async def _wake(self, now: datetime) -> None:
        snapshot = await asyncio.to_thread(self._directory.current)
        await record_claimed(self._engine, self._store)
        await asyncio.to_thread(
            self._in_transaction, lambda connection: mark_dirty(connection, snapshot, now)
        )
        await asyncio.to_thread(self._begin_duties, now)
        await self._fold_waiting(now, only_dirty=False)
        await self._publish()

    def _begin_duties(self, now: datetime) -> None:
        """Fold the duties of areas and projects that a setting or a new area has begun, without any fact about them."""
        snapshot = self._directory.current()
        with self._engine.connect() as connection:  # mostly there is nothing: then nothing is locked
            if not duties_changed(connection, self.rules, snapshot):
                return
        with writing(self._engine) as connection:
            subjects = begin_duties(connection, self.rules, snapshot)
            self._folding(snapshot, now).fold(connection, subjects, ())

    async def _fold_waiting(self, now: datetime, *, only_dirty: bool) -> None:
        """Fold dirty subjects, and those whose time has come, in transactions that leave room for others."""
        after: str | None = ""
        while after is not None:
            after = await asyncio.to_thread(self._fold_batch, now, after, only_dirty)

    def _fold_batch(self, now: datetime, after: str, only_dirty: bool) -> str | None:
        with self._engine.connect() as connection:  # mostly there is nothing: then nothing is locked
            if not next_to_wake(connection, now, after, only_dirty, 1):
                return None
        snapshot = self._directory.current()
        with writing(self._engine) as connection:
            subjects = next_to_wake(connection, now, after, only_dirty, WAKE_BATCH)
            self._folding(snapshot, now).fold(connection, subjects, ())
        return subjects[-1] if subjects else None

    async def _photos_stored(self, hashes: list[str]) -> None:
        await asyncio.to_thread(self._fold_photos, hashes)
        await self._publish()

    def _fold_photos(self, hashes: list[str]) -> None:
        snapshot = self._directory.current()
        with writing(self._engine) as connection:
            subjects = mark_stored(connection, hashes)
            self._folding(snapshot, self._clock.now()).fold(connection, subjects, ())

    async def _check_photos(self) -> None:
        after: str | None = ""
        while after is not None:
            arrived, after = await asyncio.to_thread(unstored_photos, self._engine, self._evidence.has, after)
            if arrived:
                await self._photos_stored(arrived)

    async def _publish(self) -> None:
        directory = self._directory.glance()
        if directory is None:
            directory = await asyncio.to_thread(self._directory.current)
        await publish_pending(self._engine, self._store, directory)

    def _in_transaction(self, work: Callable[[Connection], T]) -> T:
        with writing(self._engine) as connection:
            return work(connection)

    # One writer at a time

    async def _alone(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run `work` under the lock. A caller who goes away does not end it half-way: its thread would go on unlocked."""
        return await asyncio.shield(self._spawn(self._locked(work)))

    async def _locked(self, work: Callable[[], Awaitable[T]]) -> T:
        async with self._lock:
            return await work()

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waits gets it too; when nobody waits any more it must not warn at exit


def _not_caught_up() -> NotCaughtUp:
    return NotCaughtUp(
        "服务器正在处理积压数据，请稍后再试。记录仍在手机上。 The server is still reading what has arrived; try again shortly. "
        "Nothing is lost.",
        retry_after_seconds=2,
    )
