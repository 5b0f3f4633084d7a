"""Inspections: night checks, compulsory nights, trifles, scores, and who may verify."""

from __future__ import annotations

from typing import Any

import pytest

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.settings import settings_with
from server.catalogue.validation import problems
from server.ledger.inspections import needs_entry, score_of
from server.ledger.model import WeatherDay
from tests.server.catalogue.examples import example
from tests.server.ledger.site import Site, at, due, held, item, wall

DEFECT = "defect:D"


def night(site: Site, when: str) -> None:
    site.record("inspection", "project:demo", when, {"kind": "night_post"}, by="manager1")


def test_typhoon_nights_count_toward_the_four_and_each_needs_a_check_of_its_own() -> None:
    site = Site(settings={"scope.duties_from": "2026-08-01"})
    site.weather = tuple(WeatherDay(at(f"08-{day:02d} 12:00").date(), warning="red") for day in (5, 6, 20))
    night(site, "08-05 23:00")
    night(site, "08-07 05:59")  # the night of the 6th
    night(site, "08-20 22:00")
    night(site, "08-11 23:30")
    night(site, "08-25 02:00")

    monthly = site.status("project:demo:R-INS-08", "08-31 12:00")
    compulsory = site.status("project:demo:R-INS-09", "08-31 12:00")

    assert (monthly.fields["done"], monthly.fields["needed"]) == (5, 4)
    assert due(monthly, "R-INS-08") == {"2026-08": "met"}
    assert due(compulsory, "R-INS-09") == {"2026-08-05": "met", "2026-08-06": "met", "2026-08-20": "met"}
    assert wall(item(compulsory, "R-INS-09", "2026-08-20").opens_at) == "08-20 22:00:00"


def test_a_check_in_daylight_or_too_late_does_not_cover_the_night() -> None:
    site = Site(settings={"scope.duties_from": "2026-08-01"})
    site.weather = (WeatherDay(at("08-05 12:00").date(), rain_mm=60),)
    night(site, "08-05 15:00")
    night(site, "08-06 06:00:01")

    assert due(site.status("project:demo:R-INS-09", "08-06 12:00"), "R-INS-09") == {"2026-08-05": "overdue"}


@pytest.mark.parametrize(
    ("minutes", "staff", "objective", "entered"),
    [(10, False, True, False), (10, True, False, True), (10, False, False, False), (31, False, False, True)],
)
def test_a_trifle_is_not_entered_and_a_fault_of_staff_always_is(
    minutes: int, staff: bool, objective: bool, entered: bool
) -> None:
    assert needs_entry(minutes, staff_fault=staff, objective_cause=objective, minor_minutes=30) == entered
    fix: dict[str, Any] = {
        "what": "烟头",
        "minutes": minutes,
        "staff_fault": staff,
        "objective_cause": objective,
    }
    document = example(RECORD_TYPES["inspection"], kind="mystery", spot_fixes=[fix])
    assert bool(problems(document, settings_with({}))) == entered


def test_a_score_follows_from_the_items() -> None:
    assert score_of([(10, 9), (5, 5), (5, 3)]) == 85
    assert score_of([(8, 5)]) == 63
    assert score_of([]) is None
    items = [{"item": "门岗", "points": 8, "awarded": 5, "responsible": "guard1"}]
    for score, codes in ((63, []), (62, ["sum_differs"])):
        document = example(RECORD_TYPES["inspection"], kind="mystery", items=items, score=score)
        assert [each.code for each in problems(document, settings_with({}))] == codes


def test_a_night_check_brings_two_signatures() -> None:
    document = example(RECORD_TYPES["inspection"], kind="night_post", checked_person="guard1")
    assert [each.rule for each in problems(document, settings_with({}))] == ["R-INS-10"]


def test_whoever_put_a_defect_right_does_not_verify_it() -> None:
    site = Site()
    body = {"trade": "cleaning", "text": "积水", "responsible": "cleaner1", "due_at": "2026-06-05"}
    site.record("defect", "area:a1", "06-01 09:00", body, id=DEFECT)
    site.record(
        "defect_step",
        DEFECT,
        "06-03 09:00",
        {"to": "fixed", "cause": "堵塞", "measure": "疏通"},
        by="engineer1",
    )
    own = site.record("defect_step", DEFECT, "06-04 09:00", {"to": "verified"}, by="engineer1")
    site.record("defect_step", DEFECT, "06-04 10:00", {"to": "failed", "reason": "仍积水"}, by="quality1")

    status = site.status(DEFECT, "06-06 09:00")

    assert (status.state, held(status)) == ("failed", {own.id: "own_record"})
    assert due(status, "R-INS-20") == {"round-1": "met"}
    assert item(status, "R-INS-20", "round-1").assigned_to == "cleaner1"
