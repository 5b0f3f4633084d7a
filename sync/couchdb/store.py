"""The CouchDB store: every database of an installation in one Apache CouchDB, or a cluster of them.

For: `open_store`; `CouchStore` implements sync.database.Store.
Not for: documents (database.py), following (follower.py), making a CouchDB ready by hand (provision.py).
Source: the package's docstring says where everything lives, and why.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson

from sync.couchdb import guards, held, lookups
from sync.couchdb.bodies import Stored, as_object
from sync.couchdb.client import Address, CouchClient
from sync.couchdb.client import name as part
from sync.couchdb.database import CouchDatabase
from sync.couchdb.errors import CouchRefused, CouchUnreachable
from sync.couchdb.follower import Follower
from sync.couchdb.journal import Journal, Place
from sync.database import Database, JournalEntry, Store, utc_now
from sync.errors import (
    DatabaseExists,
    EditConflict,
    NoSuchDatabase,
    NoSuchDocument,
    StoreClosed,
    StoreUnfit,
    SyncError,
)
from sync.hub import Hub
from sync.revisions import Revision

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
        epoch, names = _run(_prepare(address, prefix))
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

    def note_gone(self, database: str) -> None:
        """CouchDB says that it has no such database: the follower finds out."""
        if self._session is not None:
            self._session.follower.mark(database)

    async def session(self) -> Session:
        """The connection of this event loop, once the journal has seen what is there. Raises SyncError."""
        if self._is_closed:
            raise StoreClosed
        loop, session = asyncio.get_running_loop(), self._session
        if session is None or session.loop is not loop:
            if session is not None and not session.loop.is_closed():
                raise RuntimeError("a CouchStore belongs to one event loop at a time")
            session = self._session = Session(
                self._address, self.journal_file, self.hub, self._prefix, self.names, self.refresh
            )
        await session.start()
        return session

    def names(self) -> list[str]:
        return sorted(self._names)

    async def create(self, database: str) -> None:
        guards.check_name(database)
        client = (await self.session()).client
        if await lookups.read(client, self.meta_home, guards.registration(database)["_id"]) is not None:
            self._names.add(database)
            raise DatabaseExists
        await make_database(client, self.home(database), self._address.account)
        with contextlib.suppress(EditConflict):  # another process was as fast
            await _put_new(client, self.meta_home, guards.registration(database))
        self._names.add(database)

    async def delete(self, database: str) -> None:
        client = (await self.session()).client
        if database not in self._names:
            raise NoSuchDatabase
        self._names.discard(database)  # first: nothing is to start on what is about to go
        with contextlib.suppress(NoSuchDatabase):
            await client.call("DELETE", f"/{part(self.home(database))}")
        keys = [push.key for push in self.journal_file.held_of(database)]
        await held.release(client, self.held_home, keys, self.now())
        registered = await lookups.read(client, self.meta_home, guards.registration(database)["_id"])
        if registered is not None:
            path = f"/{part(self.meta_home)}/{part(registered.id)}"
            with contextlib.suppress(EditConflict, NoSuchDocument):
                await client.call("DELETE", path, query={"rev": str(registered.revision)})
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
            entries += await self._entries(client, places)
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
        client = (await self.session()).client
        epoch = uuid.uuid4().hex
        await _put_epoch(client, self.meta_home, epoch)
        self._become(epoch)
        return epoch

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
        epoch, names = await _read_meta(self._session.client, self.meta_home)
        for gone in self.journal_file.databases() - names - {"_held", "_meta"}:
            self.journal_file.forget(gone)
            self.hub.publish([gone])
        self._names = names
        if epoch is not None and epoch != self.epoch:
            self._become(epoch)

    def _become(self, epoch: str) -> None:
        self.epoch = epoch
        self.journal_file.forget_checkpoints()
        self.hub.recheck()

    async def _entries(self, client: CouchClient, places: list[Place]) -> list[JournalEntry]:
        """What stands at these places now; a document that went meanwhile is left out."""
        by_database: dict[str, list[str]] = {}
        for place in places:
            if place.held_key is None:
                by_database.setdefault(place.db, []).append(place.id)
        documents: dict[tuple[str, str], Stored] = {}
        for database, ids in by_database.items():
            with contextlib.suppress(NoSuchDatabase):
                for stored in await _winners(client, self.home(database), ids):
                    documents[database, stored.id] = stored
        keys = [place.held_key for place in places if place.held_key is not None]
        refused = await held.read(client, self.held_home, keys)
        entries = []
        for place in places:
            if place.held_key is not None:
                if (aside := refused.get(place.held_key)) is not None:
                    entries.append(_refused_entry(place, aside))
            elif (found := documents.get((place.db, place.id))) is not None:
                entries.append(_entry(place, found))
        return entries


class Session:
    """What belongs to one event loop: connections, locks, the follower."""

    def __init__(
        self,
        address: Address,
        journal: Journal,
        hub: Hub,
        prefix: str,
        names: Callable[[], list[str]],
        refresh: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.client = CouchClient(address)
        self.hold_lock = asyncio.Lock()
        self.follower = Follower(self.client, journal, hub, prefix, names, refresh)
        self._refresh = refresh
        self._locks: dict[str, asyncio.Lock] = {}
        self._starting: asyncio.Task[None] | None = None

    def lock(self, database: str) -> asyncio.Lock:
        return self._locks.setdefault(database, asyncio.Lock())

    async def start(self) -> None:
        """Catch up, once; a failure is told, and the next call tries again."""
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        starting = self._starting
        if starting.done() and starting.exception() is None:
            return
        try:
            await asyncio.shield(starting)
        except SyncError:
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
        await self._refresh()
        await self.follower.catch_up()
        self.follower.start()


async def make_database(client: CouchClient, home: str, account: str | None) -> None:
    """One that only the account reads and writes. Safe to repeat. Raises CouchRefused when the account may not make it."""
    with contextlib.suppress(DatabaseExists):
        await client.call("PUT", f"/{part(home)}", query={"q": guards.SHARDS})
    if account is None:
        return  # a CouchDB without accounts, as in a test
    await client.call("PUT", f"/{part(home)}/_security", body=guards.security(account))
    with contextlib.suppress(EditConflict):  # it is there
        await client.call("PUT", f"/{part(home)}/{guards.DESIGN_ID}", body=guards.design(account))


async def _prepare(address: Address, prefix: str) -> tuple[str, set[str]]:
    client = CouchClient(address)
    try:
        await client.call("GET", "/")
        for home in (guards.meta_home(prefix), guards.held_home(prefix)):
            await _make_when_missing(client, home, address.account)
        epoch, names = await _read_meta(client, guards.meta_home(prefix))
        if epoch is None:
            with contextlib.suppress(EditConflict):
                await _put_new(
                    client, guards.meta_home(prefix), {"_id": guards.EPOCH_ID, "epoch": uuid.uuid4().hex}
                )
            epoch, names = await _read_meta(client, guards.meta_home(prefix))
        if epoch is None:
            raise CouchRefused
        return epoch, names
    finally:
        await client.close()


async def _make_when_missing(client: CouchClient, home: str, account: str | None) -> None:
    try:
        await client.call("GET", f"/{part(home)}")
    except NoSuchDatabase:
        await make_database(client, home, account)


async def _read_meta(client: CouchClient, home: str) -> tuple[str | None, set[str]]:
    epoch = await lookups.read(client, home, guards.EPOCH_ID)
    names, after = set[str](), guards.DATABASE_ID_PREFIX
    while True:
        listed = await lookups.list_documents(
            client, home, lookups.PAGE_ROWS, after, guards.DATABASE_ID_PREFIX + "\uffff", 0, False, False, True, False
        )  # fmt: skip
        names |= {one.id[len(guards.DATABASE_ID_PREFIX) :] for one in listed}
        if len(listed) < lookups.PAGE_ROWS:
            break
        after = listed[-1].id
    return (None if epoch is None else str(as_object(epoch)["epoch"])), names


async def _put_new(client: CouchClient, home: str, document: dict[str, Any]) -> None:
    """Raises EditConflict when it is there."""
    await client.call("PUT", f"/{part(home)}/{part(document['_id'])}", body=document)


async def _put_epoch(client: CouchClient, home: str, epoch: str) -> None:
    for _ in range(5):
        there = await lookups.read(client, home, guards.EPOCH_ID)
        document = {"_id": guards.EPOCH_ID, "epoch": epoch}
        if there is not None:
            document["_rev"] = str(there.revision)
        with contextlib.suppress(EditConflict):
            await _put_new(client, home, document)
            return
    raise CouchUnreachable


async def _winners(client: CouchClient, home: str, ids: list[str]) -> list[Stored]:
    rows = await lookups.by_keys(client, home, ids, with_content=True)
    deleted = [
        (row.id, Revision.parse(row.rev)) for row in rows if row.stored is None and row.rev is not None
    ]
    graves = await lookups.get_revisions(client, home, deleted)
    return [row.stored for row in rows if row.stored is not None] + [one[0] for one in graves if one]


def _entry(place: Place, stored: Stored) -> JournalEntry:
    note = stored.note
    return JournalEntry(
        place.n,
        place.db,
        stored.id,
        str(stored.revision),
        None if note is None else note.author,
        None if note is None else note.device,
        datetime.fromtimestamp(place.seen_at / 1_000_000, UTC) if note is None else note.received_at,
        stored.deleted,
        as_object(stored),
        None,
    )


def _refused_entry(place: Place, aside: Stored) -> JournalEntry:
    kept, note, body = held.kept_of(aside), aside.note, orjson.loads(aside.content)
    assert kept.document is not None
    assert note is not None  # only this store writes there
    return JournalEntry(
        place.n,
        place.db,
        body["id"],
        body["rev"],
        note.author,
        note.device,
        note.received_at,
        body["deleted"],
        kept.document,
        kept.refusal,
    )


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Also where a loop runs already: `open_store` blocks by contract."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()
