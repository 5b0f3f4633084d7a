"""Follows everything that changes in the installation's databases: one connection, however many there are.

For: keeping the journal and the waiting phones up to date with what other processes, or CouchDB's own replicator, wrote.
Not for: this process's own writes, which are placed when they are acknowledged; they come by here again, and nothing happens.
Source: CouchDB 3.5 documentation, "/_db_updates", "/{db}/_changes"; promises F-60.

`_db_updates` only says which database changed; its changes are then read from where the journal stands. Whenever the connection
is made, every database counts as changed, so nothing is lost with one. A CouchDB that does not let our account use
`_db_updates` (it asks for a server admin) is asked about each database in turn instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from sync.couchdb import feeds, guards, held
from sync.couchdb.bodies import incoming
from sync.couchdb.client import HEARTBEAT_SECONDS, CouchClient
from sync.couchdb.client import name as part
from sync.couchdb.errors import CouchRefused
from sync.couchdb.journal import HELD, META, Journal
from sync.database import BEGINNING, NOW
from sync.documents import DESIGN_PREFIX
from sync.errors import BadRequest, NoSuchDatabase, NoSuchDocument, SyncError
from sync.hub import Hub

PAGE_ROWS = 500
AT_ONCE = 8
POLL_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0

logger = logging.getLogger(__name__)


class Follower:
    """`databases` names those of the installation; `refresh` is awaited when the meta database changed."""

    def __init__(
        self,
        client: CouchClient,
        journal: Journal,
        hub: Hub,
        prefix: str,
        databases: Callable[[], Iterable[str]],
        refresh: Callable[[], Awaitable[None]],
    ) -> None:
        self._client = client
        self._journal = journal
        self._hub = hub
        self._prefix = prefix
        self._databases = databases
        self._refresh = refresh
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_polling = False

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
        self._tasks = [
            asyncio.create_task(self._listen(), name="couchdb-updates"),
            asyncio.create_task(self._work(), name="couchdb-follower"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def mark(self, database: str) -> None:
        """It changed, or may have."""
        self._changed.add(database)
        self._wake.set()

    async def _listen(self) -> None:
        """Note which databases change, for ever: again and again over a new connection, or by asking in turn."""
        query = {
            "feed": "continuous",
            "heartbeat": str(int(HEARTBEAT_SECONDS * 1000)),
            "since": NOW,
        }
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async for line in self._client.follow("/_db_updates", query):
                    pause = FIRST_PAUSE_SECONDS
                    if line is None:
                        self._mark_all()
                    else:
                        self._mark_home(line)
            except (CouchRefused, BadRequest, NoSuchDatabase, NoSuchDocument) as error:
                logger.warning(
                    "CouchDB does not offer _db_updates to our account (%s); asking each database every %.0f s",
                    type(error).__name__,
                    POLL_SECONDS,
                )
                self.is_polling = True
                await self._poll()
            except SyncError as error:
                logger.warning("following CouchDB: %r; next try in %.1f s", error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _poll(self) -> None:
        while True:
            self._mark_all()
            await asyncio.sleep(POLL_SECONDS)

    async def _work(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, self._changed = self._changed, set()
            for database in sorted(changed):
                try:
                    await self._read(database)
                    pause = FIRST_PAUSE_SECONDS
                except SyncError as error:
                    logger.warning("changes of %s not read: %r; next try in %.1f s", database, error, pause)
                    self.mark(database)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _mark_all(self) -> None:
        for database in (META, HELD, *self._databases()):
            self.mark(database)

    def _mark_home(self, line: Any) -> None:
        home = line.get("db_name", "") if isinstance(line, dict) else ""
        if home == guards.meta_home(self._prefix):
            self.mark(META)
        elif home == guards.held_home(self._prefix):
            self.mark(HELD)
        elif home.startswith(f"{self._prefix}-"):
            self.mark(home[len(self._prefix) + 1 :])

    async def _read(self, database: str) -> None:
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
            answer = await self._client.call("GET", path, query=asked)
        except BadRequest:  # a sequence of another past
            answer = await self._client.call("GET", path, query={**asked, "since": BEGINNING})
        if since.isdecimal() and since != BEGINNING:  # pouchdb-server: bare numbers know nothing of a past
            now = await feeds.current(self._client, home)
            if now.isdecimal() and int(now) < int(since):
                answer = await self._client.call("GET", path, query={**asked, "since": BEGINNING})
        return answer["results"], str(answer["last_seq"])
