"""The staffing calculator, by the worked example and at the edges of its bands."""

from __future__ import annotations

import pytest

from server.ledger.staffing import TRADES, WAN, Estate, staffing
from server.ledger.task_rates import TASK_RATES, hours_needed


def norm(estate: Estate, rule: str, en: str = "") -> tuple[int, int]:
    found = [each for each in staffing(estate)[0] if each.rule == rule and en in each.title.en]
    assert len(found) == 1, found
    return found[0].least, found[0].most


def test_an_estate_of_420_000_square_metres() -> None:
    estate = Estate(42 * WAN)
    assert norm(estate, "R-STF-03") == (5, 5)
    assert norm(estate, "R-STF-02") == (5, 5)
    assert norm(estate, "R-STF-11") == (168, 210)
    assert norm(estate, "R-STF-13", "Plumbers") == (5, 5)
    assert norm(estate, "R-STF-13", "electricians") == (13, 13)
    assert norm(estate, "R-STF-16") == (42, 51)
    assert norm(estate, "R-STF-21") == (42, 53)
    assert norm(estate, "R-STF-35") == (13, 17)


@pytest.mark.parametrize(
    ("area", "rule", "count"),
    [
        (15 * WAN, "R-STF-01", 3), (15 * WAN + 1, "R-STF-03", 3), (25 * WAN, "R-STF-03", 4), (15 * WAN + 1, "R-STF-02", 1),
        (15 * WAN, "R-STF-04", 1), (16 * WAN, "R-STF-04", 3), (30 * WAN, "R-STF-15", 1), (80 * WAN, "R-STF-15", 3),
        (80 * WAN + 1, "R-STF-15", 4), (10 * WAN, "R-STF-20", 1), (20 * WAN, "R-STF-20", 2), (50 * WAN, "R-STF-20", 4),
        (70 * WAN, "R-STF-20", 5), (30 * WAN, "R-STF-34", 3), (40 * WAN, "R-STF-34", 7),
    ],
)  # fmt: skip
def test_the_limit_of_a_band_belongs_to_the_lower_band(area: int, rule: str, count: int) -> None:
    assert norm(Estate(area), rule)[0] == count


def test_what_an_estate_does_not_have_asks_for_nobody() -> None:
    rules = {each.rule for each in staffing(Estate(5 * WAN))[0]}
    assert not rules & {
        "R-STF-02",
        "R-STF-06",
        "R-STF-08",
        "R-STF-10",
        "R-STF-12",
        "R-STF-14",
        "R-STF-19",
        "R-STF-33",
    }


def test_details_overall_actual_and_gap_stand_side_by_side() -> None:
    estate = Estate(
        42 * WAN, entrances=2, lifts=31, control_rooms=1, high_voltage_rooms=2, green_m2=60_000, nursery_mu=5
    )
    _, needs = staffing(estate, {"engineering": 40})
    by_trade = {need.trade: need for need in needs}
    assert list(by_trade) == list(TRADES)
    engineering = by_trade["engineering"]
    assert (engineering.detail_least, engineering.overall_least, engineering.overall_most) == (40, 42, 51)
    assert engineering.gap == (-2, -11)
    assert by_trade["service"].overall_least is None
    assert by_trade["greening"].gap is None


def test_hours_of_a_task_are_rounded_up_and_a_range_keeps_both_ends() -> None:
    assert hours_needed("carpet", 361) == (2, 2)
    assert hours_needed("weed_hand", 110) == (2, 55)
    assert hours_needed("tree_10", 3) == (24, 24)
    with pytest.raises(KeyError):
        hours_needed("nothing", 1)
    assert all(rate.least > 0 for rate in TASK_RATES.values())
