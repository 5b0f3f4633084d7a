"""One decision for each round, on the evidence that was seen, by somebody who may (promises D6, F-47 to F-50)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.errors import (
    AlreadyDecided,
    EvidenceChanged,
    EvidenceMissing,
    InvalidInput,
    NotFound,
    NotPermitted,
    OwnReport,
    WrongState,
)
from server.intake.decide import decide
from server.intake.service import Intake
from server.intake.tables import decision, fact
from server.services import Services
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
V1 = "violation:V1"


async def test_a_supervisor_confirms_what_was_reported(world: World) -> None:
    await world.reported(V1)

    made = await decide(world.services, V1, await body(world), world.person("supervisor1"))

    status = await world.status(V1)
    assert status is not None
    assert status["state"] == "confirmed"
    assert status["fields"]["rectify_by"] == "2026-11-25"
    assert status["fields"]["decision"]["fact"] == made["_id"]
    assert await world.document(str(made["_id"])) is not None
    assert world.fact_row(str(made["_id"])).held_code is None
    assert {due["rule"]: due["status"] for due in status["due"]} == {
        "R-DEC-11": "met",
        "R-DEC-14": "pending",
    }


@pytest.mark.timeout(120)
async def test_of_fifty_decisions_at_once_exactly_one_is_made(world: World) -> None:
    await world.reported(V1)
    confirm, reject = await body(world), await body(world, "reject")
    # Two processes on the same data.
    other = Intake(world.engine, world.store, world.directory, world.evidence, world.rules, world.clock)
    second = Services(
        **{name: getattr(world.services, name) for name in Services.__slots__ if name != "intake"},
        intake=other,
    )

    outcomes = await asyncio.gather(
        *(
            decide(
                (world.services, second)[number % 2],
                V1,
                (confirm, reject)[number // 2 % 2],
                world.person(("supervisor1", "manager1")[number % 3 % 2]),
            )
            for number in range(50)
        ),
        return_exceptions=True,
    )
    await other.stop()

    made = [outcome for outcome in outcomes if isinstance(outcome, dict)]
    told = [outcome for outcome in outcomes if isinstance(outcome, AlreadyDecided)]
    assert (len(made), len(told)) == (1, 49)
    assert {one.details["decided_by"] for one in told} == {made[0]["author"]}
    assert all(one.details["decided_at"] for one in told)
    with world.engine.connect() as connection:
        recorded = connection.scalars(select(fact.c.id).where(fact.c.type == "violation_decision")).all()
        claimed = connection.execute(select(decision)).all()
    assert recorded == [made[0]["_id"]]
    assert [one.published for one in claimed] == [True]


async def test_a_decision_made_says_by_whom_and_when_to_the_next_one(world: World) -> None:
    await world.reported(V1)
    confirm = await body(world)
    await decide(world.services, V1, confirm, world.person("supervisor1"))
    world.clock.advance(timedelta(minutes=3))

    with pytest.raises(AlreadyDecided) as refused:
        await decide(world.services, V1, confirm, world.person("manager1"))

    assert refused.value.details["decided_by"] == "supervisor1"
    assert refused.value.details["decided_at"] == "2026-11-23T01:00:00Z"
    assert "supervisor1姓名 已于 2026-11-23 09:00" in refused.value.reason
    assert refused.value.details["decision"] == "confirm"


async def test_evidence_that_came_after_the_screen_was_opened_is_shown_first(world: World) -> None:
    await world.reported(V1)
    seen = await body(world)
    await world.take(papers.violation("violation:V1b", D1, MONDAY, amends=V1, photos=_two_new_photos()))

    with pytest.raises(EvidenceChanged) as refused:
        await decide(world.services, V1, seen, world.person("supervisor1"))

    status = await world.status(V1)
    assert status is not None
    assert refused.value.details["evidence_hash"] == status["fields"]["evidence_hash"]
    difference: Any = refused.value.details["difference"]
    assert difference["facts"]["added"] == ["violation:V1b"]
    assert set(difference["photos"]["added"]) == {papers.sha256_of("new one"), papers.sha256_of("new two")}
    assert status["state"] == "submitted"


async def test_a_hash_that_was_never_shown_is_refused_all_the_same(world: World) -> None:
    await world.reported(V1)

    with pytest.raises(EvidenceChanged):
        await decide(
            world.services, V1, await body(world) | {"evidence_hash": "0" * 64}, world.person("supervisor1")
        )


async def test_nothing_is_confirmed_while_a_photo_is_missing(world: World) -> None:
    await world.decoration(D1)
    report = papers.violation(V1, D1, MONDAY)
    world.photo_arrives(f"first of {V1}")
    await world.take(report)

    with pytest.raises(EvidenceMissing) as refused:
        await decide(world.services, V1, await body(world), world.person("supervisor1"))
    assert refused.value.details["missing_photos"] == [papers.sha256_of(f"second of {V1}")]

    await world.intake.photo_stored(world.photo_arrives(f"second of {V1}"))
    await decide(world.services, V1, await body(world), world.person("supervisor1"))


async def test_a_photo_nobody_was_told_about_is_found_when_it_is_needed(world: World) -> None:
    await world.decoration(D1)
    report = papers.violation(V1, D1, MONDAY)
    await world.take(report)
    world.all_photos_arrive(report)

    await decide(world.services, V1, await body(world), world.person("supervisor1"))


async def test_a_report_can_be_returned_while_a_photo_is_missing(world: World) -> None:
    await world.decoration(D1)
    await world.take(papers.violation(V1, D1, MONDAY))

    await decide(world.services, V1, await body(world, "return"), world.person("supervisor1"))

    status = await world.status(V1)
    assert status is not None
    assert status["state"] == "returned"


async def test_nobody_decides_on_a_report_of_their_own(world: World) -> None:
    await world.reported(V1, author="supervisor1")

    with pytest.raises(OwnReport):
        await decide(world.services, V1, await body(world), world.person("supervisor1"))

    await decide(world.services, V1, await body(world), world.person("manager1"))


async def test_only_supervisor_and_manager_decide_and_only_where_they_see(world: World) -> None:
    await world.reported(V1)

    with pytest.raises(NotPermitted):
        await decide(world.services, V1, await body(world), world.person("office1"))
    with pytest.raises(NotPermitted):
        await decide(world.services, V1, await body(world), world.person("steward1"))
    with pytest.raises(NotFound):
        await decide(world.services, V1, await body(world), world.person("steward2"))
    with pytest.raises(NotFound):
        await decide(world.services, "violation:none", await body(world), world.person("supervisor1"))
    with pytest.raises(NotFound):
        await decide(world.services, D1, await body(world), world.person("supervisor1"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rectify_by": "2026-11-22"},  # yesterday at the site
        {"rectify_by": None},
        {"rectify_by": "soon"},
        {"reason": ""},
        {"reason": None},
        {"severity_final": "terrible"},
        {"actions": ["scold"]},
    ],
)
async def test_a_decision_that_is_not_complete_is_refused(world: World, wrong: dict[str, Any]) -> None:
    await world.reported(V1)

    with pytest.raises(InvalidInput):
        await decide(world.services, V1, await body(world) | wrong, world.person("supervisor1"))

    with world.engine.connect() as connection:
        assert connection.execute(select(decision)).all() == []


async def test_today_at_the_site_is_not_past(world: World) -> None:
    world.clock.advance(timedelta(hours=14, minutes=30))  # 23:30 at the site
    await world.reported(V1)

    await decide(
        world.services, V1, await body(world) | {"rectify_by": "2026-11-23"}, world.person("supervisor1")
    )


async def test_what_cannot_be_decided_now_is_refused_with_the_state(world: World) -> None:
    await world.reported(V1)

    with pytest.raises(WrongState) as refused:
        await decide(world.services, V1, await body(world, "close"), world.person("supervisor1"))

    assert refused.value.details["state"] == "submitted"


async def test_a_violation_is_closed_after_its_recheck(world: World) -> None:
    await world.reported(V1)
    await decide(world.services, V1, await body(world), world.person("supervisor1"))
    world.clock.advance(timedelta(days=1))
    await _recheck(world, "violation_recheck:R1")

    await decide(world.services, V1, await body(world, "close"), world.person("supervisor1"))

    status = await world.status(V1)
    assert status is not None
    assert status["state"] == "closed"


async def test_every_recheck_can_be_decided_once(world: World) -> None:
    await world.reported(V1)
    await decide(world.services, V1, await body(world), world.person("supervisor1"))

    for number in range(1, 4):
        world.clock.advance(timedelta(hours=3))
        await _recheck(world, f"violation_recheck:R{number}")
        again = await body(world, "rectify_again")
        await decide(world.services, V1, again, world.person("supervisor1"))
        with pytest.raises((WrongState, AlreadyDecided)):
            await decide(world.services, V1, again, world.person("manager1"))

    world.clock.advance(timedelta(hours=3))
    await _recheck(world, "violation_recheck:R9")
    await decide(world.services, V1, await body(world, "close"), world.person("supervisor1"))
    status = await world.status(V1)
    assert status is not None
    assert status["state"] == "closed"


async def test_a_returned_report_is_decided_again_when_it_comes_back(world: World) -> None:
    await world.reported(V1)
    await decide(world.services, V1, await body(world, "return"), world.person("supervisor1"))
    world.clock.advance(timedelta(hours=1))
    better = papers.violation("violation:V1b", D1, world.clock.now(), amends=V1, photos=_two_new_photos())
    world.photo_arrives("new one")
    world.photo_arrives("new two")
    await world.take(better)

    await decide(world.services, V1, await body(world), world.person("supervisor1"))

    status = await world.status(V1)
    assert status is not None
    assert (status["state"], status["fields"]["round"]) == ("confirmed", 2)


async def test_a_stale_addition_meets_the_decision_and_becomes_a_remark(world: World) -> None:
    await world.reported(V1)
    await decide(world.services, V1, await body(world), world.person("supervisor1"))

    await world.take(
        papers.progress("violation_progress:G1", V1, MONDAY - timedelta(hours=1), "业主已口头承诺")
    )

    status = await world.status(V1)
    assert status is not None
    assert status["state"] == "confirmed"
    assert [one["text"] for one in status["fields"]["progress"]] == ["业主已口头承诺"]


async def body(world: World, what: str = "confirm") -> dict[str, Any]:
    status = await world.status(V1)
    assert status is not None
    dated = what in ("confirm", "rectify_again")
    by = {"rectify_by": (world.clock.now() + timedelta(days=2)).date().isoformat()} if dated else {}
    clause = {"clause": "第十二条"} if what == "confirm" else {}
    evidence = {"evidence_hash": status["fields"]["evidence_hash"]}
    return {"decision": what, "reason": "证据清楚"} | evidence | by | clause


async def _recheck(world: World, fact_id: str) -> None:
    found = papers.recheck(fact_id, V1, world.clock.now())
    world.all_photos_arrive(found)
    await world.take(found)


def _two_new_photos() -> list[dict[str, Any]]:
    return papers.photos(["new one", "new two"], "before", MONDAY)
