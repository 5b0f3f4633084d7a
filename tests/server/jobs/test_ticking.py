"""The heart-beat: it starts, beats, survives trouble and clocks that are put back, and ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from server.errors import NotCaughtUp
from server.jobs import service
from server.jobs.service import Jobs, bring_forward
from tests.server.intake.world import World

pytestmark = pytest.mark.anyio


async def test_it_ticks_once_started_and_no_more_once_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticked = asyncio.Event()
    count = 0
    wake = world.intake.wake_due

    async def counting(now: datetime) -> None:
        nonlocal count
        count += 1
        await wake(now)
        ticked.set()

    monkeypatch.setattr(world.intake, "wake_due", counting)
    jobs = Jobs(world.services)

    await jobs.start()
    await asyncio.wait_for(ticked.wait(), 10)
    await jobs.stop()
    await jobs.stop()

    ended_at = count
    await asyncio.sleep(0)
    assert count == ended_at >= 1


async def test_a_tick_that_fails_is_followed_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "TICK_SECONDS", 0.02)
    healthy = asyncio.Event()
    failures = 2

    async def failing(now: datetime) -> None:
        nonlocal failures
        if failures > 0:
            failures -= 1
            raise OSError("disk")
        healthy.set()

    monkeypatch.setattr(world.intake, "wake_due", failing)
    jobs = Jobs(world.services)
    await jobs.start()
    await asyncio.wait_for(healthy.wait(), 10)
    await jobs.stop()

    assert failures == 0


async def test_nobody_is_reminded_while_intake_is_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def behind(timeout_seconds: float) -> None:
        raise NotCaughtUp("behind")

    async def never(*arguments: Any) -> None:
        raise AssertionError("woken although intake is behind")

    monkeypatch.setattr(world.intake, "catch_up", behind)
    monkeypatch.setattr(world.intake, "wake_due", never)

    await Jobs(world.services).tick()


async def test_a_clock_put_back_by_hours_does_not_stop_the_ticks() -> None:
    scheduler = AsyncIOScheduler(timezone=UTC)
    now = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    scheduler.add_job(lambda: None, "interval", seconds=5, id="tick", next_run_time=now + timedelta(hours=3))
    scheduler.start(paused=True)

    bring_forward(scheduler, now)
    job = scheduler.get_job("tick")
    assert job is not None
    assert job.next_run_time == now

    bring_forward(scheduler, now - timedelta(seconds=5))
    assert scheduler.get_job("tick").next_run_time == now
    scheduler.shutdown(wait=False)


async def test_expired_uploads_are_swept_and_unnoted_photos_found(world: World) -> None:
    from tests.server.intake import papers

    await world.decoration("decoration_project:D1")
    report = papers.violation("violation:V1", "decoration_project:D1", world.clock.now())
    await world.take(report)
    world.all_photos_arrive(report)

    await Jobs(world.services).sweep()

    status = await world.status("violation:V1")
    assert status is not None
    assert status["fields"]["missing_photos"] == []
