"""Old bodies make room: what no leaf needs any more is dropped, in slices so short that no write waits long.

For: `Compaction.compact` (all of one database, now) and `tidy` (what has grown old since the last time, in every database).
Not for: cutting histories (RevisionTree.stem, at each write), checkpoints of the WAL (writer.py).
Source: CouchDB documentation, "Compaction".

A reading thread looks for documents with old bodies; the writing thread then looks at just these again and drops at most
SLICE_BODIES in one transaction, which causes no flush of its own: a slice that a crash takes back is done again. A body goes
only when an edit after it is here; a leaf's never, nor the one that stands at the document's place in the journal. `tidy`
reads the bodies that came since it last ended, so it costs what was written, not what is there; what was replaced
less than KEEP_SECONDS ago stays, so that a replica that was just told of a revision can still fetch it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import apsw

from sync.attachments import stubs_of
from sync.revisions import Node, Revision, RevisionTree
from sync.sqlite import lines, trees, upkeep
from sync.sqlite.reads import number_of
from sync.sqlite.schema import rows
from sync.sqlite.writer import Transaction

if TYPE_CHECKING:
    from sync.sqlite.store import SqliteStore

T = TypeVar("T")
PAGE_DOCUMENTS = 200  # looked at in one read
SLICE_BODIES = 200  # dropped in one transaction
KEEP_SECONDS = 3600.0
KEEP_FREE_SHARE = 16  # of the file; `tidy` leaves a sixteenth for what is written next
_PAUSES_PER_SLICE = 3  # `tidy` works a quarter of the time
_EVERYTHING = 2**62


class OldBodies(NamedTuple):
    """A page of what a reader found."""

    documents: list[tuple[int, str]]  # its number and the database it is in
    next: int | None  # where the next page begins; None: there is none


class Compaction:
    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._running: Counter[str] = Counter()
        self.ended_at: float | None = None  # seconds since 1970
        self.bodies_dropped = 0

    def is_running(self, database: str) -> bool:
        return self._running[database] > 0

    async def compact(self, database: str) -> None:
        """Drop every old body of a database and give all free pages back. Safe to repeat and to break off."""
        with self._noted([database]):
            at: int | None = 0
            while at is not None:
                page = await self._store.read(find_in_database, database, at)
                await self._drop(page.documents, _EVERYTHING, pauses=0)
                at = page.next
            await self._give_space_back(keep_share=0, pauses=0)
            await self._write(lambda transaction: None)  # by then the file has become shorter
        self.ended_at = time.time()

    async def tidy(self) -> None:
        """Go on where the last one ended, beside whatever else is written. Safe to repeat and to break off."""
        now = self._store.now().timestamp()
        recent = (int((now - KEEP_SECONDS) * 1_000_000), int(now * 1_000_000))
        at: int | None = await self._store.read(tidied_until)
        while at is not None:
            started = time.perf_counter()
            page = await self._store.read(find_since, at, recent)
            await asyncio.sleep((time.perf_counter() - started) * _PAUSES_PER_SLICE)
            last = at if page.next is None else page.next
            with self._noted({name for _, name in page.documents}):
                await self._drop(page.documents, last, _PAUSES_PER_SLICE)
            if last != at:
                await self._write(partial(_note_tidied, until=last))
            at = page.next
        await self._give_space_back(KEEP_FREE_SHARE, _PAUSES_PER_SLICE)
        self.ended_at = time.time()

    async def _drop(self, documents: Sequence[tuple[int, str]], until: int, pauses: int) -> None:
        left = [n for n, _ in documents]
        while left:
            started = time.perf_counter()
            left, dropped = await self._write(partial(drop, documents=left, until=until))
            self.bodies_dropped += dropped
            await asyncio.sleep((time.perf_counter() - started) * pauses)

    async def _give_space_back(self, keep_share: int, pauses: int) -> None:
        is_more = True
        while is_more:
            started = time.perf_counter()
            is_more = await self._write(partial(upkeep.give_space_back, keep_share=keep_share))
            await asyncio.sleep((time.perf_counter() - started) * pauses)

    async def _write(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.writer.write(work, is_durable=False, may_use_reserve=True)

    @contextmanager
    def _noted(self, databases: Iterable[str]) -> Iterator[None]:
        names = list(databases)
        self._running.update(names)
        try:
            yield
        finally:
            self._running.subtract(names)


def find_in_database(db: apsw.Connection, database: str, after: int) -> OldBodies:
    """The next documents, in the order of their places. One that is written meanwhile moves ahead of the reader."""
    n = number_of(db, database)
    found = rows(
        db,
        "SELECT n, seq, tree FROM doc WHERE db = ? AND seq > ? ORDER BY seq LIMIT ?",
        (n, after, PAGE_DOCUMENTS),
    )
    old = [(doc, database) for doc, seq, packed in found if _has_old(packed, seq, _EVERYTHING)]
    return OldBodies(old, found[-1][1] if found else None)


def find_since(db: apsw.Connection, after: int, recent: tuple[int, int]) -> OldBodies:
    """The documents of the next bodies, up to the first that was received within `recent` (microseconds since 1970).

    Only a document that got a body has an old one that it had not before. What seems to have come in the future came under
    a clock that was wrong, and does not stop everything after it until then.
    """
    found = rows(
        db,
        "SELECT n, doc, received_at FROM body WHERE n > ? ORDER BY n LIMIT ?",
        (after, PAGE_DOCUMENTS),
    )
    last = after
    documents: dict[int, None] = {}  # in order, each once
    for n, doc, received_at in found:
        if recent[0] < received_at <= recent[1]:
            break
        last = n
        documents[doc] = None
    old = []
    for doc in documents:
        about = rows(
            db,
            "SELECT d.seq, d.tree, db.name FROM doc d JOIN db ON db.n = d.db WHERE d.n = ?",
            (doc,),
        )
        if about and _has_old(about[0][1], about[0][0], last):
            old.append((doc, about[0][2]))
    return OldBodies(old, None if last == after else last)


def drop(transaction: Transaction, documents: Sequence[int], until: int) -> tuple[list[int], int]:
    """Drop at most SLICE_BODIES old bodies; return the documents that are left, and how many bodies went."""
    db, count = transaction.db, 0
    for place, doc in enumerate(documents):
        found = rows(db, "SELECT db, seq, tree FROM doc WHERE n = ? AND tree IS NOT NULL", (doc,))
        if not found:
            continue  # gone meanwhile
        database, seq, packed = found[0]
        tree = trees.decode(packed)
        old = _old_bodies(tree, seq, until)
        now = old[: SLICE_BODIES - count]
        content_bytes = 0
        for node in now:
            gone = rows(db, "DELETE FROM body WHERE n = ? RETURNING content", (node.stored,))
            if gone:
                content_bytes += len(gone[0][0])
                if stubs_of(gone[0][0]):
                    upkeep.drop_attached(db, "body = ?", node.stored or 0)
            node.stored = None
        if now:
            count += len(now)
            rows(db, "UPDATE doc SET tree = ? WHERE n = ?", (trees.encode(tree), doc))
            rows(db, "UPDATE db SET content_bytes = content_bytes - ? WHERE n = ?", (content_bytes, database))
        if len(now) < len(old):
            return list(documents[place:]), count
        if count == SLICE_BODIES:
            return list(documents[place + 1 :]), count
    return [], count


def tidied_until(db: apsw.Connection) -> int:
    found = rows(db, "SELECT value FROM meta WHERE name = 'tidied_until'")
    return int(found[0][0]) if found else 0


def _note_tidied(transaction: Transaction, until: int) -> None:
    rows(transaction.db, "INSERT OR REPLACE INTO meta (name, value) VALUES ('tidied_until', ?)", (until,))


def _has_old(packed: bytes | None, seq: int, until: int) -> bool:
    """As _old_bodies, without a tree where there is no conflict."""
    if packed is None:
        return False
    line = lines.unpack(packed)
    if line is None:
        return bool(_old_bodies(trees.decode(packed), seq, until))
    is_replaced = False
    for _, number in lines.bodies_of(line):  # newest first
        if is_replaced and number != seq:
            return True
        is_replaced = is_replaced or number <= until
    return False


def _old_bodies(tree: RevisionTree, seq: int, until: int) -> list[Node]:
    """The nodes whose bodies were replaced by an edit that was stored at `until` or before."""
    replaced: set[Revision] = set()
    for node in tree.nodes.values():
        if node.stored is not None and node.stored <= until:
            at = node.parent
            while at is not None and at not in replaced:
                replaced.add(at)
                at = tree.nodes[at].parent
    return [
        node
        for revision, node in tree.nodes.items()
        if revision in replaced and node.stored is not None and node.stored != seq
    ]
