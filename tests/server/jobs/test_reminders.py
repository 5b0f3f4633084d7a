"""Each reminder and each escalation reaches the right person exactly once, whatever the server went through (F-52, I5)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from server.access import administration
from server.catalogue.registry import RECORD_TYPES
from server.intake.decide import decide
from server.jobs import tick
from server.jobs.service import Jobs
from tests.server.catalogue.examples import example
from tests.server.intake import papers
from tests.server.intake.dying import Killed, dying_at
from tests.server.intake.world import World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
D2 = "decoration_project:D2"
V1 = "violation:V1"
TODAY = "2026-11-23"


async def pass_time(world: World, total: timedelta, by: timedelta = timedelta(minutes=30)) -> None:
    """Let the server live through `total`, ticking."""
    jobs = Jobs(world.services)
    for _ in range(total // by):
        world.clock.advance(by)
        await jobs.tick()


async def ids(world: World, user: str, rule: str) -> list[str]:
    return sorted(one for one in await world.inbox(user) if f":{rule}:" in one)


async def test_a_steward_is_reminded_of_all_open_patrols_at_once(world: World) -> None:
    await world.decoration(D1, "3-1-502", days=0)
    await world.decoration(D2, "7-2-1103", days=0)
    await pass_time(world, timedelta(hours=14))  # until 23:00 at the site

    inbox = await world.inbox("steward1")

    patrols = {name: one for name, one in inbox.items() if ":R-DEC-06:" in name}
    assert all(name.startswith(f"reminder:R-DEC-06:user:steward1:{TODAY}:") for name in patrols)
    assert [one["items"] for one in patrols.values()] == [[D1, D2]] * len(patrols)
    reminder = patrols[f"reminder:R-DEC-06:user:steward1:{TODAY}:1"]
    assert (reminder["type"], reminder["level"], reminder["period"]) == ("reminder", 1, TODAY)
    assert reminder["title"]["zh"] == "今日（11月23日）还有 2 户装修待巡查"
    assert "3-1-502" in reminder["text"]["en"]
    assert await ids(world, "supervisor1", "R-DEC-06") == []


async def test_of_a_plan_the_supervisor_has_not_reviewed_the_manager_is_told(world: World) -> None:
    """The plan itself is the steward's, and being late with it the supervisor's matter; its review is not."""
    body = example(RECORD_TYPES["visit_plan"])["body"] | {"month": "2026-11"}
    await world.take(papers.fact("visit_plan:P1", "area:a1", world.clock.now(), body))

    await pass_time(world, timedelta(days=2), by=timedelta(hours=1))

    assert await ids(world, "supervisor1", "R-VIS-01:visit_plan:P1") == [
        f"reminder:R-VIS-01:visit_plan:P1:review-round-1:{level}" for level in (1, 2)
    ]
    assert await ids(world, "manager1", "R-VIS-01:visit_plan:P1") == [
        "alarm:R-VIS-01:visit_plan:P1:review-round-1:3"
    ]


async def test_whoever_has_patrolled_is_not_reminded(world: World) -> None:
    await world.decoration(D1, days=0)
    await world.take(papers.patrol("decoration_patrol:P1", D1, world.clock.now()))

    await pass_time(world, timedelta(hours=14))

    assert await ids(world, "steward1", "R-DEC-06") == []


async def test_a_patrol_that_comes_later_to_the_same_level_joins_the_same_message(world: World) -> None:
    await world.decoration(D1, "3-1-502", days=0)
    await pass_time(world, timedelta(hours=13))
    before = await world.inbox("steward1")
    (name,) = [one for one in before if one.endswith(":1")]
    assert before[name]["items"] == [D1]

    await world.decoration(D2, "7-2-1103", days=0)
    await pass_time(world, timedelta(hours=2))

    after = await world.inbox("steward1")
    assert sorted(before) == sorted(one for one in after if f":{TODAY}:" in one and "R-DEC-06" in one)
    assert D2 in {subject for one in after.values() for subject in one["items"]}


async def test_a_violation_nobody_decides_on_goes_to_the_manager(world: World) -> None:
    await world.reported(V1)

    await pass_time(world, timedelta(hours=23, minutes=30))
    assert await ids(world, "supervisor1", "R-DEC-11") == [
        f"reminder:R-DEC-11:{V1}:round-1:1",
        f"reminder:R-DEC-11:{V1}:round-1:2",
    ]
    assert await ids(world, "manager1", "R-DEC-11") == []

    await pass_time(world, timedelta(hours=1))
    alarm = (await world.inbox("manager1"))[f"alarm:R-DEC-11:{V1}:round-1:3"]
    assert (alarm["type"], alarm["subject"], alarm["area"], alarm["unit_no"]) == (
        "alarm",
        V1,
        "a1",
        "3-1-502",
    )
    assert alarm["link"] == V1
    assert "林" not in str(alarm)
    status = await world.status(V1)
    assert status is not None
    assert status["fields"]["escalated"] is True

    await pass_time(world, timedelta(hours=30))
    assert await ids(world, "manager1", "R-DEC-11") == [
        f"alarm:R-DEC-11:{V1}:round-1:3",
        f"alarm:R-DEC-11:{V1}:round-1:4",
    ]


async def test_a_violation_that_is_decided_escalates_no_more(world: World) -> None:
    await world.reported(V1)
    await pass_time(world, timedelta(hours=20))
    status = await world.status(V1)
    assert status is not None
    await decide(
        world.services,
        V1,
        {"decision": "reject", "reason": "不是违规", "evidence_hash": status["fields"]["evidence_hash"]},
        world.person("supervisor1"),
    )

    await pass_time(world, timedelta(hours=40))

    assert await ids(world, "manager1", "R-DEC-11") == []


async def test_the_steward_is_reminded_of_a_recheck_and_the_supervisor_told_when_it_is_late(
    world: World,
) -> None:
    await world.reported(V1)
    status = await world.status(V1)
    assert status is not None
    confirm = {
        "decision": "confirm",
        "reason": "证据清楚",
        "clause": "第十二条",
        "rectify_by": "2026-11-25",
        "evidence_hash": status["fields"]["evidence_hash"],
    }
    await decide(world.services, V1, confirm, world.person("supervisor1"))

    await pass_time(world, timedelta(days=2, hours=14))
    rechecks = await ids(world, "steward1", "R-DEC-14")
    assert rechecks
    assert set(rechecks) <= {f"reminder:R-DEC-14:{V1}:round-1:{level}" for level in (1, 2)}
    assert await ids(world, "supervisor1", "R-DEC-14") == []

    await pass_time(world, timedelta(hours=2))
    assert await ids(world, "supervisor1", "R-DEC-14") == [f"alarm:R-DEC-14:{V1}:round-1:3"]
    assert await ids(world, "steward1", "R-DEC-14") == rechecks


async def test_restarts_at_every_moment_double_nothing_and_miss_nothing(world: World) -> None:
    await world.decoration(D2, "7-2-1103", days=0)
    await world.reported(V1)

    seen: dict[str, str] = {}
    for hour in range(60):
        world.clock.advance(timedelta(hours=1))
        if hour % 3 == 0:
            await world.restart()
        if hour % 20 == 7:
            await world.intake.rebuild()
        await Jobs(world.services).tick()
        await Jobs(world.services).tick()
        for one in world.notices():
            assert seen.setdefault(one.id, one.sent_at.isoformat()) == one.sent_at.isoformat()

    for user in ("steward1", "supervisor1", "manager1"):
        for document in (await world.inbox(user)).values():
            assert document["_rev"].startswith("1-") or "items" in document
    assert {
        f"reminder:R-DEC-06:user:steward1:{TODAY}:1",
        f"alarm:R-DEC-06:user:supervisor1:{TODAY}:3",
        f"alarm:R-DEC-06:user:manager1:{TODAY}:4",
        f"reminder:R-DEC-11:{V1}:round-1:1",
        f"reminder:R-DEC-11:{V1}:round-1:2",
        f"alarm:R-DEC-11:{V1}:round-1:3",
        f"alarm:R-DEC-11:{V1}:round-1:4",
        f"reminder:R-DEC-21:project:demo:{TODAY}:1",
    } <= set(seen)


async def test_two_schedulers_at_once_send_each_message_once(world: World) -> None:
    await world.reported(V1)
    first = world.services
    world.assemble()
    second = world.services

    for _ in range(56):
        world.clock.advance(timedelta(minutes=30))
        await asyncio.gather(*(Jobs(services).tick() for services in (first, second, first, second)))

    names = [one.id for one in world.notices() if ":R-DEC-11:" in one.id]
    assert sorted(names) == [
        f"alarm:R-DEC-11:{V1}:round-1:3",
        f"reminder:R-DEC-11:{V1}:round-1:1",
        f"reminder:R-DEC-11:{V1}:round-1:2",
    ]
    for user in ("supervisor1", "manager1"):
        for name, document in (await world.inbox(user)).items():
            if ":R-DEC-11:" in name:
                assert document["_rev"].startswith("1-")
    await first.intake.stop()


@pytest.mark.parametrize(
    ("at_hour", "jump"),
    [
        (21, 3),
        (23, -3),
        *(pytest.param(*more, marks=pytest.mark.soak) for more in ((16, 3), (16, -3), (21, -3), (23, 3))),
    ],
)
async def test_a_clock_that_jumps_by_hours_and_back_doubles_nothing(
    world: World, jump: int, at_hour: int
) -> None:
    await world.reported(V1)
    await pass_time(world, timedelta(hours=at_hour))

    world.clock.advance(timedelta(hours=jump))
    await pass_time(world, timedelta(hours=1))
    world.clock.advance(timedelta(hours=-jump))
    await pass_time(world, timedelta(hours=49 - at_hour))

    rows = [one for one in world.notices() if ":R-DEC-11:" in one.id]
    assert {one.id for one in rows} >= {f"alarm:R-DEC-11:{V1}:round-1:{level}" for level in (3, 4)}
    assert {one.id for one in rows} >= {f"reminder:R-DEC-11:{V1}:round-1:1"}
    assert len(rows) == len({one.id for one in rows})
    inbox = await world.inbox("manager1")
    assert all(one["_rev"].startswith("1-") for name, one in inbox.items() if ":R-DEC-11:" in name)


async def test_after_an_outage_over_the_limit_the_alarm_comes_once_and_no_stale_reminder(
    world: World,
) -> None:
    await world.reported(V1)
    await world.close()
    world.clock.advance(timedelta(hours=26))
    await world.open()
    await world.intake.start()

    await Jobs(world.services).tick()
    await Jobs(world.services).tick()

    assert await ids(world, "manager1", "R-DEC-11") == [f"alarm:R-DEC-11:{V1}:round-1:3"]
    assert await ids(world, "supervisor1", "R-DEC-11") == []


async def test_after_a_long_outage_everybody_up_the_line_is_told_once(world: World) -> None:
    await world.decoration(D1, days=0)
    await world.intake.catch_up()
    await world.close()
    world.clock.advance(timedelta(hours=44))  # 05:00, the day after tomorrow
    await world.open()
    await world.intake.start()

    await Jobs(world.services).tick()

    assert f"alarm:R-DEC-06:user:supervisor1:{TODAY}:3" in await world.inbox("supervisor1")
    assert f"alarm:R-DEC-06:user:manager1:{TODAY}:4" in await world.inbox("manager1")
    assert [one for one in await ids(world, "steward1", "R-DEC-06") if TODAY in one] == []


async def test_a_fact_that_arrives_just_before_the_limit_counts_before_anybody_is_told(world: World) -> None:
    await world.decoration(D1, days=0)
    await world.intake.catch_up()
    world.clock.advance(timedelta(hours=14, minutes=59))
    await world.arrive(papers.patrol("decoration_patrol:P1", D1, world.clock.now()))
    world.clock.advance(timedelta(minutes=30))

    await Jobs(world.services).tick()

    assert await ids(world, "supervisor1", "R-DEC-06") == []


async def test_a_promise_comes_back_on_its_day_with_its_amount(world: World) -> None:
    household = "household:demo-9-1-101-owner"
    await world.publish(papers.unit("9-1-101"), papers.household("9-1-101"))
    await world.publish(papers.debt("9-1-101", "2026-10", 180_000, "2026-10-31"))
    await world.take(papers.promise("fee_visit:F1", household, world.clock.now(), "2026-11-25"))

    await pass_time(world, timedelta(hours=47))  # until 08:00 of the day
    assert await ids(world, "steward1", "R-FEE-11") == []
    await pass_time(world, timedelta(hours=1, minutes=30))

    reminder = (await world.inbox("steward1"))[f"reminder:R-FEE-11:{household}:2026-11-25:1"]
    assert reminder["title"]["zh"] == "今日（11月25日）承诺缴费 ¥1,234.56: 9-1-101"
    assert "¥1,234.56" in reminder["text"]["en"]
    assert "林" not in str(reminder)


async def test_what_is_sent_says_when_and_until_when(world: World) -> None:
    await world.reported(V1)
    await pass_time(world, timedelta(hours=18, minutes=30))

    reminder: dict[str, Any] = (await world.inbox("supervisor1"))[f"reminder:R-DEC-11:{V1}:round-1:1"]

    assert reminder["due_at"] == "2026-11-24T01:00:00Z"
    assert reminder["at"] == "2026-11-23T19:30:00Z"
    assert "11月24日 09:00" in reminder["text"]["zh"]
    assert "24 Nov 09:00" in reminder["text"]["en"]


async def test_a_kill_before_a_reminder_is_published_publishes_it_at_the_next_start(world: World) -> None:
    await world.reported(V1)
    world.clock.advance(timedelta(hours=18, minutes=30))
    await world.intake.wake_due(world.clock.now())
    world.assemble(dying_at("before publishing"))
    with pytest.raises(Killed):
        await Jobs(world.services).tick()
    assert await ids(world, "supervisor1", "R-DEC-11") == []

    await world.restart()
    await Jobs(world.services).tick()

    assert await ids(world, "supervisor1", "R-DEC-11") == [f"reminder:R-DEC-11:{V1}:round-1:1"]


async def test_a_kill_between_a_message_and_its_level_leaves_neither(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.reported(V1)
    world.clock.advance(timedelta(hours=18, minutes=30))

    def killed(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(tick, "note_levels", killed)
        with pytest.raises(Killed):
            await Jobs(world.services).tick()
    assert world.notices() == []

    await Jobs(world.services).tick()

    assert world.due_row(f"due:R-DEC-11:{V1}:round-1").escalation_level == 1
    assert await ids(world, "supervisor1", "R-DEC-11") == [f"reminder:R-DEC-11:{V1}:round-1:1"]


async def test_a_change_of_the_time_zone_repeats_nothing(world: World) -> None:
    await world.decoration(D1, days=0)
    await pass_time(world, timedelta(hours=14))
    before = await ids(world, "steward1", "R-DEC-06")
    assert before

    await world.publish(papers.setting("time_zone", "Asia/Urumqi"))
    await world.intake.catch_up()
    await pass_time(world, timedelta(hours=3))

    rows = [one for one in world.notices() if f"steward1:{TODAY}" in one.id]
    assert sorted(one.id for one in rows) == before
    assert all(one["_rev"].startswith("1-") for one in (await world.inbox("steward1")).values())


async def test_somebody_who_was_added_while_the_server_runs_gets_messages_too(world: World) -> None:
    at = world.clock.now()
    await world.reported(V1)
    administration.add_user(world.engine, "manager2", "新经理", "correct horse 楼", at=at)
    administration.grant_role(world.engine, "manager2", "project_manager", papers.PROJECT, at=at)
    administration.end_role(world.engine, "manager1", "project_manager", papers.PROJECT, at=at)

    await pass_time(world, timedelta(hours=25), by=timedelta(hours=5))

    assert await ids(world, "manager2", "R-DEC-11") == [f"alarm:R-DEC-11:{V1}:round-1:3"]
    assert await ids(world, "manager1", "R-DEC-11") == []
