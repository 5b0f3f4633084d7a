"""One picture in two records: who used it again, whatever arrived first, and what is no reuse. Source: R-X-27."""

from __future__ import annotations

from itertools import permutations

import pytest

from server.ledger.model import Fact, Hold
from server.ledger.pictures import COMPARED, reuses
from tests.server.ledger.site import PROJECT, UNIT, VIOLATION, Site

PICTURE, OTHER = ("a" * 64, "overview"), ("b" * 64, "overview")


@pytest.fixture
def site() -> Site:
    return Site()


def found(facts: list[Fact]) -> dict[str, tuple[str, ...]]:
    """The records that use a picture again, with those they have it from."""
    return {each.fact.id: each.of for each in reuses(facts)}


def check(site: Site, when: str, unit: str = UNIT, **more: object) -> Fact:
    return site.record("vacancy_check", unit, when, {"reason": "monthly"}, photos=[PICTURE], **more)  # type: ignore[arg-type]


def test_the_later_of_two_records_uses_it_again_whatever_arrived_first(site: Site) -> None:
    first = check(site, "06-01 09:00")
    second = check(site, "06-02 09:00", "unit:demo-3-1-602")
    third = site.record("fee_visit", "household:demo-3-1-502-owner", "06-03 09:00", {}, photos=[PICTURE])
    site.record("vacancy_check", UNIT, "06-04 09:00", {}, photos=[OTHER])

    for order in permutations(site.facts):
        assert found(list(order)) == {second.id: (first.id,), third.id: (first.id, second.id)}


def test_a_second_round_of_the_same_work_is_to_show_its_own_day(site: Site) -> None:
    first = site.record("decoration_patrol", PROJECT, "06-01 09:00", {}, photos=[PICTURE])
    second = site.record("decoration_patrol", PROJECT, "06-02 09:00", {}, photos=[PICTURE])

    assert found(site.facts) == {second.id: (first.id,)}


def test_what_a_record_itself_names_twice_is_no_reuse(site: Site) -> None:
    site.record("vacancy_check", UNIT, "06-01 09:00", {}, photos=[PICTURE, ("a" * 64, "detail")])

    assert found(site.facts) == {}


def test_records_of_one_case_may_show_the_same(site: Site) -> None:
    seen = {"violations": [VIOLATION]}
    patrol = site.record("decoration_patrol", PROJECT, "06-01 09:00", seen, photos=[PICTURE])
    case = {"decoration_project_id": PROJECT, "patrol_id": patrol.id}
    site.record("violation", PROJECT, "06-01 09:05", case, id=VIOLATION, photos=[PICTURE])
    site.record("violation_recheck", VIOLATION, "06-02 09:00", {"violation": VIOLATION}, photos=[PICTURE])
    site.record("complaint", "household:h", "06-03 09:00", {}, id="complaint:C", photos=[OTHER])
    site.record("complaint_step", "complaint:C", "06-03 10:00", {"to": "accepted"}, photos=[OTHER])
    site.record("complaint_step", "complaint:C", "06-03 11:00", {"to": "resolved"}, photos=[OTHER])

    assert found(site.facts) == {}


def test_the_picture_of_a_fault_is_none_of_its_mending(site: Site) -> None:
    report = site.record(
        "violation", PROJECT, "06-01 09:00", {}, id=VIOLATION, photos=[("a" * 64, "before"), OTHER]
    )
    mended = [("a" * 64, "after"), OTHER]
    recheck = site.record(
        "violation_recheck", VIOLATION, "06-02 09:00", {"violation": VIOLATION}, photos=mended
    )

    assert found(site.facts) == {recheck.id: (report.id,)}


def test_a_record_of_another_kind_about_the_same_unit_is_a_reuse(site: Site) -> None:
    """A unit is no case that one continues: each visit has its own evidence."""
    first = check(site, "06-01 09:00")
    cleaning = site.record("vacant_cleaning", UNIT, "06-01 09:20", {}, photos=[PICTURE])

    assert found(site.facts) == {cleaning.id: (first.id,)}


def test_a_correction_and_what_was_withdrawn_or_held_are_no_reuse(site: Site) -> None:
    wrong = check(site, "06-01 09:00", "unit:demo-3-1-602")
    site.record("vacancy_check", "unit:demo-3-1-602", "06-01 09:30", {}, voids=wrong.id)
    right = check(site, "06-01 10:00")
    check(site, "06-01 11:00", amends=right.id)
    check(site, "06-02 09:00", hold=Hold("not_yours", "不行"))

    assert found(site.facts) == {}


def test_a_correction_that_brings_a_used_picture_is_told_of_as_the_record_it_corrects(site: Site) -> None:
    first = check(site, "06-01 09:00")
    second = site.record("vacancy_check", "unit:demo-3-1-602", "06-02 09:00", {}, photos=[OTHER])
    site.record("vacancy_check", second.subject, "06-03 09:00", {}, photos=[PICTURE], amends=second.id)

    assert found(site.facts) == {second.id: (first.id,)}


def test_confidential_records_may_show_others_pictures(site: Site) -> None:
    check(site, "06-01 09:00")
    site.record("conduct_case", "area:a1", "06-02 09:00", {}, photos=[PICTURE])

    assert found(site.facts) == {}


def test_a_picture_used_a_hundred_times_is_told_of_each_time_against_the_first_of_them(site: Site) -> None:
    for number in range(100):
        check(site, f"06-01 {9 + number // 60:02d}:{number % 60:02d}", f"unit:demo-3-{number}-101")

    of = found(site.facts)

    assert len(of) == 99
    assert max(len(each) for each in of.values()) == COMPARED
