"""Meetings by the working calendar, minutes and resolutions; transfer forms by working days."""

from __future__ import annotations

from datetime import date
from typing import Any

from server.ledger.calendar import days
from server.ledger.model import Calendar
from tests.server.ledger.site import Site, due, held, item, wall

MEETING = "meeting:M"
# National Day: the first seven days off, Saturday the 10th made up for it.
OCTOBER = Calendar(
    holidays=frozenset(days(date(2026, 10, 1), date(2026, 10, 7))),
    makeup_days=frozenset({date(2026, 10, 10)}),
)


def meet(site: Site, kind: str, when: str, planned: str = "2026-10-09T09:00:00+08:00") -> None:
    body = {"kind": kind, "planned_at": planned, "chair": "chair1"}
    site.record("meeting", "project:demo", "09-01 09:00", body, by="hr1", id=MEETING)
    step(site, "held", when, kind=kind, started_at=planned, ended_at="2026-10-09T11:00:00+08:00")


def step(site: Site, to: str, when: str, **body: Any) -> str:
    return site.record("meeting_step", MEETING, when, {"to": to, **body}, by="hr1").id


def test_the_presidents_meeting_is_held_by_the_third_working_day() -> None:
    site = Site(settings={"scope.duties_from": "2026-10-01"}, calendar=OCTOBER)
    duty = "project:demo:R-MTG-01"
    assert wall(item(site.status(duty, "10-05 09:00"), "R-MTG-01", "2026-10").due_at) == "10-10 23:59:59"

    meet(site, "presidents", "10-10 18:00")

    assert due(site.status(duty, "10-11 09:00"), "R-MTG-01") == {"2026-10": "met"}


def test_the_morning_address_is_on_mondays_and_thursdays() -> None:
    site = Site(settings={"scope.duties_from": "2026-06-01"})
    status = site.status("project:demo:R-MTG-03", "06-08 10:00")
    assert due(status, "R-MTG-03") == {
        "2026-06-01": "overdue",
        "2026-06-04": "overdue",
        "2026-06-08": "pending",
    }


def test_an_all_staff_meeting_belongs_to_the_last_five_days_of_the_month() -> None:
    site = Site(settings={"scope.duties_from": "2026-02-01"})
    assert due(site.status("project:demo:R-MTG-09", "02-23 23:00"), "R-MTG-09") == {}
    opened = site.status("project:demo:R-MTG-09", "02-24 09:00")
    assert wall(item(opened, "R-MTG-09", "2026-02").opens_at) == "02-24 00:00:00"


def test_an_agenda_is_sent_a_week_ahead_and_minutes_within_three_days() -> None:
    site = Site()
    meet(site, "presidents", "10-09 11:00")
    status = site.status(MEETING, "10-09 12:00")
    assert wall(item(status, "R-MTG-02", "round-1").due_at) == "10-02 23:59:59"
    assert due(status, "R-MTG-02") == {"round-1": "met_late"}
    assert wall(item(status, "R-MTG-14", "round-1").due_at) == "10-12 23:59:59"
    assert item(status, "R-MTG-14", "round-1").assigned_to == "chair1"


def test_a_team_meeting_sends_no_minutes() -> None:
    site = Site()
    meet(site, "team", "10-09 11:00")
    assert due(site.status(MEETING, "10-20 12:00"), "R-MTG-14") == {}


def test_a_resolution_is_confirmed_by_another_than_who_carried_it_out() -> None:
    site = Site()
    case = "resolution:R"
    body = {"text": "更换门禁", "owner": "engineer1", "plan": "两周", "due_at": "2026-10-20T18:00:00+08:00"}
    site.record("resolution", MEETING, "10-09 11:00", body, by="hr1", id=case)
    site.record("resolution_step", case, "10-19 10:00", {"to": "done", "result": "已更换"}, by="engineer1")
    own = site.record("resolution_step", case, "10-19 11:00", {"to": "confirmed"}, by="engineer1")

    status = site.status(case, "10-21 09:00")

    assert (status.state, held(status)) == ("done", {own.id: "own_record"})
    assert due(status, "R-MTG-15") == {"round-1": "met"}


def test_a_department_answers_on_the_next_working_day_and_keeps_its_promise() -> None:
    site = Site(calendar=OCTOBER)
    case = "transfer_form:T"
    site.record(
        "transfer_form", "project:demo", "09-30 09:00", {"problem": "渗水"}, by="supervisor1", id=case
    )
    site.record("transfer_form_step", case, "09-30 10:00", {"to": "sent"}, by="supervisor1")
    assert wall(item(site.status(case, "10-01 09:00"), "R-TRF-02", "round-1").due_at) == "10-08 23:59:59"

    promise = {"to": "reviewed", "promised_at": "2026-10-15T17:00:00+08:00"}
    site.record("transfer_form_step", case, "10-08 10:00", promise, by="engineer1")

    assert wall(item(site.status(case, "10-09 09:00"), "R-TRF-03", "round-1").due_at) == "10-15 17:00:00"
