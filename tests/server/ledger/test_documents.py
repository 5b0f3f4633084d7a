"""Status documents: the table in docs/architecture.md is a contract, and a document is the same bytes each time."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from server.ledger.calendar import calendar_document, calendar_of, is_working_day
from server.ledger.documents import status_document
from server.ledger.model import Calendar
from tests.server.ledger.site import HOUSEHOLD, PROJECT, UNIT, VIOLATION, Site, at, due

ARCHITECTURE = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text("utf-8")
SUBJECTS = {"decoration_project": PROJECT, "violation": VIOLATION, "unit": UNIT, "household": HOUSEHOLD}
EVERYWHERE = {"unit", "unit_no", "building", "entrance", "floor"}


@pytest.fixture
def site() -> Site:
    site = Site()
    site.vacant("2026-05-01")
    site.owe("2026-05-31")
    site.start_work()
    site.report()
    site.decide("confirm", "06-05 14:00", rectify_by="2026-06-08")
    return site


def promised_fields(kind: str) -> set[str]:
    """Return the fields that the table of status documents lists for a kind."""
    row = next(line for line in ARCHITECTURE.splitlines() if re.match(rf"\| `{kind}` \| .*\| `", line))
    listed = row.rstrip("| ").rsplit(" | ", 1)[1].strip("`")
    flat = re.sub(r"\[[^\[\]]*\]", "", re.sub(r"\[[^\[\]]*\]", "", re.sub(r"\{[^{}]*\}", "", listed)))
    return {name.strip() for name in flat.split(",")}


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
def test_a_status_has_the_fields_that_the_architecture_page_lists(site: Site, kind: str) -> None:
    fields = site.status(SUBJECTS[kind], "06-06 10:00").fields

    assert set(fields) == promised_fields(kind) | EVERYWHERE


@pytest.mark.parametrize("kind", sorted(SUBJECTS))
def test_a_status_document_has_its_members(site: Site, kind: str) -> None:
    status = site.status(SUBJECTS[kind], "06-06 10:00")
    found = status_document(status, at("06-06 10:00"))

    assert found["_id"] == f"status:{SUBJECTS[kind]}"
    assert (found["type"], found["of"], found["kind"]) == ("status", SUBJECTS[kind], kind)
    assert set(found) == {
        "_id", "type", "of", "kind", "project", "area", "state", "fields", "due", "history", "held", "updated_at",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", str(found["updated_at"]))
    for item in entries(found["due"]):
        assert set(item) == {
            "id", "rule", "period", "opens_at", "due_at", "status", "assigned_to", "satisfied_by",
        }  # fmt: skip
        assert item["id"] == f"due:{item['rule']}:{SUBJECTS[kind]}:{item['period']}"


def test_a_missed_day_is_shown_for_a_week_and_the_status_wakes_to_drop_it(site: Site) -> None:
    site.settings["dec.owner_talks_per_week"] = 0
    site.step("completion_check", "06-06 09:00", by="steward1")
    status = site.status(PROJECT, "06-07 00:00")
    assert due(status, "R-DEC-06") == {"2026-06-05": "overdue"}

    def missed(when: str) -> int:
        shown = entries(status_document(site.status(PROJECT, when), at(when))["due"])
        return sum(1 for one in shown if one["rule"] == "R-DEC-06")

    assert site.status(PROJECT, "06-12 12:00").wake_at == at("06-13 00:00")
    assert (missed("06-12 23:59:59"), missed("06-13 00:00")) == (1, 0)


def test_a_limit_that_was_missed_is_shown_until_it_is_met(site: Site) -> None:
    months_later = at("06-08 12:00") + timedelta(days=90)
    shown = entries(status_document(site.status(VIOLATION, months_later), months_later)["due"])

    assert [(item["rule"], item["status"]) for item in shown] == [("R-DEC-14", "overdue")]


def test_history_keeps_its_last_twenty_entries(site: Site) -> None:
    for minute in range(30):
        site.record("violation_progress", VIOLATION, f"06-06 09:{minute:02d}", {"text": f"第 {minute} 次"})

    history = entries(status_document(site.status(VIOLATION, "06-06 10:00"), at("06-06 10:00"))["history"])

    assert len(history) == 20
    assert history[-1]["reason"] == "第 29 次"


def test_the_status_changed_last_when_a_fact_arrived_or_a_limit_came(site: Site) -> None:
    assert (
        status_document(site.status(VIOLATION, "06-05 18:00"), at("06-05 18:00"))["updated_at"]
        == "2026-06-05T06:00:00Z"
    )
    assert (
        status_document(site.status(VIOLATION, "06-10 18:00"), at("06-10 18:00"))["updated_at"]
        == "2026-06-08T16:00:00Z"
    )


def test_a_calendar_is_read_back_from_its_document_and_from_single_days() -> None:
    holiday, makeup = at("10-01 12:00").date(), at("10-10 12:00").date()
    whole = calendar_of([calendar_document("demo", [holiday], [makeup])], "Asia/Shanghai")
    singles = calendar_of(
        [
            {"type": "calendar_day", "body": {"date": "2026-10-01", "kind": "holiday"}},
            {"type": "calendar_day", "body": {"date": "2026-10-10", "kind": "makeup"}},
            {"type": "calendar_day", "body": {"date": "soon", "kind": "holiday"}},
            {"type": "setting", "body": {"date": "2026-10-02", "kind": "holiday"}},
        ],
        "Asia/Shanghai",
    )

    assert whole == singles == Calendar("Asia/Shanghai", frozenset({holiday}), frozenset({makeup}))
    assert not is_working_day(holiday, whole)
    assert is_working_day(makeup, whole)


def entries(listed: Any) -> list[dict[str, Any]]:
    assert isinstance(listed, list)
    return listed
