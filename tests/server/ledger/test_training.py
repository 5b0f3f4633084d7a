"""What leaders owe their staff: talks every week, sessions every month, a plan in January, care every quarter."""

from __future__ import annotations

from server.catalogue.registry import record_type
from server.catalogue.settings import settings_with
from server.catalogue.validation import problems
from tests.server.catalogue.examples import example
from tests.server.ledger.site import Site, due


def talk(site: Site, when: str) -> None:
    site.record(
        "staff_talk",
        "project:demo",
        when,
        {"staff": "steward1", "minutes": 12, "channel": "shift", "points": "…"},
    )


def test_a_week_without_a_talk_is_missed_and_the_next_one_counts() -> None:
    site = Site()
    talk(site, "03-02 10:00")  # Monday
    talk(site, "03-16 10:00")

    status = site.status("project:demo:R-COM-01", "03-18 10:00")

    assert due(status, "R-COM-01") == {"2026-W10": "met", "2026-W11": "overdue", "2026-W12": "met"}


def test_the_plan_of_the_year_is_due_in_january() -> None:
    site = Site(settings={"scope.duties_from": "2026-01-01"})
    assert due(site.status("project:demo:R-TRN-01", "01-05 23:00"), "R-TRN-01") == {"2026": "pending"}
    assert due(site.status("project:demo:R-TRN-01", "02-01 00:00"), "R-TRN-01") == {"2026": "overdue"}


def test_a_talk_that_was_too_short_and_a_pass_below_the_mark_are_named() -> None:
    settings = settings_with({})
    short = problems(example(record_type("staff_talk"), minutes=9), settings)
    assert [(one.path, one.rule) for one in short] == [("/body/minutes", "R-COM-01")]
    low = problems(example(record_type("assessment"), score=79, result="passed"), settings)
    assert [(one.path, one.rule) for one in low] == [("/body/score", "R-TRN-02")]
    assert problems(example(record_type("assessment"), score=60, result="failed"), settings) == []
