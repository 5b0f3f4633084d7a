"""The CouchDB store: every database of an installation in one Apache CouchDB, or a cluster of them.

For: `open_store`; `CouchStore` implements sync.database.Store.
Not for: documents (database.py), following (follower.py), making a CouchDB ready by hand (provision.py).
Source: the package's docstring says where everything lives, and why.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sync.couchdb import guards, held, meta
from sync.couchdb.client import Address, CouchClient
from sync.couchdb.client import name as part
from sync.couchdb.database import CouchDatabase
from sync.couchdb.entries import entries_at
from sync.couchdb.journal import Journal, Place
from sync.couchdb.losses import forget_lost, settle
from sync.couchdb.session import Session
from sync.database import Database, JournalEntry, Store, utc_now
from sync.errors import DatabaseExists, NoSuchDatabase, StoreClosed, StoreUnfit, SyncError
from sync.hub import Hub

T = TypeVar("T")


def open_store(
    url: str, folder: Path, *, now: Callable[[], datetime] = utc_now, prefix: str = guards.DEFAULT_PREFIX
) -> CouchStore:
    """Open the store at `url`, with the journal's file in `folder`; make what is missing. Blocks.

    Raises StoreUnfit with one line that says what to do.
    """
    address = Address.parse(url)
    journal = Journal(folder)
    try:
        epoch, names = _run(meta.prepare(address, prefix))
    except SyncError as error:
        journal.close()
        raise StoreUnfit(
            f"CouchDB {address.base} 无法使用: 请运行 xunlu couchdb check. "
            f"The CouchDB at {address.base} cannot be used: run xunlu couchdb check. ({error.reason})"
        ) from error
    except BaseException:
        journal.close()
        raise
    return CouchStore(address, journal, prefix, now, epoch, names)


class CouchStore(Store):
    """Use `open_store`. Belongs to one event loop at a time."""

    def __init__(
        self,
        address: Address,
        journal: Journal,
        prefix: str,
        now: Callable[[], datetime],
        epoch: str,
        names: set[str],
    ) -> None:
        self.now = now
        self.epoch = epoch
        self.hub = Hub()
        self.journal_file = journal
        self.held_home = guards.held_home(prefix)
        self.meta_home = guards.meta_home(prefix)
        self._address = address
        self._prefix = prefix
        self._names = names
        self._session: Session | None = None
        self._is_closed = False

    def home(self, database: str) -> str:
        return guards.home_of(self._prefix, database)

    def has(self, database: str) -> bool:
        return database in self._names

    async def session(self) -> Session:
        """The connection of this event loop, once the journal has seen what is there. Raises SyncError."""
        if self._is_closed:
            raise StoreClosed
        loop, session = asyncio.get_running_loop(), self._session
        if session is None or session.loop is not loop:
            if session is not None and not session.loop.is_closed():
                raise RuntimeError("a CouchStore belongs to one event loop at a time")
            session = self._session = Session(
                self._address, self.journal_file, self.hub, self._prefix, self.names, self.refresh, self._look
            )
        await session.start()
        return session

    def names(self) -> list[str]:
        return sorted(self._names)

    async def create(self, database: str) -> None:
        guards.check_name(database)
        session = await self.session()
        client = session.client
        async with session.meta_lock:
            if await meta.is_registered(client, self.meta_home, database):
                self._names.add(database)
                raise DatabaseExists
            await meta.make_database(client, self.home(database), self._address.account)
            await meta.register(client, self.meta_home, database)
            self._names.add(database)

    async def delete(self, database: str) -> None:
        session = await self.session()
        client = session.client
        async with session.meta_lock:
            if database not in self._names:
                raise NoSuchDatabase
            self._names.discard(database)  # first: nothing is to start on what is about to go
            with contextlib.suppress(NoSuchDatabase):
                await client.call("DELETE", f"/{part(self.home(database))}")
            keys = [push.key for push in self.journal_file.held_of(database)]
            await held.release(client, self.held_home, keys, self.now())
            await meta.unregister(client, self.meta_home, database)
            self.journal_file.forget(database)
        self.hub.publish([database])

    async def databases(self) -> list[str]:
        await self.session()
        return self.names()

    def database(self, name: str) -> Database:
        if name not in self._names:
            raise NoSuchDatabase
        return CouchDatabase(self, name)

    async def journal(self, since: int, limit: int) -> list[JournalEntry]:
        client = (await self.session()).client
        entries: list[JournalEntry] = []
        while len(entries) < limit:
            places = self.journal_file.after(since, limit - len(entries))
            if not places:
                break
            found = await entries_at(client, places, self.home, self.held_home)
            if len(found) < len(places):
                await self._settle(client, places, found)
            entries += found
            since = places[-1].n
        return entries

    async def journal_end(self) -> int:
        await self.session()
        return self.journal_file.end

    async def probe(self) -> None:
        """The journal's file would answer while CouchDB is away: ask CouchDB itself."""
        await (await self.session()).client.call("GET", f"/{part(self.meta_home)}")

    async def wait_for_journal(self, since: int, timeout_seconds: float) -> bool:
        await self.session()
        ends_at = time.monotonic() + timeout_seconds
        with self.hub.listen(Hub.ANYTHING) as listener:
            while not self.hub.is_closed:
                if self.journal_file.after(since, 1):
                    return True
                left_seconds = ends_at - time.monotonic()
                if left_seconds <= 0 or not await listener.wait(left_seconds):
                    return False
        return False

    def recheck_access(self) -> None:
        self.hub.recheck()

    async def rotate_epoch(self) -> str:
        return await self._rotate((await self.session()).client)

    def end_feeds(self) -> None:
        self.hub.close()

    async def close(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self.hub.close()
        if self._session is not None and self._session.loop is asyncio.get_running_loop():
            await self._session.close()
        self.journal_file.close()

    async def refresh(self) -> None:
        """Take over what the meta database says by now: databases that others made or deleted, another epoch."""
        assert self._session is not None
        async with self._session.meta_lock:
            epoch, names = await meta.read(self._session.client, self.meta_home)
            for gone in self.journal_file.databases() - names - {"_held", "_meta"}:
                self.journal_file.forget(gone)
                self.hub.publish([gone])
            self._names = names
        if epoch is not None and epoch != self.epoch:
            self._become(epoch)

    async def _look(self) -> None:
        """Compare with CouchDB what this process remembers of it: what is lost there is to be sent again."""
        assert self._session is not None
        await self.refresh()
        client = self._session.client
        if await forget_lost(client, self.journal_file, self._names, self.home, self.held_home):
            await self._rotate(client)

    async def _settle(self, client: CouchClient, places: list[Place], found: list[JournalEntry]) -> None:
        """Whoever follows the journal is not to be woken again and again by places where nothing is."""
        there = {entry.seq for entry in found}
        absent = [place for place in places if place.n not in there]
        if await settle(client, self.journal_file, absent, self._names, self.home, self.held_home):
            await self._rotate(client)

    async def _rotate(self, client: CouchClient) -> str:
        epoch = await meta.new_epoch(client, self.meta_home)
        self._become(epoch)
        return epoch

    def _become(self, epoch: str) -> None:
        self.epoch = epoch
        self.journal_file.forget_checkpoints()
        self.hub.recheck()


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Also where a loop runs already: `open_store` blocks by contract."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()
