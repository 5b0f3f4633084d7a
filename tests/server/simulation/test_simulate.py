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

from server.ledger.kpi import Figure
from server.simulation.reading import Arrival, BadInput, instant, read_arrivals, read_calendar, read_settings
from server.simulation.run import Change, simulate
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


def play(arrivals: list[Arrival], until: str, **given: Any) -> tuple[list[Change], dict[str, Figure]]:
    told = list(
        simulate(
            sorted(arrivals, key=lambda one: one.received_at), instant(f"2026-{until}:00{ZONE}"), **given
        )
    )
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
        str(facts), "--until", "2026-06-06T12:00:00+08:00", "--settings", "s.json", "--calendar", "c.json",
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
    (tmp_path / "c.json").write_text('{"holidays": ["2026-02-30"]}')
    with pytest.raises(BadInput, match="holidays"):
        read_calendar(tmp_path / "c.json")


def test_bad_usage_ends_with_two(tmp_path: Path) -> None:
    facts = lines(tmp_path / "f.ndjson", [])
    assert run(str(facts), "--until", "tomorrow", folder=tmp_path).returncode == 2
    assert run(str(facts), folder=tmp_path).returncode == 2
