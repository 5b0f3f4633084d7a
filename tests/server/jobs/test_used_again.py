"""A picture in two records: the supervisor is told once of each record that is not the first. Source: R-X-27."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from server.intake.releases import release
from server.jobs.service import Jobs
from tests.server.intake import papers
from tests.server.intake.world import World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"


def patrol(world: World, name: str, days: int, author: str = "steward1") -> dict[str, Any]:
    at = world.clock.now() - timedelta(days=days)
    document = papers.patrol(f"decoration_patrol:{name}", D1, at, author=author)
    return document | {"photos": papers.photos(["the one picture"], "overview", at)}


async def told(world: World, user: str = "supervisor1") -> dict[str, dict[str, Any]]:
    inbox = await world.inbox(user)
    return {name: one for name, one in inbox.items() if name.startswith("alarm:R-X-27:")}


@pytest.mark.parametrize("order", list(permutations((3, 2, 1))))
async def test_whatever_order_they_arrive_in_the_same_two_are_told_of_once(
    world: World, order: tuple[int, ...]
) -> None:
    await world.decoration(D1)
    jobs = Jobs(world.services)

    for days in order:
        await world.take(patrol(world, f"P{days}", days))
        await jobs.tick()

    assert {one["items"][0] for one in (await told(world)).values()} == {
        "decoration_patrol:P2",
        "decoration_patrol:P1",
    }
    assert len(await told(world)) == 2


async def test_the_alarm_says_what_and_where_in_both_languages_and_a_rebuild_adds_none(world: World) -> None:
    await world.decoration(D1)
    jobs = Jobs(world.services)
    await world.take(patrol(world, "P1", 2))
    await jobs.tick()
    assert await told(world) == {}
    await world.take(patrol(world, "P2", 1))
    await jobs.tick()
    before, statuses = await told(world), await world.statuses()

    await world.intake.rebuild()
    await jobs.tick()
    await world.take(patrol(world, "P2", 1))  # a phone sends it once more
    await jobs.tick()

    assert await told(world) == before
    assert await world.statuses() == statuses
    (alarm,) = before.values()
    assert (alarm["subject"], alarm["area"], alarm["level"]) == (D1, "a1", 3)
    assert alarm["items"] == ["decoration_patrol:P2", "decoration_patrol:P1"]
    assert "照片" in alarm["title"]["zh"]
    assert "photo" in alarm["title"]["en"]


async def test_of_what_a_supervisor_recorded_the_manager_is_told(world: World) -> None:
    await world.decoration(D1)
    await world.take(patrol(world, "P1", 2), patrol(world, "P2", 1, author="supervisor1"))

    await Jobs(world.services).tick()

    assert await told(world) == {}
    assert len(await told(world, "manager1")) == 1


async def test_a_record_that_is_held_is_told_of_when_it_is_released(world: World) -> None:
    await world.decoration(D1)
    jobs = Jobs(world.services)
    await world.take(patrol(world, "P1", 2))
    held = patrol(world, "P2", 1)
    held["body"] = held["body"] | {"items": []}
    await world.take(held)
    await jobs.tick()
    assert await told(world) == {}

    await release(world.services, held["_id"], "现场已核实", world.person("supervisor1"))
    await jobs.tick()

    (alarm,) = (await told(world)).values()
    assert alarm["items"][0] == held["_id"]


async def test_a_correction_with_the_same_picture_is_no_reuse(world: World) -> None:
    await world.decoration(D1)
    first = patrol(world, "P1", 1)
    correction = patrol(world, "P1b", 0) | {"amends": first["_id"]}

    await world.take(first, correction)
    await Jobs(world.services).tick()

    assert await told(world) == {}
