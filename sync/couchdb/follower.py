"""Reads what changed in the installation's databases into the journal, and wakes those who wait for it.

For: keeping the journal and the waiting phones up to date with what other processes, or CouchDB's own replicator, wrote.
Not for: hearing that something changed (watch.py); this process's own writes, which are placed when they are acknowledged;
    they come by here again, and nothing happens.
Source: CouchDB 3.5 documentation, "/{db}/_changes"; promises F-60.

A database's changes are read from where the journal stands. Whenever the watch begins anew, every database counts as changed,
so nothing is lost with a connection. Rows that come again, as after a shard moved, name nothing new.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from sync.couchdb import feeds, guards, held
from sync.couchdb.bodies import incoming
from sync.couchdb.client import CouchClient
from sync.couchdb.client import name as part
from sync.couchdb.journal import HELD, META, Journal
from sync.couchdb.watch import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Watch
from sync.database import BEGINNING
from sync.documents import DESIGN_PREFIX
from sync.errors import BadRequest, NoSuchDatabase
from sync.hub import Hub

PAGE_ROWS = 500
AT_ONCE = 8
REST_SECONDS = 0.5  # between readings: or each of our own pushes would be read back at once, on its own

logger = logging.getLogger(__name__)


class Follower:
    """`databases` names those of the installation; `refresh` is awaited when the meta database changed, `ready` before any
    reading; `doubt` is called when the watch stands again after nobody watched."""

    def __init__(
        self,
        client: CouchClient,
        journal: Journal,
        hub: Hub,
        prefix: str,
        databases: Callable[[], Iterable[str]],
        refresh: Callable[[], Awaitable[None]],
        ready: Callable[[], Awaitable[None]],
        doubt: Callable[[], None],
    ) -> None:
        self._client = client
        self._journal = journal
        self._hub = hub
        self._prefix = prefix
        self._databases = databases
        self._refresh = refresh
        self._ready = ready
        self._doubt = doubt
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._reading: dict[str, asyncio.Lock] = {}
        self._work_task: asyncio.Task[None] | None = None
        self.watch = Watch(client, guards.meta_home(prefix), self._homes, self._mark_home, self._opened)

    async def catch_up(self) -> None:
        """Read everything that happened since the journal last looked. Raises SyncError."""
        for first in (META, HELD):  # the databases' names first
            await self._read(first)
        gate = asyncio.Semaphore(AT_ONCE)

        async def read(database: str) -> None:
            async with gate:
                await self._read(database)

        await asyncio.gather(*(read(database) for database in self._databases()))

    def start(self) -> None:
        """Safe to repeat."""
        if self._work_task is None:
            self._work_task = asyncio.create_task(self._work(), name="couchdb-follower")
            self.watch.start()

    async def stop(self) -> None:
        await self.watch.stop()
        if self._work_task is not None:
            self._work_task.cancel()
            await asyncio.gather(self._work_task, return_exceptions=True)
            self._work_task = None

    def mark(self, database: str) -> None:
        """It changed, or may have."""
        self._changed.add(database)
        self._wake.set()

    def wake(self) -> None:
        """Somebody is to look what is there, although nobody asks."""
        self._wake.set()

    async def _work(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, self._changed = self._changed, set()
            if await self._read_all(changed):
                pause = FIRST_PAUSE_SECONDS
                await asyncio.sleep(REST_SECONDS)
                continue
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            self._wake.set()

    async def _read_all(self, changed: set[str]) -> bool:
        """Read these; what cannot be read is marked again. Whether all could."""
        left = set(changed)
        try:
            await self._ready()
        except Exception as error:  # noqa: BLE001 - nothing but the end of the server ends following it
            logger.warning("CouchDB cannot be looked at: %r", error)
            self._changed |= left
            return False
        for database in sorted(changed):
            try:
                await self._read(database)
                left.discard(database)
            except Exception as error:  # noqa: BLE001 - one bad database does not keep the others from being read
                logger.warning("changes of %s not read: %r", database, error)
        self._changed |= left
        return not left

    def _opened(self) -> None:
        self._changed |= {META, HELD, *self._databases()}
        self._doubt()
        self._wake.set()

    def _homes(self) -> list[str]:
        own = [guards.meta_home(self._prefix), guards.held_home(self._prefix)]
        return own + [guards.home_of(self._prefix, database) for database in self._databases()]

    def _mark_home(self, home: str) -> None:
        if home == guards.meta_home(self._prefix):
            self.mark(META)
        elif home == guards.held_home(self._prefix):
            self.mark(HELD)
        elif home.startswith(f"{self._prefix}-"):
            self.mark(home[len(self._prefix) + 1 :])

    async def _read(self, database: str) -> None:
        async with self._reading.setdefault(database, asyncio.Lock()):
            if database == META:
                await self._read_meta()
            elif database == HELD:
                await self._read_held()
            elif database in self._databases():
                await self._read_database(database)

    async def _read_database(self, database: str) -> None:
        home, found_new = guards.home_of(self._prefix, database), False
        try:
            while True:
                since = self._journal.since(database)
                rows, at = await self._page(home, since, {"style": "all_docs"})
                changes = [
                    (row["id"], [leaf["rev"] for leaf in row["changes"]])
                    for row in rows
                    if not row["id"].startswith(DESIGN_PREFIX)
                ]
                if database not in self._databases():
                    return  # deleted while it was read
                if rows or at != since:
                    found_new |= self._journal.note_changes(database, changes, at)
                if len(rows) < PAGE_ROWS:
                    break
        except NoSuchDatabase:
            await self._refresh()  # gone with its registration, by another process
            if database in self._databases():
                logger.error("database %s is registered but not at CouchDB: restore it, or delete it", home)
        if found_new:
            self._hub.publish([database])

    async def _read_held(self) -> None:
        home, touched = guards.held_home(self._prefix), set[str]()
        while True:
            since = self._journal.since(HELD)
            rows, at = await self._page(home, since, {"include_docs": "true"})
            gone = [row["id"] for row in rows if row.get("deleted")]
            there = [
                held.pushed_of(incoming(row["doc"]))
                for row in rows
                if not row.get("deleted") and not row["id"].startswith(DESIGN_PREFIX) and row.get("doc")
            ]
            self._journal.forget_held(gone)
            if rows or at != since:
                new = self._journal.note_held(there, at)
                touched |= {push.db for push in there} if new else set()
            if len(rows) < PAGE_ROWS:
                break
        if touched:
            self._hub.publish(touched)

    async def _read_meta(self) -> None:
        since = self._journal.since(META)
        rows, at = await self._page(guards.meta_home(self._prefix), since, {})
        if rows or since == BEGINNING:
            await self._refresh()
            self._journal.note_changes(META, (), at)
        if len(rows) >= PAGE_ROWS:
            self.mark(META)

    async def _page(self, home: str, since: str, query: dict[str, str]) -> tuple[list[Any], str]:
        path = f"/{part(home)}/_changes"
        asked = {**query, "since": since, "limit": str(PAGE_ROWS)}
        try:
            answer = await self._client.call("GET", path, query=asked, has="results")
            is_over = not answer["results"] and await feeds.is_beyond(self._client, home, since)
        except BadRequest:  # a sequence of another past
            is_over = True
        if is_over:
            answer = await self._client.call("GET", path, query={**asked, "since": BEGINNING}, has="results")
        return answer["results"], str(answer["last_seq"])
