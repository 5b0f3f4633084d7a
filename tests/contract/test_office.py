"""Contract section 5: registers, their filters, pages and exports; due items, inbox, reports, phones; the API described."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import httpx2
import openpyxl
import pytest

from tests.contract.people import Client, Json, airing, patrol
from tests.e2e.demo_server import DemoServer, wait_until

REGISTERS = (
    "unit", "household", "decoration_project", "decoration_patrol", "violation", "vacancy_check", "airing",
    "vacant_cleaning", "fee_visit",
)  # fmt: skip


@pytest.mark.parametrize("register", REGISTERS)
def test_a_register_pages_without_gap_or_repeat(register: str, office: Client) -> None:
    small = office.pages(f"/api/records/{register}", limit=37, to="2026-11-24")
    whole = office.pages(f"/api/records/{register}", to="2026-11-24")
    assert [one["id"] for one in small] == [one["id"] for one in whole]
    assert len({one["id"] for one in whole}) == len(whole)


def test_filters_give_what_they_say(office: Client) -> None:
    def all_of(register: str, **query: Any) -> list[Json]:
        found = office.pages(f"/api/records/{register}", **query)
        assert found, query
        return found

    assert {one["area"] for one in all_of("decoration_project", area="a2")} == {"a2"}
    assert {one["project"] for one in all_of("decoration_project", project="demo")} == {"demo"}
    assert {one["state"] for one in all_of("decoration_project", state="in_progress")} == {"in_progress"}
    one = all_of("decoration_patrol", area="a3")[0]
    assert {each["unit"] for each in all_of("decoration_patrol", unit=one["unit"])} == {one["unit"]}
    assert {each["author"] for each in all_of("decoration_patrol", author="steward2")} == {"steward2"}
    building = one["unit_no"].split("-")[0]
    assert {each["unit_no"].split("-")[0] for each in all_of("unit", building=building)} == {building}
    someone = all_of("household")[0]["name"]
    assert all(someone in str(each) for each in all_of("household", q=someone))
    month = one["performed_at"][:7]
    assert {each["performed_at"][:7] for each in all_of("fee_visit", period=month)} <= {month, _before(month)}
    assert office.get("/api/records/decoration_project", q="没有这样的人")["items"] == []


def _before(month: str) -> str:
    """The UTC month in which a month at the site begins."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0}, {"limit": 99999}, {"cursor": "abc"}, {"period": "2026-13"}, {"nonsense": 1},
        {"format": "exe"}, {"sort": "nonsense"},
    ],
)  # fmt: skip
def test_a_wrong_query_is_told(query: dict[str, Any], office: Client) -> None:
    answer = office.http.get("/api/records/decoration_project", params=query)
    assert answer.status_code in (400, 422)
    assert answer.json().keys() >= {"error", "reason", "code"}


