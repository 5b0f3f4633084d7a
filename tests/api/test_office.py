"""The office over HTTP on the demo project: deciding, releasing, receiving receipts, exporting."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from openpyxl import load_workbook
from ulid import ULID

from tests.api.conftest import Server

RECTIFY_BY = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()


@pytest.fixture
def people(server: Server) -> Iterator[dict[str, httpx2.Client]]:
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(server.connected(name))
            for name in ("steward1", "supervisor1", "manager1", "office1")
        }


def found_violation(author: str, area: str, decoration: str, photos: list[str]) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "_id": f"violation:{ULID()}",
        "type": "violation",
        "area": area,
        "subject": decoration,
        "performed_at": now,
        "photos": [{"sha256": one, "bytes": 5, "mime": "image/jpeg", "kind": "before"} for one in photos],
        "body": {
            "found_at": now,
            "category": "rubbish",
            "severity": "minor",
            "place_in_unit": "门口",
            "description": f"垃圾堆放 {author}",
            "stopped_at": now,
            "stopped_how": "persuaded",
        },
    }


def test_a_case_is_decided_once_on_the_evidence_seen(people: dict[str, httpx2.Client]) -> None:
    case = people["supervisor1"].get("/api/approvals").json()["items"][0]
    path = f"/api/violations/{case['id']}/decision"
    confirm = {
        "decision": "confirm",
        "reason": "照片清楚",
        "evidence_hash": case["evidence_hash"],
        "rectify_by": RECTIFY_BY,
        "clause": "第 12 条",
    }

    def refused(who: str, **changes: Any) -> tuple[int, dict[str, Any]]:
        answer = people[who].post(
            path, json={key: value for key, value in (confirm | changes).items() if value}
        )
        return answer.status_code, answer.json()

    assert refused("steward1")[0] == refused("office1")[0] == 404
    status, body = refused("supervisor1", evidence_hash="0" * 64)
    assert (status, body["code"]) == (409, "evidence_changed")
    assert set(body["difference"]["photos"]["added"]) == {photo["sha256"] for photo in case["photos"]}
    assert refused("supervisor1", rectify_by=None)[0] == 422
    assert refused("supervisor1", rectify_by="2020-01-01")[1]["code"] == "invalid_input"
    assert refused("supervisor1", decision="close")[1]["code"] == "wrong_state"

    granted = people["supervisor1"].post(path, json=confirm)
    status, body = refused("manager1", decision="reject")

    assert granted.status_code == 200, granted.text
    assert (status, body["code"], body["decided_by"]) == (409, "already_decided", "supervisor1")
    record = people["office1"].get(f"/api/records/violation/{case['id']}").json()
    assert record["record"]["state"] == "confirmed"
    assert record["record"]["fields"]["decision"]["rectify_by"] == RECTIFY_BY
    assert case["id"] not in {item["id"] for item in people["manager1"].get("/api/approvals").json()["items"]}


def test_nobody_decides_their_own_report_nor_without_its_photos(people: dict[str, httpx2.Client]) -> None:
    decoration = (
        people["office1"]
        .get("/api/records/decoration_project", params={"state": "in_progress"})
        .json()["items"][0]
    )
    photos = ["ab" * 32, "cd" * 32]
    fact = found_violation("supervisor1", decoration["area"], decoration["id"], photos)

    first = people["supervisor1"].post("/api/facts", json=fact)
    again = people["supervisor1"].post("/api/facts", json=fact)

    assert (first.status_code, first.json()["state"]) == (201, "accepted"), first.text
    case = people["manager1"].get(f"/api/approvals/{fact['_id']}").json()
    assert case["missing_photos"] == photos
    body = {
        "decision": "confirm",
        "reason": "属实",
        "evidence_hash": case["evidence_hash"],
        "rectify_by": RECTIFY_BY,
    }
    path = f"/api/violations/{fact['_id']}/decision"
    own, missing = (
        people[who].post(path, json={**body, "clause": "12"}) for who in ("supervisor1", "manager1")
    )
    assert (own.status_code, own.json()["code"]) == (403, "own_report")
    assert (missing.status_code, missing.json()["code"]) == (409, "evidence_missing")
    assert missing.json()["missing_photos"] == photos
    receipt = (
        people["supervisor1"]
        .post(
            "/api/receipts",
            json={"items": [{key: first.json()[key] for key in ("id", "rev", "hash")}], "photos": photos},
        )
        .json()
    )
    assert [item["state"] for item in receipt["items"]] == ["accepted"]
    assert [photo["state"] for photo in receipt["photos"]] == ["missing", "missing"]
    assert again.json() == first.json()


def test_what_breaks_a_rule_is_held_listed_and_released(people: dict[str, httpx2.Client]) -> None:
    unit = people["steward1"].get("/api/records/unit", params={"state": "undelivered"}).json()["items"][0]
    now = datetime.now(UTC)
    fact = {
        "_id": f"airing:{ULID()}",
        "type": "airing",
        "area": unit["area"],
        "subject": unit["id"],
        "body": {
            "opened_at": (now - timedelta(minutes=5)).isoformat(),
            "closed_at": now.isoformat(),
            "weather_ok": True,
            "closed_confirmed": True,
        },
    }

    recorded = people["steward1"].post("/api/facts", json=fact).json()

    assert (recorded["state"], recorded["code"]) == ("held", "too_short")
    held = {
        row["id"]: row
        for row in people["supervisor1"].get("/api/held", params={"limit": 500}).json()["items"]
    }
    assert held[fact["_id"]]["author"] == "steward1"
    path = f"/api/held/{fact['_id']}/release"
    assert people["steward1"].post(path, json={"reason": "x"}).status_code == 404
    assert people["supervisor1"].post(path, json={"reason": " "}).status_code == 422
    released = people["supervisor1"].post(path, json={"reason": "当天有大风"})
    assert released.status_code == 200, released.text
    again = people["supervisor1"].post(path, json={"reason": "当天有大风"})
    assert again.json()["code"] == "wrong_state"
    rows = people["steward1"].get("/api/records/airing", params={"unit": unit["id"]}).json()["items"]
    assert fact["_id"] in {row["id"] for row in rows}
    answer = people["steward1"].post(
        "/api/receipts", json={"items": [{key: recorded[key] for key in ("id", "rev", "hash")}]}
    )
    assert answer.json()["items"][0]["state"] == "accepted"


@pytest.mark.parametrize(
    ("register", "rows"),
    [("decoration_project", 25), ("unit", 600), ("household", 80), ("decoration_patrol", None)],
)
def test_each_register_of_the_demo_exports_the_rows_it_shows(
    people: dict[str, httpx2.Client], register: str, rows: int | None
) -> None:
    office = people["office1"]
    path = f"/api/records/{register}"
    shown: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = office.get(path, params={"limit": 100, **cursor}).json()
        shown += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    book = load_workbook(io.BytesIO(office.get(path, params={"format": "xlsx"}).content))

    assert book.active is not None
    names = [column["name"] for column in page["columns"]]
    head, *lines, foot = book.active.iter_rows(values_only=True)
    assert list(head) == [column["title"]["zh"] for column in page["columns"]]
    assert len(shown) == len(lines) == page["total"] == (rows or page["total"])
    place = names.index("unit_no")
    assert [line[place] for line in lines] == [row["unit_no"] for row in shown]
    assert foot[0] == f"合计 {len(lines)} 条"
    for name, total in page["totals"].items():
        if name != "count":
            column = [line[names.index(name)] for line in lines]
            scale = 100 if name.endswith("_fen") else 1
            assert (
                round(sum(value or 0 for value in column) * scale)
                == total
                == round(foot[names.index(name)] * scale)
            )
