"""Reports of a month: vacant units, entries to look into, fees, orders by age, photos used twice, what is past its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from server.database import writing
from server.intake.tables import reference, status
from tests.server.office.world import NOW, Company, sha


def rows(company: Company, name: str, user: str = "supervisor1", **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = company.get(user, f"/api/reports/{name}", day="2026-11-22", **query)["rows"]
    return found


def enter(company: Company, kind: str, unit_no: str = "1-1-101", days: int = 1, **body: Any) -> str:
    unit = f"unit:demo-{unit_no}"
    at = NOW - timedelta(days=days)
    return company.fact(kind, "a1", "steward1", unit, unit_no, at, (sha(f"{kind}{days}"),), body=body)


def test_the_month_of_a_vacant_unit_is_one_row_with_its_photos(company: Company) -> None:
    enter(company, "vacancy_check", days=3, meter_water=12.1, anomalies=[{"place": "次卫", "kind": "leak"}])
    enter(company, "airing", days=2)
    enter(company, "airing", days=40)  # of October
    enter(company, "vacant_cleaning", "1-1-102")

    found = rows(company, "owner_vacancy")
    csv = company.ask("supervisor1", "/api/reports/owner_vacancy", day="2026-11-22", format="csv").content

    assert [(row["unit_no"], row["checks"], row["airings"], row["cleanings"]) for row in found] == [
        ("1-1-101", 1, 1, 0), ("1-1-102", 0, 0, 1),
    ]  # fmt: skip
    assert (found[0]["anomalies"], found[0]["meter_water"], len(found[0]["photos"])) == ("次卫 leak", 12.1, 2)
    assert "1-1-101" in csv.decode("utf-8-sig")


def loan(company: Company, unit_no: str, borrower: str, since: str, until: str | None = None) -> None:
    subject = company.status("key_loan", "a1", unit_no, "out", borrower=borrower, closed_at=until)
    with writing(company.engine) as connection:
        body = connection.execute(select(status.c.body).where(status.c.subject == subject)).scalar_one()
        body |= {"history": [{"at": since, "to_state": "out"}]}
        connection.execute(update(status).where(status.c.subject == subject).values(body=body))


def test_an_entry_without_a_key_on_loan_to_whoever_entered_is_listed(company: Company) -> None:
    loan(company, "1-1-101", "steward1", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")
    loan(company, "1-1-102", "steward1", "2026-11-20T00:00:00Z")
    loan(company, "1-1-103", "somebody", "2026-11-20T00:00:00Z")
    for unit_no in ("1-1-101", "1-1-102", "1-1-103"):
        enter(company, "vacancy_check", unit_no, companion="王五")

    found = rows(company, "vacant_entries")

    assert [(row["unit_no"], row["problem"]) for row in found] == [
        ("1-1-101", "no_key"),
        ("1-1-103", "no_key"),
    ]


def test_an_entry_alone_and_without_consent_is_listed(company: Company) -> None:
    alone = enter(company, "vacancy_check", days=1)
    enter(company, "vacancy_check", days=2, consent_ref="电话")
    enter(company, "airing", days=3)

    assert [(row["fact"], row["problem"]) for row in rows(company, "vacant_entries")] == [(alone, "alone")]


def account(company: Company, number: int, period: str, receivable: int, received: int) -> None:
    key = f"fee_account:demo-1-1-{number}-{period}-service"
    body = {"period": period, "fee_item": "service", "receivable": receivable, "received": received}
    document = {"_id": key, "type": "fee_account", "body": body}
    values = {"project": "demo", "area": "a1", "database": "area-a1", "unit": None, "body": document}
    company.write(reference, id=key, type="fee_account", **values)


def test_fees_received_are_summed_without_a_name(company: Company) -> None:
    account(company, 101, "2026-10", 10_000, 10_000)
    account(company, 102, "2026-10", 10_000, 2_500)
    account(company, 101, "2025-10", 10_000, 0)

    assert rows(company, "fee_income") == [
        {
            "period": "2026-10", "fee_item": "service", "accounts": 2, "receivable": 20_000, "discount": 0,
            "received": 12_500, "rate": 62,
        }
    ]  # fmt: skip


def test_open_orders_and_failures_stand_with_their_age_oldest_first(company: Company) -> None:
    company.status(
        "repair_order", "a1", "1-1-101", "waiting", registered_at="2026-11-20T02:00:00Z", agent="agent1"
    )
    company.status("repair_order", "a1", "1-1-102", "registered", registered_at="2026-11-10T02:00:00Z")
    company.status("repair_order", "a1", "1-1-103", "closed", registered_at="2026-11-01T02:00:00Z")
    company.status(
        "defect", "a1", "1-1-104", "failed", found_at="2026-11-12T02:00:00Z", responsible="engineer1"
    )
    company.status("defect", "a1", "1-1-105", "verified", found_at="2026-11-12T02:00:00Z")

    assert [(row["unit_no"], row["days"]) for row in rows(company, "repair_ageing")] == [
        ("1-1-102", 12),
        ("1-1-101", 2),
    ]
    assert [
        (row["unit_no"], row["days"], row["responsible"]) for row in rows(company, "carried_failures")
    ] == [("1-1-104", 10, "engineer1")]


def test_a_picture_in_two_records_is_listed_and_its_correction_is_not_a_second_one(company: Company) -> None:
    same, own = sha("same"), sha("own")
    unit = "unit:demo-1-1-101"
    first = company.fact(
        "vacancy_check", "a1", "steward1", unit, performed_at=NOW - timedelta(days=60), photos=(same,)
    )
    second = company.fact(
        "vacancy_check", "a1", "steward1", unit, performed_at=NOW - timedelta(days=1), photos=(same,)
    )
    corrected = company.fact("airing", "a1", "steward1", unit, photos=(own,), amended_by="airing:x")
    company.fact("airing", "a1", "steward1", unit, photos=(own,), fact_id="airing:x", amends=corrected)

    found = rows(company, "repeated_photos")

    assert [(row["sha256"], row["records"], set(row["facts"])) for row in found] == [
        (same, 2, {first, second})
    ]


@pytest.mark.parametrize(
    ("kind", "days", "listed"),
    [
        ("vacancy_check", 732, True), ("vacancy_check", 730, False), ("worker_pass", 32, True),
        ("decoration_patrol", 9000, False),
    ],
)  # fmt: skip
def test_what_is_past_its_time_is_listed_and_nothing_is_deleted(
    company: Company, kind: str, days: int, listed: bool
) -> None:
    kept = company.fact(kind, "a1", "steward1", "unit:demo-1-1-101", performed_at=NOW - timedelta(days=days))

    found = rows(company, "retention", "office1")

    assert [row["id"] for row in found] == ([kept] if listed else [])
    assert company.ask("office1", f"/api/records/{kind}/{kept}").status_code == 200


def test_a_steward_reads_no_report_of_the_office(company: Company) -> None:
    assert company.ask("steward1", "/api/reports/retention").status_code in (403, 404)
