"""Moving an installation between its two stores: everything arrives, or nothing does (contract section 1, `xunlu copy`)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from server.copying.carrying import TimeOfReceipt, carry, leaves_of, revisions_of
from server.copying.comparing import Leaf, compare, leaf_of
from server.copying.ends import Kind, Reports, copy_documents
from server.settings import Settings
from server.stores import open_documents
from sync.access import Refusal
from sync.database import Store, utc_now
from sync.documents import receipt_hash
from sync.errors import StoreUnfit
from sync.sqlite import open_store
from tests.server.copying.conftest import STEWARD, edit

Said = list[str]


def copied(
    settings: Settings, source: Kind, target: Kind, moves: Callable[[int], None] = lambda steps: None
) -> Said:
    said: Said = []
    reports = Reports(said.append, lambda stage, steps: None, moves)
    asyncio.run(copy_documents(settings, source, target, reports))
    return said


def looking(settings: Settings, kind: Kind, look: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
    """What `look` finds in a store that is opened for it."""

    async def run() -> Any:
        store = open_documents(replace(settings, store=kind), utc_now)
        try:
            return await look(store)
        finally:
            await store.close()

    return asyncio.run(run())


async def leaves(store: Store) -> dict[tuple[str, str], list[Leaf]]:
    found = {}
    for name in await store.databases():
        database = store.database(name)
        asked = [(doc_id, sorted(revs)) async for doc_id, revs in leaves_of(database)]
        for (doc_id, _), one in zip(asked, await revisions_of(database, asked), strict=True):
            found[name, doc_id] = [await leaf_of(database, doc_id, leaf) for leaf in one]
    return found


class Told(NamedTuple):
    """An entry of the journal, but for its place."""

    database: str
    id: str
    rev: str
    author: str | None
    device: str | None
    received_at: datetime
    deleted: bool
    hash: str
    refusal: Refusal | None


async def journal(store: Store) -> list[Told]:
    return [
        Told(one.database, one.id, one.rev, one.author, one.device, one.received_at, one.deleted,
             receipt_hash(one.body), one.refusal)
        for one in await store.journal(0, 10_000)
    ]  # fmt: skip


async def epoch(store: Store) -> str:
    return store.epoch


def content_of_files(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def test_there_and_back_every_leaf_is_the_same(filled: Settings) -> None:
    before = looking(filled, "sqlite", leaves)
    told = looking(filled, "sqlite", journal)
    files = content_of_files(filled.documents)

    copied(filled, "sqlite", "couchdb")
    assert content_of_files(filled.documents) == files
    filled.documents.rename(filled.data / "documents.old")
    copied(filled, "couchdb", "sqlite")

    assert len(before["area-a1", "branches"]) == 3
    assert [len(one.attachments) for one in before["area-a1", "plan"]] == [1]
    assert len(before["area-a1", "long"][0].history) == 40
    assert looking(filled, "couchdb", leaves) == before
    assert looking(filled, "sqlite", leaves) == before
    again = looking(filled, "sqlite", journal)
    assert sorted(map(repr, again)) == sorted(map(repr, told))
    assert sum(entry.refusal is not None for entry in again) == 2
    assert {entry.author for entry in again} == {None, "lin", "gu", "bai"}
    assert len({entry.received_at for entry in again}) == 10


def test_a_copy_into_a_folder_elsewhere_is_a_backup(filled: Settings, tmp_path: Path) -> None:
    copied(filled, "sqlite", "couchdb")
    elsewhere = replace(filled, data=tmp_path / "elsewhere")

    copied(elsewhere, "couchdb", "sqlite")

    assert looking(elsewhere, "sqlite", leaves) == looking(filled, "sqlite", leaves)


def test_phones_meet_another_epoch_in_each_copy(filled: Settings) -> None:
    first = looking(filled, "sqlite", epoch)
    copied(filled, "sqlite", "couchdb")
    second = looking(filled, "couchdb", epoch)
    filled.documents.rename(filled.data / "documents.old")
    copied(filled, "couchdb", "sqlite")
    third = looking(filled, "sqlite", epoch)

    assert len({first, second, third}) == 3


@pytest.mark.parametrize("target", ["sqlite", "couchdb"])
def test_a_target_that_holds_something_is_refused(filled: Settings, target: Kind) -> None:
    copied(filled, "sqlite", "couchdb")
    source: Kind = "couchdb" if target == "sqlite" else "sqlite"

    with pytest.raises(StoreUnfit, match="is not empty"):
        copied(filled, source, target)

    assert len(looking(filled, target, leaves)) == 607


def test_a_target_that_was_only_prepared_is_taken(filled: Settings) -> None:
    async def prepare(store: Store) -> None:
        await store.create("area-a1")

    looking(filled, "couchdb", prepare)

    copied(filled, "sqlite", "couchdb")

    assert looking(filled, "couchdb", leaves) == looking(filled, "sqlite", leaves)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("target", ["sqlite", "couchdb"])
def test_a_copy_that_was_cut_off_serves_nobody_and_can_be_repeated(filled: Settings, target: Kind) -> None:
    source: Kind = "sqlite"
    if target == "sqlite":
        copied(filled, "sqlite", "couchdb")
        filled.documents.rename(filled.data / "documents.old")
        source = "couchdb"

    def breaks(steps: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        copied(filled, source, target, breaks)

    if target == "couchdb":
        with pytest.raises(StoreUnfit, match="was cut off"):
            looking(filled, "couchdb", leaves)
    else:
        assert not filled.documents.exists()
        (filled.data / "documents.copying").mkdir()  # as a kill leaves it
    said = copied(filled, source, target)
    assert any("beginning again" in line for line in said)
    assert looking(filled, target, leaves) == looking(filled, source, leaves)


def test_what_cannot_be_read_whole_is_not_copied(filled: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lose(store: Store) -> None:
        monkeypatch.setattr("sync.sqlite.reads.zlib.crc32", lambda content: -1)

    looking(filled, "sqlite", lose)

    with pytest.raises(StoreUnfit, match="damaged"):
        copied(filled, "sqlite", "couchdb")


def test_without_a_store_there_is_nothing_to_copy(settings: Settings) -> None:
    with pytest.raises(StoreUnfit, match="no document store"):
        copied(settings, "sqlite", "couchdb")

    assert not settings.documents.exists()


@pytest.mark.parametrize("change", ["body", "leaf", "document", "held", "database", "author"])
def test_a_copy_that_differs_in_anything_is_found_out(filled: Settings, tmp_path: Path, change: str) -> None:
    async def run() -> None:
        clock = TimeOfReceipt()
        one, other = open_store(filled.documents), open_store(tmp_path / "other", now=clock)
        try:
            await carry(one, other, clock, lambda steps: None)
            documents = await compare(one, other, lambda steps: None)
            assert documents == 607
            await spoil(other, change)
            with pytest.raises(StoreUnfit, match="differs from the original"):
                await compare(one, other, lambda steps: None)
        finally:
            await one.close()
            await other.close()

    asyncio.run(run())


async def spoil(store: Store, change: str) -> None:
    if change == "database":
        await store.create("area-b")
        await store.database("area-b").publish([{"_id": "one more"}])
        return
    area = store.database("area-a1")
    edits = {
        "body": edit("last", "2-cd", "1-ab", n=2),
        "leaf": edit("last", "1-aa", n=1),
        "document": edit("one more", "1-aa"),
        "held": edit("airing:2", "1-e1", note="foreign"),
        "author": edit("long", "41-f", f"40-{40:032x}", n=40),
    }
    await area.push([edits[change]], STEWARD)
