"""A manager plays last month again: every change of a duty in order of time, and the figures. Source: contract section 6."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.catalogue.registry import RECORD_TYPES
from server.ledger.kpi import Figure
from server.simulation.lines import Change, Raised
from server.simulation.reading import Arrival, BadInput, instant, read_arrivals, read_calendar, read_settings
from server.simulation.run import simulate
from tests.server.catalogue.examples import example
from tests.server.intake import papers

D1 = "decoration_project:D1"
ZONE = "+08:00"
SITE = ZoneInfo("Asia/Shanghai")
ROOT = Path(__file__).parents[3]


def arrived(at: str, document: dict[str, Any]) -> Arrival:
    return Arrival(instant(f"2026-{at}:00{ZONE}"), document, 0)


def work(name: str, begun: str) -> list[Arrival]:
    """A decoration in progress from an instant on."""
    project = f"decoration_project:{name}"
    at = instant(f"2026-{begun}:00{ZONE}")
    moments = [at - timedelta(hours=hours) for hours in (30, 29, 2, 0)]
    documents = [
        papers.filing(project, moments[0]),
        papers.step(f"decoration_step:{name}.1", project, "submitted", moments[1]),
        papers.step(f"decoration_step:{name}.2", project, "approved", moments[2], "supervisor1"),
        papers.step(f"decoration_step:{name}.3", project, "in_progress", moments[3]),
    ]
    unit = Arrival(moments[0] - timedelta(hours=1), papers.unit("3-1-502", "a1", status="decorating"), 0)
    return [unit, *(Arrival(one, document, 0) for one, document in zip(moments, documents, strict=True))]


def patrol(name: str, at: str, received: str | None = None) -> Arrival:
    return arrived(
        received or at, papers.patrol(f"decoration_patrol:{name}", D1, instant(f"2026-{at}:00{ZONE}"))
    )


def told_by(arrivals: list[Arrival], until: str, **given: Any) -> list[Change | Raised | dict[str, Figure]]:
    in_order = sorted(arrivals, key=lambda one: one.received_at)
    return list(simulate(in_order, instant(f"2026-{until}:00{ZONE}"), **given))


def play(arrivals: list[Arrival], until: str, **given: Any) -> tuple[list[Change], dict[str, Figure]]:
    told = told_by(arrivals, until, **given)
    assert isinstance(told[-1], dict)
    return [one for one in told if isinstance(one, Change)], told[-1]


def of(changes: list[Change], rule: str, period: str) -> list[tuple[str, str, int]]:
    """When, status and level, as the site's clock shows the instant."""
    return [
        (f"{one.at.astimezone(SITE):%m-%d %H:%M}", one.status, one.level)
        for one in changes
        if (one.item.rule, one.item.period) == (rule, period)
    ]


def test_a_late_phone_turns_an_overdue_day_into_one_that_was_met(tmp_path: Path) -> None:
    """T-12."""
    arrivals = [*work("D1", "06-05T08:00"), patrol("P", "06-05T17:00", received="06-07T09:00")]
    changes, kpi = play(arrivals, "06-05T23:59")
    assert kpi["K-08"] == Figure(0, 0)

    changes, kpi = play(arrivals, "06-07T10:00")

    assert of(changes, "R-DEC-06", "2026-06-05")[-4:] == [
        ("06-06 00:00", "overdue", 2),
        ("06-06 00:00", "overdue", 3),
        ("06-07 00:00", "overdue", 4),
        ("06-07 09:00", "met_synced_late", 4),
    ]
    assert kpi["K-08"] == Figure(1, 2)  # the sixth was missed, the seventh is not over
    assert [one.at for one in changes] == sorted(one.at for one in changes)
    assert {one.item.assigned_to for one in changes} == {"steward1"}


def test_the_order_of_the_lines_makes_no_difference() -> None:
    arrivals = [*work("D1", "06-05T08:00"), *(patrol(f"P{n}", f"06-0{n}T10:00") for n in range(5, 9))]
    first = play(arrivals, "06-09T12:00")
    for seed in range(3):
        mixed = list(arrivals)
        random.Random(seed).shuffle(mixed)
        again = play(mixed, "06-09T12:00")
        assert [one.as_json() for one in again[0]] == [one.as_json() for one in first[0]]
        assert again[1] == first[1]


