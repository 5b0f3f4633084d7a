"""Duties, missed patrols, held facts, one record, and the queue of cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.server.office.world import NOW, Company, sha


def test_duties_stand_in_the_order_of_their_limits_and_page_without_gaps(company: Company) -> None:
    for hour in (3, 1, 2):
        company.due(
            "R-DEC-06",
            f"decoration_project:{hour}",
            "a1",
            due_at=NOW + timedelta(hours=hour),
            assigned_to="steward1",
        )
    company.due(
        "R-VAC-02", "unit:demo-2-1-101", "a2", status="met", satisfied_by="vacancy_check:1", satisfied_at=NOW
    )

    rows: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = company.get("office1", "/api/due", state="open", limit=1, **cursor)
        rows += page["items"]
        assert page["total"] == 3
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert [row["due_at"][11:13] for row in rows] == ["02", "03", "04"]
    assert (
        company.get("office1", "/api/due", state="met")["items"][0]["satisfied_at"] == "2026-11-23T01:00:00Z"
    )
    assert company.get("steward1", "/api/due", assigned_to="steward1", rule="R-DEC-06")["total"] == 3
    assert company.get("office1", "/api/due", **{"from": "2026-11-24"})["total"] == 0


def test_the_report_of_missed_patrols_lists_who_missed_which_decoration(company: Company) -> None:
    missed = company.status(
        "decoration_project", "a1", "1-1-101", "rectifying", last_patrol_at="2026-11-20T01:00:00Z"
    )
    done = company.status("decoration_project", "a1", "1-1-201", "in_progress")
    company.due("R-DEC-06", missed, "a1", assigned_to="steward1")
    company.due("R-DEC-06", done, "a1", status="met_synced_late")
    company.due("R-DEC-06", missed, "a1", period="2026-11-21", assigned_to="steward1")

    yesterday = company.get("office1", "/api/reports/missed_patrols")
    named = company.get("office1", "/api/reports/missed_patrols", day="2026-11-21")
    text = company.ask("supervisor1", "/api/reports/missed_patrols", format="csv").content.decode("utf-8-sig")

    assert yesterday["day"] == "2026-11-22"
    assert yesterday["rows"] == [
        {
            "day": "2026-11-22",
            "area": "a1",
            "steward": "steward1",
            "decoration_project": missed,
            "unit_no": "1-1-101",
            "state": "rectifying",
            "last_patrol_at": "2026-11-20T01:00:00Z",
        }
    ]
    assert named["total"] == 1
    assert text.splitlines()[1] == f"2026-11-22,片区 a1,steward1,1-1-101,整改中,2026-11-20 09:00,{missed}"
    assert company.ask("office1", "/api/reports/missed_patrols", day="2026-02-30").status_code == 400
    assert company.ask("office1", "/api/reports/nothing").status_code == 404


def test_held_facts_wait_in_the_order_in_which_they_came(company: Company) -> None:
    second = company.fact(
        "airing", "a1", "steward1", held_code="too_short", held_reason="太短", held_reason_en="Too short"
    )
    first = company.fact(
        "airing", "a1", "steward1", performed_at=NOW - timedelta(days=1), held_code="wrong_area"
    )
    company.fact("airing", "a1", "steward1", held_code="too_short", released_by="supervisor1")

    page = company.get("supervisor1", "/api/held")

    assert [row["id"] for row in page["items"]] == [first, second]
    assert page["items"][1]["reason"] == "太短"
    assert company.get("supervisor1", "/api/held", code="wrong_area")["total"] == 1
    assert company.ask("steward1", "/api/held").status_code == 403


def test_what_cannot_be_read_is_listed_where_its_database_belongs(company: Company) -> None:
    unreadable = company.fact("airing", "a1", "steward1", held_code="unreadable")
    forged = company.fact("airing", "b1", "steward1", held_code="wrong_area", database="area-a1")
    with company.engine.begin() as connection:
        connection.exec_driver_sql("update fact set area = '', project = '' where id = ?", (unreadable,))

    assert {row["id"] for row in company.get("supervisor1", "/api/held")["items"]} == {unreadable, forged}
    assert company.get("admin1", "/api/held")["total"] == 2
    assert company.ask("supervisorb", "/api/held").json()["total"] == 0


def test_a_subject_is_shown_with_all_that_belongs_to_it(company: Company) -> None:
    company.evidence.stored.add(sha("here"))
    subject = company.status("decoration_project", "a1", "1-1-101", "in_progress", applicant="王一")
    patrol = company.fact("decoration_patrol", "a1", "steward1", subject, photos=(sha("here"), sha("lost")))
    held = company.fact("decoration_patrol", "a1", "steward1", subject, held_code="late", held_reason="补录")
    company.due("R-DEC-06", subject, "a1", assigned_to="steward1")

    answer = company.get("steward1", f"/api/records/decoration_project/{subject}")

    assert answer["record"]["fields"]["applicant"] == "王一"
    assert [fact["_id"] for fact in answer["facts"]] == [patrol]
    assert {photo["sha256"]: photo["stored"] for photo in answer["photos"]} == {
        sha("here"): True,
        sha("lost"): False,
    }
    assert [entry["fact"] for entry in answer["held"]] == [held]
    assert answer["due"][0]["rule"] == "R-DEC-06"
    assert company.ask("steward1", f"/api/records/violation/{subject}").status_code == 404


def test_a_unit_without_a_status_is_shown_as_the_reference_says(company: Company) -> None:
    unit = company.unit("a1", "1-1-101", "occupied")

    record = company.get("steward1", f"/api/records/unit/{unit}")["record"]

    assert (record["of"], record["state"], record["fields"]["unit_no"]) == (unit, "occupied", "1-1-101")


def test_a_fact_is_shown_with_its_correction(company: Company) -> None:
    wrong = company.fact("airing", "a1", "steward1", subject="unit:demo-1-1-101")
    right = company.fact("airing", "a1", "steward1", subject="unit:demo-1-1-101", amends=wrong)
    with company.engine.begin() as connection:
        connection.exec_driver_sql("update fact set amended_by = ? where id = ?", (right, wrong))

    answer = company.get("office1", f"/api/records/airing/{wrong}")

    assert answer["record"]["state"] == "corrected"
    assert [fact["_id"] for fact in answer["facts"]] == [wrong, right]
    assert [entry["change"] for entry in answer["history"]] == ["recorded", "corrected"]


def case(company: Company, hours_ago: int, area: str = "a1", state: str = "submitted", **fields: Any) -> str:
    found = NOW - timedelta(hours=hours_ago)
    violation = company.fact("violation", area, "steward1", performed_at=found, photos=(sha(f"{hours_ago}"),))
    known = {
        "round": 1,
        "reporter": "steward1",
        "evidence": [{"fact": violation, "hash": sha("h"), "photos": [sha(f"{hours_ago}")]}],
        "evidence_hash": sha(violation),
        "missing_photos": [sha(f"{hours_ago}")],
        "escalated": False,
    }
    company.status("violation", area, "1-1-101", state, violation, **{**known, **fields})
    company.due(
        "R-DEC-11", violation, area, period="round-1", opens_at=found, due_at=found + timedelta(hours=24)
    )
    return violation


def test_the_queue_holds_what_waits_the_oldest_first_with_its_evidence(company: Company) -> None:
    young, old = case(company, 2), case(company, 30, escalated=True)
    recheck = case(company, 40, state="recheck")
    case(company, 50, state="confirmed")

    page = company.get("supervisor1", "/api/approvals", limit=2)
    rest = company.get("supervisor1", "/api/approvals", limit=2, cursor=page["next_cursor"])
    one = company.get("manager1", f"/api/approvals/{old}")

    assert [item["id"] for item in page["items"] + rest["items"]] == [recheck, old, young]
    assert page["total"] == 3
    assert page["items"][1] == one
    assert one["received_at"] == "2026-11-21T19:00:00Z"
    assert one["due_at"] == "2026-11-22T19:00:00Z"
    assert one["escalated"] is True
    assert one["photos"] == [
        {
            "sha256": sha("30"),
            "kind": "before",
            "stored": False,
            "fact": old,
            "taken_at": "2026-11-21T19:00:00Z",
        }
    ]
    assert one["missing_photos"] == [sha("30")]
    assert company.ask("steward1", "/api/approvals").status_code == 403


def test_a_recheck_is_shown_beside_what_was_found(company: Company) -> None:
    violation = case(company, 60, state="recheck")
    recheck = company.fact(
        "violation_recheck", "a1", "steward1", violation, performed_at=NOW, photos=(sha("after"),)
    )
    with company.engine.begin() as connection:
        connection.exec_driver_sql(
            "update status set body = json_set(body, '$.fields.evidence', json(?)) where subject = ?",
            (f'[{{"fact":"{recheck}","hash":"x","photos":[]}}]', violation),
        )

    item = company.get("supervisor1", f"/api/approvals/{violation}")

    assert {photo["fact"] for photo in item["photos"]} == {violation, recheck}
    assert item["received_at"] == "2026-11-23T01:01:00Z"
