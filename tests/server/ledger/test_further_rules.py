"""Rules of single cases and units: further limits, service level, meters, move-in, key customers, confidential cases."""

from __future__ import annotations

from typing import Any

import pytest

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.settings import BadSetting, check_setting
from server.ledger.documents import is_shown
from server.ledger.folds import fold
from server.ledger.model import Status
from server.notify.words import Told, words_of
from tests.server.ledger.site import HOUSEHOLD, UNIT, Site, at, due, held, item, wall

ANOMALY, PLAN, EVENT = "vacancy_anomaly:A", "visit_plan:P", "event_plan:E"


@pytest.fixture
def site() -> Site:
    return Site()


# Further limits of a rule


def test_a_plan_nobody_reviewed_stays_to_be_reviewed_however_long_ago_it_was_due(site: Site) -> None:
    """The plan is a duty of each month, its review a limit of one case: that is over when it is met."""
    site.record("visit_plan", "area:a1", "06-02 09:00", {"month": "2026-06", "base_count": 12}, id=PLAN)

    late = item(site.status(PLAN, "08-20 09:00"), "R-VIS-01", "review-round-1")

    assert late.status == "overdue"
    assert is_shown(late, at("08-20 09:00"))


def test_an_anomaly_is_followed_up_every_three_days_until_it_is_closed(site: Site) -> None:
    body = {"found_at": "2026-06-01T10:00:00+08:00", "place": "次卫", "kind": "leak"}
    site.record("vacancy_anomaly", UNIT, "06-01 10:05", body, id=ANOMALY)
    site.record("vacancy_anomaly_step", ANOMALY, "06-03 09:00", {"to": "contractor_informed"})
    site.record("vacancy_follow_up", ANOMALY, "06-09 09:00", {"text": "仍在维修"})

    found = due(site.status(ANOMALY, "06-10 10:00"), "R-VAC-07")

    assert found == {
        "round-1": "met_late", "follow_up-round-1": "met", "follow_up-round-2": "met_late",
        "follow_up-round-3": "pending",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("month", "submitted", "limit"),
    [
        ("2026-06", "06-02 09:00", "06-05 23:59:59"),
        ("2026-06", "06-10 09:00", "06-11 23:59:59"),  # late itself: a day is left to review it
        ("2026-07", "06-28 09:00", "07-05 23:59:59"),
        ("no month", "06-02 09:00", "06-05 23:59:59"),
    ],
)
def test_a_visit_plan_is_reviewed_by_the_fifth(site: Site, month: str, submitted: str, limit: str) -> None:
    site.record("visit_plan", "area:a1", submitted, {"month": month, "base_count": 12}, id=PLAN)
    open_ = item(site.status(PLAN, submitted), "R-VIS-01", "review-round-1")
    site.record(
        "visit_plan_step", PLAN, limit.replace("23:59", "12:00")[:11], {"to": "approved"}, by="supervisor1"
    )

    assert (wall(open_.due_at), open_.assigned_to) == (limit, "supervisor1")
    assert due(site.status(PLAN, "07-10 09:00"), "R-VIS-01") == {"review-round-1": "met"}


def test_an_event_plan_is_approved_a_week_ahead(site: Site) -> None:
    site.record(
        "event_plan", "project:demo", "04-10 09:00", {"date": "2026-05-01"}, by="supervisor1", id=EVENT
    )
    site.record("event_plan_step", EVENT, "04-15 09:00", {"to": "submitted"}, by="supervisor1")

    status = site.status(EVENT, "04-16 09:00")

    assert wall(item(status, "R-EVT-02", "round-1").due_at) == "04-16 23:59:59"
    assert wall(item(status, "R-EVT-02", "approval-round-1").due_at) == "04-24 23:59:59"
    assert due(site.status(EVENT, "04-25 00:00"), "R-EVT-02")["approval-round-1"] == "overdue"


