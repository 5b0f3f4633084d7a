"""Around the works: what comes before them, the weekly talk, the completion check, the archive, warranties, stopped works."""

from __future__ import annotations

from typing import Any

import pytest

from server.catalogue.decoration import FILING_DOCS, PATROL_ITEMS
from server.ledger.model import Calendar, Status
from server.ledger.working_hours import is_permitted
from tests.server.ledger.site import PROJECT, VIOLATION, Site, at, due, held, item, wall

PRE_VIEW, BRIEFING, TALKS, CHECK, ARCHIVE, WARRANTY = (
    "R-DEC-04", "R-DEC-05", "R-DEC-16", "R-DEC-17", "R-DEC-22", "R-X-06",
)  # fmt: skip


@pytest.fixture
def site() -> Site:
    return Site()


def strict(site: Site) -> Site:
    site.settings["dec.guards_hold"] = True
    return site


def accept(
    site: Site, when: str, result: str = "passed", participants: tuple[str, ...] = ("owner", "engineer")
) -> None:
    body = {"round": "first", "participants": list(participants), "result": result}
    site.record("acceptance", PROJECT, when, body, photos=[("e" * 64, "signature")])


def test_a_start_with_pre_view_and_briefing_owes_nothing(site: Site) -> None:
    site.start_work("06-05 08:00")

    status = site.status(PROJECT, "06-05 09:00")

    assert (due(status, PRE_VIEW), due(status, BRIEFING)) == ({"start": "met"}, {"start": "met"})
    assert status.fields["start_missing"] == []


def test_a_start_without_them_counts_its_patrols_and_is_overdue_at_once(site: Site) -> None:
    site.start_work("06-05 08:00", seen=False, told=False)
    site.brief("06-05 10:00", "owner")

    status = site.status(PROJECT, "06-05 12:00")

    assert status.state == "in_progress"
    assert due(status, "R-DEC-06") == {"2026-06-05": "pending"}
    assert (due(status, PRE_VIEW), due(status, BRIEFING)) == ({"start": "overdue"}, {"start": "overdue"})
    assert status.fields["start_missing"] == ["pre_view", "briefing_owner", "briefing_contractor"]
    site.brief("06-06 10:00", "contractor", "designer")
    assert due(site.status(PROJECT, "06-06 12:00"), BRIEFING) == {"start": "met_late"}


def test_a_briefing_made_before_and_synced_after_the_start_was_made_before(site: Site) -> None:
    site.start_work("06-05 08:00", told=False)
    before = site.status(PROJECT, "06-05 12:00").fields["start_missing"]
    site.facts[-1:-1] = [site.brief("06-04 10:00", "owner", "contractor")]
    site.received(site.facts[-1].id, "06-07 09:00")

    status = site.status(PROJECT, "06-07 10:00")

    assert before == ["briefing_owner", "briefing_contractor"]
    assert (status.fields["start_missing"], due(status, BRIEFING)) == ([], {"start": "met_synced_late"})


def test_where_the_project_says_so_such_a_start_is_held_and_counts_when_done_again(site: Site) -> None:
    strict(site).start_work("06-05 08:00", seen=False)
    start = site.facts[-1]

    status = site.status(PROJECT, "06-05 12:00")
    assert (status.state, held(status)) == ("approved", {start.id: "not_ready"})
    assert "R-DEC-04" in status.held[0].reason

    site.record("decoration_pre_view", PROJECT, "06-05 13:00", {"with_whom": "王海"})
    site.step("in_progress", "06-05 14:00", by="steward1")
    assert site.status(PROJECT, "06-05 15:00").state == "in_progress"


def test_works_put_off_are_reminded_of_before_the_planned_day_and_never_overdue(site: Site) -> None:
    site.file("06-01 10:00", filing_docs=list(FILING_DOCS.values))
    site.step("submitted", "06-01 11:00", by="steward1")
    site.step("approved", "06-01 16:00")

    assert due(site.status(PROJECT, "06-05 12:00"), PRE_VIEW) == {"start": "due_soon"}
    assert due(site.status(PROJECT, "06-06 00:00"), PRE_VIEW) == {"start": "pending"}


