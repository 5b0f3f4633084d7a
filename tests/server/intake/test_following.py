"""Facts in, statuses out: whatever the order, whatever else arrives."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.intake import transactions
from server.intake.tables import READ_MODEL
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
V1 = "violation:V1"


async def test_a_patrol_reaches_the_decoration_it_is_about(world: World) -> None:
    await world.decoration(D1)

    await world.take(papers.patrol("decoration_patrol:P1", D1, MONDAY))

    status = await world.status(D1)
    assert status is not None
    assert (status["state"], status["of"], status["kind"]) == ("in_progress", D1, "decoration_project")
    assert status["fields"]["last_patrol_by"] == "steward1"
    assert status["fields"]["unit_no"] == "3-1-502"
    assert [due["status"] for due in status["due"] if due["period"] == "2026-11-23"] == ["met"]


async def test_a_patrol_that_arrives_before_its_decoration_waits_for_it(world: World) -> None:
    await world.take(papers.patrol("decoration_patrol:P1", D1, MONDAY))
    assert await world.status(D1) is None
    assert world.fact_row("decoration_patrol:P1").held_code is None

    await world.decoration(D1)
    await world.intake.catch_up()

    status = await world.status(D1)
    assert status is not None
    assert status["fields"]["last_patrol_by"] == "steward1"


async def test_a_violation_that_arrives_before_its_decoration_learns_its_unit_from_it(world: World) -> None:
    await world.take(papers.violation(V1, D1, MONDAY))

    await world.decoration(D1)
    await world.intake.catch_up()

    violation, project = await world.status(V1), await world.status(D1)
    assert violation is not None
    assert project is not None
    assert violation["fields"]["unit_no"] == "3-1-502"
    assert project["fields"]["open_violations"] == [V1]


@pytest.mark.parametrize("seed", range(6))
async def test_the_order_of_arrival_changes_nothing(tmp_path: Path, identity: Path, seed: int) -> None:
    story = [
        papers.filing(D1, MONDAY - timedelta(days=3)),
        papers.step("decoration_step:D1.1", D1, "submitted", MONDAY - timedelta(days=3)),
        papers.step(
            "decoration_step:D1.2", D1, "approved", MONDAY - timedelta(days=2, hours=2), "supervisor1"
        ),
        papers.step("decoration_step:D1.3", D1, "in_progress", MONDAY - timedelta(days=2)),
        papers.patrol("decoration_patrol:P1", D1, MONDAY - timedelta(days=1)),
        papers.patrol("decoration_patrol:P2", D1, MONDAY, amends="decoration_patrol:P1"),
        papers.violation(V1, D1, MONDAY - timedelta(hours=3)),
        papers.progress("violation_progress:G1", V1, MONDAY - timedelta(hours=1)),
        papers.patrol("decoration_patrol:P3", D1, MONDAY, body={"items": []}),
        papers.patrol("decoration_patrol:P4", D1, MONDAY, author="steward2", voids="decoration_patrol:P2"),
    ]

    async def told(name: str, facts: list[dict[str, Any]], at_once: bool) -> dict[str, Any]:
        world = await World(tmp_path / name, identity).open()
        await world.publish(papers.unit("3-1-502", status="decorating"))
        for fact in facts:
            await world.arrive(fact)
            if not at_once:
                await world.intake.catch_up()
        await world.intake.catch_up()
        found = {name: without_revision(document) for name, document in (await world.statuses()).items()}
        await world.close()
        return found

    shuffled = random.Random(seed).sample(story, len(story))
    assert await told("in order", story, at_once=True) == await told(
        "shuffled", shuffled, at_once=seed % 2 == 0
    )


@pytest.mark.parametrize("batch", [1, 3, 500])
async def test_a_rebuild_gives_the_same_documents_to_the_byte(
    world: World, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    await _a_busy_week(world)
    before, rows = await world.statuses(), _read_model(world)
    monkeypatch.setattr(transactions, "BATCH", batch)

    await world.intake.rebuild()

    assert before
    assert await world.statuses() == before  # revisions too: nothing was written again
    assert _read_model(world) == rows


async def test_a_rebuild_takes_back_a_status_that_does_not_come_out_again(world: World) -> None:
    await _a_busy_week(world)
    area = world.store.database(world.directory.current().area_database("a1"))
    await area.publish([{"_id": "status:unit:gone", "type": "status", "of": "unit:gone"}])

    await world.intake.rebuild()

    assert await world.status("unit:gone") is None
    assert await world.status(D1) is not None


async def test_a_restored_store_is_read_from_its_beginning(world: World) -> None:
    await _a_busy_week(world)
    before = await world.statuses()

    await world.store.rotate_epoch()
    await world.restart()

    assert await world.statuses() == before


async def test_the_loop_takes_what_arrives_by_itself(world: World) -> None:
    await world.intake.start()
    await world.decoration(D1)

    database = world.store.database(world.directory.current().area_database("a1"))
    with database.listen() as waiter:
        await world.arrive(papers.patrol("decoration_patrol:P1", D1, MONDAY))
        for _ in range(20):
            status = await world.status(D1)
            if status is not None and status["fields"]["last_patrol_by"] == "steward1":
                break
            await waiter.wait(2)

    assert status is not None
    assert status["fields"]["last_patrol_by"] == "steward1"


async def test_a_steward_who_takes_over_an_area_gets_its_duties(world: World) -> None:
    from server.access import administration

    await world.decoration(D1, days=0)
    await world.intake.catch_up()
    await world.intake.wake_due(MONDAY)
    status = await world.status(D1)
    assert status is not None
    assert {due["assigned_to"] for due in status["due"]} == {"steward1"}

    world.clock.advance(timedelta(minutes=5))
    administration.end_area(world.engine, "steward1", "a1", at=world.clock.now())
    administration.grant_area(world.engine, "steward2", "a1", at=world.clock.now())
    await world.intake.wake_due(world.clock.now())

    status = await world.status(D1)
    assert status is not None
    assert {due["assigned_to"] for due in status["due"] if due["status"] == "pending"} == {"steward2"}


async def test_a_clock_that_ran_ahead_and_was_put_back_leaves_no_trace(world: World) -> None:
    await world.decoration(D1, days=0)
    await world.intake.catch_up()
    await world.intake.wake_due(world.clock.now())
    before = await world.statuses()

    world.clock.advance(timedelta(hours=20))
    await world.intake.wake_due(world.clock.now())
    ahead = await world.statuses()
    world.clock.advance(timedelta(hours=-20))
    await world.intake.wake_due(world.clock.now())

    assert without_revisions(ahead) != without_revisions(before)
    assert without_revisions(await world.statuses()) == without_revisions(before)


async def test_a_unit_that_is_no_longer_vacant_leaves_the_phones(world: World) -> None:
    vacant = papers.unit("5-1-301", status="vacant_unsold", vacancy_kind="unsold", vacant_from="2026-06-01")
    await world.publish(vacant)
    await world.intake.catch_up()
    assert await world.status("unit:demo-5-1-301") is not None

    await world.store.database(world.directory.current().area_database("a1")).publish(
        [{"_id": vacant["_id"], "_deleted": True}]
    )
    await world.intake.catch_up()

    assert await world.status("unit:demo-5-1-301") is None


async def _a_busy_week(world: World) -> None:
    await world.decoration(D1)
    await world.decoration("decoration_project:D2", "7-2-1103", "a2", days=2)
    vacant = papers.unit("5-1-301", status="vacant_unsold", vacancy_kind="unsold", vacant_from="2026-06-01")
    await world.publish(vacant, papers.unit("9-1-101"), papers.household("9-1-101"))
    await world.publish(papers.debt("9-1-101", "2026-10", 180_000, "2026-10-31"))
    await world.take(
        papers.patrol("decoration_patrol:P1", D1, MONDAY - timedelta(days=2)),
        papers.violation(V1, D1, MONDAY),
        papers.vacancy_check("vacancy_check:C1", "unit:demo-5-1-301", MONDAY - timedelta(hours=2)),
        papers.promise("fee_visit:F1", "household:demo-9-1-101-owner", MONDAY, "2026-11-25"),
        papers.patrol("decoration_patrol:P2", D1, MONDAY, author="steward2"),
    )
    world.clock.advance(timedelta(days=1, hours=20))
    await world.publish(papers.setting("dec.decision_hours", 48))
    await world.take(papers.patrol("decoration_patrol:P3", D1, MONDAY + timedelta(days=1)))
    await world.intake.wake_due(world.clock.now())


def _read_model(world: World) -> dict[str, list[Any]]:
    from sqlalchemy import select

    with world.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in READ_MODEL
            if table.name not in ("journal_cursor", "duty")  # where work goes on, not what was found
        }


def without_revision(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "_rev"}


def without_revisions(documents: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: without_revision(document) for name, document in documents.items()}
