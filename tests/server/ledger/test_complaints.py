"""The story of a complaint: limits, the chain, the talk with the customer, the return visit, and when it may close."""

from __future__ import annotations

import random

import pytest

from server.ledger.model import Status
from tests.server.ledger.site import UNIT, Site, at, document, due, held, item, later, wall

CASE = "complaint:C"


@pytest.fixture
def site() -> Site:
    return Site()


def complain(site: Site, when: str = "03-02 10:00", **body: object) -> None:
    filled = {
        "unit_id": UNIT,
        "channel": "call",
        "received_at": at(when).isoformat(),
        "text": "楼上装修太吵",
        "wish": "午间停工",
        "class": "general",
        "cause": "decoration_noise",
        "scope": "own",
        **body,
    }
    site.record("complaint", UNIT, when, filled, by="agent1", id=CASE)


def step(site: Site, to: str, when: str, by: str = "agent1", **body: object) -> str:
    return site.record("complaint_step", CASE, when, {"to": to, **body}, by=by).id


def visit(site: Site, when: str, satisfaction: str | None, channel: str = "call") -> str:
    body = {"trigger": "complaint", "channel": channel, "result": "not_reached"}
    if satisfaction is not None:
        body |= {"result": "reached", "person": "王海", "satisfaction": satisfaction}
    return site.record("return_visit", CASE, when, body).id


def resolve(site: Site, when: str = "03-02 15:00") -> None:
    step(site, "assigned", "03-02 10:10", assigned_to="steward1")
    step(site, "processing", "03-02 10:30", by="steward1")
    step(site, "resolved", when, by="steward1", solution="午间停工", agreed_at=at(when).isoformat())


CLOSING = {"cause_analysis": "未告知时段", "preventive_measure": "张贴时段"}


def test_what_is_our_own_is_due_the_same_day_even_late_in_the_evening(site: Site) -> None:
    complain(site, "2026-03-02 23:40", scope="own")
    assert wall(item(site.status(CASE, "03-02 23:50"), "R-CMP-05", "round-1").due_at) == "03-02 23:59:59"


def test_what_is_handed_to_others_is_due_in_three_days_from_the_receipt(site: Site) -> None:
    complain(site, "2026-03-02 23:40", scope="other", department="engineering")
    status = site.status(CASE, "03-02 23:50")
    assert wall(item(status, "R-CMP-06", "round-1").due_at) == "03-05 23:59:59"
    assert due(status, "R-CMP-05") == {}


@pytest.mark.parametrize(
    ("received", "limit"),
    [
        ("03-02 08:00", "03-02 08:30:00"),
        ("03-02 17:59", "03-02 18:29:00"),
        ("03-02 18:00", "03-03 08:00:00"),
        ("03-02 23:40", "03-03 08:00:00"),
        ("03-02 07:59", "03-02 08:00:00"),
    ],
)
def test_what_is_not_ours_is_passed_on_within_half_an_hour_or_when_service_begins(
    site: Site, received: str, limit: str
) -> None:
    complain(site, f"2026-{received}", scope="other", department="engineering")
    assert wall(item(site.status(CASE, "03-03 09:00"), "R-CMP-07", "round-1").due_at) == limit


@pytest.mark.parametrize(
    ("hours", "limit"),
    [
        (("22:00", "06:00"), "03-03 00:10:00"),
        (("06:00", "06:00"), "03-03 00:10:00"),
        (("09:30", "12:00"), "03-03 09:30:00"),
    ],
)
def test_a_project_has_its_own_hours_of_service_also_over_midnight(
    site: Site, hours: tuple[str, str], limit: str
) -> None:
    site.settings |= dict(zip(("cmp.service_from", "cmp.service_to"), hours, strict=True))
    complain(site, "2026-03-02 23:40", scope="other", department="engineering")
    assert wall(item(site.status(CASE, "03-03 09:00"), "R-CMP-07", "round-1").due_at) == limit


def test_a_change_of_scope_counts_the_limit_from_the_first_receipt(site: Site) -> None:
    complain(site)
    body = {"scope": "other", "department": "engineering", "reason": "属工程"}
    site.record("complaint_change", CASE, "03-02 18:00", body, by="supervisor1")

    status = site.status(CASE, "03-02 19:00")

    assert due(status, "R-CMP-05") == {}
    assert wall(item(status, "R-CMP-06", "round-1").due_at) == "03-05 23:59:59"


def test_handled_visited_and_closed_with_cause_and_prevention(site: Site) -> None:
    complain(site)
    resolve(site)
    early = step(site, "closed", "03-02 16:00", **CLOSING)
    visit(site, "03-02 17:00", "4")
    bare = step(site, "closed", "03-02 17:30")
    step(site, "closed", "03-02 18:00", **CLOSING)

    status = site.status(CASE, "03-03 09:00")

    assert status.state == "closed"
    assert held(status) == {early: "guard", bare: "missing_field"}
    assert due(status, "R-CMP-05") == {"round-1": "met"}
    assert due(status, "R-CMP-13") == {"round-1": "met"}
    assert status.fields["closed_at"] == "2026-03-02T10:00:00Z"
    assert status.fields["unit"] == UNIT


def test_an_unsatisfied_customer_reopens_it_and_an_unreached_one_does_not_count(site: Site) -> None:
    complain(site)
    resolve(site)
    visit(site, "03-02 17:00", None)
    assert site.status(CASE, "03-02 17:10").state == "return_visit"
    assert due(site.status(CASE, "03-02 17:10"), "R-CMP-13") == {"round-1": "pending"}

    visit(site, "03-03 09:00", "2")

    status = site.status(CASE, "03-03 09:30")
    assert status.state == "reopened"
    assert due(status, "R-CMP-13") == {"round-1": "met"}