def test_a_further_limit_is_called_by_its_own_name() -> None:
    told = Told(
        "follow_up-round-2", at("06-10 10:00"), "Asia/Shanghai", at("06-10 10:00").date(), ("3-1-502",)
    )

    title, _ = words_of("R-VAC-07", 3, told)

    assert "三日跟进" in title.zh


# Vacant units


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        ({}, 1),
        ({"service.level": 2, "service.level_times": [1, 2, 2, 3, 3]}, 2),
        ({"vac.check_per_month": 2, "service.level": 2, "service.level_times": [1, 2]}, 4),
        ({"vac.check_per_month": 0}, 1),  # the seed's frequency is the floor
        ({"vac.check_per_month": 0, "service.lowered_because": "业主委员会决议"}, 0),
    ],
)
def test_a_service_level_raises_a_frequency_and_only_a_reason_lowers_it(
    site: Site, settings: dict[str, Any], needed: int
) -> None:
    site.settings = settings
    site.vacant("2026-05-01")
    stands = []
    for day in range(1, 6):
        stands.append(due(site.status(UNIT, f"05-{day:02d} 12:00"), "R-VAC-02").get("2026-05"))
        site.check(f"05-{day:02d} 13:00")

    assert stands.count("pending") == needed
    assert ("met" in stands) == (needed > 0)


def read(site: Site, when: str, **meters: float) -> str:
    return site.check(when, **{f"meter_{name}": value for name, value in meters.items()}).id


def test_a_meter_that_rises_in_a_vacant_unit_is_looked_after_within_a_day(site: Site) -> None:
    site.vacant("2026-04-01")
    read(site, "04-10 10:00", water=12.1, electric=100)
    read(site, "05-10 10:00", water=12.6, electric=105)  # exactly the limits
    risen = read(site, "06-10 10:00", water=13.2, electric=105)

    status = site.status(UNIT, "06-10 12:00")
    (period,) = due(status, "R-X-19")
    site.check("06-11 09:00")

    assert wall(item(status, "R-X-19", period).due_at) == "06-11 10:00:00"
    assert status.fields["meter_alarms"] == [
        {"meter": "water", "rise": 0.6, "fact": risen, "at": "2026-06-10T02:00:00Z", "looked_after": False}
    ]
    assert due(site.status(UNIT, "06-11 10:00"), "R-X-19") == {period: "met"}


def test_a_new_meter_and_readings_from_before_the_vacancy_say_nothing(site: Site) -> None:
    site.vacant("2026-05-01")
    read(site, "04-20 10:00", water=10)
    read(site, "05-02 10:00", water=20)
    read(site, "05-03 10:00", water=1)

    assert due(site.status(UNIT, "05-03 12:00"), "R-X-19") == {}


@pytest.mark.parametrize(
    ("body", "alone"), [({}, True), ({"companion": "王五"}, False), ({"consent_ref": "6月1日电话"}, False)]
)
def test_an_entry_without_companion_and_consent_is_shown_as_made_alone(
    site: Site, body: dict[str, str], alone: bool
) -> None:
    site.vacant("2026-05-01")
    site.check("05-05 10:00", **body)

    assert site.status(UNIT, "05-05 12:00").fields["entered_alone"] is alone


def test_a_complete_move_in_takes_the_unit_out_of_the_register_and_starts_its_fees(site: Site) -> None:
    site.vacant("2026-05-01", status="undelivered")
    case = site.record("move_in_case", UNIT, "05-18 09:00", {"owner": "王海"})
    before = site.status(UNIT, "05-18 10:00")
    fields = {"closed_at": "2026-05-20T02:00:00Z", "fee_start_on": "2026-06-01"}
    site.linked[case.id] = Status(case.id, "move_in_case", "demo", "a1", "archived", fields)
    after = site.status(UNIT, "06-02 10:00")

    assert (before.state, before.fields["moved_in_on"]) == ("undelivered", None)
    assert (after.state, after.fields["moved_in_on"], after.fields["fee_start_on"]) == (
        "occupied", "2026-05-20", "2026-06-01",
    )  # fmt: skip
    assert due(after, "R-VAC-02") == {"2026-05": "overdue"}  # 19 days in May, none in June


