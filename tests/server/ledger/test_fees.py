"""Households in arrears: the month's measure, next actions, promises."""

from __future__ import annotations

import pytest

from server.ledger.calendar import day_in_month
from server.ledger.folds import fold
from tests.server.ledger.site import HOUSEHOLD, UNIT, Site, at, due, item, wall

MEASURE, NEXT = "R-FEE-06", "R-FEE-11"


@pytest.fixture
def site() -> Site:
    return Site()


def test_t17_the_thirtieth_of_february_is_its_last_day() -> None:
    assert day_in_month("2026-02", 30).isoformat() == "2026-02-28"


def test_arrears_begin_the_day_after_the_last_day_to_pay(site: Site) -> None:
    site.owe("2026-11-15")

    before = site.status(HOUSEHOLD, "11-15 23:59:59")
    after = site.status(HOUSEHOLD, "11-16 00:00")

    assert (before.state, before.fields["arrears_fen"], before.due) == ("none", 0, ())
    assert wall(before.wake_at) == "11-16 00:00:00"
    assert (after.state, after.fields["arrears_fen"]) == ("open", 12_000)
    assert after.fields["arrears_since"] == "2026-11-16"
    assert due(after, MEASURE) == {"2026-11": "pending"}
    assert item(after, MEASURE, "2026-11").assigned_to == "steward1"


def test_a_month_in_arrears_without_any_measure_is_missed(site: Site) -> None:
    site.owe("2026-09-30")
    site.call("10-05 10:00", "not_home", "2026-10-08")

    status = site.status(HOUSEHOLD, "12-02 10:00")

    assert due(status, MEASURE) == {"2026-10": "met", "2026-11": "overdue", "2026-12": "pending"}
    assert status.fields["measures_this_month"] == 0


def test_what_is_paid_reduces_the_line_and_a_clear_account_ends_the_case(site: Site) -> None:
    account = site.owe("2026-09-30", fen=12_000, received=2_000)
    site.call("10-05 10:00", "partial", "2026-10-12", paid_amount=2_000, method="wechat", receipt_no="S1")
    owing = site.status(HOUSEHOLD, "10-06 10:00")
    site.owe("2026-09-30", fen=12_000, received=12_000)
    clear = site.status(HOUSEHOLD, "10-07 10:00")

    assert (owing.state, owing.fields["arrears_fen"]) == ("contacted", 10_000)
    assert owing.fields["periods"] == [
        {
            "account": account,
            "period": "2026-09",
            "fee_item": "service",
            "balance_fen": 10_000,
            "due_on": "2026-09-30",
        }
    ]
    assert (clear.state, clear.fields["arrears_fen"], clear.fields["next_action_on"]) == ("paid", 0, None)
    assert due(clear, NEXT) == {"2026-10-12": "cancelled"}


def test_each_visit_sets_the_next_action_and_the_next_visit_meets_it(site: Site) -> None:
    site.owe("2026-09-30")
    site.call("10-05 10:00", "not_home", "2026-10-08")
    second = site.call("10-08 11:00", "refused", "2026-10-13")

    status = site.status(HOUSEHOLD, "10-09 10:00")

    assert due(status, NEXT) == {"2026-10-08": "met", "2026-10-13": "pending"}
    assert item(status, NEXT, "2026-10-08").satisfied_by == second.id
    assert (status.fields["next_action_on"], status.state) == ("2026-10-13", "contacted")
    assert (status.fields["last_measure"], status.fields["last_outcome"]) == ("phone", "refused")
    assert status.fields["measures_this_month"] == 2


def test_a_promise_stands_until_its_day_is_over(site: Site) -> None:
    site.owe("2026-09-30")
    visit = site.call(
        "10-05 10:00", "promised", "2026-10-10", promise_date="2026-10-10", promise_amount=12_000
    )

    standing = site.status(HOUSEHOLD, "10-10 23:59:59")
    broken = site.status(HOUSEHOLD, "10-11 00:00")

    assert (standing.state, due(standing, NEXT)) == ("promised", {"2026-10-10": "due_soon"})
    assert standing.fields["promise"] == {"date": "2026-10-10", "amount_fen": 12_000, "fact": visit.id}
    assert wall(standing.wake_at) == "10-11 00:00:00"
    assert (broken.state, due(broken, NEXT)) == ("promise_broken", {"2026-10-10": "overdue"})


