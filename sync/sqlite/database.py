"""One database of the embedded store.

For: the contract of sync.database.Database; here opaque sequences become numbers and back.
Not for: SQL (edits.py, reads.py).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import apsw

from sync.access import JsonObject
from sync.database import (
    BEGINNING,
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
from sync.revisions import BadRevision, Revision
from sync.sqlite import changes, differences, reads, ready, upkeep
from sync.sqlite.changes import ChangesAsked

if TYPE_CHECKING:
    from sync.sqlite.store import SqliteStore

FEW_DOCUMENTS = 32
_END = 2**62  # after any place
_SEQUENCE = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")


class SqliteDatabase(Database):
    def __init__(self, store: SqliteStore, name: str) -> None:
        self._store = store
        self.name = name

    async def read(self, doc_id: str) -> JsonObject | None:
        found = (await self.look_up([Wanted(doc_id)]))[0]
        return None if not found or found[0].deleted else _object(doc_id, found[0])

    async def find_revision(self, doc_id: str, rev: str) -> JsonObject | None:
        try:
            wanted = Wanted(doc_id, (Revision.parse(rev),))
        except BadRevision:
            return None
        found = (await self.look_up([wanted]))[0]
        return _object(doc_id, found[0]) if found else None

    async def kept(self, items: Sequence[tuple[str, str]]) -> list[Kept | None]:
        return await self._store.read(reads.kept, self.name, items)

    async def publish(self, documents: Sequence[JsonObject]) -> list[str]:
        # What follows from facts that are here already: it may use the reserve, so that receipts go on when the disk is full.
        return await self._store.edit(
            self.name, lambda editor: editor.publish(documents), may_use_reserve=True
        )

    async def record(self, document: JsonObject, author: str, device: str | None) -> str:
        return await self._store.edit(self.name, lambda editor: editor.record(document, author, device))

    async def info(self) -> DatabaseInfo:
        found = await self._store.glance(reads.facts_about, self.name)
        documents, deleted, content_bytes, update_seq, revs_limit, file_bytes = found
        return DatabaseInfo(
            self.name,
            documents,
            deleted,
            self._text(update_seq),
            content_bytes,
            file_bytes,
            revs_limit,
            self._store.compaction.is_running(self.name),
        )

    async def current_sequence(self) -> str:
        return self._text(await self._store.glance(reads.update_seq, self.name))

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
        ids = None if doc_ids is None else tuple(doc_ids)
        start = _END if descending and since == NOW else self._number(since)
        suffix = f"-{self._store.epoch}"
        asked = ChangesAsked(self.name, start, limit, all_leaves, with_content, ids, suffix)
        page = await (self._store.read(changes.changes_down, asked) if descending else self._page(asked))
        if with_content:
            self._store.count_read(len(page.changes))
        return page

    async def _page(self, asked: ChangesAsked) -> ChangesPage:
        """One write may wake a thousand feeds that all ask the same: it is read once for them."""
        pages, published = self._store.pages, self._store.hub.published
        last = pages.get(self.name)
        if last is not None and last[:2] == (published, asked):
            await asyncio.sleep(0)
            return last[2]

        def look(db: apsw.Connection) -> ChangesPage | None:
            page = changes.changes_if_few(db, asked)
            if page is not None:
                pages[self.name] = (published, asked, page)
            return page

        page = await self._store.glance(look)
        return await self._store.read(changes.changes, asked) if page is None else page

    async def pending(self, since: str) -> int:
        return await self._store.glance(reads.pending, self.name, self._number(since))

    async def missing_revisions(self, asked: Mapping[str, Sequence[Revision]]) -> dict[str, Missing]:
        read = self._store.glance if len(asked) <= changes.FEW_ROWS else self._store.read
        return await read(differences.missing_revisions, self.name, asked)

    async def look_up(self, wanted: Sequence[Wanted]) -> list[list[Found]]:
        read = self._store.glance if len(wanted) <= FEW_DOCUMENTS else self._store.read
        found = await read(reads.look_up, self.name, wanted)
        self._store.count_read(sum(map(len, found)))
        return found

    async def only_leaves(
        self, asked: Sequence[tuple[str, str | None]], with_revisions: bool
    ) -> list[bytes | None]:
        read = self._store.glance if len(asked) <= FEW_DOCUMENTS else self._store.read
        found = await read(ready.only_leaves, self.name, asked, with_revisions)
        self._store.count_read(len(found) - found.count(None))
        return found

    async def attachments(self, doc_id: str, revision: Revision, names: Sequence[str]) -> dict[str, bytes]:
        return await self._store.read(reads.attachments, self.name, doc_id, revision, names)

    async def known(self, doc_id: str) -> Known | None:
        found = await self._store.glance(reads.known, self.name, doc_id)
        return None if found is None else Known(self._text(found[0]), found[1])

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
        found = await self._store.read(
            reads.list_documents,
            self.name,
            limit,
            start,
            end,
            skip,
            descending,
            inclusive_start,
            inclusive_end,
            with_content,
        )
        if with_content:
            self._store.count_read(len(found))
        return found

    async def list_keys(self, keys: Sequence[str], *, with_content: bool = False) -> list[Listed]:
        if with_content:
            self._store.count_read(len(keys))
        return await self._store.read(reads.list_keys, self.name, keys, with_content)

    async def count_before(self, start: str, descending: bool) -> int:
        return await self._store.read(reads.count_before, self.name, start, descending)

    async def push(
        self, edits: Sequence[Edit], pusher: Pusher, meanwhile: Callable[[list[Outcome]], None] | None = None
    ) -> list[Outcome]:
        return await self._store.edit(
            self.name, lambda editor: editor.push(edits, pusher), meanwhile=meanwhile
        )

    async def read_local(self, owner: str, local_id: str) -> tuple[str, bytes] | None:
        return await self._store.checkpoints.read(self.name, owner, local_id)

    async def write_local(self, owner: str, local_id: str, content: bytes | None) -> str:
        return await self._store.checkpoints.write(self.name, owner, local_id, content)

    async def set_revs_limit(self, limit: int) -> None:
        await self._store.writer.write(
            lambda transaction: upkeep.set_revs_limit(transaction, self.name, limit)
        )

    async def compact(self) -> None:
        await self._store.compaction.compact(self.name)

    def listen(self) -> Waiter:
        return self._store.hub.listen(self.name)

    def _text(self, seq: int) -> str:
        return f"{seq}-{self._store.epoch}"

    def _number(self, sequence: str) -> int:
        """What was not given out in this epoch, or not yet, is the beginning: nothing is missed then."""
        match = _SEQUENCE.fullmatch(sequence)
        if match is None or sequence == BEGINNING or match[2] != self._store.epoch:
            return 0
        seq = int(match[1])
        return seq if seq <= self._store.writer.last_seq else 0


def _object(doc_id: str, found: Found) -> JsonObject | None:
    if found.content is None:
        return None
    return reads.as_object(doc_id, str(found.revision), found.deleted, found.content)