def test_another_setting_is_tried_without_being_set() -> None:
    found = papers.violation("violation:V", D1, instant(f"2026-06-05T10:00:00{ZONE}"))
    arrivals = [*work("D1", "06-05T08:00"), arrived("06-05T10:00", found)]
    usual, _ = play(arrivals, "06-07T00:00")
    strict, _ = play(arrivals, "06-07T00:00", settings={"dec.decision_hours": 4})

    assert of(usual, "R-DEC-11", "round-1")[0] == ("06-05 10:00", "pending", 0)
    assert ("06-06 10:00", "overdue", 3) in of(usual, "R-DEC-11", "round-1")
    assert ("06-05 14:00", "overdue", 3) in of(strict, "R-DEC-11", "round-1")
    assert {one.item.assigned_to for one in strict if one.item.rule == "R-DEC-11"} == {"supervisor1"}


def test_a_month_too_old_to_be_looked_back_at_was_not_cancelled() -> None:
    body = {"status": "delivered_vacant", "vacancy_kind": "unsold", "vacant_from": "2025-01-01"}
    unit = papers.unit("3-1-502", "a1", **body)

    changes, _ = play([arrived("01-20T08:00", unit)], "03-02T00:00")

    aired = [one for one in changes if one.item.rule == "R-VAC-03"]
    assert {one.item.period for one in aired if one.level == 0} >= {"2025-01", "2025-02", "2026-02"}
    assert {one.status for one in aired} == {"pending", "due_soon", "overdue"}


def complaint(number: int, at: str, received: str | None = None) -> Arrival:
    """Of another household of building 3 each, all about one thing."""
    when = instant(f"2026-{at}:00{ZONE}")
    body = example(RECORD_TYPES["complaint"])["body"] | {"cause": "pests", "received_at": papers.text(when)}
    household = f"household:demo-3-1-{number}02-owner"
    return arrived(received or at, papers.fact(f"complaint:C{number}", household, when, body))


def raised(arrivals: list[Arrival], until: str, **given: Any) -> list[dict[str, Any]]:
    return [one.as_json() for one in told_by(arrivals, until, **given) if isinstance(one, Raised)]


def test_complaints_of_one_cause_in_one_building_are_an_alarm_when_the_third_arrives() -> None:
    arrivals = [
        complaint(1, "06-01T09:00"),
        complaint(2, "06-02T09:00", received="06-04T10:00"),
        complaint(3, "06-03T09:00"),
        complaint(4, "06-04T11:00"),  # belongs to the alarm that is told already
    ]

    (line,) = raised(arrivals, "06-08T00:00")

    assert line == {
        "at": "2026-06-04T02:00:00Z", "rule": "R-CMP-17", "subject": "project:demo", "period": line["period"],
        "status": "overdue", "due_at": "2026-06-03T01:00:00Z", "assigned_to": "project_manager", "level": 3,
        "satisfied_by": None,
    }  # fmt: skip
    assert line["period"].startswith("2026-06-03-")
    assert raised(arrivals, "06-08T00:00", settings={"cmp.group_households": 5}) == []
    assert raised(arrivals, "06-04T09:59") == []


def test_a_picture_used_twice_is_an_alarm_and_stands_in_order_of_time() -> None:
    second = patrol("P2", "06-06T10:00")
    second.document["photos"] = patrol("P1", "06-05T10:00").document["photos"]
    arrivals = [*work("D1", "06-05T08:00"), patrol("P1", "06-05T10:00"), second]

    told = told_by(arrivals, "06-08T00:00")

    (line,) = [one.as_json() for one in told if isinstance(one, Raised)]
    assert (line["rule"], line["subject"], line["assigned_to"]) == ("R-X-27", D1, "supervisor1")
    assert line["at"] == "2026-06-06T02:00:00Z"
    instants = [one.at for one in told if not isinstance(one, dict)]
    assert instants == sorted(instants)


def test_who_counts_the_keys_is_their_keeper_and_not_the_supervisor() -> None:
    body = example(RECORD_TYPES["key_count"])["body"]
    counts = [
        arrived(
            f"06-0{day}T18:00",
            papers.fact(
                f"key_count:{day}",
                "project:demo",
                instant(f"2026-06-0{day}T18:00:00{ZONE}"),
                body,
                author="keeper1",
            ),
        )
        for day in range(1, 6)
    ]
    found = papers.violation("violation:V", D1, instant(f"2026-06-05T10:00:00{ZONE}"))

    changes, _ = play([*counts, *work("D1", "06-05T08:00"), arrived("06-05T10:00", found)], "06-07T00:00")

    def assigned(rule: str) -> set[str]:
        return {one.item.assigned_to for one in changes if one.item.rule == rule}

    assert assigned("R-KEY-03") == {"keeper1"}
    assert assigned("R-DEC-11") == {"supervisor1"}


