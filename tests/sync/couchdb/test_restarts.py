"""The server behind the CouchDB store is killed, comes back, and may have less than it acknowledged."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sync.access import Refusal
from sync.couchdb import CouchStore, client, open_store
from sync.database import BEGINNING, JournalEntry, Outcome, Wanted
from sync.errors import StoreBroken, StoreUnfit
from sync.revisions import Revision
from tests.pouchdb_server import IS_HERE, PouchdbServer
from tests.sync.store_contract import STEWARD, edit

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not IS_HERE, reason="pouchdb-server is not here: run `make second-server`"),
]
AREA = "area-a1"
PATIENCE_SECONDS = 60


@pytest.fixture(autouse=True)
def _is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr("sync.couchdb.watch.FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("sync.couchdb.follower.FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("sync.couchdb.follower.REST_SECONDS", 0)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[PouchdbServer]:
    """A server of this story alone, with its databases in files."""
    server = PouchdbServer(tmp_path / "far", tmp_path / "far-work")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def store(far: PouchdbServer, tmp_path: Path) -> AsyncIterator[CouchStore]:
    store = open_store(far.url, tmp_path / "journal", prefix=f"xt{uuid.uuid4().hex[:8]}")
    await store.create(AREA)
    yield store
    await store.close()


async def journal(store: CouchStore) -> list[JournalEntry]:
    return await store.journal(0, 10_000)


def ids(entries: list[JournalEntry]) -> list[str]:
    return [entry.id for entry in entries]


@pytest.mark.parametrize("kills", [1, pytest.param(30, marks=pytest.mark.soak)])
async def test_a_killed_server_is_told_to_phones_and_nothing_is_lost_or_doubled_when_it_is_back(
    far: PouchdbServer, store: CouchStore, kills: int
) -> None:
    area, acknowledged = store.database(AREA), list[str]()

    async def push(name: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:  # as a phone: again until it is acknowledged
                try:
                    await area.push([edit(name, "1-a")], STEWARD)
                except StoreBroken:
                    await asyncio.sleep(0)
                    continue
                acknowledged.append(name)
                return

    epoch = store.epoch
    for kill in range(kills):
        pushing = [asyncio.create_task(push(f"d{kill}-{number}")) for number in range(20)]
        await asyncio.wait(pushing, return_when=asyncio.FIRST_COMPLETED)
        far.kill()
        with pytest.raises(StoreBroken):
            await area.push([edit("meanwhile", "1-a")], STEWARD)
        with pytest.raises(StoreBroken):
            await area.read("d0-0")
        await asyncio.to_thread(far.start)
        await asyncio.gather(*pushing)

    assert await area.missing_revisions({name: [Revision.parse("1-a")] for name in acknowledged}) == {}
    assert sorted(ids(await journal(store))) == sorted(acknowledged)
    assert len(acknowledged) == 20 * kills
    assert store.epoch == epoch  # a kill took nothing: what was written was the system's already
    assert {row.id for row in (await area.changes(BEGINNING, 1000)).changes} == set(acknowledged)


async def test_a_server_that_came_back_with_less_is_another_one_for_phones_and_gets_it_again(
    far: PouchdbServer, store: CouchStore, tmp_path: Path
) -> None:
    """As after a power cut, or when an operator puts an older copy back."""
    area = store.database(AREA)
    refused = edit("x", "1-x", refusal=Refusal("author", "not yours"))
    await area.push([edit("kept", "1-a"), edit("edited", "1-a", n=1)], STEWARD)
    far.stop()
    shutil.copytree(tmp_path / "far", tmp_path / "copy")
    await asyncio.to_thread(far.start)
    await area.push([edit("lost", "1-a"), edit("edited", "2-b", "1-a", n=2)], STEWARD)
    await area.push([refused], STEWARD)
    old_epoch, old_since, read_up_to = store.epoch, await area.current_sequence(), await store.journal_end()
    assert ids(await journal(store)) == ["kept", "lost", "edited", "x"]

    far.kill()
    shutil.rmtree(tmp_path / "far")
    shutil.copytree(tmp_path / "copy", tmp_path / "far")
    await asyncio.to_thread(far.start)

    # Whatever is asked first: nothing claims what is not there, and everybody learns that the store is another one.
    assert await area.kept([("lost", "1-a"), ("edited", "2-b"), ("x", "1-x"), ("kept", "1-a")]) != [None] * 4
    assert store.epoch != old_epoch
    kept = await area.kept([("lost", "1-a"), ("edited", "2-b"), ("x", "1-x")])
    assert kept == [None, None, None]
    assert {row.id for row in (await area.changes(old_since, 10)).changes} == {"kept", "edited"}
    assert {(entry.id, entry.rev) for entry in await journal(store)} == {("kept", "1-a"), ("edited", "1-a")}
    assert not await store.wait_for_journal(await store.journal_end(), 0.01)

    again = [edit("lost", "1-a"), edit("edited", "2-b", "1-a", n=2), refused]
    assert await area.push(again, STEWARD) == [Outcome.STORED, Outcome.STORED, Outcome.HELD]
    assert await area.push(again, STEWARD) == [Outcome.KNOWN, Outcome.KNOWN, Outcome.HELD]
    entries = await store.journal(read_up_to, 100)
    assert sorted((entry.id, entry.rev) for entry in entries) == [
        ("edited", "2-b"),
        ("lost", "1-a"),
        ("x", "1-x"),
    ]


async def test_our_process_finds_out_at_its_start_too(
    far: PouchdbServer, store: CouchStore, tmp_path: Path
) -> None:
    far.stop()
    shutil.copytree(tmp_path / "far", tmp_path / "copy")
    await asyncio.to_thread(far.start)
    await store.database(AREA).push([edit("lost", "1-a")], STEWARD)
    epoch, prefix = store.epoch, store.held_home.removesuffix("_held")
    await store.close()
    far.kill()
    with pytest.raises(StoreUnfit, match="xunlu couchdb check"):
        open_store(far.url, tmp_path / "journal", prefix=prefix)

    shutil.rmtree(tmp_path / "far")
    shutil.copytree(tmp_path / "copy", tmp_path / "far")
    await asyncio.to_thread(far.start)
    again = open_store(far.url, tmp_path / "journal", prefix=prefix)

    assert await journal(again) == []
    assert again.epoch != epoch
    assert await again.database(AREA).push([edit("lost", "1-a")], STEWARD) == [Outcome.STORED]
    assert await again.database(AREA).look_up([Wanted("lost", (Revision.parse("1-a"),))]) != [[]]
    assert ids(await journal(again)) == ["lost"]
    await again.close()