def test_a_major_complaint_climbs_one_level_every_four_hours_without_a_decision(site: Site) -> None:
    complain(site, **{"class": "major", "cause": "major_other"})
    assert site.status(CASE, "03-02 14:00:00").state == "received"
    assert site.status(CASE, "03-02 14:00:01").state == "escalated_l2"
    assert site.status(CASE, "03-02 18:00:02").state == "escalated_l3"

    site.record(
        "complaint_decision",
        CASE,
        "03-02 13:00",
        {"level": "supervisor", "text": "今日到场"},
        by="supervisor1",
    )

    assert site.status(CASE, "03-03 18:00").state == "received"
    assert due(site.status(CASE, "03-03 18:00"), "R-CMP-09") == {"round-1": "met"}


def test_a_step_recorded_offline_before_the_limit_and_synced_later_undoes_the_climb(site: Site) -> None:
    complain(site, **{"class": "major", "cause": "major_other"})
    assert site.status(CASE, "03-02 20:00").state == "escalated_l3"

    step(site, "resolved", "03-02 13:00", solution="已恢复")

    assert site.status(CASE, "03-02 20:00").state == "resolved"


def test_compensation_goes_to_the_company_at_once_and_closes_with_a_corrective_report(site: Site) -> None:
    complain(site, compensation=True, **{"class": "major", "cause": "major_other"})
    assert site.status(CASE, "03-02 10:01").state == "company"
    step(
        site, "resolved", "03-04 10:00", by="leader1", solution="赔付", agreed_at="2026-03-04T10:00:00+08:00"
    )
    visit(site, "03-04 15:00", "5", channel="home")
    bare = step(site, "closed", "03-04 16:00", **CLOSING)
    report = {"problem": "误工", "cause": "无记录", "correction": "赔付", "prevention": "登记"}
    site.record("corrective_action_report", CASE, "03-05 10:00", report, by="quality1")
    step(site, "closed", "03-05 16:00", **CLOSING)

    status = site.status(CASE, "03-06 10:00")

    assert status.state == "closed"
    assert held(status) == {bare: "guard"}


def test_an_open_complaint_is_talked_over_every_day_it_stays_open(site: Site) -> None:
    complain(site, scope="other", department="engineering")
    step(site, "assigned", "03-02 10:10", assigned_to="engineer1")
    site.record("complaint_progress", CASE, "03-02 15:00", {"channel": "call", "text": "已到场"})
    step(site, "resolved", "03-04 11:00", solution="已修好")

    status = site.status(CASE, "03-05 10:00")

    assert due(status, "R-CMP-12") == {"2026-03-02": "met", "2026-03-03": "overdue"}
    assert item(status, "R-CMP-12", "2026-03-03").assigned_to == "engineer1"


def test_a_step_from_the_wrong_state_is_held_with_both_names(site: Site) -> None:
    complain(site)
    wrong = step(site, "closed", "03-02 11:00", **CLOSING)
    status = site.status(CASE, "03-02 12:00")
    assert held(status) == {wrong: "wrong_state"}
    assert "已受理" in status.held[0].reason
    assert "Received" in status.held[0].reason


def a_long_story() -> Site:
    site = Site()
    complain(
        site, **{"class": "major", "cause": "public_facility", "scope": "other", "department": "engineering"}
    )
    step(site, "assigned", "03-02 11:00", assigned_to="steward1")
    step(site, "escalated_l3", "03-02 12:00", by="supervisor1", reason="太早")
    site.record(
        "complaint_progress",
        CASE,
        "03-02 15:00",
        {"channel": "call", "text": "已到场"},
        received="03-04 09:00",
    )
    step(site, "resolved", "03-03 11:00", by="steward1", solution="已修好")
    visit(site, "03-03 12:00", None)
    visit(site, "03-03 13:00", "1")
    step(site, "processing", "03-03 14:00", by="steward1")
    step(
        site, "resolved", "03-04 11:00", by="steward1", solution="再修", agreed_at="2026-03-04T11:00:00+08:00"
    )
    visit(site, "03-04 13:00", "5", channel="home")
    site.record("corrective_action_report", CASE, "03-04 13:30", {"problem": "停水"}, by="quality1")
    step(site, "closed", "03-04 14:00", **CLOSING)
    return site


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("now", ["03-02 10:30", "03-03 12:30", "03-04 13:30", "03-09 10:00"])
def test_the_order_of_arrival_and_repetition_make_no_difference(seed: int, now: str) -> None:
    site = a_long_story()
    before = document(site.status(CASE, now), now)

    random.Random(seed).shuffle(site.facts)
    site.facts += random.Random(seed).sample(site.facts, 4)

    assert document(site.status(CASE, now), now) == before


def test_nothing_changes_before_the_next_wake() -> None:
    site = a_long_story()
    site.facts = site.facts[:7]  # left reopened
    now = at("03-03 13:30")
    for _ in range(40):
        status: Status = site.status(CASE, now)
        if status.wake_at is None:
            break
        just_before = later(status.wake_at, seconds=-1)
        if just_before > now:
            assert document(site.status(CASE, just_before), just_before) == document(status, now)
        now = status.wake_at
    else:
        assert now > at("03-10 00:00")