def test_a_calendar_that_is_given_holds_whatever_calendars_were_recorded() -> None:
    """Where nobody patrols on rest days, a day off that is only tried frees of a patrol; the recorded one does no more."""
    recorded = {
        "_id": "calendar:demo", "type": "calendar", "v": 1, "project": "demo", "area": None,
        "holidays": ["2026-06-08"], "makeup_days": [],
    }  # fmt: skip
    arrivals = [*work("D1", "06-05T08:00"), arrived("06-05T09:00", recorded)]
    rests = {"dec.patrol_rest_days": False}

    usual, _ = play(arrivals, "06-10T00:00", settings=rests)
    tried, _ = play(arrivals, "06-10T00:00", settings=rests, calendar=(["2026-06-09"], []))

    assert of(usual, "R-DEC-06", "2026-06-08") == []
    assert of(tried, "R-DEC-06", "2026-06-08") != []
    assert of(usual, "R-DEC-06", "2026-06-09") != []
    assert of(tried, "R-DEC-06", "2026-06-09") == []


def lines(path: Path, arrivals: list[Arrival]) -> Path:
    path.write_text(
        "".join(
            json.dumps({"received_at": one.received_at.isoformat(), "doc": one.document}, ensure_ascii=False)
            + "\n"
            for one in arrivals
        ),
        encoding="utf-8",
    )
    return path


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "server", "--log-level", "error", "simulate", *arguments],
        capture_output=True, text=True, timeout=60, check=False, cwd=folder, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_the_command_prints_changes_and_then_the_figures(tmp_path: Path) -> None:
    facts = lines(tmp_path / "facts.ndjson", [*work("D1", "06-05T08:00"), patrol("P", "06-05T17:00")])
    (tmp_path / "s.json").write_text('{"dec.decision_hours": 12}')
    (tmp_path / "c.json").write_text('{"holidays": ["2026-06-19"], "makeup_days": []}')

    done = run(
        str(facts), "--until", "2026-06-06T12:00:00+08:00", "--settings", "s.json", "--calendar", "c.json", "--json",
        folder=tmp_path,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert {
        "at",
        "rule",
        "subject",
        "period",
        "status",
        "due_at",
        "assigned_to",
        "level",
        "satisfied_by",
    } == set(told[0])
    assert told[-1]["kpi"]["K-08"] == {"numerator": 1, "denominator": 1, "value": 1.0}
    assert set(told[-1]["kpi"]) == {f"K-{n:02}" for n in range(1, 49)}
    assert {one.name for one in tmp_path.iterdir()} == {"facts.ndjson", "s.json", "c.json"}


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{", "line 1"),
        ('{"received_at": "2026-06-05T08:00:00", "doc": {"_id": "a:b", "type": "a"}}', "offset"),
        ('{"received_at": "2026-06-05T08:00:00Z", "doc": {"type": "a"}}', "_id"),
        (
            '{"received_at": "2026-06-05T08:00:00Z", "doc": {"_id": "a:b", "type": "a"}, "x": 1}',
            "received_at and doc",
        ),
        (
            '{"received_at": "2026-06-05T08:00:00Z", "doc": {"_id": "a:b", "type": "a", "type": "b"}}',
            "line 1",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, word: str) -> None:
    path = tmp_path / "f.ndjson"
    path.write_text(line + "\n")
    with pytest.raises(BadInput, match=word):
        read_arrivals(path)


def test_wrong_settings_and_calendars_are_named(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"dec.decision_hours": "soon"}')
    with pytest.raises(BadInput, match=r"dec\.decision_hours"):
        read_settings(tmp_path / "s.json")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"holidays": ["2026-02-30"]}', "holidays .*'2026-02-30'"),
        ('{"holidays": "2026-02-01"}', "holidays is a list"),
        ('{"makeup_days": ["2026-06-10"]}', "2026-06-10 .*Saturday"),
        ('{"holidays": ["2026-06-13"], "makeup_days": ["2026-06-13"]}', "2026-06-13 .*both"),
    ],
)
def test_a_wrong_calendar_is_refused_with_its_day(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(BadInput, match=word):
        read_calendar(tmp_path / "c.json")


def test_bad_usage_ends_with_two(tmp_path: Path) -> None:
    facts = lines(tmp_path / "f.ndjson", [])
    assert run(str(facts), "--until", "tomorrow", folder=tmp_path).returncode == 2
    assert run(str(facts), folder=tmp_path).returncode == 2
