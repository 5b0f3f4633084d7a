"""The violation: decisions bound to their evidence, rectification, re-check."""

from __future__ import annotations

import pytest

from server.ledger.evidence import evidence_hash
from server.ledger.folds import fold
from server.ledger.model import Hold
from tests.server.ledger.site import PROJECT, VIOLATION, Site, due, held, item, wall

DECIDE, RECHECK = "R-DEC-11", "R-DEC-14"


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_report_waits_for_the_supervisor_for_a_day_from_its_arrival(site: Site) -> None:
    site.report("06-05 10:00", received="06-05 16:30")

    status = site.status(VIOLATION, "06-05 17:00")
    found = item(status, DECIDE, "round-1")

    assert (status.state, found.status, found.assigned_to) == ("submitted", "pending", "supervisor1")
    assert wall(found.due_at) == "06-06 16:30:00"
    assert wall(status.wake_at) == "06-06 10:30:00"  # three quarters


def test_an_undecided_report_escalates_at_its_limit(site: Site) -> None:
    site.report("06-05 10:00")

    in_time = site.status(VIOLATION, "06-06 10:00:00")
    late = site.status(VIOLATION, "06-06 10:00:01")

    assert (in_time.fields["escalated"], due(in_time, DECIDE)) == (False, {"round-1": "due_soon"})
    assert (late.fields["escalated"], due(late, DECIDE)) == (True, {"round-1": "overdue"})
    assert late.history[-1].change == "escalated"


def test_confirmed_served_rectified_rechecked_and_closed(site: Site) -> None:
    site.report("06-05 10:00")
    states = [site.status(VIOLATION, "06-05 10:00").state]
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08", severity_final="serious")
    states.append(site.status(VIOLATION, "06-05 14:00").state)
    site.record("violation_notice", VIOLATION, "06-05 16:00", {"notice_no": "ZG-1", "served_how": "posted"})
    states.append(site.status(VIOLATION, "06-05 16:00").state)
    site.record(
        "violation_progress",
        VIOLATION,
        "06-06 9:00".replace(" 9", " 09"),
        {"text": "开始恢复", "rectification_started": True},
    )
    states.append(site.status(VIOLATION, "06-06 09:00").state)
    recheck = site.recheck("06-07 09:00")
    states.append(site.status(VIOLATION, "06-07 09:00").state)
    site.decide("close", "06-07 15:00")
    status = site.status(VIOLATION, "06-07 15:00")

    assert [*states, status.state] == [
        "submitted",
        "confirmed",
        "notified",
        "rectifying",
        "recheck",
        "closed",
    ]
    assert due(status, DECIDE) == {"round-1": "met", "round-2": "met"}
    assert item(status, RECHECK, "round-1").satisfied_by == recheck.id
    assert status.fields["severity_final"] == "serious"
    assert status.fields["before_photos"] == ["b" * 64, "c" * 64]
    assert status.fields["after_photos"] == ["d" * 64]
    assert [entry["text"] for entry in status.fields["progress"]] == ["开始恢复"]
    assert status.fields["decision"]["decision"] == "close"
    assert held(status) == {}


def test_the_recheck_is_due_by_the_end_of_the_day_ordered_and_the_stewards(site: Site) -> None:
    site.report("06-05 10:00")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08")

    status = site.status(VIOLATION, "06-05 14:00")
    found = item(status, RECHECK, "round-1")

    assert (wall(found.opens_at), wall(found.due_at)) == ("06-05 14:00:00", "06-08 23:59:59")
    assert (found.assigned_to, found.status) == ("steward1", "pending")
    assert due(site.status(VIOLATION, "06-09 00:00"), RECHECK) == {"round-1": "overdue"}


def test_a_recheck_made_late_is_met_late_and_one_that_arrives_late_is_met_synced_late(site: Site) -> None:
    site.report("06-05 10:00")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08")
    recheck = site.recheck("06-08 17:00", received="06-09 10:00")

    assert due(site.status(VIOLATION, "06-09 11:00"), RECHECK) == {"round-1": "met_synced_late"}

    site.facts.remove(recheck)
    site.recheck("06-09 09:00")
    assert due(site.status(VIOLATION, "06-09 11:00"), RECHECK) == {"round-1": "met_late"}


