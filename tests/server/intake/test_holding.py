"""What breaks a rule is held and shown, never dropped, and can count later (promises D2, I3, I8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from server.access import administration, devices
from server.errors import InvalidInput, NotFound, NotPermitted, WrongState
from server.intake.releases import release
from server.intake.tables import fact
from server.receipts import receipt_hash
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
P1 = "decoration_patrol:P1"


async def test_a_patrol_without_its_items_is_held_and_does_not_count(world: World) -> None:
    await world.decoration(D1)

    await world.take(papers.patrol(P1, D1, MONDAY, body={"items": []}))

    status = await world.status(D1)
    assert status is not None
    assert [(held["fact"], held["code"]) for held in status["held"]] == [(P1, world.fact_row(P1).held_code)]
    assert status["fields"]["last_patrol_at"] is None
    assert world.fact_row(P1).held_reason


async def test_a_held_patrol_counts_once_the_supervisor_releases_it(world: World) -> None:
    await world.decoration(D1)
    await world.take(papers.patrol(P1, D1, MONDAY, photos=[]))

    document = await release(world.services, P1, "现场已核实", world.person("supervisor1"))

    status = await world.status(D1)
    assert status is not None
    assert status["held"] == []
    assert status["fields"]["last_patrol_by"] == "steward1"
    assert (document["fact"], document["by"]) == (P1, "supervisor1")
    assert world.fact_row(P1).released_by == "supervisor1"


async def test_a_release_survives_a_rebuild(world: World) -> None:
    await world.decoration(D1)
    await world.take(papers.patrol(P1, D1, MONDAY, photos=[]))
    await release(world.services, P1, "现场已核实", world.person("supervisor1"))
    before = await world.statuses()

    await world.intake.rebuild()

    assert await world.statuses() == before
    assert world.fact_row(P1).released_by == "supervisor1"


async def test_a_release_needs_a_supervisor_a_reason_and_something_held(world: World) -> None:
    await world.decoration(D1)
    await world.take(
        papers.patrol(P1, D1, MONDAY, photos=[]), papers.patrol("decoration_patrol:P2", D1, MONDAY)
    )
    supervisor = world.person("supervisor1")

    with pytest.raises(NotPermitted):
        await release(world.services, P1, "好", world.person("office1"))
    with pytest.raises(NotFound):
        await release(world.services, P1, "好", world.person("steward2"))
    with pytest.raises(NotFound):
        await release(world.services, "decoration_patrol:none", "好", supervisor)
    with pytest.raises(InvalidInput):
        await release(world.services, P1, "  ", supervisor)
    with pytest.raises(WrongState):
        await release(world.services, "decoration_patrol:P2", "好", supervisor)
    assert world.fact_row(P1).released_by is None


async def test_a_push_that_was_refused_is_shown_with_its_reason(world: World) -> None:
    await world.decoration(D1)

    await world.push_refused(papers.patrol(P1, D1, MONDAY), "after_transfer")
    await world.intake.catch_up()

    status = await world.status(D1)
    assert status is not None
    assert [(held["fact"], held["code"]) for held in status["held"]] == [(P1, "after_transfer")]
    assert status["fields"]["last_patrol_at"] is None


@pytest.mark.parametrize(
    "damage",
    [
        {"performed_at": None},
        {"performed_at": "yesterday"},
        {"performed_at": "2026-11-23T10:00:00"},
        {"performed_at": "0001-01-01T00:00:00+14:00"},
        {"subject": 7},
        {"subject": ""},
        {"type": "violation"},
        {"project": ["demo"]},
        {"body": "text"},
        {"body": {"items": {"a": [[[[[[[[1]]]]]]]]}}},
        {"photos": {"sha256": 1}},
        {"photos": [1, None, {"sha256": 5}, {"sha256": "f" * 64, "taken_at": 8}]},
        {"amends": 12},
        {"voids": P1},
    ],
)
async def test_a_document_nobody_can_read_stops_nobody_else(world: World, damage: dict[str, Any]) -> None:
    await world.decoration(D1)
    broken = papers.patrol("decoration_patrol:broken", D1, MONDAY) | damage
    database = world.store.database(world.directory.current().area_database("a1"))
    await database.record(broken, "steward1", "dev-steward1")

    await world.take(papers.patrol(P1, D1, MONDAY))

    status = await world.status(D1)
    assert status is not None
    assert status["fields"]["last_patrol_by"] == "steward1"
    assert world.fact_row("decoration_patrol:broken").held_code is not None


async def test_somebody_without_the_role_may_not_record_and_is_told_so(world: World) -> None:
    await world.decoration(D1)

    await world.take(papers.patrol(P1, D1, MONDAY, author="office1"))

    assert world.fact_row(P1).held_code == "role_not_permitted"


async def test_what_was_recorded_in_a_role_counts_after_the_role_has_ended(world: World) -> None:
    await world.decoration(D1)
    at = world.clock.now()
    world.clock.advance(timedelta(hours=5))
    administration.end_role(world.engine, "steward1", "steward", papers.PROJECT, at=at + timedelta(hours=1))
    administration.disable_user(world.engine, "steward1", at=world.clock.now())

    await world.take(papers.patrol(P1, D1, at), papers.patrol("decoration_patrol:P2", D1, world.clock.now()))

    assert world.fact_row(P1).held_code is None
    assert world.fact_row("decoration_patrol:P2").held_code == "role_not_permitted"


async def test_a_phone_whose_clock_is_years_off_keeps_its_work(world: World) -> None:
    await world.decoration(D1)

    await world.take(
        papers.patrol(P1, D1, MONDAY.replace(year=2019)),
        papers.patrol("decoration_patrol:P2", D1, MONDAY + timedelta(hours=2)),
    )

    assert world.fact_row(P1).held_code is None
    assert world.fact_row("decoration_patrol:P2").held_code is None
    assert world.fact_row("decoration_patrol:P2").time_suspect
    assert world.fact_row(P1).received_at == MONDAY


async def test_one_corrects_only_what_is_ones_own(world: World) -> None:
    await world.decoration(D1)
    await world.take(papers.patrol(P1, D1, MONDAY))

    await world.take(
        papers.patrol("decoration_patrol:P2", D1, MONDAY, author="supervisor1", amends=P1),
        papers.patrol("decoration_patrol:P3", D1, MONDAY, amends=P1),
    )

    assert world.fact_row("decoration_patrol:P2").held_code == "not_your_record"
    assert world.fact_row("decoration_patrol:P3").held_code is None
    assert world.fact_row(P1).amended_by == "decoration_patrol:P3"


async def test_a_supervisor_may_withdraw_what_a_steward_recorded(world: World) -> None:
    await world.decoration(D1)
    await world.take(papers.patrol(P1, D1, MONDAY))

    await world.take(
        papers.patrol(
            "decoration_patrol:P2", D1, MONDAY, author="supervisor1", voids=P1, body={"reason": "记错了"}
        )
    )

    status = await world.status(D1)
    assert status is not None
    assert world.fact_row("decoration_patrol:P2").held_code is None
    assert world.fact_row(P1).voided_by == "decoration_patrol:P2"
    assert status["fields"]["last_patrol_at"] is None


async def test_a_steward_may_not_withdraw_what_another_recorded(world: World) -> None:
    await world.decoration(D1)
    await world.take(papers.patrol(P1, D1, MONDAY))

    await world.take(
        papers.patrol(
            "decoration_patrol:P2", D1, MONDAY, author="steward2", voids=P1, body={"reason": "记错了"}
        )
    )

    assert world.fact_row("decoration_patrol:P2").held_code == "not_your_record"
    assert world.fact_row(P1).voided_by is None


async def test_a_withdrawal_by_a_supervisor_stands_when_another_supervises(world: World) -> None:
    await world.decoration(D1)
    withdrawal = papers.patrol(
        "decoration_patrol:P2", D1, MONDAY, author="supervisor1", voids=P1, body={"reason": "记错了"}
    )
    await world.take(papers.patrol(P1, D1, MONDAY), withdrawal)
    before = await world.status(D1)
    assert before is not None
    later = world.clock.now() + timedelta(hours=1)
    administration.end_role(world.engine, "supervisor1", "cs_supervisor", papers.PROJECT, at=later)
    administration.grant_role(world.engine, "office1", "cs_supervisor", papers.PROJECT, at=later)

    world.clock.advance(timedelta(hours=2))
    await world.intake.rebuild()

    after = await world.status(D1)
    assert after is not None
    assert world.fact_row("decoration_patrol:P2").held_code is None
    assert (after["fields"]["last_patrol_at"], after["held"]) == (before["fields"]["last_patrol_at"], [])
    assert after["fields"]["last_patrol_at"] is None


async def test_a_fact_in_another_area_than_its_subject_is_held(world: World) -> None:
    await world.decoration(D1)

    await world.take(papers.patrol(P1, D1, MONDAY, area="a2"))

    status = await world.status(D1)
    assert status is not None
    assert world.fact_row(P1).held_code == "wrong_area"
    assert status["fields"]["last_patrol_at"] is None


async def test_a_setting_that_changes_is_applied_to_what_was_judged_by_the_old_one(world: World) -> None:
    await world.publish(papers.unit("9-1-101"), papers.household("9-1-101"))
    late = papers.promise("fee_visit:F1", "household:demo-9-1-101-owner", MONDAY, "2026-12-05")
    late["body"] |= {"outcome": "not_home"}
    del late["body"]["promise_date"], late["body"]["promise_amount"]
    await world.take(late)
    assert world.fact_row("fee_visit:F1").held_code == "date_too_far"

    await world.publish(papers.setting("fee.next_action_max_days", 14))
    await world.intake.catch_up()

    assert world.fact_row("fee_visit:F1").held_code is None


async def test_a_setting_nobody_understands_changes_nothing(world: World) -> None:
    await world.decoration(D1)
    await world.publish(papers.setting("dec.decision_hours", "soon"), papers.setting("no.such", 1))

    await world.take(papers.patrol(P1, D1, MONDAY))

    status = await world.status(D1)
    assert status is not None
    assert status["fields"]["last_patrol_by"] == "steward1"


async def test_a_second_document_under_a_used_id_does_not_replace_the_first(world: World) -> None:
    await world.decoration(D1)
    await world.take(papers.patrol(P1, D1, MONDAY))

    await world.push_refused(papers.patrol(P1, D1, MONDAY + timedelta(hours=1)), "not_author")
    await world.intake.catch_up()

    with world.engine.connect() as connection:
        ids = connection.scalars(select(fact.c.id).where(fact.c.id.like(f"{P1}%")).order_by(fact.c.id)).all()
    assert ids == [P1, f"{P1}#1-{'f' * 32}"]
    assert world.fact_row(P1).held_code is None


async def test_a_fact_that_makes_the_fold_fail_is_held_and_the_others_count(world: World) -> None:
    await world.decoration(D1)
    rules = world.rules

    class Stumbling:
        def __getattr__(self, name: str) -> Any:
            return getattr(rules, name)

        def fold(self, subject: str, facts: Any, context: Any) -> Any:
            if any(one.id == "decoration_patrol:bad" and one.hold is None for one in facts):
                raise ZeroDivisionError
            return rules.fold(subject, facts, context)

    world.rules = Stumbling()
    world.assemble()

    await world.take(papers.patrol("decoration_patrol:bad", D1, MONDAY), papers.patrol(P1, D1, MONDAY))

    status = await world.status(D1)
    assert status is not None
    assert world.fact_row("decoration_patrol:bad").held_code == "unreadable"
    assert status["fields"]["last_patrol_by"] == "steward1"


async def test_what_cannot_be_read_is_held_under_the_hash_its_phone_asks_for(world: World) -> None:
    document = papers.patrol(P1, D1, MONDAY)
    del document["subject"]

    await world.take(document)

    row = world.fact_row(P1)
    assert (row.held_code, row.hash) == ("unreadable", receipt_hash(document))


async def test_a_step_before_its_turn_is_held_on_its_record_until_its_turn_comes(world: World) -> None:
    start = MONDAY - timedelta(days=2)
    await world.publish(papers.unit("3-1-502", status="decorating"))
    await world.take(
        papers.filing(D1, start),
        papers.step("decoration_step:1", D1, "submitted", start + timedelta(hours=1)),
        papers.step("decoration_step:3", D1, "in_progress", start + timedelta(hours=3)),
    )
    early = world.fact_row("decoration_step:3")
    assert (early.held_code, early.held_by) == ("wrong_state", D1)
    with pytest.raises(WrongState):
        await release(world.services, "decoration_step:3", "好", world.person("supervisor1"))

    await world.take(
        papers.step("decoration_step:2", D1, "approved", start + timedelta(hours=2), "supervisor1")
    )

    status = await world.status(D1)
    assert status is not None
    assert (status["state"], status["held"]) == ("in_progress", [])
    assert world.fact_row("decoration_step:3").held_code is None


async def test_what_a_fold_holds_stays_held_through_a_change_of_settings_and_a_rebuild(world: World) -> None:
    await world.reported("violation:V1")
    await world.take(papers.recheck("violation_recheck:R1", "violation:V1", MONDAY))
    before = world.fact_row("violation_recheck:R1")
    assert (before.held_code, before.held_by) == ("wrong_state", "violation:V1")

    await world.publish(papers.setting("sync.skew_min", 10))
    await world.intake.catch_up()
    await world.intake.rebuild()

    assert world.fact_row("violation_recheck:R1") == before


async def test_a_record_that_its_phone_did_not_sign_is_held_and_an_unsigned_one_is_not(world: World) -> None:
    await world.decoration(D1)
    steward = world.person("steward1")
    key = ec.generate_private_key(ec.SECP256R1())
    signed = papers.signed(papers.patrol(P1, D1, MONDAY), key)
    devices.enrol(
        world.engine,
        steward,
        {"device": signed["device"], "public_jwk": papers.public_jwk(key)},
        MONDAY,
    )

    await world.take(
        signed,
        papers.patrol("decoration_patrol:P2", D1, MONDAY),
        papers.signed(papers.patrol("decoration_patrol:P3", D1, MONDAY), key)
        | {"subject": "decoration_project:D2"},
    )

    held = {name: world.fact_row(f"decoration_patrol:{name}").held_code for name in ("P1", "P2", "P3")}
    assert held == {"P1": None, "P2": None, "P3": "wrong_signature"}
    assert "签名" in world.fact_row("decoration_patrol:P3").held_reason
