"""Deposits, permits and anomalies: who gives back, what expires by itself, who signs."""

from __future__ import annotations

from tests.server.ledger.site import UNIT, Site, due, held, item, wall


def test_a_deposit_is_refunded_by_finance_within_a_week_of_the_second_acceptance() -> None:
    site, case = Site(), "decoration_deposit:D"
    site.record(
        "decoration_deposit",
        UNIT,
        "06-01 09:00",
        {"amount": 200_000, "payer": "王海"},
        by="finance1",
        id=case,
    )
    for to, when in (("accepted", "08-01 09:00"), ("second_accepted", "09-01 09:00")):
        site.record("decoration_deposit_step", case, when, {"to": to}, by="supervisor1")
    own = site.record(
        "decoration_deposit_step",
        case,
        "09-02 09:00",
        {"to": "refunded", "refunded_amount": 1},
        by="supervisor1",
    )
    status = site.status(case, "09-03 09:00")
    assert (status.state, held(status)) == ("second_accepted", {own.id: "own_record"})
    assert wall(item(status, "R-X-10", "round-1").due_at) == "09-08 23:59:59"


def test_a_permit_expires_by_itself_and_is_extended() -> None:
    site, case = Site(), "decoration_permit:P"
    site.record("decoration_permit", UNIT, "06-01 09:00", {"valid_to": "2026-08-31"}, by="agent1", id=case)
    assert site.status(case, "08-31 23:59:59").state == "valid"
    assert site.status(case, "09-01 00:00:00").state == "expired"

    site.record(
        "decoration_permit_step", case, "09-02 09:00", {"to": "valid", "valid_to": "2026-09-30"}, by="agent1"
    )

    status = site.status(case, "09-03 09:00")
    assert (status.state, status.fields["valid_to"]) == ("valid", "2026-09-30")
    assert site.status(case, "10-01 00:00").state == "expired"


def test_an_anomaly_is_told_within_the_hour_and_signed_by_the_owner() -> None:
    site, case = Site(), "vacancy_anomaly:A"
    body = {"found_at": "2026-06-01T09:00:00+08:00", "place": "卫生间", "kind": "leak"}
    site.record("vacancy_anomaly", UNIT, "06-01 09:05", body, id=case)
    assert wall(item(site.status(case, "06-01 09:10"), "R-VAC-07", "round-1").due_at) == "06-01 10:00:00"
    for to, when in (("contractor_informed", "06-01 09:30"), ("repaired", "06-05 09:00")):
        site.record("vacancy_anomaly_step", case, when, {"to": to})
    bare = site.record("vacancy_anomaly_step", case, "06-06 09:00", {"to": "owner_signed"})

    status = site.status(case, "06-07 09:00")

    assert due(status, "R-VAC-07")["round-1"] == "met"
    assert (status.state, held(status)) == ("repaired", {bare.id: "signature_missing"})
    assert status.fields["unit"] == UNIT