def test_the_owner_is_talked_to_every_week_on_a_patrol_or_by_itself(site: Site) -> None:
    site.start_work("06-05 08:00")  # a Friday
    site.patrol("06-06 09:00", talked_to=[{"who": "owner", "summary": "拟拆隔墙，已劝阻"}])
    site.patrol("06-09 09:00", talked_to=[{"who": "worker", "summary": "x"}])
    site.talk("06-16 09:00")

    status = site.status(PROJECT, "06-22 12:00")

    assert due(status, TALKS) == {
        "2026-W23": "met", "2026-W24": "overdue", "2026-W25": "met", "2026-W26": "pending",
    }  # fmt: skip
    assert item(status, TALKS, "2026-W24").assigned_to == "steward1"


def test_no_talk_is_due_for_a_week_that_ends_in_a_pause_or_after_the_works(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("paused", "06-05 18:00", reason="x", pause_from="2026-06-06", pause_to="2026-06-08")
    site.step("completion_check", "06-12 18:00", by="steward1")

    assert due(site.status(PROJECT, "06-30 12:00"), TALKS) == {}


def test_the_completion_check_is_due_in_three_days_and_the_archive_seven_days_later(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("completion_check", "06-20 18:00", by="steward1")
    before = site.status(PROJECT, "06-21 09:00")
    accept(site, "06-22 10:00")
    site.step("accepted", "06-22 11:00")
    accepted = site.status(PROJECT, "06-22 12:00")
    site.step("closed", "06-30 09:00")
    after = site.status(PROJECT, "06-30 10:00")

    assert wall(item(before, CHECK, "round-1").due_at) == "06-23 23:59:59"
    assert due(accepted, CHECK) == {"round-1": "met"}
    assert wall(item(accepted, ARCHIVE, "round-1").due_at) == "06-29 23:59:59"
    assert due(after, ARCHIVE) == {"round-1": "met_late"}
    assert (after.fields["warranty_until"], after.fields["leak_proofing_until"]) == (
        "2028-06-22",
        "2031-06-22",
    )


def test_a_second_check_has_a_limit_of_its_own(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("completion_check", "06-20 18:00", by="steward1")
    accept(site, "06-21 10:00", "failed")
    site.step("rectifying", "06-21 11:00", reason="墙面未恢复")
    site.step("completion_check", "06-25 18:00", by="steward1")

    assert due(site.status(PROJECT, "06-29 00:00"), CHECK) == {"round-1": "met", "round-2": "overdue"}


@pytest.mark.parametrize(
    ("result", "participants", "state"),
    [
        (None, (), "completion_check"),
        ("failed", ("owner", "engineer"), "completion_check"),
        ("passed", ("owner",), "completion_check"),
        ("passed", ("owner", "engineer"), "accepted"),
    ],
)
def test_where_the_project_says_so_only_a_passed_check_with_an_engineer_leads_to_acceptance(
    site: Site, result: str | None, participants: tuple[str, ...], state: str
) -> None:
    strict(site).start_work("06-05 08:00")
    site.step("completion_check", "06-20 18:00", by="steward1")
    if result is not None:
        accept(site, "06-21 10:00", result, participants)
    site.step("accepted", "06-22 11:00")

    assert site.status(PROJECT, "06-22 12:00").state == state


def test_a_warranty_reminds_before_it_ends_and_wakes_for_that(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.step("completion_check", "06-20 18:00", by="steward1")
    site.step("accepted", "06-22 11:00")
    site.step("closed", "06-23 09:00")

    quiet = site.status(PROJECT, "2026-09-01 10:00")
    reminded = site.status(PROJECT, "2028-05-23 10:00")
    site.talk("2028-06-01 10:00")
    told = site.status(PROJECT, "2028-06-02 10:00")

    assert due(quiet, WARRANTY) == {}
    assert quiet.wake_at == at("2028-05-23 00:00")
    assert due(reminded, WARRANTY) == {"warranty": "pending"}
    assert due(told, WARRANTY) == {"warranty": "met"}


def test_a_warranty_from_the_29th_of_february_ends_on_a_day_that_exists(site: Site) -> None:
    site.start_work("2028-02-10 08:00", filed="2028-02-01")
    site.step("completion_check", "2028-02-28 18:00", by="steward1")
    site.step("accepted", "2028-02-29 11:00")

    assert site.status(PROJECT, "2028-03-01 10:00").fields["warranty_until"] == "2030-02-28"


@pytest.mark.parametrize(
    ("law_docs", "who", "state"),
    [
        (["ownership", "identity", "plan", "qualification"], True, "submitted"),  # walls: a design is needed
        (["ownership", "identity", "plan", "qualification", "structural_design"], True, "approved"),
        (["ownership", "identity", "plan", "qualification", "structural_design"], False, "submitted"),
    ],
)
def test_papers_by_law_are_asked_for_where_the_project_says_so(
    site: Site, law_docs: list[str], who: bool, state: str
) -> None:
    site.settings["dec.law_papers"] = True
    site.file(filing_docs=list(FILING_DOCS.values), law_docs=law_docs, applicant_is_owner=who)
    site.step("submitted", "06-01 11:00", by="steward1")
    approval = site.step("approved", "06-01 16:00")

    status = site.status(PROJECT, "06-01 17:00")

    assert status.state == state
    assert held(status) == ({} if state == "approved" else {approval.id: "filing_incomplete"})


def test_an_agreement_is_asked_for_where_the_project_says_so(site: Site) -> None:
    site.settings["dec.agreement_needed"] = True
    site.file(filing_docs=list(FILING_DOCS.values))
    site.step("submitted", "06-01 11:00", by="steward1")
    site.step("approved", "06-01 16:00")
    assert site.status(PROJECT, "06-01 17:00").state == "submitted"

    site.record("decoration_agreement", PROJECT, "06-02 09:00", {"works": "全屋"})
    site.step("approved", "06-02 10:00")
    assert site.status(PROJECT, "06-02 11:00").state == "approved"


@pytest.mark.parametrize(
    ("when", "permitted"),
    [
        ("06-05 08:00:00", True), ("06-05 07:59:59", False), ("06-05 12:00:00", False), ("06-05 17:59:59", True),
        ("06-06 10:00", False),  # a Saturday
        ("06-08 10:00", False),  # a holiday
        ("06-07 10:00", True),  # a make-up workday
    ],
)  # fmt: skip
def test_the_table_of_hours_knows_rest_days_and_noon(site: Site, when: str, permitted: bool) -> None:
    calendar = Calendar(
        holidays=frozenset({at("06-08 12:00").date()}), makeup_days=frozenset({at("06-07 12:00").date()})
    )

    assert is_permitted(at(when), calendar, site.context(when).settings) is permitted


def test_a_patrol_that_met_workers_outside_the_hours_and_says_normal_is_listed(site: Site) -> None:
    site.start_work("06-05 08:00")
    said = [{"code": "working_hours", "result": "abnormal", "note": "午间施工"}]
    found = site.patrol("06-05 12:30", workers_present=3)
    site.patrol("06-05 13:00", workers_present=0)
    site.patrol("06-05 13:30", workers_present=3, items=said)
    site.patrol("06-05 15:00", workers_present=3)

    assert "working_hours" in PATROL_ITEMS.codes
    assert site.status(PROJECT, "06-05 18:00").fields["outside_hours"] == [found.id]


# Violations that are not put right


def confirmed(site: Site) -> Site:
    site.report("06-05 10:00")
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08", severity_final="general")
    return site


def take_further(site: Site, to: str, when: str, by: str = "manager1", **body: Any) -> None:
    filled = {"to": to, "reason": "拒不整改", "contractor_informed": True, **body}
    site.record("violation_step", VIOLATION, when, filled, by=by, photos=[("f" * 64, "signature")])


def test_the_limit_of_the_severity_is_told_and_a_later_day_is_marked(site: Site) -> None:
    fields = confirmed(site).status(VIOLATION, "06-05 15:00").fields
    later = Site()
    later.report("06-05 10:00")
    later.decide("confirm", "06-05 14:00", rectify_by="2026-06-07", severity_final="minor")

    assert (fields["rectify_by_latest"], fields["rectify_by_beyond"]) == ("2026-06-08", False)
    assert later.status(VIOLATION, "06-05 15:00").fields["rectify_by_beyond"] is True


def test_notices_are_counted_and_the_chain_goes_from_oral_to_report(site: Site) -> None:
    confirmed(site)
    chain = []
    for number, when in ((1, "06-06 09:00"), (2, "06-09 09:00")):
        chain.append(site.status(VIOLATION, when).fields["chain"])
        site.record(
            "violation_notice", VIOLATION, when, {"notice_no": f"ZG-{number}", "served_how": "posted"}
        )
    for to, when in (("escalated", "06-10 09:00"), ("stop_work", "06-11 09:00"), ("reported", "06-12 09:00")):
        take_further(site, to, when, authority="住建局", receipt_no="H-1")
        chain.append(site.status(VIOLATION, when).fields["chain"])
    fields = site.status(VIOLATION, "06-12 10:00").fields

    assert chain == ["oral", "first_notice", "second_notice", "stop_work", "reported"]
    assert (fields["notice_count"], fields["authority"], fields["authority_receipt"]) == (2, "住建局", "H-1")


def test_stopped_works_stay_stopped_until_a_recheck_closes_the_violation(site: Site) -> None:
    confirmed(site)
    take_further(site, "stop_work", "06-06 09:00")
    seen = [site.status(VIOLATION, "06-06 10:00")]
    site.recheck("06-07 09:00", "partly")
    site.decide("rectify_again", "06-07 10:00", rectify_by="2026-06-09")
    seen.append(site.status(VIOLATION, "06-07 11:00"))
    site.recheck("06-08 09:00")
    site.decide("close", "06-08 10:00")
    seen.append(site.status(VIOLATION, "06-08 11:00"))

    assert [(one.state, one.fields["work_stopped"]) for one in seen] == [
        ("stop_work", True), ("rectifying", True), ("closed", False),
    ]  # fmt: skip


def test_a_stop_of_which_the_contractor_was_not_told_is_held(site: Site) -> None:
    confirmed(site)
    take_further(site, "stop_work", "06-06 09:00", contractor_informed=False)

    status = site.status(VIOLATION, "06-06 10:00")

    assert (status.state, [one.code for one in status.held]) == ("confirmed", ["guard"])


def test_a_stop_shows_on_the_project_suspends_its_passes_and_keeps_the_patrols(site: Site) -> None:
    site.start_work("06-05 08:00")
    site.report("06-05 10:00")
    site.linked[VIOLATION] = Status(VIOLATION, "violation", "demo", "a1", "stop_work", {"work_stopped": True})
    stopped = site.status(PROJECT, "06-06 10:00")
    site.linked[VIOLATION] = Status(VIOLATION, "violation", "demo", "a1", "closed", {"work_stopped": False})
    again = site.status(PROJECT, "06-07 10:00")

    assert (stopped.state, stopped.fields["passes_suspended"]) == ("stopped", True)
    assert due(stopped, "R-DEC-06")["2026-06-06"] == "pending"
    assert (again.state, again.fields["passes_suspended"]) == ("in_progress", False)


def refuse(site: Site, when: str) -> None:
    site.record("violation_progress", VIOLATION, when, {"text": "业主拒不整改", "correction_refused": True})


def test_a_refusal_is_reported_to_the_authority_within_a_day(site: Site) -> None:
    refuse(confirmed(site), "06-06 09:30")
    open_ = item(site.status(VIOLATION, "06-06 10:00"), "R-X-05", "report")
    late = site.status(VIOLATION, "06-07 09:30:01")
    take_further(site, "reported", "06-07 09:00", authority="城管", receipt_no="C-7")

    assert (wall(open_.due_at), open_.status, open_.assigned_to) == ("06-07 09:30:00", "pending", "manager1")
    assert due(late, "R-X-05") == {"report": "overdue"}
    assert due(site.status(VIOLATION, "06-07 10:00"), "R-X-05") == {"report": "met"}


def test_what_is_put_right_after_all_needs_no_report(site: Site) -> None:
    refuse(confirmed(site), "06-06 09:30")
    site.recheck("06-06 15:00")
    site.decide("close", "06-06 16:00")

    assert due(site.status(VIOLATION, "06-08 10:00"), "R-X-05") == {"report": "cancelled"}
