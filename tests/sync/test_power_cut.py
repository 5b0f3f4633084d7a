"""The power is cut at random moments of a stream of writes: what was acknowledged is there afterwards, whole.

30 cuts here, a tenth of promises G2; `make soak` makes 300. Source: promises I2, F-32.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import shutil
from pathlib import Path

import pytest

from sync.database import Database
from sync.errors import StoreUnfit, SyncError
from sync.sqlite import open_store, writer
from sync.sqlite.verify import verify
from tests.sync.power_cut import PowerDisk
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio


class Writing:
    """Four clients at once; what they were told is stored."""

    def __init__(self, area: Database, dice: random.Random) -> None:
        self._area = area
        self._dice = dice
        self._numbers = itertools.count()
        self.texts: dict[str, str] = {}
        self.generation = [0, 0, 0, 0]
        self.is_over = False

    async def run(self) -> None:
        await asyncio.gather(*(self._client(number) for number in range(4)), self._compact())

    async def _client(self, number: int) -> None:
        while not self.is_over:
            if self._dice.random() < 0.3:
                generation = self.generation[number] + 1
                history = [f"{n}-{n:032x}" for n in range(generation, 0, -1)]
                await self._area.push([edit(f"edited{number}", *history, n=generation)], STEWARD)
                self.generation[number] = generation
            elif self._dice.random() < 0.1:
                await self._area.write_local("steward1", f"checkpoint{number}", b'{"n":1}')
            else:
                size = self._dice.choice([20, 200, 5000])
                texts = {f"d{next(self._numbers)}": self._dice.randbytes(size).hex() for _ in range(3)}
                await self._area.push([edit(name, "1-a", text=text) for name, text in texts.items()], STEWARD)
                self.texts.update(texts)

    async def _compact(self) -> None:
        while not self.is_over:
            await self._area.compact()
            await asyncio.sleep(0.01)


async def cut_again_and_again(
    folder: Path, cuts: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, int]:
    monkeypatch.setattr("sync.sqlite.wal.CHECKPOINT_PAGES", 40)
    monkeypatch.setattr("sync.sqlite.wal.TRUNCATE_PAGES", 150)
    dice = random.Random(seed)
    live = folder / "live"
    store = open_store(live)
    await store.create("area-a1")
    await store.close()
    disk = PowerDisk(live)
    store = disk.open_store()
    writing = Writing(store.database("area-a1"), random.Random(seed + 1))
    running = asyncio.create_task(writing.run())
    try:
        for cut in range(cuts):
            await asyncio.sleep(dice.uniform(0.0, 0.04))  # the moment of the cut is what varies
            texts, generation = dict(writing.texts), list(writing.generation)
            disk.lose_power(dice, folder / f"cut{cut}")
            await _look(folder / f"cut{cut}", texts, generation)
    finally:
        writing.is_over = True
        await running
        await store.close()
        disk.unregister()
    return len(writing.texts), sum(writing.generation)


async def _look(folder: Path, texts: dict[str, str], generation: list[int]) -> None:
    """The power is back: the store opens, is whole, has everything, and goes on."""
    store = open_store(folder)
    try:
        area = store.database("area-a1")
        listed = await area.list_documents(100_000, with_content=True)
        stored = {row.id: row.content for row in listed}
        for name, text in texts.items():
            assert stored[name] == f'{{"text":"{text}"}}'.encode()
        for number, acknowledged in enumerate(generation):
            if acknowledged:
                document = await area.read(f"edited{number}")
                assert document is not None
                assert document["n"] >= acknowledged
        await area.push([edit("after", "1-a")], STEWARD)
    finally:
        await store.close()
    assert list(verify(folder)) == []
    shutil.rmtree(folder)


async def test_nothing_acknowledged_is_lost_in_30_power_cuts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, edited = await cut_again_and_again(tmp_path, 30, 20261125, monkeypatch)

    assert written > 30
    assert edited


async def test_the_cut_is_noticed_when_commits_are_not_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of this test can lose: with flushing turned off it does."""
    monkeypatch.setattr(writer.Writer, "_set_synchronous", _never)

    with pytest.raises((KeyError, AssertionError, SyncError, StoreUnfit)):
        await cut_again_and_again(tmp_path, 30, 5, monkeypatch)


def _never(self: writer.Writer, level: str) -> None:
    if self._synchronous != "OFF":
        self._db.pragma("synchronous", "OFF")
        self._synchronous = "OFF"


@pytest.mark.soak
@pytest.mark.timeout(3600)
async def test_nothing_acknowledged_is_lost_in_300_power_cuts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = edited = 0
    for seed in range(10):  # ten young stores: each cut copies and looks through everything
        more = await cut_again_and_again(tmp_path / str(seed), 30, seed, monkeypatch)
        written, edited = written + more[0], edited + more[1]

    print(f"300 cuts: {written} documents and {edited} edits acknowledged, none lost")
    assert written > 300
