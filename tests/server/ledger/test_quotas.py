"""Shares are counted in integers; samples are spread in proportion and drawn the same everywhere."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.ledger.quotas import (
    drawn,
    drawn_by_place,
    forms_to_hand_out,
    full_years,
    share_of,
    shuffled,
    spread,
)


@pytest.mark.parametrize(
    ("households", "planned"), [(12, 1), (13, 2), (25, 2), (26, 3), (100, 8), (213, 18), (0, 0)]
)
def test_a_month_plans_eight_percent_of_the_households(households: int, planned: int) -> None:
    assert share_of(households, 8) == planned


@pytest.mark.parametrize(("orders", "calls"), [(7, 2), (50, 10), (101, 21), (0, 0)])
def test_a_fifth_of_the_orders_is_called(orders: int, calls: int) -> None:
    assert share_of(orders, 20) == calls


@pytest.mark.parametrize(
    ("on", "forms", "back"),
    [(date(2026, 6, 4), 40, 30), (date(2028, 6, 5), 20, 15), (date(2028, 6, 3), 40, 30)],
)
def test_a_survey_hands_out_a_smaller_share_where_people_moved_in_five_full_years_ago(
    on: date, forms: int, back: int
) -> None:
    handed_out = forms_to_hand_out(133, date(2023, 6, 4), on, young=30, old=15, old_years=5)
    assert (handed_out, share_of(handed_out, 75)) == (forms, back)


def test_forms_are_spread_over_buildings_by_largest_remainder() -> None:
    assert spread(40, {"1": 40, "2": 33, "3": 27, "4": 33}) == {"1": 12, "2": 10, "3": 8, "4": 10}


def test_a_quarter_of_the_participants_is_asked() -> None:
    assert share_of(110, 25) == 28


def test_the_29th_of_february_is_a_full_year_on_the_1st_of_march() -> None:
    assert full_years(date(2024, 2, 29), date(2029, 2, 28)) == 4
    assert full_years(date(2024, 2, 29), date(2029, 3, 1)) == 5


def test_a_draw_is_the_same_for_ever() -> None:
    names = [f"household:{number}" for number in range(20)]
    assert drawn(names, 3, "survey:2026-06") == ["household:15", "household:9", "household:18"]
    assert drawn(reversed(names), 3, "survey:2026-06") == drawn(names, 3, "survey:2026-06")
    assert drawn(names, 3, "survey:2026-11") != drawn(names, 3, "survey:2026-06")


SIZES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 500), min_size=1, max_size=8
)


@given(SIZES, st.integers(0, 4000))
def test_what_is_spread_adds_up_and_no_place_gets_more_than_it_holds(
    sizes: dict[str, int], total: int
) -> None:
    if total > sum(sizes.values()):
        with pytest.raises(ValueError, match="cannot spread"):
            spread(total, sizes)
        return
    found = spread(total, sizes)
    assert sum(found.values()) == total
    whole = sum(sizes.values())
    for name, size in sizes.items():
        assert found[name] <= size
        if whole:
            assert abs(found[name] - total * size / whole) < 1


@given(st.integers(0, 10_000), st.integers(0, 100), st.integers(1, 10))
def test_a_share_is_enough_and_not_one_too_many(base: int, percent: int, least: int) -> None:
    needed = share_of(base, percent, least)
    assert needed <= base
    if base:
        assert needed * 100 >= base * percent
        assert needed == min(base, least) or (needed - 1) * 100 < base * percent


@given(SIZES, st.text(max_size=5))
def test_a_draw_by_place_takes_from_every_place_its_share(sizes: dict[str, int], seed: str) -> None:
    places = {name: [f"{name}-{number}" for number in range(size % 40)] for name, size in sizes.items()}
    count = sum(len(names) for names in places.values()) // 3
    found = drawn_by_place(places, count, seed)
    assert sum(len(names) for names in found.values()) == count
    for place, names in found.items():
        assert set(names) <= set(places[place])
        assert len(set(names)) == len(names)
        assert shuffled(places[place], f"{seed}:{place}")[: len(names)] == names
