"""A checkpoint that is brought up to date is acknowledged at once and written with others; nothing shows it but the speed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sync.errors import NoSuchDatabase, StorageFull, StoreBroken, StoreClosed
from sync.sqlite import SqliteStore, checkpoints, open_store
from sync.sqlite.schema import rows

pytestmark = pytest.mark.anyio


async def in_file(store: SqliteStore) -> list[Any]:
    return await store.read(
        lambda db: rows(db, "SELECT owner, id, rev, content FROM local ORDER BY owner, id")
    )


@pytest.fixture
def commits(store: SqliteStore) -> Callable[[], int]:
    return lambda: sum(store.writer.commit_seconds.seen().counts)


async def test_many_that_are_brought_up_to_date_share_a_commit(
    store: SqliteStore, commits: Callable[[], int]
) -> None:
    area = store.database("area-a1")
    for owner in ("one", "two"):
        assert await area.write_local(owner, "c", b'{"n":0}') == "0-1"
    assert [(owner, rev) for owner, _, rev, _ in await in_file(store)] == [("one", 1), ("two", 1)]
    before = commits()

    for number in range(1, 20):
        for owner in ("one", "two"):
            assert await area.write_local(owner, "c", b'{"n":%d}' % number) == f"0-{number + 1}"
            assert await area.read_local(owner, "c") == (f"0-{number + 1}", b'{"n":%d}' % number)

    assert commits() == before
    await store.checkpoints.flush()
    assert commits() == before + 1
    assert await in_file(store) == [(owner, "c", 20, b'{"n":19}') for owner in ("one", "two")]
    await store.checkpoints.flush()
    assert commits() == before + 1


async def test_they_are_written_by_themselves_a_moment_later(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "WAIT_SECONDS", 0.001)
    area = store.database("area-a1")
    await area.write_local("one", "c", b"{}")

    await area.write_local("one", "c", b'{"n":1}')

    while (await in_file(store))[0][2] != 2:  # noqa: ASYNC110 - nobody tells when
        await asyncio.sleep(0.001)


async def test_what_waits_is_written_before_the_store_closes(tmp_path: Path) -> None:
    store = open_store(tmp_path / "closing")
    await store.create("area-a1")
    await store.database("area-a1").write_local("one", "c", b"{}")
    await store.database("area-a1").write_local("one", "c", b'{"n":1}')
    await store.close()
    with pytest.raises(StoreClosed):
        await store.checkpoints.read("area-a1", "two", "c")

    store = open_store(tmp_path / "closing")
    assert await store.database("area-a1").read_local("one", "c") == ("0-2", b'{"n":1}')
    await store.close()


@pytest.mark.parametrize("seed", range(5))
async def test_nobody_can_tell_what_waits_from_what_is_written(store: SqliteStore, seed: int) -> None:
    """Two databases, the second of which is written at once."""
    dice = random.Random(seed)
    waiting, written = store.database("area-a1"), store.database("area-b")
    for _ in range(120):
        owner, local_id = dice.choice("xy"), f"c{dice.randrange(70)}"
        content = None if dice.random() < 0.2 else b'{"n":%d}' % dice.randrange(9)
        rev = await written.write_local(owner, local_id, content)
        await store.checkpoints.flush()
        assert await waiting.write_local(owner, local_id, content) == rev
        owner, local_id = dice.choice("xy"), f"c{dice.randrange(70)}"
        assert await waiting.read_local(owner, local_id) == await written.read_local(owner, local_id)


async def test_two_at_once_get_two_revisions(store: SqliteStore) -> None:
    area = store.database("area-a1")
    await area.write_local("one", "c", b"{}")

    revs = await asyncio.gather(*(area.write_local("one", "c", b'{"n":1}') for _ in range(5)))

    assert sorted(revs) == [f"0-{n}" for n in range(2, 7)]


async def test_they_go_with_their_database_and_with_the_epoch(store: SqliteStore) -> None:
    for name in ("area-a1", "area-b"):
        for _ in range(2):
            await store.database(name).write_local("one", "c", b"{}")
    gone = store.database("area-a1")

    await store.delete("area-a1")

    for work in (gone.read_local("one", "c"), gone.write_local("one", "c", b"{}")):
        with pytest.raises(NoSuchDatabase):
            await work
    await store.create("area-a1")
    assert await store.database("area-a1").read_local("one", "c") is None
    assert await store.database("area-b").read_local("one", "c") is not None
    await store.rotate_epoch()
    assert await store.database("area-b").read_local("one", "c") is None
    await store.checkpoints.flush()
    assert await in_file(store) == []


async def test_none_is_taken_by_a_store_that_takes_nothing(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = store.database("area-a1")
    await area.write_local("one", "c", b"{}")

    async def refuse(*_: Any, **__: Any) -> Any:
        raise StorageFull

    with monkeypatch.context() as patch:
        patch.setattr(store.writer, "write", refuse)
        with pytest.raises(StorageFull):
            await area.write_local("one", "new", b"{}")
        assert await area.read_local("one", "new") is None
        assert await area.write_local("one", "c", b'{"n":1}') == "0-2"
        with pytest.raises(StorageFull):
            await store.checkpoints.flush()
    await store.checkpoints.flush()
    assert [(local_id, rev) for _, local_id, rev, _ in await in_file(store)] == [("c", 2)]

    store.writer.is_broken = True
    with pytest.raises(StoreBroken):
        await area.write_local("one", "c", b"{}")
