"""The figures of a month: of the areas one sees, as the domain computes them; over nothing there is none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from server.ledger.kpi_table import KPIS
from tests.server.office.world import Company


def of(answer: dict[str, Any], kpi: str) -> tuple[int, int, float | None]:
    (found,) = [one for one in answer["items"] if one["id"] == kpi]
    return (found["numerator"], found["denominator"], found["value"])


def due(company: Company, area: str, day: str, state: str) -> None:
    """A patrol that was due on a day, at the end of it."""
    at = datetime.fromisoformat(f"{day}T23:59:59+08:00")
    company.due("R-DEC-06", "decoration_project:D", area, period=f"{day}-{area}", due_at=at, status=state)


def test_duties_are_counted_by_area_and_what_is_still_open_is_not(company: Company) -> None:
    for area, day, state in (
        ("a1", "2026-11-20", "met"), ("a1", "2026-11-21", "met_synced_late"), ("a1", "2026-11-22", "overdue"),
        ("a1", "2026-11-23", "pending"), ("a2", "2026-11-20", "met_late"), ("a1", "2026-10-20", "overdue"),
    ):  # fmt: skip
        due(company, area, day, state)

    whole = company.get("manager1", "/api/kpi", period="2026-11")
    assert of(whole, "K-08") == (2, 4, 0.5)
    assert of(company.get("manager1", "/api/kpi", period="2026-11", area="a1"), "K-08") == (2, 3, 0.6667)
    assert of(company.get("manager1", "/api/kpi", period="2026-09"), "K-08") == (0, 0, None)
    assert company.get("manager1", "/api/kpi")["period"] == "2026-11"
    assert [one["id"] for one in whole["items"]] == list(KPIS) == [f"K-{n:02}" for n in range(1, 49)]


def test_only_the_office_asks_and_only_for_its_own(company: Company) -> None:
    due(company, "a1", "2026-11-20", "met")
    assert company.ask("steward1", "/api/kpi").status_code == 403
    assert of(company.get("supervisorb", "/api/kpi", period="2026-11"), "K-08") == (0, 0, None)


@pytest.mark.parametrize("period", ["2026", "2026-13", "november", "2026-11-01"])
def test_a_period_that_is_no_month_is_refused(company: Company, period: str) -> None:
    assert company.ask("manager1", "/api/kpi", period=period).status_code == 400
