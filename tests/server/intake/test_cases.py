"""Declared cases and duties of a project, through the whole of intake: facts in, statuses out, rebuilt to the byte."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.catalogue.reference import reference_document
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
C1 = "complaint:C1"
UNIT = "unit:demo-3-1-502"
SEARCH = "project:demo:R-CMP-16"


def complaint(**body: Any) -> dict[str, Any]:
    filled = {
        "unit_id": UNIT,
        "channel": "call",
        "received_at": papers.text(MONDAY),
        "text": "水管漏水",
        "wish": "今日修好",
        "class": "general",
        "cause": "indoor_repair",
        "scope": "own",
        **body,
    }
    return papers.fact(C1, UNIT, MONDAY, filled)


def step(number: int, to: str, hours: float, author: str = "steward1", **body: Any) -> dict[str, Any]:
    at = MONDAY + timedelta(hours=hours)
    return papers.fact(f"complaint_step:{number}", C1, at, {"to": to, **body}, author=author)


def search(number: int, area: str = "a1", **more: Any) -> dict[str, Any]:
    body = {"calls": 10, "visits": 2, "missing": 0}
    by = {"author": "supervisor1", "device": "desk"}
    return papers.fact(f"complaint_search:{number}", "project:demo", MONDAY, body, area, **by, **more)


async def test_a_complaint_has_a_status_its_place_and_a_duty_that_reminds_and_escalates(world: World) -> None:
    await world.publish(papers.unit("3-1-502", "a1"))
    await world.take(complaint(), step(1, "processing", 1))

    status = await world.status(C1)

    assert status is not None
    assert (status["kind"], status["state"]) == ("complaint", "processing")
    assert status["fields"]["unit_no"] == "3-1-502"
    assert world.due_row(f"due:R-CMP-05:{C1}:round-1").assigned_to == "steward1"
    unit = await world.status(UNIT)
    assert unit is not None, "the unit's card tells of it"
    assert [entry["change"] for entry in unit["history"]] == ["complaint"]


async def test_a_step_that_is_not_possible_is_held_and_let_go_by_what_comes_before_it(world: World) -> None:
    late = step(2, "resolved", 2, solution="换阀门")
    await world.take(late)
    await world.take(
        papers.fact(
            "complaint_progress:1", C1, MONDAY + timedelta(hours=3), {"channel": "call", "text": "已修"}
        )
    )
    assert world.fact_row("complaint_step:2").held_code is None, "its complaint is not here yet: it waits"

    await world.take(complaint(), step(1, "invalid", 1, author="supervisor1", reason="重复"))
    assert world.fact_row("complaint_step:2").held_code == "wrong_state"

    withdrawn = papers.fact(
        "complaint_step:3",
        C1,
        MONDAY + timedelta(hours=4),
        {"reason": "误判"},
        author="supervisor1",
        voids="complaint_step:1",
    )
    await world.take(withdrawn)

    assert world.fact_row("complaint_step:2").held_code is None
    status = await world.status(C1)
    assert status is not None
    assert status["state"] == "resolved"


async def test_time_alone_moves_a_major_complaint_up(world: World) -> None:
    await world.take(complaint(**{"class": "major", "cause": "major_other"}))
    await world.intake.wake_due(world.clock.now())
    world.clock.advance(timedelta(hours=4, seconds=1))

    await world.intake.wake_due(world.clock.now())

    status = await world.status(C1)
    assert status is not None
    assert status["state"] == "escalated_l2"


async def test_facts_of_any_area_meet_a_duty_of_the_project_and_a_foreign_place_is_refused(
    world: World,
) -> None:
    await world.take(search(1, "a2"))
    wrong = search(2) | {"subject": "project:other"}
    await world.take(wrong)

    document = await _project_status(world, SEARCH)

    assert document is not None
    assert (document["kind"], document["area"], document["state"]) == ("project", "", "met")
    assert document["due"][0]["satisfied_by"] == "complaint_search:1"
    assert document["due"][0]["assigned_to"] == "supervisor1"
    assert world.fact_row("complaint_search:2").held_code == "wrong_subject"


async def test_a_setting_begins_every_duty_and_a_rebuild_gives_the_same_bytes(world: World) -> None:
    await world.intake.catch_up()
    assert await _project_status(world, SEARCH) is None
    since = {"key": "scope.duties_from", "value": "2026-11-01"}
    await world.publish(reference_document("setting", papers.PROJECT, None, since))
    await world.take(complaint(), step(1, "processing", 1), search(1))
    world.clock.advance(timedelta(days=9))
    await world.intake.wake_due(world.clock.now())
    before = await world.statuses()
    assert any("R-CMP-19" in name for name in before), "a duty that no record has brought up"

    await world.intake.rebuild()

    assert await world.statuses() == before


async def _project_status(world: World, subject: str) -> dict[str, Any] | None:
    name = world.directory.current().project_database(papers.PROJECT)
    return await world.store.database(name).read(f"status:{subject}")


async def test_a_step_of_a_loan_moves_the_key_only_while_it_stands(world: World) -> None:
    key, loan = "key:K1", "key_loan:L1"
    desk = {"author": "supervisor1", "device": "desk"}
    body = {"unit_id": UNIT, "code": "K-017", "kind": "door", "place": "A3"}
    await world.take(papers.fact(key, UNIT, MONDAY, body, **desk))
    await world.take(
        papers.fact(
            loan,
            key,
            MONDAY + timedelta(hours=1),
            {"key": key, "borrower": "steward1", "purpose": "巡检"},
            **desk,
        )
    )

    def step_of(number: int, to: str, hours: float) -> dict[str, Any]:
        at = MONDAY + timedelta(hours=hours)
        return papers.fact(
            f"key_loan_step:{number}", loan, at, {"to": to, "key": key, "at": papers.text(at)}, **desk
        )

    await world.take(step_of(1, "returned", 2))
    assert world.fact_row("key_loan_step:1").held_code == "wrong_state"
    assert (await world.status(key) or {})["state"] == "in"

    await world.take(step_of(2, "out", 1.5))
    assert world.fact_row("key_loan_step:1").held_code is None
    assert (await world.status(key) or {})["state"] == "in", "out and back again"

    await world.take(step_of(3, "out", 3))
    assert world.fact_row("key_loan_step:3").held_code == "wrong_state", "this loan is over"
    assert (await world.status(key) or {})["state"] == "in"
