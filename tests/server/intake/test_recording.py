"""Facts of online users: written as a device would, once, judged at once."""

from __future__ import annotations

from typing import Any

import pytest

from server.errors import AlreadyExists, InvalidInput, NotPermitted
from server.intake.record import record_fact
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"


def patrol(**more: Any) -> dict[str, Any]:
    written = papers.patrol("decoration_patrol:P1", D1, MONDAY)
    return {name: written[name] for name in ("type", "area", "subject", "photos", "body")} | more


async def test_an_online_patrol_counts_like_any_other(world: World) -> None:
    await world.decoration(D1)

    recorded = await record_fact(world.services, patrol(), world.person("steward1"))

    status = await world.status(D1)
    stored = await world.document(recorded.id)
    assert status is not None
    assert stored is not None
    assert recorded.state == "accepted"
    assert status["fields"]["last_patrol_by"] == "steward1"
    assert (stored["author"], stored["project"], stored["_rev"]) == ("steward1", "demo", recorded.rev)
    assert recorded.rev == f"1-{recorded.hash[:32]}"


async def test_what_breaks_a_rule_is_stored_and_held(world: World) -> None:
    await world.decoration(D1)

    recorded = await record_fact(world.services, patrol(photos=[]), world.person("steward1"))

    assert (recorded.state, recorded.code) == ("held", "photos_too_few")
    assert recorded.reason
    assert await world.document(recorded.id) is not None


async def test_the_same_fact_again_is_the_same_record(world: World) -> None:
    await world.decoration(D1)
    named = patrol(_id="decoration_patrol:once", performed_at="2026-11-23T09:00:00+08:00")

    first = await record_fact(world.services, named, world.person("steward1"))
    again = await record_fact(world.services, named, world.person("steward1"))

    assert first == again
    with pytest.raises(AlreadyExists):
        await record_fact(
            world.services, named | {"performed_at": "2026-11-23T09:01:00+08:00"}, world.person("steward1")
        )


async def test_one_records_only_in_areas_one_sees(world: World) -> None:
    with pytest.raises(NotPermitted):
        await record_fact(world.services, patrol(area="a2"), world.person("steward1"))
    with pytest.raises(NotPermitted):
        await record_fact(world.services, patrol(area="nowhere"), world.person("steward1"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "violation_decision"},
        {"type": "status"},
        {"type": 5},
        {"_id": "violation:x"},
        {"_id": 5},
        {"performed_at": "nine o'clock"},
        {"subject": None},
        {"body": {"note": 2**70}},
    ],
)
async def test_what_is_no_fact_is_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await record_fact(world.services, patrol(**wrong), world.person("steward1"))
