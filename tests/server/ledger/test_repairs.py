"""The story of a repair: dispatch, signature, the visits after it, and the samples taken of many."""

from __future__ import annotations

from datetime import date

import pytest

from server.ledger.case_limits import NO_LIMIT_YET
from server.ledger.model import WeatherDay
from tests.server.ledger.site import UNIT, Site, at, due, held, item, wall

ORDER = "repair_order:R"


@pytest.fixture
def site() -> Site:
    return Site()


def order(
    site: Site, when: str = "01-10 09:00", name: str = ORDER, sign: bool = False, **body: object
) -> None:
    filled = {
        "unit_id": UNIT, "kind": "out_of_warranty", "channel": "call", "reporter": "王海", "place": "卫生间", "text": "漏水",
        "registered_at": at(when).isoformat(), "agent": "agent1", **body,
    }  # fmt: skip
    photos = [("d" * 64, "signature")] if sign else []
    site.record("repair_order", UNIT, when, filled, by="agent1", id=name, photos=photos)


def step(
    site: Site,
    to: str,
    when: str,
    by: str = "engineer1",
    name: str = ORDER,
    sign: bool = False,
    **body: object,
) -> str:
    photos = [("e" * 64, "signature")] if sign else []
    return site.record("repair_order_step", name, when, {"to": to, **body}, by=by, photos=photos).id


def finish(site: Site, when: str, name: str = ORDER, **body: object) -> str:
    step(site, "dispatched", when, by="agent1", name=name, engineer="engineer1")
    return step(site, "done", when, name=name, finished_at=at(when).isoformat(), **body)


def visit(site: Site, when: str, satisfaction: str = "4") -> str:
    body = {
        "trigger": "repair_all",
        "channel": "call",
        "result": "reached",
        "person": "王海",
        "satisfaction": satisfaction,
    }
    return site.record("return_visit", ORDER, when, body).id


def test_an_urgent_repair_is_visited_within_24_hours_of_its_finish(site: Site) -> None:
    order(site, flags=["urgent"])
    finish(site, "01-10 16:20")
    status = site.status(ORDER, "01-10 17:00")
    assert wall(item(status, "R-REP-09", "round-1").due_at) == "01-11 16:20:00"
    assert wall(item(status, "R-REP-06", "round-1").due_at) == "01-13 23:59:59"


def test_a_leak_repair_waits_for_the_first_rain_after_it_and_is_never_overdue_before(site: Site) -> None:
    order(site, "05-03 09:00", flags=["leak"])
    finish(site, "05-03 15:00")
    site.weather = (WeatherDay(at("05-02 12:00").date(), rain_mm=8),)
    visit(site, "05-04 10:00")

    waiting = item(site.status(ORDER, "07-30 10:00"), "R-REP-10", "round-1")
    assert (waiting.status, waiting.due_at) == ("pending", NO_LIMIT_YET)

    site.weather = (*site.weather, WeatherDay(at("05-09 12:00").date(), rain_mm=0.1))
    status = site.status(ORDER, "05-09 20:00")
    assert wall(item(status, "R-REP-10", "round-1").due_at) == "05-10 23:59:59"
    assert item(status, "R-REP-10", "round-1").status != "met", "the visit before the rain says nothing"

    visit(site, "05-10 09:00")
    assert due(site.status(ORDER, "05-11 09:00"), "R-REP-10") == {"round-1": "met"}


def test_a_large_defect_is_looked_at_on_day_7_30_and_90_each_on_its_own(site: Site) -> None:
    order(site, flags=["large_defect"])
    finish(site, "01-10 16:00")
    visit(site, "01-16 10:00")
    visit(site, "01-17 10:00")

    status = site.status(ORDER, "04-20 10:00")

    assert due(status, "R-REP-12") == {
        "round-1-day-7": "met",
        "round-2-day-30": "overdue",
        "round-3-day-90": "overdue",
        "rain-round-1": "pending",
    }
    assert wall(item(status, "R-REP-12", "round-2-day-30").opens_at) == "01-18 00:00:00"


def test_a_large_defect_is_looked_at_after_the_first_rain_too_be_it_a_leak_or_not(site: Site) -> None:
    order(site, flags=["large_defect"])
    finish(site, "05-03 16:00")
    visit(site, "05-05 10:00")  # before any rain
    assert due(site.status(ORDER, "05-06 10:00"), "R-REP-12")["rain-round-1"] == "pending"
    site.weather = (WeatherDay(date(2026, 5, 9), rain_mm=2),)

    late = site.status(ORDER, "05-11 00:00")

    assert wall(item(late, "R-REP-12", "rain-round-1").due_at) == "05-10 23:59:59"
    assert due(late, "R-REP-12")["rain-round-1"] == "overdue"
    assert due(late, "R-REP-10") == {}


