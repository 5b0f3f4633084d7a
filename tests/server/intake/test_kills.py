"""A kill between any two steps loses nothing and doubles nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.errors import AlreadyDecided
from server.intake import claims
from server.intake.decide import decide
from server.intake.tables import fact, status
from tests.server.intake import papers
from tests.server.intake.dying import DyingRules, Killed, dying_at
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
V1 = "violation:V1"
P1 = "decoration_patrol:P1"


@pytest.mark.parametrize("step", ["before publishing", "after publishing"])
async def test_a_kill_while_publishing_repeats_it(world: World, step: str) -> None:
    await world.decoration(D1)
    await world.intake.catch_up()
    await world.arrive(papers.patrol(P1, D1, MONDAY))
    world.assemble(dying_at(step))
    with pytest.raises(Killed):
        await world.intake.catch_up()

    await world.restart()

    await _patrol_counts_once(world)


async def test_a_kill_while_folding_takes_the_batch_again(world: World) -> None:
    await world.decoration(D1)
    await world.intake.catch_up()
    await world.arrive(papers.patrol(P1, D1, MONDAY))
    rules = world.rules
    world.rules = DyingRules(rules)
    world.assemble()
    with pytest.raises(Killed):
        await world.intake.catch_up()
    with world.engine.connect() as connection:
        assert connection.scalars(select(fact.c.id).where(fact.c.id == P1)).all() == []

    world.rules = rules
    await world.restart()

    await _patrol_counts_once(world)


async def test_a_kill_before_published_is_noted_writes_no_second_revision(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server.intake import publishing

    await world.decoration(D1)
    await world.intake.catch_up()
    await world.arrive(papers.patrol(P1, D1, MONDAY))

    def killed(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "_note", killed)
        with pytest.raises(Killed):
            await world.intake.catch_up()
    before = await world.status(D1)

    await world.restart()

    assert await world.status(D1) == before
    await _patrol_counts_once(world)


async def test_a_kill_in_a_rebuild_is_finished_at_the_next_start(world: World) -> None:
    await world.reported(V1)
    before = await world.statuses()
    rules = world.rules
    world.rules = DyingRules(rules)
    world.assemble()
    with pytest.raises(Killed):
        await world.intake.rebuild()

    world.rules = rules
    await world.restart()

    assert await world.statuses() == before


async def test_a_photo_that_was_stored_just_before_a_kill_is_found_at_the_start(world: World) -> None:
    await world.decoration(D1)
    report = papers.violation(V1, D1, MONDAY)
    await world.take(report)

    world.all_photos_arrive(report)  # and nobody was told
    await world.restart()

    status = await world.status(V1)
    assert status is not None
    assert status["fields"]["missing_photos"] == []


@pytest.mark.parametrize("step", ["before recording", "after recording"])
async def test_a_claimed_decision_is_recorded_after_a_kill(world: World, step: str) -> None:
    await world.reported(V1)
    body = await confirmation(world)
    world.assemble(dying_at(step))
    with pytest.raises(Killed):
        await decide(world.services, V1, body, world.person("supervisor1"))

    await world.restart()

    status = await world.status(V1)
    assert status is not None
    assert status["state"] == "confirmed"
    assert status["fields"]["decision"]["decided_by"] == "supervisor1"
    assert len(_decisions(world)) == 1
    with pytest.raises(AlreadyDecided):
        await decide(world.services, V1, body, world.person("manager1"))


async def test_a_decision_recorded_but_not_noted_is_not_recorded_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.reported(V1)

    def killed(*arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(claims, "_note_recorded", killed)
        with pytest.raises(Killed):
            await decide(world.services, V1, await confirmation(world), world.person("supervisor1"))

    await world.restart()

    assert len(_decisions(world)) == 1


async def confirmation(world: World) -> dict[str, Any]:
    status = await world.status(V1)
    assert status is not None
    return {
        "decision": "confirm",
        "reason": "证据清楚",
        "evidence_hash": status["fields"]["evidence_hash"],
        "rectify_by": (MONDAY + timedelta(days=2)).date().isoformat(),
        "clause": "第十二条",
    }


def _decisions(world: World) -> list[Any]:
    with world.engine.connect() as connection:
        return list(connection.execute(select(fact).where(fact.c.type == "violation_decision")))


async def _patrol_counts_once(world: World) -> None:
    document = await world.status(D1)
    assert document is not None
    assert document["fields"]["last_patrol_by"] == "steward1"
    with world.engine.connect() as connection:
        assert len(connection.execute(select(fact).where(fact.c.id == P1)).all()) == 1
        unpublished = connection.scalars(select(status.c.subject).where(status.c.published.is_(False)))
        assert unpublished.all() == []