def test_a_visit_after_a_broken_promise_takes_the_case_up_again(site: Site) -> None:
    site.owe("2026-09-30")
    site.call("10-05 10:00", "promised", "2026-10-10", promise_date="2026-10-10", promise_amount=12_000)
    site.call("10-12 10:00", "disputed", "2026-10-15")

    status = site.status(HOUSEHOLD, "10-12 11:00")

    assert (status.state, status.fields["promise"]) == ("disputed", None)
    assert due(status, NEXT) == {"2026-10-10": "met_late", "2026-10-15": "pending"}


def test_paid_in_full_on_the_spot_ends_the_duties_while_the_ledger_is_waited_for(site: Site) -> None:
    site.owe("2026-09-30")
    site.call("10-05 10:00", "paid", paid_amount=12_000, method="cash", receipt_no="S1")

    october, november = site.status(HOUSEHOLD, "10-06 10:00"), site.status(HOUSEHOLD, "11-10 10:00")

    assert (october.state, due(october, MEASURE)) == ("paid", {"2026-10": "met"})
    assert october.fields["arrears_fen"] == 12_000
    assert due(november, MEASURE) == {"2026-10": "met"}


def test_a_line_that_falls_due_after_the_payment_opens_the_case_again(site: Site) -> None:
    site.owe("2026-09-30")
    site.call("10-05 10:00", "paid", paid_amount=12_000, method="cash", receipt_no="S1")
    site.owe("2026-10-31", period="2026-10")

    assert site.status(HOUSEHOLD, "11-01 10:00").state == "open"


def test_the_count_of_the_month_starts_again_with_the_month(site: Site) -> None:
    site.owe("2026-09-30")
    site.call("10-31 10:00", "not_home", "2026-11-05")

    assert site.status(HOUSEHOLD, "10-31 23:59").fields["measures_this_month"] == 1
    assert site.status(HOUSEHOLD, "11-01 00:00").fields["measures_this_month"] == 0


def test_a_visit_named_by_the_unit_counts_for_the_household(site: Site) -> None:
    site.owe("2026-09-30")
    site.record(
        "fee_visit",
        UNIT,
        "10-05 10:00",
        {"household_id": HOUSEHOLD, "measure": "phone", "outcome": "refused"},
    )

    assert due(site.status(HOUSEHOLD, "10-06 10:00"), MEASURE) == {"2026-10": "met"}


def test_a_household_without_accounts_or_visits_has_no_status(site: Site) -> None:
    site.owe("2026-09-30")
    del site.reference["fee_account:demo-3-1-502-2026-09-service"]

    assert fold(HOUSEHOLD, [], site.context("10-06 10:00")) is None


def test_a_household_knows_its_place_and_its_people(site: Site) -> None:
    site.vacant("2026-01-01")
    site.owe("2026-09-30")

    fields = site.status(HOUSEHOLD, "10-06 10:00").fields

    assert (fields["unit"], fields["unit_no"], fields["floor"]) == (UNIT, "3-1-502", 5)
    assert (fields["role"], fields["name"]) == ("owner", "王海")


def test_a_month_without_measures_after_one_without_changes_nothing(site: Site) -> None:
    """The count fell to nothing in November; December's turn is no change, whatever was asked before."""
    site.owe("2026-09-30", received=12_000)
    site.call("10-05 10:00", "paid")

    november, january = site.status(HOUSEHOLD, "11-20 10:00"), site.status(HOUSEHOLD, "2027-01-20 10:00")

    assert november.updated_at == january.updated_at == at("11-01 00:00")
    assert november.wake_at is None
