"""The month's fee plan, its performance day, and what an obstacle to payment owes."""

from __future__ import annotations

import pytest

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.settings import settings_with
from server.catalogue.validation import problems
from tests.server.catalogue.examples import example
from tests.server.ledger.site import HOUSEHOLD, Site, due, held, item, wall


def test_performance_is_settled_by_the_30th_and_in_february_by_its_last_day() -> None:
    site = Site(settings={"scope.duties_from": "2026-01-01"})
    status = site.status("project:demo:R-FEE-07", "02-10 09:00")
    assert wall(item(status, "R-FEE-07", "2026-02").due_at) == "02-28 23:59:59"
    assert wall(item(status, "R-FEE-07", "2026-01").due_at) == "01-30 23:59:59"


@pytest.mark.parametrize(("current", "codes"), [(60_000, []), (59_999, ["sum_differs"])])
def test_the_split_targets_sum_up_to_the_plan(current: int, codes: list[str]) -> None:
    splits = [
        {"steward": "steward1", "current": 40_000, "arrears": 0},
        {"steward": "steward2", "current": current - 40_000, "arrears": 500},
    ]
    document = example(RECORD_TYPES["fee_plan"], target_current=60_000, target_arrears=500, splits=splits)
    assert [each.code for each in problems(document, settings_with({}))] == codes


def test_nobody_approves_a_plan_of_their_own() -> None:
    site = Site()
    site.record(
        "fee_plan", "project:demo", "06-02 09:00", {"month": "2026-06"}, by="manager1", id="fee_plan:P"
    )
    own = site.record("fee_plan_step", "fee_plan:P", "06-02 10:00", {"to": "approved"}, by="manager1")
    status = site.status("fee_plan:P", "06-03 09:00")
    assert (status.state, held(status)) == ("submitted", {own.id: "own_record"})


def test_a_summary_meeting_is_owed_on_days_with_a_fee_visit_only() -> None:
    site = Site()
    duty = "project:demo:R-FEE-08"
    site.record("collection_meeting", "project:demo", "06-01 18:00", {"summary": "小结"})
    for day in ("06-01", "06-03"):
        site.record("fee_visit", HOUSEHOLD, f"{day} 10:00", {"measure": "phone", "outcome": "promised"})
    assert due(site.status(duty, "06-04 09:00"), "R-FEE-08") == {"2026-06-01": "met", "2026-06-03": "overdue"}


def test_an_obstacle_is_solved_in_three_days_by_whoever_is_named() -> None:
    site = Site()
    site.record(
        "fast_lane",
        HOUSEHOLD,
        "06-01 10:00",
        {"obstacle": "漏水未修", "owner": "engineer1"},
        id="fast_lane:F",
    )
    limit = item(site.status("fast_lane:F", "06-02 09:00"), "R-FEE-09", "round-1")
    assert (wall(limit.due_at), limit.assigned_to) == ("06-04 23:59:59", "engineer1")
