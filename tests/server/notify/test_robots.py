"""Alarms reach a project's group chat in its robot's own form: once, paced, without personal data, whatever happens."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from server.database import writing
from server.jobs.service import Jobs
from server.notify import channels
from server.notify.courier import PER_MINUTE, Courier
from server.notify.plan import Place, add_delivery
from server.notify.tables import delivery
from tests.server.intake import papers
from tests.server.intake.world import World
from tests.server.notify.conftest import add_channel, tell
from tests.server.notify.post_box import PostBox, ok

pytestmark = pytest.mark.anyio
V1 = "violation:V1"


async def overdue(world: World, jobs: Jobs) -> None:
    """One alarm in the manager's inbox, at ten in the morning of the next day."""
    world.clock.advance(timedelta(hours=25))
    tell(world, "manager1")


def states(world: World) -> list[tuple[str, str | None]]:
    with world.engine.connect() as connection:
        rows = connection.execute(select(delivery.c.state, delivery.c.reason).order_by(delivery.c.id))
        return [(row.state, row.reason) for row in rows]


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
async def test_an_alarm_is_told_to_the_group_once_and_names_nobody(
    world: World, jobs: Jobs, box: PostBox, kind: str
) -> None:
    box.answer = lambda letter: ok(errcode=0, code=0)
    add_channel(world, box, kind, from_level=1)
    await world.reported(V1)  # nobody decides on it
    world.clock.advance(timedelta(hours=25))
    await jobs.tick()

    for _ in range(3):
        await jobs.deliver()
        world.clock.advance(timedelta(minutes=1))  # a robot takes only so many in one

    assert len(box.letters) == len(states(world)) >= 1
    assert {state for state, _ in states(world)} == {"sent"}
    alarm = next(one.json for one in box.letters if "违规审批超时" in str(one.json))
    text = alarm["content"]["text"] if kind == "feishu" else alarm["text"]["content"]
    assert text.startswith("【巡录】违规审批超时\n片区a1，1 项，时限 ")
    assert "3-1-502" not in text
    assert "姓名" not in text