# Households


def test_a_household_shows_its_tariff_beside_its_arrears(site: Site) -> None:
    site.vacant("2026-01-01", fee_rate=250, gross_area=96.5)
    site.owe("2026-05-31")

    fields = site.status(HOUSEHOLD, "06-06 10:00").fields

    assert (fields["fee_rate"], fields["gross_area"], fields["arrears_fen"]) == (250, 96.5, 12_000)


def test_a_key_customer_is_visited_around_spring_festival(site: Site) -> None:
    site.owe("2026-05-31")
    site.record(
        "key_customer",
        HOUSEHOLD,
        "01-10 10:00",
        {"manager": "supervisor1", "reason": "业委会"},
        by="supervisor1",
    )

    before = site.status(HOUSEHOLD, "02-02 12:00")
    running = item(site.status(HOUSEHOLD, "02-03 12:00"), "R-KC-04", "2026")
    missed = site.status(HOUSEHOLD, "03-05 00:00")
    site.record("resident_visit", HOUSEHOLD, "03-04 20:00", {"content": "拜年"}, by="supervisor1")
    met = site.status(HOUSEHOLD, "03-05 00:00")

    assert (due(before, "R-KC-04"), before.wake_at) == ({}, at("02-03 00:00"))
    assert (wall(running.opens_at), wall(running.due_at)) == ("02-03 00:00:00", "03-04 23:59:59")
    assert (due(missed, "R-KC-04"), due(met, "R-KC-04")) == ({"2026": "overdue"}, {"2026": "met"})


def test_spring_festivals_are_days() -> None:
    check_setting("kc.spring_festival", ["2036-01-28"])
    with pytest.raises(BadSetting, match="list of days"):
        check_setting("kc.spring_festival", ["2036-02-30"])


def test_a_misfortune_is_answered_in_person_within_a_day_and_in_confidence(site: Site) -> None:
    body = {"kind": "illness", "known_at": "2026-06-01T10:00:00+08:00", "household_id": HOUSEHOLD}
    site.record("misfortune", HOUSEHOLD, "06-01 10:30", body, id="misfortune:M")
    empty = site.record("misfortune_step", "misfortune:M", "06-01 18:00", {"to": "visited"})
    status = site.status("misfortune:M", "06-01 19:00")
    site.record(
        "misfortune_step",
        "misfortune:M",
        "06-02 09:00",
        {"to": "visited", "visited_by": "李", "help": "代购药品"},
    )

    assert wall(item(status, "R-RV-03", "round-1").due_at) == "06-02 10:00:00"
    assert (status.state, held(status)) == ("known", {empty.id: "missing_field"})
    assert due(site.status("misfortune:M", "06-02 11:00"), "R-RV-03") == {"round-1": "met"}
    assert set(RECORD_TYPES["misfortune"].readers) == {"steward", "cs_supervisor", "project_manager"}


def test_an_influential_household_is_contacted_again_and_again_and_seen_by_leaders_only(site: Site) -> None:
    mark = "influence_mark:I"
    site.record(
        "influence_mark", HOUSEHOLD, "06-01 10:00", {"contact_by": "supervisor1"}, by="supervisor1", id=mark
    )
    contact = {"to": "contacted", "outcome": "愿意分期"}
    site.record("influence_mark_step", mark, "06-20 10:00", contact, by="supervisor1")

    status = site.status(mark, "06-21 10:00")

    assert due(status, "R-FEE-12") == {"round-1": "met", "round-2": "pending"}
    assert wall(item(status, "R-FEE-12", "round-2").due_at) == "07-20 23:59:59"
    assert set(RECORD_TYPES["influence_mark"].readers) == {"cs_supervisor", "project_manager"}


# Surveys, conduct, lines, privacy, optional limits