def test_what_is_not_rectified_gets_a_new_date_and_cannot_be_closed(site: Site) -> None:
    site.report("06-05 10:00")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-06")
    site.recheck("06-06 09:00", "partly")
    close = site.decide("close", "06-06 11:00")
    site.decide("rectify_again", "06-06 12:00", rectify_by="2026-06-09")

    status = site.status(VIOLATION, "06-06 12:00")

    assert held(status) == {close.id: "not_rectified"}
    assert (status.state, status.fields["rectify_by"]) == ("rectifying", "2026-06-09")
    assert due(status, RECHECK) == {"round-1": "met", "round-2": "pending"}


def test_a_returned_report_comes_back_with_a_correction_as_the_next_round(site: Site) -> None:
    report = site.report("06-05 10:00")
    site.decide("return", "06-05 14:00")
    returned = site.status(VIOLATION, "06-05 15:00")
    site.record(
        "violation", PROJECT, "06-05 17:00", {**report.body, "place_in_unit": "次卧"}, amends=VIOLATION,
        photos=[("e" * 64, "before"), ("f" * 64, "before")],
    )  # fmt: skip

    status = site.status(VIOLATION, "06-05 18:00")

    assert (returned.state, returned.fields["round"]) == ("returned", 1)
    assert (status.state, status.fields["round"]) == ("submitted", 2)
    assert status.fields["place_in_unit"] == "次卧"
    assert status.fields["before_photos"] == ["e" * 64, "f" * 64]
    assert status.fields["missing_photos"] == ["e" * 64, "f" * 64]
    assert due(status, DECIDE) == {"round-1": "met", "round-2": "pending"}
    assert held(status) == {}


def test_new_photos_answer_a_return_and_words_alone_do_not(site: Site) -> None:
    site.report("06-05 10:00")
    site.decide("return", "06-05 14:00")
    site.record("violation_progress", VIOLATION, "06-05 15:00", {"text": "已联系业主"})
    words = site.status(VIOLATION, "06-05 15:00")
    site.record(
        "violation_progress", VIOLATION, "06-05 16:00", {"text": "补拍"}, photos=[("e" * 64, "detail")]
    )

    assert (words.state, words.fields["round"]) == ("returned", 1)
    assert site.status(VIOLATION, "06-05 16:00").fields["round"] == 2


def test_a_rejected_report_is_over(site: Site) -> None:
    site.report("06-05 10:00")
    site.decide("reject", "06-05 14:00")
    recheck = site.recheck("06-06 09:00")

    status = site.status(VIOLATION, "06-06 10:00")

    assert (status.state, held(status)) == ("rejected", {recheck.id: "wrong_state"})


def test_a_decision_on_other_evidence_than_there_is_does_not_count(site: Site) -> None:
    site.report("06-05 10:00")
    seen = site.status(VIOLATION, "06-05 10:30").fields["evidence_hash"]
    site.record(
        "violation_progress", VIOLATION, "06-05 11:00", {"text": "补拍"}, photos=[("e" * 64, "detail")]
    )
    decision = site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08", evidence_hash=seen)

    status = site.status(VIOLATION, "06-05 15:00")

    assert (status.state, held(status)) == ("submitted", {decision.id: "evidence_changed"})


def test_what_arrives_after_a_decision_does_not_undo_it(site: Site) -> None:
    site.report("06-05 10:00")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08")
    site.record(
        "violation_progress", VIOLATION, "06-05 11:00", {"text": "早上的沟通"}, received="06-05 20:00",
        photos=[("e" * 64, "detail")],
    )  # fmt: skip

    status = site.status(VIOLATION, "06-05 21:00")

    assert (status.state, held(status)) == ("confirmed", {})
    assert "e" * 64 in status.fields["missing_photos"]


def test_what_arrived_while_the_supervisor_was_deciding_was_not_seen(site: Site) -> None:
    site.report("06-05 10:00")
    seen = site.status(VIOLATION, "06-05 13:59").fields["evidence_hash"]
    site.record("violation_progress", VIOLATION, "06-05 13:00", {"text": "沟通"}, received="06-05 13:59:30")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08", evidence_hash=seen)

    assert site.status(VIOLATION, "06-05 15:00").state == "confirmed"