def test_an_unfinished_order_is_talked_over_every_three_days(site: Site) -> None:
    order(site)
    site.record("repair_progress", ORDER, "01-12 10:00", {"channel": "call", "text": "等配件"}, by="agent1")

    assert due(site.status(ORDER, "01-20 10:00"), "R-REP-04") == {"round-1": "met", "round-2": "overdue"}

    finish(site, "01-21 10:00")
    assert due(site.status(ORDER, "01-22 10:00"), "R-REP-04") == {"round-1": "met", "round-2": "met_late"}


def test_a_repair_at_home_closes_signed_and_visited(site: Site) -> None:
    order(site)
    finish(site, "01-10 16:00")
    bare = step(site, "signed", "01-10 16:10", opinion="5")
    step(site, "signed", "01-10 16:20", sign=True, opinion="5")
    early = step(site, "closed", "01-10 17:00", by="agent1")
    visit(site, "01-11 10:00")
    step(site, "closed", "01-11 11:00", by="agent1")

    status = site.status(ORDER, "01-12 10:00")

    assert status.state == "closed"
    assert held(status) == {bare: "signature_missing", early: "guard"}
    assert status.fields["opinion"] == "5"


def test_what_was_signed_when_a_repair_was_taken_down_does_not_confirm_the_work(site: Site) -> None:
    order(site, sign=True)
    finish(site, "01-10 16:00")
    bare = step(site, "signed", "01-10 16:10", opinion="5")
    visit(site, "01-11 10:00")
    early = step(site, "closed", "01-11 11:00", by="agent1")
    step(site, "signed", "01-11 12:00", sign=True, opinion="5")
    step(site, "closed", "01-11 13:00", by="agent1")

    status = site.status(ORDER, "01-12 10:00")

    assert held(status) == {bare: "signature_missing", early: "signature_missing"}
    assert status.state == "closed"


def test_a_paid_repair_is_quoted_first(site: Site) -> None:
    order(site, flags=["paid"])
    early = finish(site, "01-10 16:00")
    assert held(site.status(ORDER, "01-10 17:00")) == {early: "missing_field"}

    step(
        site,
        "done",
        "01-10 18:00",
        finished_at="2026-01-10T18:00:00+08:00",
        quote_accepted_at="2026-01-10T12:00:00+08:00",
    )

    assert site.status(ORDER, "01-10 19:00").state == "done"


def test_a_fault_reported_again_goes_back_to_work_and_is_visited_in_24_hours(site: Site) -> None:
    order(site, kind="public")
    finish(site, "01-10 16:00")
    visit(site, "01-11 10:00", satisfaction="1")

    status = site.status(ORDER, "01-11 10:30")

    assert status.state == "rework"
    assert wall(item(status, "R-REP-13", "round-1").due_at) == "01-12 10:00:00"


@pytest.mark.parametrize(("orders", "calls"), [(7, 2), (50, 10), (101, 21)])
def test_every_week_a_fifth_of_the_repairs_of_the_week_before_is_called(
    site: Site, orders: int, calls: int
) -> None:
    duty = "project:demo:R-REP-11"
    for number in range(orders):
        name = f"repair_order:{number}"
        step(site, "done", "06-03 10:00", name=name, finished_at="2026-06-03T10:00:00+08:00")
        step(
            site, "done", "06-05 10:00", name=name, finished_at="2026-06-05T10:00:00+08:00"
        )  # after rework: one order
    for number in range(calls - 1):
        site.record(
            "repair_sample_call", "project:demo", "06-09 10:00", {"repair_order": f"repair_order:{number}"}
        )
    site.record(
        "repair_sample_call", "project:demo", "06-09 11:00", {"repair_order": "repair_order:0"}
    )  # twice the same

    status = site.status(duty, "06-12 10:00")

    assert (status.fields["needed"], status.fields["done"], status.fields["base"]) == (
        calls,
        calls - 1,
        orders,
    )
    assert due(status, "R-REP-11")["2026-W24"] == "pending"
    site.record("repair_sample_call", "project:demo", "06-12 11:00", {"repair_order": "repair_order:90"})
    assert due(site.status(duty, "06-12 12:00"), "R-REP-11")["2026-W24"] == "met"
