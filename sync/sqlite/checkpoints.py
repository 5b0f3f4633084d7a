"""Checkpoints of replicas on their way to the file: acknowledged at once, written together a moment later.

For: `Checkpoints`, which answers for what is written and for what still waits.
Not for: durable writes. A checkpoint only spares a replica a repetition; what dies with the process is repeated, and found
    to be here. It never says more than was durable before it: documents are acknowledged first.
Source: CouchDB Replication Protocol, "Record Replication Checkpoint"; promises F-33.

Each sync writes two of them, so with a transaction for each they were two thirds of all commits, and every phone waited
three times for the writing thread instead of once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, NamedTuple

from sync.errors import NoSuchDatabase, StoreBroken, SyncError
from sync.sqlite import reads, upkeep
from sync.sqlite.writer import Transaction

if TYPE_CHECKING:
    from sync.sqlite.store import SqliteStore

WAIT_SECONDS = 0.5
_Key = tuple[str, str, str]  # database, owner, id

logger = logging.getLogger(__name__)


class _Waiting(NamedTuple):
    rev: int
    content: bytes | None  # None: deleted


class Checkpoints:
    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._waiting: dict[_Key, _Waiting] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop  # the timer's
        self._writing: set[asyncio.Task[None]] = set()

    async def read(self, database: str, owner: str, local_id: str) -> tuple[str, bytes] | None:
        waiting = self._waiting.get((database, owner, local_id))
        if waiting is not None:
            return None if waiting.content is None else (f"0-{waiting.rev}", waiting.content)
        return await self._store.glance(reads.local, database, owner, local_id)

    async def write(self, database: str, owner: str, local_id: str, content: bytes | None) -> str:
        """Raises NoSuchDatabase, and what the writer would raise now: StorageFull, StoreBroken, StoreClosed."""
        await self._check_writable()
        key = (database, owner, local_id)
        before = await self.read(*key)
        if before is None and content is None:
            return "0-0"
        # Nothing is awaited between here and the entry: two writes of one checkpoint get two revisions.
        newer = self._waiting.get(key)
        revs = [int(before[0].removeprefix("0-"))] if before is not None else [0]
        revs += [newer.rev] if newer is not None and newer.content is not None else []
        waiting = self._waiting[key] = _Waiting(max(revs) + 1, content)
        if before is None:
            await self._write_first(key, waiting)
        else:
            self._flush_soon()
        return f"0-{waiting.rev}"

    async def _write_first(self, key: _Key, waiting: _Waiting) -> None:
        """A new one goes to the file at once, where an owner's are counted and the oldest makes way."""
        try:
            await self.flush()
        except SyncError:
            if self._waiting.get(key) is waiting:
                del self._waiting[key]
            raise

    async def flush(self) -> None:
        """Write all that waits. What could not be written goes on waiting. Raises what the writer raises."""

        def write(transaction: Transaction) -> list[tuple[_Key, _Waiting]]:
            taken = list(self._waiting.items())
            for (database, owner, local_id), (rev, content) in taken:
                with contextlib.suppress(NoSuchDatabase):  # gone meanwhile
                    upkeep.write_local(transaction, database, owner, local_id, rev, content)
            return taken

        if not self._waiting:
            return
        for key, waiting in await self._store.writer.write(write, is_durable=False):
            if self._waiting.get(key) is waiting:
                del self._waiting[key]

    def forget(self, database: str | None = None) -> None:
        """Those of a database that goes; of all, when the epoch does."""
        for key in list(self._waiting):
            if database is None or key[0] == database:
                self._waiting.pop(key, None)

    async def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._flush_quietly()

    def _flush_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is None or self._loop.is_closed():
            self._loop, self._timer = loop, loop.call_later(WAIT_SECONDS, self._start_flush)

    def _start_flush(self) -> None:
        self._timer = None
        task = asyncio.ensure_future(self._flush_quietly())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _flush_quietly(self) -> None:
        try:
            await self.flush()
        except SyncError as error:
            logger.warning("checkpoints wait on: %s", error.reason)

    async def _check_writable(self) -> None:
        if self._store.writer.is_broken:
            raise StoreBroken
        if self._store.is_full:
            await self._store.probe()  # there may be room again
