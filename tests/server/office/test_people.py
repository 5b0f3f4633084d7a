"""Receipts, phones and the inbox: what belongs to one person."""

from __future__ import annotations

from typing import Any

import pytest

from server.errors import NotCaughtUp
from tests.server.office.world import Company, sha


def item(company: Company, fact_id: str) -> dict[str, str]:
    with company.engine.connect() as connection:
        rev, hashed = connection.exec_driver_sql("select rev, hash from fact where id = ?", (fact_id,)).one()
    return {"id": fact_id, "rev": rev, "hash": hashed}


def states(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["state"] for each in answer.json()["items"]]


def test_a_receipt_says_accepted_held_with_the_reason_or_missing(company: Company) -> None:
    accepted = item(company, company.fact("airing", "a1", "steward1"))
    held = item(
        company, company.fact("airing", "a1", "steward1", held_code="too_short", held_reason="时间太短")
    )
    released = item(
        company, company.fact("airing", "a1", "steward1", held_code="too_short", released_by="supervisor1")
    )
    unknown = {"id": "airing:01X", "rev": "1-x", "hash": "0" * 64}

    answer = company.post("steward1", "/api/receipts", {"items": [accepted, held, released, unknown]})

    assert states(answer) == ["accepted", "held", "accepted", "missing"]
    assert answer.json()["epoch"] == "epoch-1"
    assert answer.json()["items"][1] | {"reason_en": ""} == {
        **held, "state": "held", "code": "too_short", "reason": "时间太短", "reason_en": ""
    }  # fmt: skip


def test_another_revision_or_content_under_the_same_id_is_missing(company: Company) -> None:
    right = item(company, company.fact("airing", "a1", "steward1"))

    answer = company.post(
        "steward1", "/api/receipts", {"items": [{**right, "hash": "0" * 64}, {**right, "rev": "1-0"}, right]}
    )

    assert states(answer) == ["missing", "missing", "accepted"]


def test_a_record_kept_beside_another_of_the_same_id_is_held(company: Company) -> None:
    first = company.fact("airing", "a1", "steward1")
    beside = item(
        company,
        company.fact("airing", "a1", "steward1", fact_id=f"{first}#1-abc", rev="1-abc", held_code="id_taken"),
    )

    answer = company.post(
        "steward1", "/api/receipts", {"items": [{**beside, "id": first}, item(company, first)]}
    )

    assert states(answer) == ["held", "accepted"]


def test_nobody_gets_a_receipt_for_anothers_record(company: Company) -> None:
    theirs = item(company, company.fact("airing", "a1", "steward1"))

    assert states(company.post("supervisor1", "/api/receipts", {"items": [theirs]})) == ["missing"]


def test_a_photo_is_accepted_when_it_is_stored_and_not_only_anothers(company: Company) -> None:
    mine, theirs, unnamed, lost = sha("mine"), sha("theirs"), sha("unnamed"), sha("lost")
    company.evidence.stored |= {mine, theirs, unnamed}
    company.fact("airing", "a1", "steward1", photos=(mine, lost))
    company.fact("airing", "a1", "steward2", photos=(mine, theirs))

    answer = company.post("steward1", "/api/receipts", {"items": [], "photos": [mine, theirs, unnamed, lost]})

    assert [each["state"] for each in answer.json()["photos"]] == [
        "accepted",
        "missing",
        "accepted",
        "missing",
    ]


def test_no_receipt_is_given_before_everything_is_read(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def behind(timeout_seconds: float = 10) -> None:
        raise NotCaughtUp("稍后再试。Try again.", retry_after_seconds=2)

    monkeypatch.setattr(company.services.intake, "catch_up", behind, raising=False)

    answer = company.post("steward1", "/api/receipts", {"items": []})

    assert (answer.status_code, answer.json()["code"]) == (503, "not_caught_up")
    assert answer.headers["retry-after"] == "2"


def test_a_list_of_a_thousand_is_answered_and_a_longer_one_refused(company: Company) -> None:
    one = {"id": "airing:01X", "rev": "1-x", "hash": "0" * 64}

    assert states(company.post("steward1", "/api/receipts", {"items": [one] * 1000})) == ["missing"] * 1000
    assert company.post("steward1", "/api/receipts", {"items": [one] * 1001}).status_code == 422


REPORT = {
    "device": "dev-7",
    "app_version": "0.1.0",
    "pending": 5,
    "pending_photos": 2,
    "oldest_pending_at": "2026-11-22T10:00:00+08:00",
    "refused": 1,
    "pending_hash": "ab",
}


def test_the_office_sees_what_each_phone_said_last(company: Company) -> None:
    company.post("steward1", "/api/phones/report", REPORT)
    answer = company.post("steward1", "/api/phones/report", {**REPORT, "pending": 3})
    company.phone("stewardb", "dev-9")

    assert answer.status_code == 204
    for user in ("office1", "supervisor1", "manager1", "admin1"):
        page = company.get(user, "/api/phones")
        assert page["items"] == [
            {
                "device": "dev-7",
                "user": "steward1",
                "display_name": "Steward1",
                "app_version": "0.1.0",
                "pending": 3,
                "pending_photos": 2,
                "oldest_pending_at": "2026-11-22T02:00:00Z",
                "refused": 1,
                "pending_hash": "ab",
                "last_contact_at": "2026-11-23T01:00:00Z",
                "lost_records": 0,
                "lost_photos": 0,
                "lost": [],
            }
        ]
    assert company.ask("steward1", "/api/phones").status_code == 403


def test_a_disabled_users_phone_is_still_seen(company: Company) -> None:
    from server.access import administration

    company.post("steward1", "/api/phones/report", REPORT)
    administration.disable_user(company.engine, "steward1", at=company.clock.now())

    assert company.get("office1", "/api/phones")["total"] == 1


def test_each_person_has_an_inbox_of_their_own_newest_first(company: Company) -> None:
    from datetime import timedelta

    now = company.clock.now()
    company.notice("steward1", "reminder:R-DEC-06:x:1", "旧", now - timedelta(hours=1))
    company.notice("steward1", "alarm:R-DEC-06:x:3", "新", now)
    company.notice("steward2", "alarm:R-DEC-06:y:3", "别人的", now)

    page = company.get("steward1", "/api/inbox", limit=1)
    rest = company.get("steward1", "/api/inbox", limit=1, cursor=page["next_cursor"])

    assert (page["total"], [row["_id"] for row in page["items"]]) == (2, ["alarm:R-DEC-06:x:3"])
    assert [row["text"]["zh"] for row in rest["items"]] == ["旧"]
    assert rest["next_cursor"] is None


def test_what_was_acknowledged_stays_so_from_the_first_time(company: Company) -> None:
    from datetime import timedelta

    company.notice("steward1", "alarm:R-DEC-06:x:3", "新")
    first = company.post("steward1", "/api/inbox/alarm:R-DEC-06:x:3/acknowledge", {})
    company.clock.advance(timedelta(hours=1))

    again = company.post("steward1", "/api/inbox/alarm:R-DEC-06:x:3/acknowledge", {})
    foreign = company.post("steward2", "/api/inbox/alarm:R-DEC-06:x:3/acknowledge", {})

    assert first.json()["acknowledged_at"] == again.json()["acknowledged_at"] == "2026-11-23T01:00:00Z"
    assert foreign.status_code == 404
    assert company.get("steward1", "/api/inbox", open="true")["total"] == 0