def test_the_first_decision_of_a_round_stands(site: Site) -> None:
    site.report("06-05 10:00")
    before = site.status(VIOLATION, "06-05 10:30").fields
    site.decide("reject", "06-05 14:00")
    second = site.decide(
        "confirm", "06-05 14:01", by="manager1", rectify_by="2026-06-08",
        round=before["round"], evidence_hash=before["evidence_hash"],
    )  # fmt: skip

    status = site.status(VIOLATION, "06-05 15:00")

    assert (status.state, held(status)) == ("rejected", {second.id: "already_decided"})


def test_nobody_decides_on_their_own_report_or_recheck(site: Site) -> None:
    site.report("06-05 10:00")
    own = site.decide("confirm", "06-05 11:00", by="steward1", rectify_by="2026-06-08")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08")
    site.recheck("06-06 09:00", by="supervisor1")
    own_recheck = site.decide("close", "06-06 10:00", by="supervisor1")
    site.decide("close", "06-06 11:00", by="manager1")

    status = site.status(VIOLATION, "06-06 12:00")

    assert held(status) == {own.id: "decider_is_reporter", own_recheck.id: "decider_is_reporter"}
    assert status.state == "closed"


def test_structure_gas_and_fire_are_serious_whatever_was_ticked(site: Site) -> None:
    site.report("06-05 10:00", category="gas", severity="minor")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08", severity_final="general")

    fields = site.status(VIOLATION, "06-05 15:00").fields

    assert (fields["severity"], fields["severity_final"]) == ("serious", "serious")


def test_photos_still_on_the_phone_are_named_until_they_are_stored(site: Site) -> None:
    site.report("06-05 10:00")
    site.stored.add("b" * 64)
    some = site.status(VIOLATION, "06-05 11:00").fields["missing_photos"]
    site.stored.add("c" * 64)

    assert some == ["c" * 64]
    assert site.status(VIOLATION, "06-05 11:00").fields["missing_photos"] == []


def test_the_evidence_hash_is_the_hash_of_the_evidence_shown(site: Site) -> None:
    report = site.report("06-05 10:00")
    fields = site.status(VIOLATION, "06-05 11:00").fields

    assert fields["evidence"] == [{"fact": VIOLATION, "hash": report.hash, "photos": ["b" * 64, "c" * 64]}]
    assert fields["evidence_hash"] == evidence_hash(fields["evidence"])


def test_patrols_tell_how_an_open_violation_goes_on(site: Site) -> None:
    site.report("06-05 10:00")
    site.patrol("06-06 09:00", open_violation_progress=[{"violation": VIOLATION, "text": "仍未恢复"}])

    before = site.status(VIOLATION, "06-05 12:00").fields["evidence_hash"]
    fields = site.status(VIOLATION, "06-06 10:00").fields

    assert fields["progress"] == [{"at": "2026-06-06T01:00:00Z", "by": "steward1", "text": "仍未恢复"}]
    assert fields["evidence_hash"] == before


def test_a_report_may_be_withdrawn_until_it_is_decided(site: Site) -> None:
    site.report("06-05 10:00")
    void = site.record("violation", PROJECT, "06-05 11:00", {"reason": "误报"}, voids=VIOLATION)
    assert fold(VIOLATION, site.facts, site.context("06-05 12:00")) is None

    site.facts.remove(void)
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08")
    late = site.record("violation", PROJECT, "06-05 15:00", {"reason": "误报"}, voids=VIOLATION)
    status = site.status(VIOLATION, "06-05 16:00")

    assert (status.state, held(status)) == ("confirmed", {late.id: "already_decided"})


def test_a_decision_is_neither_corrected_nor_withdrawn(site: Site) -> None:
    site.report("06-05 10:00")
    decision = site.decide("reject", "06-05 14:00")
    void = site.record(
        "violation_decision", VIOLATION, "06-05 15:00", {"reason": "x"}, by="supervisor1", voids=decision.id
    )

    status = site.status(VIOLATION, "06-05 16:00")

    assert (status.state, held(status)) == ("rejected", {void.id: "already_decided"})


def test_a_held_report_opens_nothing(site: Site) -> None:
    site.record("violation", PROJECT, "06-05 10:00", {}, id=VIOLATION, hold=Hold("photos_too_few", "缺照片"))

    assert fold(VIOLATION, site.facts, site.context("06-05 12:00")) is None


def test_the_clock_of_the_phone_does_not_put_the_report_behind_its_decision(site: Site) -> None:
    site.report("06-05 18:00", received="06-05 10:00")  # eight hours fast
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08")

    assert site.status(VIOLATION, "06-05 15:00").state == "confirmed"
