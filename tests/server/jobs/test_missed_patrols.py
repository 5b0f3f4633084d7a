"""The morning list of yesterday's missed patrols (R-DEC-21)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from server.jobs.service import Jobs
from tests.server.intake import papers
from tests.server.intake.world import World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
D2 = "decoration_project:D2"
LIST = "reminder:R-DEC-21:project:demo:"


async def lists(world: World) -> list[str]:
    return sorted(one for one in await world.inbox("supervisor1") if one.startswith(LIST))


async def test_yesterdays_missed_patrols_are_listed_at_eight(world: World) -> None:
    await world.decoration(D1, "3-1-502", days=0)
    await world.decoration(D2, "7-2-1103", "a2", days=0)
    await world.take(papers.patrol("decoration_patrol:P1", D1, world.clock.now()))
    jobs = Jobs(world.services)
    await jobs.tick()

    world.clock.advance(timedelta(hours=22, minutes=59))
    await jobs.tick()
    assert await lists(world) == []
    world.clock.advance(timedelta(minutes=1))
    await jobs.tick()
    await jobs.tick()

    assert await lists(world) == [f"{LIST}2026-11-23:1"]
    document = (await world.inbox("supervisor1"))[f"{LIST}2026-11-23:1"]
    assert document["items"] == [D2]
    assert document["title"]["zh"] == "11月23日漏巡 1 户装修"
    assert "7-2-1103" in document["text"]["zh"]
    assert "3-1-502" not in document["text"]["zh"]


async def test_a_patrol_that_arrives_at_night_is_not_missed(world: World) -> None:
    await world.decoration(D1, days=0)
    jobs = Jobs(world.services)
    await jobs.tick()
    done_at = world.clock.now()
    world.clock.advance(timedelta(hours=22))
    await world.take(papers.patrol("decoration_patrol:P1", D1, done_at))

    world.clock.advance(timedelta(hours=2))
    await jobs.tick()

    assert await lists(world) == []


async def test_after_an_outage_the_last_list_that_was_due_is_sent(world: World) -> None:
    await world.decoration(D1, days=0)
    await Jobs(world.services).tick()
    await world.close()
    world.clock.advance(
        timedelta(days=2, hours=20)
    )  # Thursday, 05:00: Wednesday's list was due, Thursday's is not
    await world.open()

    await Jobs(world.services).tick()
    assert await lists(world) == [f"{LIST}2026-11-24:1"]

    world.clock.advance(timedelta(hours=3))
    await Jobs(world.services).tick()
    assert await lists(world) == [f"{LIST}2026-11-24:1", f"{LIST}2026-11-25:1"]


async def test_the_hour_is_a_setting_of_the_project(world: World) -> None:
    await world.decoration(D1, days=0)
    await world.publish(papers.setting("dec.missed_list_at", "06:30"))
    await Jobs(world.services).tick()

    world.clock.advance(timedelta(hours=21, minutes=30))
    await Jobs(world.services).tick()

    assert await lists(world) == [f"{LIST}2026-11-23:1"]
