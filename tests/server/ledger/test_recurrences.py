"""Days, months and due windows: the vectors that Python and TypeScript share."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from server.ledger.calendar import (
    DAY,
    day_in_month,
    day_of,
    end_of_day,
    first_day_of,
    last_day_of,
    start_of_day,
)
from server.ledger.deadlines import Visit, follow_ups, in_order, judge_deadline, standing_promise
from server.ledger.model import Calendar
from server.ledger.moments import Moment, lapses_at
from server.ledger.recurrences import (
    Act,
    Arrears,
    DueWindow,
    Outcome,
    Span,
    acts_within,
    arrears_window,
    day_window,
    has_patrol_duty,
    judge_recurrence,
    patrol_needs_act,
    vacancy_window,
)

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "recurrences.json").read_text("utf-8"))


def cases(group: str) -> Any:
    return [
        pytest.param(case, id=case.get("name") or " ".join(map(str, case.values())))
        for case in VECTORS[group]
    ]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def act(case: dict[str, Any]) -> Act:
    received = case["received_at"]
    return Act(case["id"], instant(case["performed_at"]), None if received is None else instant(received))


def due(window: DueWindow | None, outcome: Outcome | None) -> dict[str, Any] | None:
    if window is None or outcome is None:
        return None
    return {
        "period": window.period,
        "opens_at": window.opens_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "due_at": window.due_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status": outcome.status,
        "satisfied_by": outcome.satisfied_by,
    }


@pytest.mark.parametrize("case", cases("day_of"))
def test_an_instant_belongs_to_its_day_at_the_site(case: dict[str, Any]) -> None:
    assert day_of(instant(case["instant"]), Calendar(case["zone"])).isoformat() == case["day"]


@pytest.mark.parametrize("case", cases("day_bounds"))
def test_a_day_begins_and_ends_at_the_site(case: dict[str, Any]) -> None:
    calendar, on = Calendar(case["zone"]), date.fromisoformat(case["day"])

    assert start_of_day(on, calendar) == instant(case["starts_at"])
    assert end_of_day(on, calendar) == instant(case["ends_at"])
    assert day_of(start_of_day(on, calendar), calendar) == day_of(end_of_day(on, calendar), calendar) == on


@pytest.mark.parametrize("case", cases("month_bounds"))
def test_a_month_begins_and_ends_at_the_site(case: dict[str, Any]) -> None:
    calendar, month = Calendar(case["zone"]), case["month"]

    assert first_day_of(month).isoformat() == case["first_day"]
    assert last_day_of(month).isoformat() == case["last_day"]
    assert start_of_day(first_day_of(month), calendar) == instant(case["starts_at"])
    assert end_of_day(last_day_of(month), calendar) == instant(case["ends_at"])


@pytest.mark.parametrize("case", cases("day_in_month"))
def test_a_day_that_the_month_does_not_have_is_its_last(case: dict[str, Any]) -> None:
    assert day_in_month(case["month"], case["day"]).isoformat() == case["on"]


@pytest.mark.parametrize("case", cases("patrol"))
def test_patrols_meet_the_duty_of_their_day(case: dict[str, Any]) -> None:
    project, settings, on = case["project"], case["settings"], date.fromisoformat(case["day"])
    calendar = Calendar(
        case["zone"],
        frozenset(map(date.fromisoformat, case["calendar"]["holidays"])),
        frozenset(map(date.fromisoformat, case["calendar"]["makeup_days"])),
    )
    first = day(project["actual_start"])
    active = [Span(first, day(project["actual_end"]))] if first else []
    pauses = [Span(date.fromisoformat(each["from"]), day(each["to"])) for each in project["pauses"]]

    window = day_window(on, calendar)
    found = None
    if has_patrol_duty(on, active, pauses, settings["dec.patrol_rest_days"], calendar):
        acts = acts_within(window, map(act, case["patrols"]))
        needed = settings["dec.patrol_per_day"]
        if len(acts) >= needed or not patrol_needs_act(on, active):
            found = judge_recurrence(window, acts, needed, Moment(instant(case["now"])))

    assert due(window, found) == case["due"]


@pytest.mark.parametrize("case", cases("vacancy_month"))
def test_visits_meet_the_duty_of_a_vacant_unit(case: dict[str, Any]) -> None:
    unit, calendar = case["unit"], Calendar(case["zone"])
    left = day(unit["vacant_to"])
    register = Span(date.fromisoformat(unit["vacant_from"]), left - DAY if left else None)

    window = vacancy_window(case["month"], register, case["least_days"], calendar) if case["needed"] else None
    found = None
    if window is not None:
        acts = acts_within(window, map(act, case["acts"]))
        found = judge_recurrence(window, acts, case["needed"], Moment(instant(case["now"])))

    assert due(window, found) == case["due"]


@pytest.mark.parametrize("case", cases("arrears_month"))
def test_measures_meet_the_duty_of_a_household_in_arrears(case: dict[str, Any]) -> None:
    calendar = Calendar(case["zone"])
    paid = sorted(
        day_of(instant(each["performed_at"]), calendar)
        for each in case["measures"]
        if each["outcome"] == "paid"
    )
    lines = []
    for line in case["lines"]:
        due_on = date.fromisoformat(line["due_on"])
        settled = next((on for on in paid if on >= due_on), None)
        lines.append(Arrears(line["account"], due_on, settled))

    window = arrears_window(case["month"], lines, calendar)
    found = None
    if window is not None:
        acts = acts_within(window, map(act, case["measures"]))
        found = judge_recurrence(window, acts, case["needed"], Moment(instant(case["now"])))

    assert due(window, found) == case["due"]


@pytest.mark.parametrize("case", cases("next_action"))
def test_each_visit_makes_the_next_action_due(case: dict[str, Any]) -> None:
    calendar, moment = Calendar(case["zone"]), Moment(instant(case["now"]))
    visits = in_order(
        Visit(act(each), each["outcome"], day(each["next_action_at"]), day(each["promise_date"]))
        for each in case["visits"]
    )

    found = []
    for each in follow_ups(visits, calendar):
        if each.met_by is None and not case["in_arrears"]:
            outcome = Outcome("cancelled")
        else:
            outcome = judge_deadline(each.window, each.met_by.act if each.met_by else None, moment)
        found.append(due(each.window, outcome))
    promise = None
    for visit in visits:
        promise = standing_promise(promise, visit, calendar)
    state = None
    if promise is not None:
        broken = moment.passed(lapses_at(end_of_day(promise, calendar)))
        state = ("broken" if broken else "standing") if case["in_arrears"] else "kept"

    assert found == case["due"]
    assert (None if promise is None else {"date": promise.isoformat(), "state": state}) == case["promise"]
