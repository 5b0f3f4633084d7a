"""Proving that two stores hold the same documents.

For: `compare`: every leaf's id, revision, history, deletion, hash of its body and bytes of its attachments; and of every entry of
the journals: whose it is, from which phone, received when, set aside for what reason.
Not for: how the bytes lie in either store. A body's hash is the one that receipts name (docs/architecture.md section 3), which
does not depend on how a store spells a number; a digest of attachments is each store's own, so their bytes are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC
from typing import NamedTuple

import orjson

from server.copying.carrying import PAGE, bytes_of, leaves_of, revisions_of
from sync.attachments import stubs_of
from sync.database import BEGINNING, Database, Found, JournalEntry, Store
from sync.documents import receipt_hash
from sync.errors import StoreUnfit

Progress = Callable[[int], None]  # how many documents more


class Leaf(NamedTuple):
    """What makes two leaves the same."""

    rev: str
    history: tuple[str, ...]
    deleted: bool
    hash: str
    attachments: tuple[tuple[str, str, bytes], ...]  # name, type, content


class _Entry(NamedTuple):
    database: str
    id: str
    rev: str
    author: str | None
    device: str | None
    received_at: str
    deleted: bool
    refusal: tuple[str, str] | None
    hash: str


async def compare(one: Store, other: Store, progress: Progress) -> int:
    """Return how many documents were compared. Raises StoreUnfit, naming the first difference."""
    names, there = await one.databases(), await other.databases()
    if missing := sorted(set(names).difference(there)):
        raise _different(missing[0], "database")
    for name in sorted(set(there).difference(names)):  # made ready for people who are new
        if (await other.database(name).changes(BEGINNING, 1)).changes:
            raise _different(name, "database")
    compared = 0
    for name in names:
        compared += await _compare_databases(one.database(name), other.database(name), progress)
    await _compare_journals(one, other)
    return compared


async def leaf_of(database: Database, doc_id: str, found: Found) -> Leaf:
    assert found.content is not None
    contents = await bytes_of(database, doc_id, found)
    stubs = stubs_of(found.content)
    return Leaf(
        str(found.revision),
        tuple(str(revision) for revision in found.history),
        found.deleted,
        receipt_hash({"_id": doc_id, **orjson.loads(found.content)}),
        tuple((name, stubs[name]["content_type"], contents[name]) for name in sorted(stubs)),
    )


async def _compare_databases(one: Database, other: Database, progress: Progress) -> int:
    here = [(doc_id, sorted(revs)) async for doc_id, revs in leaves_of(one)]
    there = {doc_id: sorted(revs) async for doc_id, revs in leaves_of(other)}
    if there.keys() != {doc_id for doc_id, _ in here}:
        unequal = there.keys() ^ {doc_id for doc_id, _ in here}
        raise _different(f"{one.name}/{min(unequal)}", f"{len(here)} / {len(there)} documents")
    for begin in range(0, len(here), PAGE):
        page = here[begin : begin + PAGE]
        for doc_id, revs in page:
            if there[doc_id] != revs:
                raise _different(f"{one.name}/{doc_id}", f"{revs} / {there[doc_id]}")
        for (doc_id, _), found, again in zip(
            page, await revisions_of(one, page), await revisions_of(other, page), strict=True
        ):
            for leaf, same in zip(found, again, strict=True):
                if await leaf_of(one, doc_id, leaf) != await leaf_of(other, doc_id, same):
                    raise _different(f"{one.name}/{doc_id}", str(leaf.revision))
        progress(len(page))
    return len(here)


async def _compare_journals(one: Store, other: Store) -> None:
    """The same entries, each as often; each names its document's winner.

    Their order is a store's own: a CouchDB orders what it was given at once.
    """
    here, there = await _entries(one), await _entries(other)
    for entry in (here - there) or (there - here):
        raise _different(f"journal: {entry.database}/{entry.id}", entry.rev)


async def _entries(store: Store) -> Counter[_Entry]:
    found, since, end = Counter[_Entry](), 0, await store.journal_end()
    while since < end and (page := await store.journal(since, PAGE)):
        found.update(map(_entry, page))
        since = page[-1].seq
    return found


def _entry(entry: JournalEntry) -> _Entry:
    return _Entry(
        entry.database,
        entry.id,
        entry.rev,
        entry.author,
        entry.device,
        entry.received_at.astimezone(UTC).isoformat(),
        entry.deleted,
        None if entry.refusal is None else (entry.refusal.code, entry.refusal.reason),
        receipt_hash(entry.body),
    )


def _different(what: str, how: str) -> StoreUnfit:
    return StoreUnfit(
        f"复制与原件不同: {what} ({how}): 副本不可用, 原件未动. "
        f"The copy differs from the original: {what} ({how}). The copy is of no use, the original is untouched."
    )
