"""One database of the CouchDB store.

For: the contract of sync.database.Database; here names and sequences become CouchDB's and back.
Not for: how each answer is found (feeds.py, lookups.py, edits.py, held.py).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sync.access import JsonObject
from sync.couchdb import feeds, held, lookups
from sync.couchdb.bodies import Note, as_object
from sync.couchdb.checkpoints import Checkpoints
from sync.couchdb.client import name as part
from sync.couchdb.edits import Editor
from sync.couchdb.errors import CouchUnreachable
from sync.couchdb.feeds import Sequences
from sync.database import (
    NOW,
    ChangesPage,
    Database,
    DatabaseInfo,
    Edit,
    Found,
    Kept,
    Known,
    Listed,
    Missing,
    Outcome,
    Pusher,
    Waiter,
    Wanted,
)
from sync.errors import NoSuchDatabase
from sync.revisions import BadRevision, Revision

if TYPE_CHECKING:
    from sync.couchdb.session import Session
    from sync.couchdb.store import CouchStore

logger = logging.getLogger(__name__)

COMPACTION_LOOK_SECONDS = 0.2


class CouchDatabase(Database):
    def __init__(self, store: CouchStore, name: str) -> None:
        self._store = store
        self.name = name
        self._home = store.home(name)

    async def read(self, doc_id: str) -> JsonObject | None:
        async with self._session() as session:
            found = await lookups.read(session.client, self._home, doc_id)
        return None if found is None else as_object(found)

    async def find_revision(self, doc_id: str, rev: str) -> JsonObject | None:
        try:
            asked = [(doc_id, Revision.parse(rev))]
        except BadRevision:
            return None
        async with self._session() as session:
            found = (await lookups.get_revisions(session.client, self._home, asked))[0]
        return as_object(found[0]) if found else None

    async def kept(self, items: Sequence[tuple[str, str]]) -> list[Kept | None]:
        asked = [(doc_id, revision) for doc_id, rev in items if (revision := _revision(rev)) is not None]
        async with self._session() as session:
            found = await lookups.get_revisions(session.client, self._home, asked)
            here = {(one[0].id, one[0].revision): one[0] for one in found if one}
            gone: dict[str, list[Revision]] = {}
            for doc_id, revision in asked:
                if (doc_id, revision) not in here:
                    gone.setdefault(doc_id, []).append(revision)
            missing = await lookups.missing_revisions(session.client, self._home, gone)
            asides = self._store.journal_file.held_of(self.name, {doc_id for doc_id, _ in items})
            keys = {(aside.id, aside.rev): aside.key for aside in reversed(asides)}  # the oldest of each
            set_aside = await held.read(session.client, self._store.held_home, list(keys.values()))
        answer: list[Kept | None] = []
        for doc_id, rev in items:
            named = _revision(rev)
            if named is not None and (stored := here.get((doc_id, named))) is not None:
                answer.append(Kept(as_object(stored), None))
            elif named is not None and (doc_id not in missing or rev not in missing[doc_id].missing):
                answer.append(Kept(None, None))  # only its place in the history is left
            else:
                aside_document = set_aside.get(keys.get((doc_id, rev), ""))
                answer.append(None if aside_document is None else held.kept_of(aside_document))
        return answer

    async def publish(self, documents: Sequence[JsonObject]) -> list[str]:
        async with self._session() as session, session.lock(self.name):
            return await self._editor(session).publish(documents, self._note(None, None))

    async def record(self, document: JsonObject, author: str, device: str | None) -> str:
        async with self._session() as session, session.lock(self.name):
            return await self._editor(session).record(document, self._note(author, device))

    async def info(self) -> DatabaseInfo:
        async with self._session() as session:
            facts, designs, revs_limit = await asyncio.gather(
                session.client.call("GET", f"/{part(self._home)}", has="doc_count"),
                lookups.count_designs(session.client, self._home),
                lookups.revs_limit(session.client, self._home),
            )
        sizes = facts.get("sizes", {})
        return DatabaseInfo(
            self.name,
            facts["doc_count"] - designs,
            facts.get("doc_del_count", 0),
            self._sequences().ours(facts["update_seq"]),
            sizes.get("external") or 0,
            sizes.get("file") or 0,
            revs_limit,
        )

    async def current_sequence(self) -> str:
        async with self._session() as session:
            return self._sequences().ours(await feeds.current(session.client, self._home))

    async def changes(
        self,
        since: str,
        limit: int,
        *,
        all_leaves: bool = False,
        with_content: bool = False,
        descending: bool = False,
        doc_ids: Sequence[str] | None = None,
    ) -> ChangesPage:
        """CouchDB ends a normal feed at what was there when it began."""
        sequences = self._sequences()
        read = feeds.changes_backwards if descending else feeds.changes
        at = NOW if since == NOW else sequences.couchdbs(since)
        async with self._session() as session:
            return await read(
                session.client, self._home, sequences, at, limit, all_leaves, with_content, doc_ids
            )

    async def pending(self, since: str) -> int:
        async with self._session() as session:
            return await feeds.pending(session.client, self._home, self._sequences().couchdbs(since))

    async def missing_revisions(self, asked: Mapping[str, Sequence[Revision]]) -> dict[str, Missing]:
        """Of documents that the journal never saw all are missing, without a question.

        Another process may have written one this very moment: then it is sent once more, and stored once.
        """
        async with self._session() as session:
            seen = self._store.journal_file.past(self.name, asked)
            known = {doc_id: revs for doc_id, revs in asked.items() if doc_id in seen}
            found = await lookups.missing_revisions(session.client, self._home, known)
        for doc_id, revs in asked.items():
            if doc_id not in seen and revs:
                found[doc_id] = Missing([str(revision) for revision in dict.fromkeys(revs)], [])
        return found

    async def look_up(self, wanted: Sequence[Wanted]) -> list[list[Found]]:
        async with self._session() as session:
            return await lookups.look_up(session.client, self._home, wanted)

    async def attachments(self, doc_id: str, revision: Revision, names: Sequence[str]) -> dict[str, bytes]:
        async with self._session() as session:
            return await lookups.attachments(session.client, self._home, doc_id, revision, names)

    async def known(self, doc_id: str) -> Known | None:
        async with self._session() as session:
            tree = await lookups.tree_of(session.client, self._home, doc_id)
            if tree is None:
                return None
            place = await feeds.place_of(session.client, self._home, doc_id)
        return None if place is None else Known(self._sequences().ours(place), tree)

    async def list_documents(
        self,
        limit: int,
        *,
        start: str | None = None,
        end: str | None = None,
        skip: int = 0,
        descending: bool = False,
        inclusive_start: bool = True,
        inclusive_end: bool = True,
        with_content: bool = False,
    ) -> list[Listed]:
        async with self._session() as session:
            return await lookups.list_documents(
                session.client,
                self._home,
                limit,
                start,
                end,
                skip,
                descending,
                inclusive_start,
                inclusive_end,
                with_content,
            )

    async def list_keys(self, keys: Sequence[str], *, with_content: bool = False) -> list[Listed]:
        async with self._session() as session:
            return [
                lookups.listed(row)
                for row in await lookups.by_keys(session.client, self._home, keys, with_content)
            ]

    async def count_before(self, start: str, descending: bool) -> int:
        async with self._session() as session:
            return await lookups.count_before(session.client, self._home, start, descending)

    async def push(
        self, edits: Sequence[Edit], pusher: Pusher, meanwhile: Callable[[list[Outcome]], None] | None = None
    ) -> list[Outcome]:
        note = self._note(pusher.name, pusher.device)
        async with self._session() as session:
            editor = self._editor(session)
            if not any(edit.is_interactive for edit in edits):
                return await editor.push(edits, pusher, note)
            async with session.lock(self.name):
                return await editor.push(edits, pusher, note)

    async def read_local(self, owner: str, local_id: str) -> tuple[str, bytes] | None:
        async with self._session() as session:
            return await self._checkpoints(session).read(owner, local_id)

    async def write_local(self, owner: str, local_id: str, content: bytes | None) -> str:
        async with self._session() as session:
            return await self._checkpoints(session).write(owner, local_id, content)

    async def set_revs_limit(self, limit: int) -> None:
        async with self._session() as session:
            path = f"/{part(self._home)}/_revs_limit"
            await session.client.call("PUT", path, body=limit, accepts_202=True)

    async def compact(self) -> None:
        """Returns when CouchDB is done with it; it works in the background all the while."""
        async with self._session() as session:
            path = f"/{part(self._home)}"
            await session.client.call("POST", f"{path}/_compact", body={}, accepts_202=True)
            while (await session.client.call("GET", path)).get("compact_running"):  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(COMPACTION_LOOK_SECONDS)

    def listen(self) -> Waiter:
        return self._store.hub.listen(self.name)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        """The connection, once the journal has seen what is there. Raises NoSuchDatabase, StoreClosed."""
        session = await self._store.session()
        if not self._store.has(self.name):
            raise NoSuchDatabase
        try:
            yield session
        except NoSuchDatabase as error:
            await self._store.refresh()
            if self._store.has(self.name):  # phones that are told that it is gone drop their copy
                logger.error(
                    "database %s is registered but not at CouchDB: restore it, or delete it", self._home
                )
                raise CouchUnreachable from error
            raise

    def _editor(self, session: Session) -> Editor:
        store = self._store
        return Editor(
            session.client,
            store.journal_file,
            store.hub,
            self.name,
            self._home,
            store.held_home,
            session.hold_lock,
        )

    def _checkpoints(self, session: Session) -> Checkpoints:
        store = self._store
        return Checkpoints(session.client, store.journal_file, store.epoch, self.name, self._home)

    def _sequences(self) -> Sequences:
        return Sequences(self._store.epoch)

    def _note(self, author: str | None, device: str | None) -> Note:
        return Note(author, device, self._store.now())


def _revision(rev: str) -> Revision | None:
    try:
        return Revision.parse(rev)
    except BadRevision:
        return None
