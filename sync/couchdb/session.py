"""What the CouchDB store needs in one event loop: connections, locks, the follower, and a look at what is there before use.

For: CouchStore. Not for: what is looked at (CouchStore.look, follower.py).
Source: promises D4, F-60.

A server that answers after its connection broke may be another one, or the same with less. So whenever one breaks, nothing is
answered before the server is watched again and the journal was compared with what is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from sync.couchdb.client import Address, CouchClient
from sync.couchdb.errors import CouchUnreachable
from sync.couchdb.follower import Follower
from sync.couchdb.journal import Journal
from sync.hub import Hub

_LOOKS = 3


class Session:
    """`look` compares with CouchDB what this process remembers of it."""

    def __init__(
        self,
        address: Address,
        journal: Journal,
        hub: Hub,
        prefix: str,
        names: Callable[[], list[str]],
        refresh: Callable[[], Coroutine[Any, Any, None]],
        look: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.client = CouchClient(address, on_cut=self.note_doubt)
        self.hold_lock = asyncio.Lock()
        self.meta_lock = (
            asyncio.Lock()
        )  # or a database that is being deleted would be read back into the list
        self.follower = Follower(
            self.client, journal, hub, prefix, names, refresh, self.start, self.note_doubt
        )
        self._look = look
        self._locks: dict[str, asyncio.Lock] = {}
        self._doubts = 0
        self._starting: asyncio.Task[None] | None = None

    def lock(self, database: str) -> asyncio.Lock:
        return self._locks.setdefault(database, asyncio.Lock())

    def note_doubt(self) -> None:
        """CouchDB may have less than it acknowledged: whoever comes next waits until that is known."""
        self._doubts += 1
        if self._starting is not None and self._starting.done():
            self._starting = None
            self.follower.wake()

    async def start(self) -> None:
        """Look and catch up, once; a failure is told, and the next call tries again."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start(), name="couchdb-look")
        starting = self._starting
        if starting.done() and starting.exception() is None:
            return
        try:
            await asyncio.shield(starting)
        except Exception:
            if self._starting is starting:
                self._starting = None
            raise

    async def close(self) -> None:
        if self._starting is not None and not self._starting.done():
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        await self.follower.stop()
        await self.client.close()

    async def _start(self) -> None:
        self.follower.start()
        for _ in range(_LOOKS):
            doubts = self._doubts
            await self.follower.watch.stands()  # first: from here on nothing breaks unnoticed
            await self._look()
            await self.follower.catch_up()
            if self._doubts == doubts:
                return
        raise CouchUnreachable  # connections break faster than one can look
