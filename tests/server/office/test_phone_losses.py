"""What phones lost: told by the phone, named by the server's own last list, seen by the office (promises F-05, F-43)."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from tests.server.office.world import Company, sha

REPORT: dict[str, Any] = {
    "device": "dev-1",
    "app_version": "1",
    "pending": 2,
    "pending_photos": 1,
    "oldest_pending_at": None,
    "refused": 0,
}


def says(company: Company, records: list[str], photos: list[str], device: str = "dev-1") -> None:
    company.post(
        "steward1", "/api/phones/report", {**REPORT, "device": device, "records": records, "photos": photos}
    )


def loses(company: Company, records: list[str], photos: list[str], reason: str = "evicted") -> None:
    body = {"device": "dev-1", "reason": reason, "records": records, "photos": photos}
    assert company.post("steward1", "/api/phones/lost", body).status_code == 204


def row_of(company: Company, device: str = "dev-1") -> dict[str, Any]:
    rows = company.get("office1", "/api/phones")["items"]
    return next(row for row in rows if row["device"] == device)


def test_a_phone_that_forgot_everything_learns_what_it_held_and_never_sent(company: Company) -> None:
    sent = company.fact("decoration_patrol", "a1", author="steward1")
    company.evidence.stored.add(sha("sent"))
    says(company, [sent, "vacancy_check:lost"], [sha("sent"), sha("lost")])

    mine = company.get("steward1", "/api/phones/mine")["items"]

    assert [(row["device"], row["records"], row["photos"]) for row in mine] == [
        ("dev-1", ["vacancy_check:lost"], [sha("lost")])
    ]
    assert company.get("steward2", "/api/phones/mine") == {"items": []}


def test_the_office_sees_what_a_phone_lost_until_it_arrives_after_all(company: Company) -> None:
    says(company, ["vacancy_check:1", "fee_visit:2"], [sha("lost")])
    loses(company, ["vacancy_check:1", "fee_visit:2"], [sha("lost")])
    loses(company, ["fee_visit:2"], [])

    row = row_of(company)
    assert (row["lost_records"], row["lost_photos"]) == (2, 1)
    assert [(each["kind"], each["id"], each["reason"]) for each in row["lost"]] == [
        ("record", "fee_visit:2", "evicted"),
        ("record", "vacancy_check:1", "evicted"),
        ("photo", sha("lost"), "evicted"),
    ]
    assert company.get("steward1", "/api/phones/mine") == {"items": []}, "asked about once"

    company.evidence.stored.add(sha("lost"))
    assert row_of(company)["lost_photos"] == 0


def test_a_damaged_photo_is_named_by_its_record_and_its_place_in_it(company: Company) -> None:
    photos = (sha("first"), sha("second"))
    record = company.fact("decoration_patrol", "a1", author="steward1", photos=photos)
    says(company, [], [sha("second")])
    loses(company, [], [sha("second")], "damaged")

    [lost] = row_of(company)["lost"]

    assert (lost["reason"], lost["fact"], lost["place"]) == ("damaged", record, 2)


def test_whoever_reads_no_phones_reads_no_losses_and_nobody_reports_for_another(company: Company) -> None:
    says(company, ["vacancy_check:1"], [])
    company.post(
        "steward2",
        "/api/phones/lost",
        {"device": "dev-1", "reason": "evicted", "records": ["vacancy_check:1"], "photos": []},
    )

    assert row_of(company)["lost"] == []
    assert company.ask("steward1", "/api/phones").status_code == 403
    assert company.get("steward1", "/api/phones/mine")["items"][0]["records"] == ["vacancy_check:1"]


def count(default: int) -> int:
    return int(os.environ.get("XUNLU_LOSSES", default))


def tell_of_losses(company: Company, rounds: int) -> None:
    chance = random.Random(5)
    for turn in range(rounds):
        device = f"dev-{turn}"
        records = [f"fee_visit:{turn}-{n}" for n in range(chance.randint(1, 12))]
        photos = [sha(f"{turn}-{n}") for n in range(chance.randint(0, 6))]
        says(company, records, photos, device)
        arrived = chance.sample(photos, len(photos) // 2)
        company.evidence.stored.update(arrived)

        [mine] = [
            row for row in company.get("steward1", "/api/phones/mine")["items"] if row["device"] == device
        ]

        assert mine["records"] == records
        assert mine["photos"] == [photo for photo in photos if photo not in arrived]


def test_the_list_of_what_was_lost_is_exact_ten_times(company: Company) -> None:
    tell_of_losses(company, 10)


@pytest.mark.soak
def test_the_list_of_what_was_lost_is_exact_a_hundred_times(company: Company) -> None:
    tell_of_losses(company, count(100))
