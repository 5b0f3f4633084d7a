"""Waiting for intake gives a true answer or none; trouble with the database delays and stops nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from server.errors import NotCaughtUp
from server.intake import service, transactions
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
P1 = "decoration_patrol:P1"


async def test_everything_that_had_arrived_is_published_when_the_wait_ends(world: World) -> None:
    await world.decoration(D1)
    await world.intake.start()

    for number in range(20):
        await world.arrive(papers.patrol(f"decoration_patrol:P{number}", D1, MONDAY))
        await asyncio.gather(*(world.intake.catch_up() for _ in range(5)))
        assert world.fact_row(f"decoration_patrol:P{number}").seq > 0


async def test_a_wait_that_takes_too_long_ends_without_a_guess(world: World) -> None:
    release = asyncio.Event()

    async def occupied() -> None:
        await release.wait()

    holder = asyncio.create_task(world.intake._alone(occupied))
    await asyncio.sleep(0)
    with pytest.raises(NotCaughtUp):
        await world.intake.catch_up(timeout_seconds=0.01)

    release.set()
    await holder
    await world.intake.catch_up()


async def test_a_caller_who_gives_up_leaves_the_work_whole(world: World) -> None:
    await world.decoration(D1)
    waiting = asyncio.create_task(world.intake.catch_up())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    await world.take(papers.patrol(P1, D1, MONDAY))

    status = await world.status(D1)
    assert status is not None
    assert status["fields"]["last_patrol_by"] == "steward1"


async def test_trouble_with_the_database_is_told_and_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.decoration(D1)
    troubles = 2
    take = transactions.Transactions._take

    def troubled(self: Any, *arguments: Any) -> None:
        nonlocal troubles
        if troubles > 0:
            troubles -= 1
            raise OperationalError("BEGIN", {}, Exception("disk I/O error"))
        take(self, *arguments)

    monkeypatch.setattr(transactions.Transactions, "_take", troubled)
    monkeypatch.setattr(service, "MAX_BACK_OFF_SECONDS", 0.01)
    with pytest.raises(NotCaughtUp):
        await world.intake.catch_up()
    with pytest.raises(OperationalError):
        await world.intake.start()
    await world.intake.start()

    await world.take(papers.patrol(P1, D1, MONDAY))

    assert world.fact_row(P1).held_code is None


async def test_the_loop_outlives_trouble_with_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.decoration(D1)
    await world.intake.start()
    troubles, recovered = 3, asyncio.Event()
    loop = asyncio.get_running_loop()
    take = transactions.Transactions._take

    def troubled(self: Any, *arguments: Any) -> None:
        nonlocal troubles
        if troubles > 0:
            troubles -= 1
            raise OperationalError("BEGIN", {}, Exception("disk I/O error"))
        take(self, *arguments)
        loop.call_soon_threadsafe(recovered.set)

    monkeypatch.setattr(transactions.Transactions, "_take", troubled)
    monkeypatch.setattr(service, "MAX_BACK_OFF_SECONDS", 0.01)
    await world.arrive(papers.patrol(P1, D1, MONDAY))
    await asyncio.wait_for(recovered.wait(), 10)
    await world.intake.catch_up()

    assert troubles == 0
    assert world.fact_row(P1).held_code is None


async def test_two_processes_on_one_journal_take_each_entry_once(world: World) -> None:
    first = world.intake
    world.assemble()
    second = world.intake
    await world.decoration(D1)
    await asyncio.gather(first.start(), second.start())

    for number in range(10):
        await world.arrive(papers.patrol(f"decoration_patrol:P{number}", D1, MONDAY))
        await asyncio.gather(first.catch_up(), second.catch_up())

    status = await world.status(D1)
    assert status is not None
    assert status["fields"]["last_patrol_by"] == "steward1"
    await first.stop()