@pytest.mark.parametrize(("satisfied", "found"), [(90, {}), (89, {"round-1": "pending"}), (100, {})])
def test_satisfaction_below_the_alarm_asks_for_a_plan(
    site: Site, satisfied: int, found: dict[str, str]
) -> None:
    survey = "survey:S"
    site.record(
        "survey", "project:demo", "06-01 09:00", {"round": "1", "scope": "full"}, by="quality1", id=survey
    )
    for number, to in enumerate(("forms_received", "distributed", "recovered", "counted"), 2):
        counts = {"satisfied": satisfied, "valid": 100} if to == "counted" else {}
        site.record("survey_step", survey, f"06-{number:02d} 09:00", {"to": to, **counts}, by="manager1")

    assert due(site.status(survey, "06-06 09:00"), "R-SAT-17") == found
    site.record("improvement_plan", survey, "06-10 09:00", {"measures": []}, by="manager1")
    assert due(site.status(survey, "06-11 09:00"), "R-SAT-17") == dict.fromkeys(found, "met")


@pytest.mark.parametrize(
    ("kind", "by", "state"),
    [
        ("missed_complaint", "hr1", "graded"),
        ("fight", "hr1", "found"),
        ("missed_complaint", "agent1", "found"),
    ],
)
def test_a_complaint_that_was_not_recorded_is_graded_and_not_by_who_reported_it(
    site: Site, kind: str, by: str, state: str
) -> None:
    case = "conduct_case:C"
    site.record(
        "conduct_case", "project:demo", "06-01 09:00", {"kind": kind, "staff": "x"}, by="agent1", id=case
    )
    site.record("conduct_case_step", case, "06-02 09:00", {"to": "investigating"}, by="hr1")
    site.record("conduct_case_step", case, "06-03 09:00", {"to": "found", "findings": "属实"}, by="hr1")
    site.record("conduct_case_step", case, "06-04 09:00", {"to": "graded", "grade": "self_criticism"}, by=by)

    assert site.status(case, "06-05 09:00").state == state


def test_both_complaint_lines_and_the_service_line_are_tested_every_month(site: Site) -> None:
    for line in ("company_complaints", "company_complaints", "service"):
        site.record(
            "line_check", "project:demo", "06-05 22:00", {"line": line, "answered": True}, by="supervisor1"
        )
    one_line = site.status("project:demo:R-CMP-26", "06-06 09:00")
    site.record("line_check", "project:demo", "06-07 22:00", {"line": "office_complaints"}, by="supervisor1")

    assert due(one_line, "R-CMP-26") == {"2026-06": "pending"}
    assert due(site.status("project:demo:R-CMP-26", "06-08 09:00"), "R-CMP-26") == {"2026-06": "met"}
    assert due(site.status("project:demo:R-DUT-06", "06-08 09:00"), "R-DUT-06") == {"2026-06": "met"}


def test_a_request_about_personal_data_is_answered_in_fifteen_days_with_words(site: Site) -> None:
    case = "privacy_request:R"
    site.record("privacy_request", HOUSEHOLD, "06-01 09:00", {"kind": "delete"}, by="agent1", id=case)
    silent = site.record("privacy_request_step", case, "06-02 09:00", {"to": "answered"}, by="supervisor1")
    status = site.status(case, "06-03 09:00")

    assert held(status) == {silent.id: "missing_field"}
    assert wall(item(status, "R-X-28", "round-1").due_at) == "06-16 23:59:59"


def test_nobody_answers_an_appeal_of_their_own(site: Site) -> None:
    case = "staff_appeal:A"
    site.record("staff_appeal", "project:demo", "06-01 09:00", {"against": "考核"}, by="hr1", id=case)
    own = site.record(
        "staff_appeal_step", case, "06-02 09:00", {"to": "rejected", "answer": "维持"}, by="hr1"
    )

    assert held(site.status(case, "06-03 09:00")) == {own.id: "own_record"}


def complain(site: Site) -> str:
    body = {"received_at": "2026-06-01T10:00:00+08:00", "class": "general", "scope": "own", "channel": "call"}
    return site.record("complaint", HOUSEHOLD, "06-01 10:00", body, id="complaint:C", by="agent1").id