async def test_dingtalk_is_signed_over_time_and_secret(world: World, jobs: Jobs, box: PostBox) -> None:
    add_channel(world, box, "dingtalk", secret="SEC-机密")
    await overdue(world, jobs)
    await jobs.deliver()

    query = parse_qs(urlsplit(box.letters[0].path).query)
    (stamp,), (sign,) = query["timestamp"], query["sign"]
    assert stamp == str(int(world.clock.now().timestamp() * 1000))
    expected = hmac.new("SEC-机密".encode(), f"{stamp}\nSEC-机密".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == expected


async def test_feishu_is_signed_in_the_body(world: World, jobs: Jobs, box: PostBox) -> None:
    box.answer = lambda letter: ok(code=0)
    add_channel(world, box, "feishu", secret="SEC")
    await overdue(world, jobs)
    await jobs.deliver()

    body = box.letters[0].json
    expected = hmac.new(f"{body['timestamp']}\nSEC".encode(), b"", hashlib.sha256).digest()
    assert base64.b64decode(body["sign"]) == expected


async def test_a_robot_that_fails_is_tried_again_later_and_then_has_it_once(
    world: World, jobs: Jobs, box: PostBox
) -> None:
    add_channel(world, box, "wecom")
    await overdue(world, jobs)
    box.answer = lambda letter: (503, {"Retry-After": "90"}, b"")
    await jobs.deliver()
    box.answer = lambda letter: ok(errcode=0)

    world.clock.advance(timedelta(seconds=89))
    await jobs.deliver()
    assert len(box.letters) == 1

    world.clock.advance(timedelta(seconds=1))
    await jobs.deliver()
    await jobs.deliver()
    assert len(box.letters) == 2
    assert {state for state, _ in states(world)} == {"sent"}


async def test_a_robot_that_hangs_up_or_talks_nonsense_is_tried_again(
    world: World, jobs: Jobs, box: PostBox
) -> None:
    add_channel(world, box, "wecom")
    await overdue(world, jobs)

    def hang_up(letter: object) -> tuple[int, dict[str, str], bytes]:
        raise ConnectionResetError

    for answer in (hang_up, lambda letter: (200, {}, b"<html>"), lambda letter: ok(errmsg="?")):
        box.answer = answer
        await jobs.deliver()
        assert {state for state, _ in states(world)} == {"waiting"}
        world.clock.advance(timedelta(hours=1))
    box.answer = lambda letter: ok(errcode=0)
    await jobs.deliver()
    assert len(box.letters) == 4
    assert {state for state, _ in states(world)} == {"sent"}


async def test_a_robot_that_refuses_is_not_pestered_and_the_reason_is_shown(
    world: World, jobs: Jobs, box: PostBox
) -> None:
    add_channel(world, box, "wecom")
    box.answer = lambda letter: ok(errcode=93000, errmsg="invalid webhook url")
    await overdue(world, jobs)
    await jobs.deliver()
    world.clock.advance(timedelta(hours=2))
    await jobs.deliver()

    assert len(box.letters) == 1
    with world.engine.connect() as connection:
        (line,) = channels.list_channels(connection, world.clock.now())
    assert (line.sent, line.failed) == (0, 1)
    assert line.last_trouble == "errcode 93000: invalid webhook url"
    assert line.host == "127.0.0.1"


async def test_what_is_settled_before_it_could_be_sent_is_not_sent(
    world: World, jobs: Jobs, box: PostBox
) -> None:
    add_channel(world, box, "wecom")
    await world.decoration("decoration_project:D1", days=0)
    world.clock.advance(timedelta(hours=25))
    await jobs.tick()
    box.answer = lambda letter: (500, {}, b"")
    await jobs.deliver()
    patrol_told = [one for one in box.letters if "装修每日巡查" in str(one.json)]
    assert patrol_told
    day_before = world.clock.now() - timedelta(hours=20)
    await world.take(papers.patrol("decoration_patrol:P1", "decoration_project:D1", day_before))
    world.clock.advance(timedelta(hours=2))
    await jobs.tick()
    await jobs.deliver()

    assert [one for one in box.letters if "装修每日巡查" in str(one.json)] == patrol_told
    assert ("dropped", "settled before it was sent") in states(world)


async def test_a_killed_server_sends_it_again_only_when_its_lease_has_ended(
    world: World, jobs: Jobs, courier: Courier, box: PostBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_channel(world, box, "wecom")
    await overdue(world, jobs)
    monkeypatch.setattr(
        courier, "_note", lambda answers, now: None
    )  # it dies before it can write down what happened
    await jobs.deliver()
    monkeypatch.undo()
    await jobs.deliver()
    assert len(box.letters) == 1

    world.clock.advance(timedelta(seconds=121))
    await jobs.deliver()
    assert len(box.letters) == 2


async def test_two_servers_send_each_message_once(
    world: World, jobs: Jobs, courier: Courier, box: PostBox
) -> None:
    add_channel(world, box, "wecom")
    await overdue(world, jobs)
    second = Jobs(world.services, courier)

    await jobs.deliver()
    await second.deliver()

    assert len(box.letters) == len(states(world)) == 1


async def test_a_robot_is_given_no_more_than_it_takes_in_a_minute(
    world: World, courier: Courier, box: PostBox
) -> None:
    add_channel(world, box, "wecom")
    with writing(world.engine) as connection:
        for n in range(PER_MINUTE + 5):
            add_delivery(
                connection,
                f"test:{n}",
                "",
                Place("wecom", "robot", world.clock.now()),
                world.clock.now(),
                True,
            )

    await courier.deliver()
    assert len(box.letters) == PER_MINUTE
    world.clock.advance(timedelta(seconds=30))
    await courier.deliver()
    assert len(box.letters) == PER_MINUTE
    world.clock.advance(timedelta(seconds=31))
    await courier.deliver()
    assert len(box.letters) == PER_MINUTE + 5


async def test_nothing_is_said_after_a_day(world: World, jobs: Jobs, box: PostBox) -> None:
    add_channel(world, box, "wecom")
    box.answer = lambda letter: (500, {}, b"")
    await overdue(world, jobs)
    await jobs.deliver()
    world.clock.advance(timedelta(hours=24))
    await jobs.deliver()

    assert len(box.letters) == 1
    assert states(world)[0] == ("failed", "HTTP 500")


async def test_a_channel_that_was_removed_gets_nothing_more(world: World, jobs: Jobs, box: PostBox) -> None:
    add_channel(world, box, "wecom")
    await overdue(world, jobs)
    with writing(world.engine) as connection:
        channels.end_channel(connection, "robot", at=world.clock.now(), by="test")
    await jobs.deliver()
    assert box.letters == []