@pytest.mark.parametrize("register", ["decoration_project", "vacancy_check", "fee_visit"])
def test_exports_hold_every_row(register: str, office: Client) -> None:
    total = office.get(f"/api/records/{register}", limit=1)["total"]
    sheet = office.http.get(f"/api/records/{register}", params={"format": "xlsx"})
    assert "spreadsheetml" in sheet.headers["Content-Type"]
    rows = list(
        openpyxl.load_workbook(io.BytesIO(sheet.content), read_only=True)
        .worksheets[0]
        .iter_rows(values_only=True)
    )
    text = office.http.get(f"/api/records/{register}", params={"format": "csv"})
    assert text.headers["Content-Type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert len([line for line in lines[1:] if not line[0].startswith(("合计", "Total"))]) == total
    assert any("房号" in str(row) for row in rows[:5])
    assert sum(1 for row in rows if any(row)) >= total + 1
    accept = {"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    by_accept = office.http.get(f"/api/records/{register}", headers=accept)
    assert "spreadsheetml" in by_accept.headers["Content-Type"]


def test_one_record_with_its_facts_photos_and_history(office: Client, project: str, steward: Client) -> None:
    sent = steward.accepted(patrol(project))
    record = office.get(f"/api/records/decoration_project/{project}")
    assert sent["_id"] in str(record["facts"])
    assert record["photos"]
    assert record["history"]
    assert office.http.get("/api/records/decoration_project/decoration_project:none").status_code == 404


def test_a_foreign_record_answers_like_none(client: Callable[[str], Client], project: str) -> None:
    foreign = client("steward2").http.get(f"/api/records/decoration_project/{project}")
    missing = client("steward2").http.get("/api/records/decoration_project/decoration_project:none")
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    assert client("steward2").get("/api/records/decoration_project", area="a1")["items"] == []


def test_due_items_by_assignee_rule_state_and_window(office: Client) -> None:
    items = office.pages("/api/due")
    rules = {one["rule"] for one in items}
    assert rules >= {"R-DEC-06", "R-VAC-02", "R-VAC-03", "R-VAC-04", "R-FEE-06", "R-FEE-11"}
    mine = office.pages("/api/due", assigned_to="steward1", rule="R-VAC-02")
    assert mine
    assert {(one["assigned_to"], one["rule"]) for one in mine} == {("steward1", "R-VAC-02")}
    assert {one["status"] for one in office.pages("/api/due", state="overdue")} == {"overdue"}
    known = {"pending", "due_soon", "met", "met_late", "met_synced_late", "overdue", "waived", "cancelled"}
    assert {one["status"] for one in items} <= known
    first = min(one["due_at"] for one in items)[:10]
    window = office.pages("/api/due", **{"from": first, "to": first})
    assert 0 < len(window) < len(items)


def test_a_duty_is_met_by_what_was_recorded(
    steward: Client, office: Client, statuses: dict[str, Json]
) -> None:
    # As it stands now: another test may have aired the unit since `statuses` was read.
    open_now = {
        (due["subject"], due["period"])
        for due in office.pages("/api/due", rule="R-VAC-03")
        if due["status"] == "pending" and due["satisfied_by"] is None
    }
    name, duty = next(
        (name, due) for name, one in statuses.items() for due in one["due"]
        if due["rule"] == "R-VAC-03" and (name, due["period"]) in open_now
    )  # fmt: skip
    sent = steward.accepted(airing(name))

    def met() -> Json | None:
        found = office.pages("/api/due", subject=name, rule="R-VAC-03")
        return next(
            (one for one in found if one["period"] == duty["period"] and one["status"] == "met"), None
        )

    assert wait_until(met, "the airing of the month", 20)["satisfied_by"] == sent["_id"]


def test_yesterdays_missed_patrols(office: Client, supervisor: Client) -> None:
    for one in (office, supervisor):
        report = one.get("/api/reports/missed_patrols")
        assert report["rows"]
        assert {row["day"] for row in report["rows"]} == {report["day"]}
    sheet = office.http.get("/api/reports/missed_patrols", params={"format": "xlsx"})
    assert openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets


def test_the_inbox_and_its_ids(steward: Client) -> None:
    items = steward.pages("/api/inbox")
    kept = {one["_id"] for one in steward.documents("user-steward1")}
    assert items
    assert kept
    for name in kept:
        assert name.split(":")[0] in ("reminder", "alarm")
        assert name.split(":")[1].startswith("R-")
    done = steward.http.post(f"/api/inbox/{items[0].get('id') or items[0]['_id']}/acknowledge", json={})
    assert done.status_code == 200, done.text


def test_phones_are_seen(steward: Client, supervisor: Client) -> None:
    api = steward.get("/api/openapi.json")
    schema = api["paths"]["/api/phones/report"]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    names = (
        api["components"]["schemas"][schema["$ref"].split("/")[-1]]["properties"]
        if "$ref" in schema
        else schema["properties"]
    )
    assert names
    listed = supervisor.get("/api/phones")
    assert listed.keys() >= {"items", "next_cursor", "total"}
    assert steward.http.get("/api/phones").status_code == 403


def test_the_description_is_openapi_3_1_and_names_every_route(demo: DemoServer) -> None:
    api = httpx2.get(f"{demo.url}/api/openapi.json", timeout=30).json()
    assert api["openapi"].startswith("3.1")
    offered = {
        (method.upper(), path)
        for path, item in api["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert offered >= {
        ("POST", "/api/session"), ("POST", "/api/session/refresh"), ("DELETE", "/api/session"), ("GET", "/api/me"),
        ("POST", "/api/devices"), ("GET", "/api/devices"), ("POST", "/api/receipts"), ("POST", "/api/facts"),
        ("GET", "/api/records/{type}"), ("GET", "/api/records/{type}/{id}"), ("GET", "/api/due"), ("GET", "/api/approvals"),
        ("POST", "/api/violations/{id}/decision"), ("GET", "/api/held"), ("POST", "/api/held/{id}/release"),
        ("GET", "/api/reports/{name}"), ("GET", "/api/phones"),
    }  # fmt: skip
    for path, item in api["paths"].items():
        for method, operation in item.items():
            assert operation["responses"], (method, path)
            assert "operationId" in operation, (method, path)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_is_alive_and_ready(path: str, demo: DemoServer) -> None:
    assert httpx2.get(demo.url + path, timeout=10).status_code == 200


def test_metrics_are_prometheus_text(demo: DemoServer) -> None:
    told = httpx2.get(f"{demo.url}/metrics", timeout=10)
    assert told.headers["Content-Type"].startswith("text/plain")
    assert "# TYPE xunlu_held_facts gauge" in told.text
    assert "steward" not in told.text  # S-31


@pytest.mark.parametrize("path", ["/", "/desk"])
def test_the_app_is_served(path: str, demo: DemoServer) -> None:
    page = httpx2.get(demo.url + path, timeout=10)
    if page.status_code == 404:
        pytest.skip("the PWA is not built here: `make pwa`")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Content-Security-Policy" in page.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nowhere", 404),
        ("PATCH", "/api/me", 405),
        ("POST", "/api/receipts", 415),
        ("GET", "/api/records/nope", 404),
    ],
)
def test_errors_are_told_in_one_shape(method: str, path: str, status: int, office: Client) -> None:
    headers = {"Content-Type": "text/plain"} if method == "POST" else {}
    answer = office.http.request(method, path, headers=headers, content=b"x" if method == "POST" else None)
    assert answer.status_code == status, answer.text
    assert answer.json().keys() >= {"error", "reason", "code"}
