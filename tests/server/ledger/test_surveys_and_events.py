"""Surveys with their chain of limits, and events that two departments agree to."""

from __future__ import annotations

from typing import Any

import pytest

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.settings import settings_with
from server.catalogue.validation import problems
from server.ledger.satisfaction import satisfaction_rate
from tests.server.catalogue.examples import example
from tests.server.ledger.site import Site, due, held, item, wall

SURVEY, EVENT = "survey:S", "event_plan:E"


def survey_step(site: Site, to: str, when: str, **body: Any) -> None:
    site.record("survey_step", SURVEY, when, {"to": to, **body}, by="manager1")


def test_each_limit_of_a_survey_runs_from_the_day_before_it_in_the_chain() -> None:
    site = Site()
    site.record(
        "survey",
        "project:demo",
        "05-30 09:00",
        {"round": "2026-06", "scope": "full"},
        by="quality1",
        id=SURVEY,
    )

    def limit(rule: str, now: str) -> str | None:
        return wall(item(site.status(SURVEY, now), rule, "round-1").due_at)

    survey_step(site, "forms_received", "06-02 08:00", forms_received_on="2026-06-01")
    assert limit("R-SAT-03", "06-02 09:00") == "06-04 23:59:59"
    survey_step(site, "distributed", "06-04 18:00", distributed_on="2026-06-04", handed_out=40)
    assert limit("R-SAT-06", "06-04 19:00") == "06-14 23:59:59"
    survey_step(site, "recovered", "06-14 18:00", recovered_on="2026-06-14", recovered=30)
    assert limit("R-SAT-08", "06-14 19:00") == "06-17 23:59:59"
    assert limit("R-SAT-09", "06-14 19:00") == "06-28 23:59:59"
    assert limit("R-SAT-13", "06-14 19:00") == "06-21 23:59:59"
    survey_step(site, "counted", "06-16 18:00", satisfied=25, valid=30)
    survey_step(site, "answered", "06-27 18:00", posted_on="2026-06-27")
    assert limit("R-SAT-11", "06-27 19:00") == "07-02 23:59:59"
    assert due(site.status(SURVEY, "06-28 09:00"), "R-SAT-09") == {"round-1": "met"}


@pytest.mark.parametrize(
    ("scope", "moved_in", "handed_out", "codes"),
    [
        ("sample", "2023-06-04", 40, []),
        ("sample", "2023-06-04", 39, ["out_of_range"]),
        ("sample", "2021-06-03", 20, []),
        ("sample", "2021-06-05", 20, ["out_of_range"]),
        ("full", "2021-06-03", 132, ["out_of_range"]),
        ("full", "2021-06-03", 133, []),
    ],
)
def test_a_survey_hands_out_enough_forms(
    scope: str, moved_in: str, handed_out: int, codes: list[str]
) -> None:
    document = example(
        RECORD_TYPES["survey_step"], to="distributed", scope=scope, base_count=133, handed_out=handed_out,
        first_move_in_on=moved_in, distributed_on="2026-06-04",
    )  # fmt: skip
    assert [each.code for each in problems(document, settings_with({}))] == codes


def test_satisfaction_counts_the_top_two_of_five_grades_and_no_blanks() -> None:
    rate = satisfaction_rate(["5", "4", "3", "2", "1", "0", "", "4"])
    assert (rate.satisfied, rate.valid, rate.permille) == (3, 6, 500)
    assert satisfaction_rate(["0"]).permille is None


def event_step(site: Site, to: str, when: str, by: str) -> str:
    return site.record("event_plan_step", EVENT, when, {"to": to}, by=by).id


def planned(site: Site) -> None:
    site.record(
        "event_plan",
        "project:demo",
        "04-10 09:00",
        {"title": "劳动节", "date": "2026-05-01"},
        by="supervisor1",
        id=EVENT,
    )
    event_step(site, "submitted", "04-16 18:00", "supervisor1")


def test_a_plan_is_handed_in_fifteen_days_before_the_event() -> None:
    site = Site()
    planned(site)
    status = site.status(EVENT, "04-20 09:00")
    assert wall(item(status, "R-EVT-02", "round-1").due_at) == "04-16 23:59:59"
    assert due(status, "R-EVT-02")["round-1"] == "met"


def test_two_departments_agree_in_any_order_and_neither_alone_nor_to_its_own() -> None:
    site = Site()
    planned(site)
    own = event_step(site, "approved_ops", "04-17 09:00", "supervisor1")
    event_step(site, "approved_quality", "04-17 10:00", "quality1")
    assert site.status(EVENT, "04-17 11:00").state == "submitted"
    same = event_step(site, "approved_ops", "04-17 12:00", "quality1")
    event_step(site, "approved_ops", "04-18 09:00", "ops1")

    status = site.status(EVENT, "04-19 09:00")

    assert status.state == "approved"
    assert held(status) == {own: "own_record", same: "own_record"}


def test_what_was_sent_back_is_signed_off_anew() -> None:
    site = Site()
    planned(site)
    event_step(site, "approved_quality", "04-17 10:00", "quality1")
    event_step(site, "returned", "04-17 11:00", "ops1")
    event_step(site, "submitted", "04-18 10:00", "supervisor1")
    event_step(site, "approved_ops", "04-18 11:00", "ops1")
    assert site.status(EVENT, "04-18 12:00").state == "submitted"


def test_what_was_agreed_to_is_not_corrected_afterwards() -> None:
    site = Site()
    planned(site)
    event_step(site, "approved_ops", "04-17 09:00", "ops1")
    event_step(site, "approved_quality", "04-17 10:00", "quality1")
    change = site.record(
        "event_plan", "project:demo", "04-18 10:00", {"date": "2026-05-02"}, by="supervisor1", amends=EVENT
    )
    status = site.status(EVENT, "04-19 09:00")
    assert held(status) == {change.id: "already_decided"}
    assert status.fields["date"] == "2026-05-01"


@pytest.mark.parametrize(
    ("participants", "answers", "codes"), [(110, 28, []), (110, 27, ["out_of_range"]), (99, 0, [])]
)
def test_a_large_event_asks_a_quarter_of_its_participants(
    participants: int, answers: int, codes: list[str]
) -> None:
    document = example(
        RECORD_TYPES["event_plan_step"], to="summarised", participants=participants, answers=answers, satisfied=0, cost=0,
        summary="总结",
    )  # fmt: skip
    assert [each.code for each in problems(document, settings_with({}))] == codes
