"""Periods, shares, limits and declared duties: the second set of vectors that Python and TypeScript share."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from server.catalogue.documents import duty_document
from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Deadline, Limit, Start
from server.catalogue.settings import DEFAULT_SETTINGS
from server.ledger.case_limits import Entry, limit_of
from server.ledger.folds import fold
from server.ledger.model import Calendar, Fact
from server.ledger.periods import period_of
from server.ledger.quotas import share_of
from server.ledger.rules import RULES
from tests.server.ledger.site import Site

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "limits.json").read_text("utf-8"))


def cases(group: str) -> Any:
    return [
        pytest.param(case, id=case.get("name") or " ".join(map(str, case.values())))
        for case in VECTORS[group]
    ]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_vectors_declare_the_rules_as_the_catalogue_does() -> None:
    book: Any = duty_document("demo")

    assert VECTORS["declared"] == {name: book["duties"][name]["declared"] for name in VECTORS["declared"]}
    assert VECTORS["settings"].items() <= book["settings"].items()
    assert {key: DEFAULT_SETTINGS[key] for key in VECTORS["settings"]} == VECTORS["settings"]


@pytest.mark.parametrize("case", cases("periods"))
def test_a_day_lies_in_its_period(case: dict[str, Any]) -> None:
    period = period_of(date.fromisoformat(case["day"]), case["every"])

    assert (period.name, period.first.isoformat(), period.last.isoformat()) == (
        case["name"],
        case["first"],
        case["last"],
    )


@pytest.mark.parametrize("case", cases("shares"))
def test_a_share_is_counted_in_whole_numbers(case: dict[str, Any]) -> None:
    assert share_of(case["base"], case["percent"], case["least"]) == case["needed"]


@pytest.mark.parametrize("case", cases("limits"))
def test_a_limit_ends_when_it_is_said_to(case: dict[str, Any]) -> None:
    holidays = frozenset(date.fromisoformat(each) for each in case.get("holidays", []))
    site = Site(calendar=Calendar(holidays=holidays))
    context = site.context(instant(case["opened"]))
    rule = Deadline(
        "R", Label("", ""), "deadline", start=Start(entering=("s",)), within=Limit(**case["within"])
    )

    given = {**context.settings, **case["settings"]}
    object.__setattr__(context, "settings", given)
    window = limit_of(rule, Entry("s", instant(case["opened"]), None), "round-1", case["fields"], context)

    found = (None, None) if window is None else (stamp(window.opens_at), stamp(window.due_at))
    assert found == (case["opens_at"], case["due_at"])


@pytest.mark.parametrize("case", cases("duties"))
def test_a_declared_duty_stands_as_it_is_said_to(case: dict[str, Any]) -> None:
    site = Site()
    for wire in case["facts"]:
        at = instant(wire["performed_at"]).astimezone(UTC)
        site.facts.append(
            Fact(
                id=wire["id"],
                type=wire["type"],
                subject=wire["subject"],
                project="demo",
                area="a1",
                author="steward1",
                device="dev-1",
                performed_at=at,
                received_at=at,
                body=wire["body"],
                hash="",
                photos=(),
            )
        )

    status = fold(case["subject"], site.facts, site.context(instant(case["now"])))

    further = tuple(f"{each.name}-" for each in RULES[case["rule"]].also)
    every = [] if status is None else [one for one in status.due if one.rule == case["rule"]]
    dues = [one for one in every if not one.period.startswith(further)]
    expected = case["due"]
    if expected is None:
        assert [one for one in dues if one.due_at > instant(case["now"])] == []
        return
    found = dues[-1]
    known = {
        "period": found.period,
        "opens_at": stamp(found.opens_at),
        "due_at": stamp(found.due_at),
        "status": found.status,
        "satisfied_by": found.satisfied_by,
    }
    assert {key: known[key] for key in expected} == expected
