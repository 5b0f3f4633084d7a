"""Alarms of several records: the same whatever the order, raised once, and not where they should not be."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from server.catalogue.rules.registry import RULES
from server.ledger.clusters import Alarm, alarms_of
from server.ledger.model import Fact
from tests.server.ledger.site import Site, wall


@pytest.fixture
def site() -> Site:
    return Site()


def alarms(site: Site, rule: str, facts: list[Fact] | None = None) -> list[Alarm]:
    cluster = RULES[rule].cluster
    assert cluster is not None
    context = site.context("06-30 12:00")
    return alarms_of(cluster, facts or site.facts, context.calendar, context.settings)


def complain(site: Site, unit_no: str, when: str, cause: str = "pests", **kwargs: Any) -> str:
    return site.record("complaint", f"household:demo-{unit_no}-owner", when, {"cause": cause}, **kwargs).id


def test_three_households_of_a_building_with_one_cause_in_a_week(site: Site) -> None:
    first = complain(site, "3-1-502", "06-01 09:00")
    complain(site, "3-1-502", "06-02 09:00")  # the same household
    second = complain(site, "3-2-101", "06-03 09:00")
    complain(site, "3-1-101", "06-03 10:00", "mail")  # another cause
    complain(site, "4-1-101", "06-04 09:00")  # another building
    assert alarms(site, "R-CMP-17") == []
    third = complain(site, "3-1-602", "06-07 09:00")

    (alarm,) = alarms(site, "R-CMP-17")

    assert (wall(alarm.at), alarm.same, alarm.areas) == ("06-07 09:00:00", ("pests", "3"), ("a1",))
    assert {first, second, third} <= set(alarm.facts)
    assert alarm.name.startswith("2026-06-07-")


def test_a_household_outside_the_week_is_not_counted(site: Site) -> None:
    for unit_no, when in (("3-1-502", "06-01 09:00"), ("3-1-602", "06-05 09:00"), ("3-1-702", "06-08 09:00")):
        complain(site, unit_no, when)

    assert alarms(site, "R-CMP-17") == []


def test_what_comes_while_an_alarm_lasts_belongs_to_it_and_a_new_week_can_raise_another(site: Site) -> None:
    for number in range(1, 7):
        complain(site, f"3-1-{number}02", f"06-0{number} 09:00")
    for number in range(1, 4):
        complain(site, f"3-2-{number}02", f"06-2{number} 09:00")

    assert [wall(each.at) for each in alarms(site, "R-CMP-17")] == ["06-03 09:00:00", "06-23 09:00:00"]


def test_a_withdrawn_complaint_does_not_count(site: Site) -> None:
    ids = [complain(site, f"3-1-{number}02", f"06-0{number} 09:00") for number in (1, 2, 3)]
    site.record("complaint", ids[1], "06-04 09:00", {"reason": "误记"}, voids=ids[1])

    assert alarms(site, "R-CMP-17") == []


def visit(site: Site, unit_no: str, when: str, *topics: str) -> None:
    body = {"opinions": [{"topic": topic} for topic in topics]}
    site.record("resident_visit", f"household:demo-{unit_no}-owner", when, body)


def test_three_households_with_one_topic_in_a_month(site: Site) -> None:
    visit(site, "3-1-502", "05-31 09:00", "电梯")  # of the month before
    visit(site, "3-1-502", "06-01 09:00", "电梯", "绿化", "电梯")
    visit(site, "5-1-101", "06-12 09:00", " 电梯 ")
    visit(site, "6-1-101", "06-30 09:00", "门禁", "电梯")

    (alarm,) = alarms(site, "R-VIS-08")

    assert (alarm.same, wall(alarm.at)) == (("电梯",), "06-30 09:00:00")


def plan(site: Site, when: str, *rooms: int, base: int = 12) -> str:
    lines = [{"household": f"household:demo-3-1-{room}-owner", "content": "x"} for room in rooms]
    return site.record("visit_plan", "area:a1", when, {"base_count": base, "lines": lines}).id


def test_a_household_planned_twice_in_a_year_is_told_of(site: Site) -> None:
    plan(site, "2025-12-02 09:00", 101)
    plan(site, "01-02 09:00", 101, 102)
    assert alarms(site, "R-VIS-03") == []
    plan(site, "03-02 09:00", 102, 103)
    plan(site, "04-02 09:00", 102)

    assert [(each.same, wall(each.at)) for each in alarms(site, "R-VIS-03")] == [
        (("household:demo-3-1-102-owner",), "03-02 09:00:00")
    ]


def test_once_every_household_was_planned_the_cycle_begins_again(site: Site) -> None:
    plan(site, "01-02 09:00", 101, 102, base=3)
    plan(site, "02-02 09:00", 103, base=3)
    plan(site, "03-02 09:00", 101, base=3)

    assert alarms(site, "R-VIS-03") == []


@pytest.mark.parametrize("seed", range(30))
def test_neither_order_nor_repetition_makes_a_difference(site: Site, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(40):
        when = f"06-{draw.randint(1, 28):02d} 09:{draw.randint(0, 59):02d}"
        unit_no = f"{draw.randint(1, 2)}-1-{draw.randint(1, 5)}02"
        late = draw.choice([None, "06-29 10:00"])
        what = draw.randrange(3)
        if what == 0:
            complain(site, unit_no, when, draw.choice(["pests", "mail"]), received=late)
        elif what == 1:
            visit(site, unit_no, when, draw.choice(["电梯", "绿化"]))
        else:
            plan(site, when, *draw.sample(range(101, 106), 2), base=5)
    for target in draw.sample(site.facts, 4):
        site.record(target.type, target.subject, "06-29 09:00", {"reason": "x"}, voids=target.id)
    for rule in ("R-CMP-17", "R-VIS-08", "R-VIS-03"):
        expected = alarms(site, rule)
        shuffled = draw.sample(site.facts, len(site.facts)) + draw.sample(site.facts, 5)

        assert alarms(site, rule, shuffled) == expected
        assert len({each.name for each in expected}) == len(expected)
        assert all(
            each.at - min(fact.performed_at for fact in site.facts) >= timedelta(0) for each in expected
        )