def test_limits_of_the_service_promise_are_off_until_the_project_sets_them(site: Site) -> None:
    case = complain(site)
    off = site.status(case, "06-01 10:10")
    site.settings["svc.answer_min"] = 30
    on = site.status(case, "06-01 10:10")
    site.record("complaint_progress", case, "06-01 10:20", {"text": "已致电"}, by="agent1")

    assert due(off, "R-X-37") == {}
    assert wall(item(on, "R-X-37", "round-1").due_at) == "06-01 10:30:00"
    assert due(site.status(case, "06-01 11:00"), "R-X-37") == {"round-1": "met"}


def test_an_urgent_repair_has_its_own_promise(site: Site) -> None:
    site.settings |= {"svc.urgent_min": 30}
    body = {"registered_at": "2026-06-01T10:00:00+08:00", "flags": ["urgent"], "agent": "agent1"}
    site.record("repair_order", HOUSEHOLD, "06-01 10:00", body, id="repair_order:R", by="agent1")

    assert due(site.status("repair_order:R", "06-01 10:31"), "R-X-37") == {"urgent-round-1": "overdue"}


@pytest.mark.parametrize("subject", [UNIT, HOUSEHOLD])
def test_meters_and_key_customers_wake_their_subjects_truly(site: Site, subject: str) -> None:
    """Nothing changes between two wakes."""
    site.vacant("2026-01-01", "2026-08-01")
    site.owe("2026-05-31")
    site.record("key_customer", HOUSEHOLD, "01-10 10:00", {"manager": "supervisor1"}, by="supervisor1")
    for month in range(1, 6):
        read(site, f"{month:02d}-10 10:00", water=12 + month)
    now = at("01-11 10:00")
    for _ in range(60):
        status = fold(subject, site.facts, site.context(now))
        assert status is not None
        if status.wake_at is None:
            break
        just_before = status.wake_at.replace(microsecond=0) - (at("01-01 00:01") - at("01-01 00:00")) / 60
        if just_before > now:
            assert fold(subject, site.facts, site.context(just_before)) == status
        now = status.wake_at


# Information


def test_an_emergency_is_told_within_half_an_hour_and_reported_on_within_a_week(site: Site) -> None:
    body = {"happened_at": "2026-06-01T10:00:00+08:00", "text": "水管爆裂", "place": "3 栋"}
    site.record("emergency_info", "area:a1", "06-01 10:05", body, id="emergency_info:E")
    site.record(
        "emergency_info_step", "emergency_info:E", "06-01 10:25", {"to": "told_quality"}, by="supervisor1"
    )

    status = site.status("emergency_info:E", "06-09 00:00")

    report = item(status, "R-INF-04", "report-round-1")
    assert due(status, "R-INF-04") == {"round-1": "met", "report-round-1": "overdue"}
    assert (wall(report.due_at), report.assigned_to) == ("06-08 23:59:59", "manager1")


@pytest.mark.parametrize(("origin", "states"), [("external", {"round-1": "met"}), ("internal", {})])
def test_what_comes_from_outside_is_passed_on_within_three_days(
    site: Site, origin: str, states: dict[str, str]
) -> None:
    body = {
        "at": "2026-06-01T10:00:00+08:00", "origin": origin, "kind": "law", "text": "新规", "from": "住建局", "to": "各部门",
    }  # fmt: skip
    site.record("info_exchange", "project:demo", "06-01 10:00", body, id="info_exchange:I", by="quality1")
    if origin == "external":
        open_ = item(site.status("info_exchange:I", "06-02 09:00"), "R-INF-05", "round-1")
        assert wall(open_.due_at) == "06-04 23:59:59"
    step = {"to": "passed_on", "told": "各部门"}
    site.record("info_exchange_step", "info_exchange:I", "06-04 18:00", step, by="quality1")

    assert due(site.status("info_exchange:I", "06-10 09:00"), "R-INF-05") == states
