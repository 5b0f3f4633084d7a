"""Alarms of several records, of photos that do not come and of silent phones: once each, to whoever answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from server.catalogue.registry import RECORD_TYPES
from server.database import writing
from server.intake.tables import phone
from server.jobs.service import Jobs
from tests.server.catalogue.examples import example
from tests.server.intake import papers
from tests.server.intake.world import World

pytestmark = pytest.mark.anyio
GROUP = "alarm:R-CMP-17:project:demo:"


def complaint(world: World, number: int, unit_no: str) -> dict[str, Any]:
    at = world.clock.now()
    body = example(RECORD_TYPES["complaint"])["body"] | {"cause": "pests", "received_at": papers.text(at)}
    return papers.fact(f"complaint:C{number}", f"household:demo-{unit_no}-owner", at, body)


async def alarms(world: World, user: str, start: str) -> dict[str, Any]:
    return {name: one for name, one in (await world.inbox(user)).items() if name.startswith(start)}


async def test_the_third_household_with_one_complaint_alarms_the_manager_at_once_and_once(
    world: World,
) -> None:
    for unit_no in ("3-1-502", "3-1-602", "3-2-101"):
        await world.publish(papers.unit(unit_no), papers.household(unit_no))
    jobs = Jobs(world.services)
    await world.take(complaint(world, 1, "3-1-502"), complaint(world, 2, "3-1-602"))
    await jobs.tick()
    before = await alarms(world, "manager1", GROUP)

    await world.take(complaint(world, 3, "3-2-101"))
    await jobs.tick()
    await jobs.tick()
    await world.take(complaint(world, 4, "3-2-101"))
    await jobs.tick()

    (document,) = (await alarms(world, "manager1", GROUP)).values()
    assert before == {}
    assert set(document["items"]) == {"complaint:C1", "complaint:C2", "complaint:C3"}
    assert document["title"]["zh"] == "同楼栋多户同因投诉：自动预警"
    assert "pests" not in document["text"]["zh"]


async def test_a_photo_that_is_not_here_after_two_days_is_told_of_in_the_morning(world: World) -> None:
    await world.decoration("decoration_project:D1", days=0)
    late = papers.patrol("decoration_patrol:P1", "decoration_project:D1", world.clock.now())
    here = papers.patrol("decoration_patrol:P2", "decoration_project:D1", world.clock.now())
    world.all_photos_arrive(here)
    await world.take(late, here)
    jobs = Jobs(world.services)

    world.clock.advance(timedelta(hours=47))
    await jobs.tick()
    early = await alarms(world, "supervisor1", "alarm:R-SYN-07:")
    world.clock.advance(timedelta(hours=24))
    await jobs.tick()
    await jobs.tick()

    (document,) = (await alarms(world, "supervisor1", "alarm:R-SYN-07:area:a1:")).values()
    assert early == {}
    assert document["items"] == ["decoration_patrol:P1"]


@pytest.mark.parametrize(("hours", "pending", "told"), [(25, 3, 1), (23, 3, 0), (25, 0, 0)])
async def test_a_phone_that_fell_silent_with_work_unsent_is_told_of(
    world: World, hours: int, pending: int, told: int
) -> None:
    values = {
        "app_version": "1",
        "pending_photos": 0,
        "refused": 0,
        "pending_hash": "0" * 64,
        "pending": pending,
    }
    world.clock.advance(
        timedelta(hours=23 - (world.clock.now().hour + 8) % 24)
    )  # late in the evening at the site
    reported_at = world.clock.now() - timedelta(hours=hours)
    with writing(world.engine) as connection:
        connection.execute(
            insert(phone).values(user="steward1", device="dev-1", reported_at=reported_at, **values)
        )

    await Jobs(world.services).tick()

    found = await alarms(world, "supervisor1", "alarm:R-SYN-09:project:demo:")
    assert [one["items"] for one in found.values()] == [["steward1/dev-1"]] * told
