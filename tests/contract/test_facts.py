"""Contract section 4: facts as domain.md's tables name their fields, least and fullest; what is accepted, what is held."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.people import (
    CHECK_ITEMS,
    PATROL_ITEMS,
    Client,
    Json,
    airing,
    answers,
    at,
    check,
    day,
    fact,
    fee_visit,
    listed,
    patrol,
    violation,
)
from tests.e2e.demo_server import wait_until

FILING = {
    "applicant": "王明", "applicant_is_owner": True, "contractor": "匠里", "contractor_contact": "邓工",
    "foreman_phone": "13900000000", "scope": ["walls", "floor"], "planned_start": day(5), "planned_end": day(60),
}  # fmt: skip


def held(client: Client, document: Json, code: str) -> None:
    receipt = client.send(document)
    assert (receipt["state"], receipt["code"]) == ("held", code), receipt
    assert receipt["reason"]


def test_patrols(steward: Client, project: str) -> None:
    steward.accepted(patrol(project))
    steward.accepted(patrol(project, {"decoration_project_id": project}))
    photo = listed(kind="detail")
    abnormal = {"walls": {"result": "abnormal", "note": "敲墙", "photo_ids": [photo["sha256"]]}}
    steward.accepted(
        patrol(
            project,
            {
                "decoration_project_id": project, "left_at": at(10), "workers_present": 3, "stage": "waterproof",
                "items": answers(PATROL_ITEMS, **abnormal), "talked_to": [{"who": "worker", "summary": "已停"}],
                "violations": [], "open_violation_progress": [],
            },
            listed(), photo, gps={"lat": 31.2, "lon": 121.5, "accuracy_m": 12}, sig="eyJhbGciOiJFUzI1NiJ9..AAAA",
        )
    )  # fmt: skip


def test_patrols_that_are_held(steward: Client, project: str) -> None:
    held(steward, patrol(project, {"items": answers(PATROL_ITEMS)[:7]}), "checklist_incomplete")
    held(steward, {**patrol(project), "photos": []}, "photos_too_few")
    bare = {"walls": {"result": "abnormal", "note": "敲墙"}}
    held(steward, patrol(project, {"items": answers(PATROL_ITEMS, **bare)}), "missing_field")
    held(steward, patrol("01KAJ4C2X9V7Q0W3Z5B8N6M1TD"), "bad_format")


@pytest.mark.parametrize("subject", ["project", "self"])
def test_a_violation_by_either_spelling_of_its_subject(subject: str, steward: Client, project: str) -> None:
    report = violation(project)
    steward.accepted(report if subject == "project" else {**report, "subject": report["_id"]})
    shown = wait_until(
        lambda: steward.http.get(f"/db/area-a1/status:{report['_id']}").json().get("fields"), "the case"
    )
    assert shown["decoration_project"] == project
    assert len(shown["missing_photos"]) == 2


def test_violations(steward: Client, project: str) -> None:
    seen = steward.accepted(patrol(project))
    steward.accepted(
        violation(
            project, patrol_id=seen["_id"], supervisor_called_at=at(), owner_informed_at=at(), demand="恢复原状",
            person_spoken_to="工长", clause="第 8 条", rectify_by=day(3),
        )
    )  # fmt: skip
    held(steward, violation(project, listed(kind="before")), "photos_too_few")
    held(steward, violation(project, category="nonsense"), "not_an_option")


def test_gas_is_always_serious(steward: Client, project: str) -> None:
    report = steward.accepted(violation(project, category="gas", severity="minor"))
    shown = wait_until(
        lambda: steward.http.get(f"/db/area-a1/status:{report['_id']}").json().get("fields"), "the case"
    )
    assert shown["severity"] == "serious"


def test_vacancy_checks_airings_and_cleanings(steward: Client, unit: str, units: dict[str, Json]) -> None:
    kind = units[unit]["body"]["vacancy_kind"]
    steward.accepted(check(unit, kind))
    found = listed(kind="detail")
    leak = {"walls_ceiling_leak": {"result": "abnormal", "note": "主卧渗漏"}}
    steward.accepted(
        check(
            unit, kind, listed(), found, items=answers(CHECK_ITEMS, **leak), meter_water=13.4, meter_electric=100.5,
            meter_gas=3.25,
            anomalies=[{
                "place": "主卧", "kind": "leak", "photo": found["sha256"], "contractor_informed_at": at(),
                "owner_informed_at": at(),
            }],
        )
    )  # fmt: skip
    steward.accepted(airing(unit))
    steward.accepted(airing(unit, rooms=["living", "bedroom"]))
    held(steward, airing(unit, minutes=10), "too_short")
    cleaning = {
        "unit_id": unit,
        "cleaner": "马师傅",
        "done_at": at(),
        "result": "good",
        "confirmed_by": "steward1",
    }
    steward.accepted(fact("vacant_cleaning", unit, cleaning, listed()))
    steward.accepted(
        fact("vacant_cleaning", unit, {**cleaning, "arranged_at": at(-90), "areas": ["living"]}, listed())
    )
    held(steward, fact("vacant_cleaning", unit, cleaning), "photos_too_few")
    held(steward, check("unit:demo-9-9-999", kind, unit_id=unit), "contradicts_envelope")


def test_fee_visits(steward: Client, household: tuple[str, str]) -> None:
    steward.accepted(fee_visit(*household))
    promise: Json = {
        "outcome": "promised",
        "promise_date": day(3),
        "promise_amount": 10000,
        "next_action_at": day(3),
    }
    steward.accepted(
        fee_visit(
            *household, **promise, measure="home_visit", person_met="owner", arrears_reason="forgot", reason_text="忘了",
            behaviour_ok=["smile", "greet_first", "rise", "both_hands"],
        )
    )  # fmt: skip
    notice: Json = {
        "measure": "notice",
        "outcome": "notice_left",
        "notice_kind": "reminder",
        "notice_no": "T-1",
    }
    left = fee_visit(*household, **notice, delivered_how="door")
    steward.accepted({**left, "photos": [listed(kind="document")]})
    paid: Json = {
        "outcome": "paid",
        "paid_amount": 10000,
        "method": "cash",
        "arrears_reason": None,
        "next_action_at": None,
    }
    steward.accepted(fee_visit(*household, **paid, receipt_no="SJ-1"))
    held(steward, fee_visit(*household, **paid), "missing_field")  # R-FEE-14
    held(steward, fee_visit(*household, outcome="promised"), "missing_field")
    held(steward, fee_visit(*household, next_action_at=day(9)), "date_too_far")  # R-FEE-11


def test_a_promise_becomes_a_duty_of_its_day(
    steward: Client, subjects: Callable[..., list[str]], statuses: dict[str, Json]
) -> None:
    name = subjects("household", state="open")[-1]
    unit = statuses[name]["fields"]["unit"]
    promise: Json = {
        "outcome": "promised",
        "promise_date": day(3),
        "promise_amount": 10000,
        "next_action_at": day(3),
    }
    steward.accepted(fee_visit(name, unit, **promise))

    def follow_up() -> Json | None:
        due = steward.status(name)["due"]
        return next((one for one in due if (one["rule"], one["period"]) == ("R-FEE-11", day(3))), None)

    duty = wait_until(follow_up, "the promise's day")
    assert duty.keys() >= {"rule", "period", "due_at", "status", "assigned_to", "satisfied_by"}
    assert (duty["assigned_to"], duty["status"]) == ("steward1", "pending")
    assert steward.status(name)["state"] == "promised"


def test_filings(steward: Client, statuses: dict[str, Json]) -> None:
    dwelling = next(
        one
        for one in steward.documents("area-a1")
        if one["type"] == "household" and one["_id"] not in statuses
    )
    least = fact(
        "decoration_project",
        "",
        {"unit_id": dwelling["body"]["unit_id"], "household_id": dwelling["_id"], **FILING},
    )
    full = {
        "designer": "李工",
        "scope": ["walls", "wet_rooms", "electrics", "windows", "balcony", "terrace", "floor", "ceiling", "equipment"],
        "filing_docs": ["quality_confirmation", "agreement", "fee_receipt", "department_review"], "deposit": 200000,
        "permit_no": "P-1", "permit_valid_to": day(90),
    }  # fmt: skip
    steward.accepted({**least, "subject": least["_id"]})
    other = fact("decoration_project", "", {**least["body"], **full})
    steward.accepted({**other, "subject": other["_id"]})
    held(
        steward, {**least, "_id": least["_id"] + "X", "subject": "decoration_project:other"}, "wrong_subject"
    )


def test_a_child_before_its_parent_is_taken(steward: Client) -> None:
    unknown = "violation:01KAJ4C2X9V7Q0W3Z5B8N6M1TD"
    body = {"violation": unknown, "rechecked_at": at(), "recheck_result": "rectified"}
    steward.accepted(fact("violation_recheck", unknown, body, listed(kind="after")))  # F-21


def test_a_withdrawal_and_a_correction_are_facts(steward: Client, unit: str) -> None:
    first = steward.accepted(airing(unit))
    steward.accepted({**airing(unit, rooms=["kitchen"]), "amends": first["_id"]})
    second = steward.accepted(airing(unit))
    steward.accepted({**fact("airing", unit, {"reason": "记错房号"}), "voids": second["_id"]})
    assert (
        steward.get(f"/db/area-a1/{second['_id']}")["body"] == second["body"]
    )  # R-GEN-13: nothing is deleted


def test_a_receipt_names_this_very_hash(
    steward: Client, client: Callable[[str], Client], project: str
) -> None:
    sent = steward.accepted(patrol(project))
    assert steward.receipts({**sent, "body": {}})[0]["state"] == "missing"
    assert steward.receipts(patrol(project))[0]["state"] == "missing"
    assert client("steward2").receipts(sent)[0]["state"] == "missing"


def test_an_online_user_records_the_same_fact(supervisor: Client, steward: Client, unit: str) -> None:
    wanted = {"type": "airing", "area": "a1", "subject": unit, "body": airing(unit)["body"]}
    made = steward.http.post("/api/facts", json=wanted)
    assert (made.status_code, made.json()["state"]) == (201, "accepted"), made.text
    stored = supervisor.get(f"/db/area-a1/{made.json()['id']}")
    assert (stored["author"], stored["project"]) == ("steward1", "demo")
    foreign = steward.http.post("/api/facts", json={**wanted, "area": "a2"})
    assert foreign.status_code == 403
    unknown = steward.http.post("/api/facts", json={**wanted, "type": "nonsense"})
    assert unknown.status_code == 422
    assert unknown.json().keys() >= {"error", "reason", "code"}
