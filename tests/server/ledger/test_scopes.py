"""What an area or a project owes of itself, and when a site has begun with it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.catalogue.subjects import SCOPE_DUTIES, subjects_of
from server.ledger.calendar import DAY
from server.ledger.folds import fold
from server.ledger.model import Hold
from server.ledger.periods import KEPT
from server.ledger.scopes import reads_from
from tests.server.ledger.site import Site, at, document, due, later

SEARCH = "project:demo:R-CMP-16"


def search(site: Site, when: str, received: str | None = None) -> None:
    site.record(
        "complaint_search", "project:demo", when, {"calls": 10, "visits": 2, "missing": 0}, received=received
    )


def test_a_duty_begins_with_its_first_record_and_a_missed_month_stays_missed() -> None:
    site = Site()
    assert fold(SEARCH, [], site.context("03-10 10:00")) is None
    search(site, "01-20 10:00")
    search(site, "03-03 10:00")

    status = site.status(SEARCH, "03-10 10:00")

    assert due(status, "R-CMP-16") == {"2026-01": "met", "2026-02": "overdue", "2026-03": "met"}
    assert (status.kind, status.area, status.state, status.fields["missed"]) == ("project", "", "met", 1)
    assert {one.assigned_to for one in status.due} == {"supervisor1"}


def test_a_setting_begins_it_without_any_record() -> None:
    site = Site(settings={"scope.duties_from": "2026-02-15"})

    assert fold(SEARCH, [], site.context("02-10 10:00")) is None
    status = fold(SEARCH, [], site.context("03-10 10:00"))

    assert status is not None
    assert due(status, "R-CMP-16") == {"2026-02": "overdue", "2026-03": "pending"}
    assert status.state == "pending"


def test_recorded_in_time_and_synced_after_the_month_is_met_synced_late() -> None:
    site = Site()
    search(site, "01-31 23:59", received="02-03 08:00")

    assert due(site.status(SEARCH, "02-04 08:00"), "R-CMP-16")["2026-01"] == "met_synced_late"


def test_what_another_fold_holds_does_not_meet_it() -> None:
    site = Site()
    search(site, "01-20 10:00")
    search(site, "02-20 10:00")
    site.facts[1] = replace(site.facts[1], hold=Hold("held", "待定"))

    assert due(site.status(SEARCH, "03-02 08:00"), "R-CMP-16")["2026-02"] == "overdue"


def test_only_a_bounded_time_is_looked_at() -> None:
    site = Site()
    for month in range(1, 13):
        search(site, f"2024-{month:02d}-10 10:00")
    search(site, "2026-03-03 10:00")
    read = [
        one
        for one in site.facts
        if one.performed_at >= (reads_from(SEARCH, at("03-10 10:00")) or at("01-01 00:00"))
    ]

    whole, bounded = (fold(SEARCH, facts, site.context("03-10 10:00")) for facts in (site.facts, read))

    assert whole is not None
    assert bounded is not None
    assert len(read) < 3
    assert [one.period for one in whole.due] == [one.period for one in bounded.due] == ["2026-03"]


@pytest.mark.parametrize("rule", sorted(SCOPE_DUTIES))
def test_no_duty_changes_before_its_next_wake(rule: str) -> None:
    declared = SCOPE_DUTIES[rule]
    scope = "area:a1" if declared.of == "area" else "project:demo"
    site = Site(settings={"scope.duties_from": "2026-02-27"})
    now = at("02-27 08:00")
    for _ in range(30):
        status = fold(f"{scope}:{rule}", [], site.context(now))
        assert status is not None
        assert status.wake_at is not None, "the calendar always brings the next duty"
        just_before = later(status.wake_at, seconds=-1)
        if just_before > now:
            again = fold(f"{scope}:{rule}", [], site.context(just_before))
            assert again is not None
            assert document(again, just_before) == document(status, now)
        now = status.wake_at
    assert reads_from(f"{scope}:{rule}", now) is not None
    assert KEPT[declared.every] * DAY


def test_a_fact_touches_the_duties_of_its_place_and_not_the_place_itself() -> None:
    fact = {
        "_id": "complaint_search:1", "type": "complaint_search", "subject": "project:demo", "project": "demo", "area": "a1",
        "body": {},
    }  # fmt: skip
    assert subjects_of(fact) == [SEARCH]


@pytest.mark.parametrize("subject", ["project:demo:R-NONE-1", "area:a1:R-CMP-16", "project:demo"])
def test_what_is_no_duty_has_no_status(subject: str) -> None:
    assert fold(subject, [], Site().context("03-10 10:00")) is None
