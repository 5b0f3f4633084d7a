"""Contract section 5, decisions: on the evidence seen, one a round, re-check, close.

Source: promises F-45, F-49, F-50, S-39.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.contract.people import Client, Json, at, fact, listed, picture, violation
from tests.e2e.demo_server import wait_until


def reported(steward: Client, project: str, *, upload: bool = True, **body: Any) -> tuple[Json, list[bytes]]:
    photos = [picture(), picture()]
    report = violation(project, *(listed(one, "before") for one in photos), **body)
    steward.accepted(report)
    for one in photos if upload else []:
        steward.upload(one)
    return report, photos


def case_of(supervisor: Client, report: Json, **expected: Any) -> Json:
    def look() -> Json | None:
        found = supervisor.get(f"/api/approvals/{report['_id']}")
        return found if all(found.get(name) == value for name, value in expected.items()) else None

    return wait_until(look, f"the case with {expected}", 20)


def test_the_queue_and_the_way_to_the_end(steward: Client, supervisor: Client, project: str) -> None:
    report, _ = reported(steward, project)
    case = case_of(supervisor, report, missing_photos=[])
    assert report["_id"] in {one["id"] for one in supervisor.pages("/api/approvals")}
    assert case["state"] == "submitted"

    confirmed = supervisor.decide(report["_id"], "confirm", case["evidence_hash"])
    assert confirmed.status_code == 200, confirmed.text

    def on_the_phone(state: str) -> Json | None:
        status = steward.status(report["_id"])
        return status if status["state"] == state else None

    status = wait_until(lambda: on_the_phone("confirmed"), "the decision on the phone", 20)
    assert status["fields"]["rectify_by"] == confirmed.json()["body"]["rectify_by"]
    assert status["fields"]["clause"] == "第 12 条"
    recheck_duty = next(one for one in status["due"] if one["rule"] == "R-DEC-14")
    assert (recheck_duty["assigned_to"], recheck_duty["satisfied_by"]) == ("steward1", None)
    assert len(status["history"]) == 2

    after = picture()
    body = {"violation": report["_id"], "rechecked_at": at(), "recheck_result": "rectified", "text": "已恢复"}
    recheck = fact("violation_recheck", report["_id"], body, listed(after, "after"))
    steward.accepted(recheck)
    steward.upload(after)
    case = case_of(supervisor, report, state="recheck", missing_photos=[])
    closed = supervisor.decide(report["_id"], "close", case["evidence_hash"])
    assert closed.status_code == 200, closed.text
    status = wait_until(lambda: on_the_phone("closed"), "the end on the phone", 20)
    assert status["fields"]["clause"] == "第 12 条"
    duty = next(one for one in status["due"] if one["rule"] == "R-DEC-14")
    assert (duty["status"], duty["satisfied_by"]) == ("met", recheck["_id"])


def test_nothing_is_confirmed_while_a_photo_is_missing(
    steward: Client, supervisor: Client, project: str
) -> None:
    report, photos = reported(steward, project, upload=False)
    case = case_of(supervisor, report)
    refused = supervisor.decide(report["_id"], "confirm", case["evidence_hash"])
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence_missing")
    steward.upload(photos[0])
    assert supervisor.decide(report["_id"], "confirm", case["evidence_hash"]).status_code == 409
    steward.upload(photos[1])
    case_of(supervisor, report, missing_photos=[])
    assert supervisor.decide(report["_id"], "confirm", case["evidence_hash"]).status_code == 200


def test_a_decision_on_other_evidence_is_refused_with_the_difference(
    steward: Client, supervisor: Client, project: str
) -> None:
    report, _ = reported(steward, project)
    seen = case_of(supervisor, report, missing_photos=[])["evidence_hash"]
    extra = picture()
    correction = violation(
        project, listed(extra, "before"), listed(picture(), "before"), description="另有一处"
    )
    steward.accepted({**correction, "amends": report["_id"]})
    case_of(supervisor, report)
    refused = supervisor.decide(report["_id"], "confirm", seen)
    assert (refused.status_code, refused.json()["code"]) == (409, "evidence_changed"), refused.text
    assert refused.json()["difference"]["facts"]["added"] == [correction["_id"]]
    assert case_of(supervisor, report)["evidence_hash"] == refused.json()["evidence_hash"] != seen


def test_twenty_at_once_and_one_decides(steward: Client, supervisor: Client, project: str) -> None:
    report, _ = reported(steward, project)
    seen = case_of(supervisor, report, missing_photos=[])["evidence_hash"]

    def decide(number: int) -> Any:
        return supervisor.decide(report["_id"], "confirm" if number % 2 else "reject", seen)

    with ThreadPoolExecutor(20) as together:
        told = list(together.map(decide, range(20)))
    assert Counter(one.status_code for one in told) == {200: 1, 409: 19}
    losers = [one.json() for one in told if one.status_code == 409]
    assert {one["code"] for one in losers} == {"already_decided"}
    assert {one["decided_by"] for one in losers} == {"supervisor1"}
    decisions = [
        one for one in steward.documents("area-a1")
        if one["type"] == "violation_decision" and one["subject"] == report["_id"]
    ]  # fmt: skip
    assert len(decisions) == 1


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"reason": ""}, "reason"), ({"decision": "maybe"}, "decision"), ({"rectify_by": "soon"}, "rectify_by"),
        ({"evidence_hash": "x"}, "evidence_hash"),
    ],
)  # fmt: skip
def test_a_decision_that_is_none(
    body: Json, named: str, steward: Client, supervisor: Client, project: str
) -> None:
    report, _ = reported(steward, project, upload=False)
    whole = {"decision": "confirm", "evidence_hash": "0" * 64, **body}
    answer = supervisor.decide(report["_id"], whole.pop("decision"), whole.pop("evidence_hash"), **whole)
    assert answer.status_code == 422
    assert named in answer.text


def test_who_does_not_decide(client: Callable[[str], Client], project: str) -> None:
    report, _ = reported(client("steward1"), project)
    seen = case_of(client("supervisor1"), report, missing_photos=[])["evidence_hash"]
    for name in ("steward1", "steward2", "office1", "finance1", "admin1"):
        assert client(name).decide(report["_id"], "confirm", seen).status_code in (403, 404), name
    nowhere = client("supervisor1").decide("violation:01KAJ4C2X9V7Q0W3Z5B8N6M1TD", "confirm", seen)
    assert nowhere.status_code == 404


def test_nobody_decides_an_own_report(
    supervisor: Client, client: Callable[[str], Client], project: str
) -> None:
    """S-39: a supervisor may report; another decides."""
    photos = [picture(), picture()]
    report = violation(project, *(listed(one, "before") for one in photos))
    report["author"] = "supervisor1"
    supervisor.push(report)
    receipt = supervisor.receipts(report)[0]
    assert receipt["state"] == "accepted", receipt
    for one in photos:
        supervisor.upload(one)
    seen = case_of(supervisor, report, missing_photos=[])["evidence_hash"]
    refused = supervisor.decide(report["_id"], "confirm", seen)
    assert (refused.status_code, refused.json()["code"]) == (403, "own_report"), refused.text
    decided = client("manager1").decide(report["_id"], "confirm", seen)
    assert decided.status_code == 200, decided.text
