"""Intake: follows the journal and keeps read model and status documents in step with it.

For: running it (`start`, `stop`), waiting for it (`catch_up`), and everything else that writes the read model
(`photo_stored`, `wake_due`, `rebuild`, `exclusively`): one writer at a time.
Not for: what each step does to the read model (transactions.py), how it reaches phones (publishing.py), reminders (server/jobs).
What a transaction says is published after it, and noted as published after that. So a kill between any two steps repeats the
next one, and that is harmless.
Source: docs/architecture.md sections 1 and 5; promises D2, I5, I8.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from server.clock import Clock
from server.errors import NotCaughtUp
from server.intake import transactions
from server.intake.claims import record_claimed
from server.intake.publishing import publish_pending
from server.intake.rules import Rules
from server.intake.transactions import Seen, Transactions
from server.intake.waking import note_lost_statuses, unstored_of, unstored_photos
from sync.errors import StorageFull, StoreBroken, StoreClosed

if TYPE_CHECKING:
    from datetime import datetime

    from media.store import Evidence, EvidenceStore
    from server.access.directory import Directory
    from sync.database import Store

log = logging.getLogger(__name__)
T = TypeVar("T")

WAIT_SECONDS = 30.0
MAX_BACK_OFF_SECONDS = 30.0


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
        self._clock = clock
        self._transactions = Transactions(engine, store, directory, evidence, rules, clock)
        self._lock = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()
        self._follower: asyncio.Task[None] | None = None
        self._coming_pass: asyncio.Task[None] | None = None

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
            result = await asyncio.to_thread(self._transactions.run, work)
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
            entries = await self._store.journal(since, transactions.BATCH)
            if not entries:
                break
            seen = await asyncio.to_thread(self._transactions.take_and_look, since, entries)
            since = await self._read_on_from()
        if seen is None:
            seen = await asyncio.to_thread(self._transactions.look)
        await self._settle(seen, self._clock.now())

    async def _settle(self, seen: Seen, now: datetime) -> None:
        """Fold what the journal has left to be folded, mostly nothing, and publish."""
        left = seen.left
        if not (left.unfolded or left.dirty or left.rebuilding or left.duties):
            await publish_pending(self._engine, self._store, seen.snapshot, seen.unpublished)
            return
        if left.unfolded:
            while await asyncio.to_thread(self._transactions.fold_unfolded):
                pass
        if left.duties:
            await asyncio.to_thread(self._transactions.begin_duties, now)
        await self._fold_waiting(now, only_dirty=True)
        await self._end_rebuild()
        await self._publish()

    async def _read_on_from(self) -> int:
        known = self._transactions.read_on_from
        return known if known is not None else await asyncio.to_thread(self._transactions.cursor)

    # The other work

    async def _rebuild(self) -> None:
        await asyncio.to_thread(self._transactions.forget)
        await self._read_journal()
        await self._check_photos()

    async def _end_rebuild(self) -> None:
        """When the journal was read from its beginning: take back statuses that did not come out again."""
        if await asyncio.to_thread(self._transactions.is_rebuilding):
            await note_lost_statuses(self._engine, self._store)
            await asyncio.to_thread(self._transactions.end_rebuild)

    async def _wake(self, now: datetime) -> None:
        await record_claimed(self._engine, self._store)
        await asyncio.to_thread(self._transactions.mark_dirty, now)
        await asyncio.to_thread(self._transactions.begin_duties, now)
        await self._fold_waiting(now, only_dirty=False)
        await self._publish()

    async def _fold_waiting(self, now: datetime, *, only_dirty: bool) -> None:
        """Fold dirty subjects, and those whose time has come, in transactions that leave room for others."""
        after: str | None = ""
        while after is not None:
            after = await asyncio.to_thread(self._transactions.fold_batch, now, after, only_dirty)

    async def _photos_stored(self, hashes: list[str]) -> None:
        await asyncio.to_thread(self._transactions.fold_photos, hashes)
        await self._publish()

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
