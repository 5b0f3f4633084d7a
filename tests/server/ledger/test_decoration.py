"""The decoration project: life cycle, pauses, daily patrols."""

from __future__ import annotations

import pytest

from server.catalogue.decoration import FILING_DOCS
from server.ledger.folds import fold
from server.ledger.model import Calendar, Hold, Status
from tests.server.ledger.site import (
    PROJECT,
    UNIT,
    VIOLATION,
    Site,
    at,
    due,
    held,
    item,
    wall,
)

PATROL = "R-DEC-06"


@pytest.fixture
def site() -> Site:
    """A project that asks for patrols only: the other duties have stories of their own (test_decoration_work.py)."""
    return Site(settings={"dec.owner_talks_per_week": 0})


def violation_is(site: Site, state: str, decided: str | None = None) -> None:
    """The violation's own fold, as intake hands it to the project's."""
    decision = {"decided_at": at(decided).isoformat()} if decided else None
    site.linked[VIOLATION] = Status(VIOLATION, "violation", "demo", "a1", state, {"decision": decision})


def test_t11_a_pause_takes_its_day_out_and_both_other_days_are_met(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("paused", "06-05 18:00", reason="业主家事", pause_from="2026-06-06", pause_to="2026-06-06")
    site.patrol("06-05 09:00")
    site.patrol("06-07 10:00")
    site.step("completion_check", "06-07 18:00", by="steward1")

    status = site.status(PROJECT, "06-08 12:00")

    assert due(status, PATROL) == {"2026-06-05": "met", "2026-06-07": "met"}
    assert (status.fields["patrol_duties"], status.fields["patrol_duties_met"]) == (2, 2)
    assert status.fields["actual_end"] == "2026-06-07"


def test_t12_a_patrol_that_arrives_late_turns_overdue_into_met_synced_late(site: Site) -> None:
    site.start_work("06-05 08:00")
    before = site.status(PROJECT, "06-06 00:00:00")

    site.patrol("06-05 17:00", received="06-07 11:00")
    after = site.status(PROJECT, "06-07 11:00")

    assert due(before, PATROL)["2026-06-05"] == "overdue"
    assert due(after, PATROL)["2026-06-05"] == "met_synced_late"
    assert due(after, PATROL)["2026-06-06"] == "overdue"
    assert (after.fields["patrol_duties"], after.fields["patrol_duties_met"]) == (2, 1)


def test_a_missed_day_stays_missed_when_the_next_day_is_patrolled_twice(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.patrol("06-06 09:00")
    site.patrol("06-06 15:00")

    assert due(site.status(PROJECT, "06-06 16:00"), PATROL) == {"2026-06-05": "overdue", "2026-06-06": "met"}


def test_a_day_goes_from_pending_to_due_soon_to_overdue_and_wakes_for_each(site: Site) -> None:
    site.start_work("06-05 08:00")

    seen = []
    now = at("06-05 08:00")
    for _ in range(4):
        status = site.status(PROJECT, now)
        seen.append((wall(now), due(status, PATROL)))
        assert status.wake_at is not None
        now = status.wake_at

    assert seen == [
        ("06-05 08:00:00", {"2026-06-05": "pending"}),
        ("06-05 18:00:00", {"2026-06-05": "due_soon"}),
        ("06-06 00:00:00", {"2026-06-05": "overdue", "2026-06-06": "pending"}),
        ("06-06 18:00:00", {"2026-06-05": "overdue", "2026-06-06": "due_soon"}),
    ]


def test_the_duty_is_the_stewards_and_names_the_patrol_that_met_it(site: Site) -> None:
    site.start_work("06-05 08:00")
    patrol = site.patrol("06-05 09:00")

    found = item(site.status(PROJECT, "06-05 10:00"), PATROL, "2026-06-05")

    assert (found.assigned_to, found.satisfied_by) == ("steward1", patrol.id)
    assert found.id == f"due:{PATROL}:{PROJECT}:2026-06-05"


def test_a_pause_shows_on_its_days_and_ends_by_itself(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("paused", "06-05 18:00", reason="材料未到", pause_from="2026-06-06", pause_to="2026-06-08")

    assert site.status(PROJECT, "06-05 23:59").state == "in_progress"
    assert site.status(PROJECT, "06-06 00:00").state == "paused"
    assert site.status(PROJECT, "06-08 23:59:59").state == "paused"
    assert site.status(PROJECT, "06-09 00:00").state == "in_progress"
    assert wall(site.status(PROJECT, "06-08 18:00").wake_at) == "06-09 00:00:00"


def test_resuming_ends_the_pause_the_day_before(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("paused", "06-05 18:00", reason="材料未到", pause_from="2026-06-06", pause_to="2026-06-20")
    site.step("resumed", "06-08 09:00")

    status = site.status(PROJECT, "06-08 10:00")

    assert status.state == "in_progress"
    assert status.fields["pauses"] == [{"from": "2026-06-06", "to": "2026-06-07", "reason": "材料未到"}]
    assert due(status, PATROL) == {"2026-06-05": "overdue", "2026-06-08": "pending"}


def test_a_pause_recorded_afterwards_excuses_the_missed_day_and_keeps_it_in_sight(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.patrol("06-05 09:00")
    site.step("paused", "06-07 09:00", reason="停电", pause_from="2026-06-06", pause_to="2026-06-06")

    status = site.status(PROJECT, "06-07 10:00")

    assert due(status, PATROL) == {"2026-06-05": "met", "2026-06-06": "waived", "2026-06-07": "pending"}
    assert status.fields["patrol_duties"] == 1


def test_a_pause_from_a_clock_that_is_fast_excuses_its_day_when_the_day_is_over(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.patrol("06-05 09:00")
    site.step("paused", "06-07 09:00", reason="停电", pause_from="2026-06-06", pause_to="2026-06-06")

    during = site.status(PROJECT, "06-06 12:00")

    assert list(due(during, PATROL)) == ["2026-06-05"]
    assert wall(during.wake_at) == "06-07 00:00:00"
    assert due(site.status(PROJECT, "06-07 00:00"), PATROL)["2026-06-06"] == "waived"


def test_no_patrols_on_rest_days_when_the_project_says_so(site: Site) -> None:
    site.settings["dec.patrol_rest_days"] = False
    site.calendar = Calendar(holidays=frozenset({at("06-08 12:00").date()}))
    site.start_work("06-05 08:00")  # a Friday; Monday the 8th is a holiday

    assert due(site.status(PROJECT, "06-09 12:00"), PATROL) == {
        "2026-06-05": "overdue",
        "2026-06-09": "pending",
    }
    assert wall(site.status(PROJECT, "06-08 18:00").wake_at) == "06-09 00:00:00"


def test_duties_count_from_the_day_the_project_says(site: Site) -> None:
    site.settings["duties_from"] = "2026-06-07"
    site.start_work("06-05 08:00")

    assert list(due(site.status(PROJECT, "06-08 12:00"), PATROL)) == ["2026-06-07", "2026-06-08"]


def test_old_items_leave_the_status_and_stay_in_the_counts(site: Site) -> None:
    site.start_work("2026-06-05 08:00")

    status = site.status(PROJECT, "2027-10-01 12:00")  # 483 days later

    assert len(due(status, PATROL)) == 400
    assert status.fields["patrol_duties"] == 483


def test_work_cannot_start_before_the_filing_is_accepted(site: Site) -> None:
    site.file()
    step = site.step("in_progress", "06-02 08:00", by="steward1")

    status = site.status(PROJECT, "06-02 09:00")

    assert status.state == "draft"
    assert held(status) == {step.id: "wrong_state"}
    assert due(status, PATROL) == {}


def test_a_filing_with_missing_papers_is_not_accepted_and_they_are_listed(site: Site) -> None:
    site.file(filing_docs=["agreement", "fee_receipt"])
    site.step("submitted", "06-01 11:00", by="steward1")
    step = site.step("approved", "06-02 09:00")

    status = site.status(PROJECT, "06-02 10:00")

    assert status.state == "submitted"
    assert held(status) == {step.id: "filing_incomplete"}
    assert status.fields["filing_missing"] == ["quality_confirmation", "department_review"]


def test_papers_brought_later_complete_the_filing(site: Site) -> None:
    site.file(filing_docs=["agreement", "fee_receipt"])
    site.step("submitted", "06-01 11:00", by="steward1")
    site.step("returned", "06-02 09:00", reason="缺资料")
    site.step(
        "submitted", "06-03 11:00", by="steward1", filing_docs=["quality_confirmation", "department_review"]
    )
    site.step("approved", "06-04 09:00")

    status = site.status(PROJECT, "06-04 10:00")

    assert (status.state, status.fields["filing_missing"], held(status)) == ("approved", [], {})


def test_nobody_accepts_a_filing_of_their_own(site: Site) -> None:
    site.file(filing_docs=list(FILING_DOCS.values))
    site.step("submitted", "06-01 11:00", by="steward1")
    step = site.step("approved", "06-02 09:00", by="steward1")

    assert held(site.status(PROJECT, "06-02 10:00")) == {step.id: "decider_is_reporter"}


def test_a_confirmed_violation_shows_the_project_as_rectifying_until_it_is_closed(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.report("06-05 10:00")

    shown = {}
    for state in ("submitted", "confirmed", "notified", "rectifying", "recheck", "closed"):
        violation_is(site, state, "06-05 12:00" if state == "closed" else None)
        status = site.status(PROJECT, "06-05 12:00")
        shown[state] = (status.state, status.fields["open_violations"])

    assert shown == {
        "submitted": ("in_progress", [VIOLATION]),
        "confirmed": ("rectifying", [VIOLATION]),
        "notified": ("rectifying", [VIOLATION]),
        "rectifying": ("rectifying", [VIOLATION]),
        "recheck": ("rectifying", [VIOLATION]),
        "closed": ("in_progress", []),
    }
    assert due(status, PATROL) == {"2026-06-05": "pending"}


def test_an_open_violation_blocks_acceptance(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.report("06-05 10:00")
    violation_is(site, "confirmed")
    site.step("completion_check", "06-07 09:00", by="steward1")
    step = site.step("accepted", "06-08 09:00")

    status = site.status(PROJECT, "06-08 10:00")

    assert (status.state, held(status)) == ("completion_check", {step.id: "open_violations"})


def test_a_violation_that_comes_to_light_later_does_not_undo_the_acceptance(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("completion_check", "06-07 09:00", by="steward1")
    site.step("accepted", "06-08 09:00")
    site.report("06-06 10:00", received="06-09 10:00")
    violation_is(site, "submitted")

    status = site.status(PROJECT, "06-09 12:00")

    assert (status.state, status.fields["open_violations"]) == ("accepted", [VIOLATION])


def test_a_failed_completion_check_brings_the_daily_patrol_back(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.patrol("06-05 09:00")
    site.step("completion_check", "06-06 09:00", by="steward1")
    site.step("rectifying", "06-09 09:00", reason="地漏堵塞")

    status = site.status(PROJECT, "06-09 10:00")

    assert status.state == "rectifying"
    assert due(status, PATROL) == {"2026-06-05": "met", "2026-06-09": "pending"}
    assert status.fields["actual_end"] is None


def test_the_status_carries_what_the_screens_show(site: Site) -> None:
    site.vacant("2026-01-01")
    site.start_work("06-05 08:00")
    site.patrol("06-05 09:00", stage="waterproof")

    status = site.status(PROJECT, "06-05 10:00")

    assert {name: status.fields[name] for name in ("unit", "unit_no", "building", "entrance", "floor")} == {
        "unit": UNIT, "unit_no": "3-1-502", "building": "3", "entrance": "1", "floor": 5,
    }  # fmt: skip
    assert status.fields["stage"] == "waterproof"
    assert status.fields["last_patrol_at"] == "2026-06-05T01:00:00Z"
    assert (status.fields["last_patrol_by"], status.fields["patrol_days"]) == ("steward1", 1)
    assert [(entry.change, entry.to_state) for entry in status.history] == [
        ("filed", "draft"), ("state", "submitted"), ("state", "approved"), ("decoration_pre_view", None),
        ("decoration_briefing", None), ("state", "in_progress"),
    ]  # fmt: skip


def test_a_withdrawn_patrol_does_not_count_and_a_corrected_one_counts_once(site: Site) -> None:
    site.start_work("06-05 08:00")
    first, second = site.patrol("06-05 09:00"), site.patrol("06-06 09:00")
    site.record("decoration_patrol", PROJECT, "06-06 10:00", {"reason": "错户"}, voids=first.id)
    site.record(
        "decoration_patrol", PROJECT, "06-06 11:00", {**second.body, "stage": "paint"}, amends=second.id
    )

    status = site.status(PROJECT, "06-06 12:00")

    assert due(status, PATROL) == {"2026-06-05": "overdue", "2026-06-06": "met"}
    assert (status.fields["stage"], status.fields["patrol_days"]) == ("paint", 1)


def test_only_the_author_corrects_and_a_withdrawal_that_came_this_far_counts(site: Site) -> None:
    site.start_work("06-05 08:00")
    patrol = site.patrol("06-05 09:00")
    by_other = site.record("decoration_patrol", PROJECT, "06-05 10:00", {}, by="steward2", amends=patrol.id)

    kept = site.status(PROJECT, "06-05 12:00")
    site.record(
        "decoration_patrol", PROJECT, "06-05 12:00", {"reason": "重复"}, by="supervisor1", voids=patrol.id
    )
    gone = site.status(PROJECT, "06-05 13:00")

    assert held(kept) == {by_other.id: "not_your_record"}
    assert due(kept, PATROL) == {"2026-06-05": "met"}
    assert due(gone, PATROL) == {"2026-06-05": "pending"}


def test_a_held_fact_does_not_count_and_is_listed(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.patrol("06-05 09:00")
    fact = site.record(
        "decoration_patrol",
        PROJECT,
        "06-06 09:00",
        {},
        hold=Hold("photos_too_few", "缺照片", "photos missing"),
    )

    status = site.status(PROJECT, "06-06 12:00")

    assert held(status) == {fact.id: "photos_too_few"}
    assert status.held[0].reason == "缺照片 photos missing"
    assert due(status, PATROL)["2026-06-06"] == "pending"


def test_a_project_without_its_filing_has_no_status(site: Site) -> None:
    site.patrol("06-05 09:00")

    assert fold(PROJECT, site.facts, site.context("06-05 10:00")) is None
