"""Units in the vacancy register: monthly check, airing and cleaning."""

from __future__ import annotations

import pytest

from server.ledger.folds import fold
from server.ledger.model import WeatherDay
from tests.server.ledger.site import UNIT, Site, at, due, item, wall

CHECK, AIR, CLEAN = "R-VAC-02", "R-VAC-03", "R-VAC-04"


@pytest.fixture
def site() -> Site:
    return Site()


def test_t14_a_unit_that_left_after_eleven_days_has_no_duty_that_month(site: Site) -> None:
    site.vacant("2026-03-20", until="2026-04-12")

    assert site.status(UNIT, "04-20 12:00").due == ()


def test_t14_a_unit_that_left_after_sixteen_days_keeps_its_duty(site: Site) -> None:
    site.vacant("2026-03-20", until="2026-04-17")

    assert due(site.status(UNIT, "04-20 12:00"), CHECK) == {"2026-04": "pending"}
    assert due(site.status(UNIT, "05-01 00:00"), CHECK) == {"2026-04": "overdue"}


def test_check_airing_and_cleaning_are_counted_separately(site: Site) -> None:
    site.vacant("2026-04-01")
    site.check("04-10 09:00")
    site.record("airing", UNIT, "04-10 10:00", {"opened_at": "", "closed_at": ""})
    site.record("vacant_cleaning", UNIT, "04-11 10:00", {"result": "redo"})

    status = site.status(UNIT, "04-12 12:00")

    assert [due(status, rule) for rule in (CHECK, AIR, CLEAN)] == [
        {"2026-04": "met"}, {"2026-04": "met"}, {"2026-04": "pending"},
    ]  # fmt: skip
    assert status.fields["last_cleaning_at"] is None


def test_the_last_minute_of_the_month_at_the_site_still_counts(site: Site) -> None:
    site.vacant("2026-04-01")
    site.check("04-30 23:59:59")
    assert due(site.status(UNIT, "05-01 00:00"), CHECK)["2026-04"] == "met"

    site.facts.clear()
    site.check("05-01 00:00:00")
    assert due(site.status(UNIT, "05-01 00:00"), CHECK) == {"2026-04": "overdue", "2026-05": "met"}


def test_a_check_that_arrives_next_month_is_met_synced_late(site: Site) -> None:
    site.vacant("2026-04-01")
    site.check("04-28 09:00", received="05-02 09:00")

    assert due(site.status(UNIT, "05-02 10:00"), CHECK) == {
        "2026-04": "met_synced_late",
        "2026-05": "pending",
    }


def test_a_unit_wakes_for_three_quarters_the_end_and_the_next_month(site: Site) -> None:
    site.vacant("2026-04-01")

    assert wall(site.status(UNIT, "04-02 12:00").wake_at) == "04-23 12:00:00"
    assert wall(site.status(UNIT, "04-24 12:00").wake_at) == "05-01 00:00:00"


def test_a_unit_that_enters_late_in_the_month_has_its_first_duty_next_month(site: Site) -> None:
    site.vacant("2026-04-20")

    assert site.status(UNIT, "04-25 12:00").due == ()
    assert wall(site.status(UNIT, "04-25 12:00").wake_at) == "05-01 00:00:00"
    assert list(due(site.status(UNIT, "05-01 00:00"), CHECK)) == ["2026-05"]


def test_duties_of_a_unit_long_vacant_go_back_thirteen_months(site: Site) -> None:
    site.vacant("2020-01-01")

    assert list(due(site.status(UNIT, "2026-05-10 12:00"), CHECK)) == [
        *(f"2025-{month:02d}" for month in range(5, 13)), *(f"2026-{month:02d}" for month in range(1, 6)),
    ]  # fmt: skip


def test_the_month_in_which_counting_begins_is_judged_like_one_of_entering(site: Site) -> None:
    site.settings["duties_from"] = "2026-04-16"
    site.vacant("2020-01-01")
    assert wall(item(site.status(UNIT, "04-20 12:00"), CHECK, "2026-04").opens_at) == "04-16 00:00:00"

    site.settings["duties_from"] = "2026-04-17"
    assert site.status(UNIT, "04-20 12:00").due == ()


def test_a_duty_set_to_none_a_month_is_no_duty(site: Site) -> None:
    site.settings["vac.clean_per_month"] = 0
    site.settings["service.lowered_because"] = "业主委员会约定不保洁"
    site.vacant("2026-04-01")

    assert {each.rule for each in site.status(UNIT, "04-10 12:00").due} == {CHECK, AIR}


def test_anomalies_stay_open_until_a_check_finds_nothing(site: Site) -> None:
    site.vacant("2026-04-01")
    leak = {"place": "厨房", "kind": "leak"}
    first = site.check("04-02 09:00", anomalies=[leak], meter_water=12.5)
    site.check("04-09 09:00", anomalies=[leak, {"place": "北卧", "kind": "mould"}], meter_water=13)
    fields = site.status(UNIT, "04-10 09:00").fields
    site.check("04-16 09:00")

    assert [(each["place"], each["kind"]) for each in fields["open_anomalies"]] == [
        ("厨房", "leak"),
        ("北卧", "mould"),
    ]
    assert fields["open_anomalies"][0]["fact"] == first.id
    assert fields["meters"] == {"water": 13, "electric": None, "gas": None}
    assert site.status(UNIT, "04-16 10:00").fields["open_anomalies"] == []


def test_a_unit_that_is_not_vacant_has_no_status(site: Site) -> None:
    site.vacant("2026-04-01")
    body = site.reference[UNIT]["body"]
    assert isinstance(body, dict)
    del body["vacant_from"], body["vacancy_kind"]

    assert fold(UNIT, [], site.context("04-10 09:00")) is None
    assert fold("unit:demo-9-9-999", [], site.context("04-10 09:00")) is None


def test_the_status_of_a_unit_is_that_of_the_register(site: Site) -> None:
    site.vacant("2026-04-01", until="2026-06-01")
    site.check("04-02 09:00")

    status = site.status(UNIT, at("04-03 09:00"))

    assert (status.state, status.kind, status.project, status.area) == (
        "delivered_vacant",
        "unit",
        "demo",
        "a1",
    )
    assert status.fields["vacancy_kind"] == "key_reserved"
    assert (status.fields["vacant_from"], status.fields["vacant_to"]) == ("2026-04-01", "2026-06-01")
    assert (status.fields["last_check_at"], status.fields["last_result"]) == (
        "2026-04-02T01:00:00Z",
        "normal",
    )


def rainy(*days: int, month: str = "04") -> tuple[WeatherDay, ...]:
    return tuple(WeatherDay(at(f"{month}-{day:02d} 12:00").date(), rain_mm=2) for day in days)


def test_a_spell_of_rain_asks_for_one_service_from_its_third_day_on() -> None:
    site = Site(weather=rainy(1, 2, 3, 4))
    site.vacant("2026-03-01")

    assert due(site.status(UNIT, "04-05 08:00"), "R-VAC-05") == {"2026-04-03": "overdue"}
    assert wall(item(site.status(UNIT, "04-03 08:00"), "R-VAC-05", "2026-04-03").due_at) == "04-04 23:59:59"

    site.check("04-04 15:00", reason="special_weather")

    assert due(site.status(UNIT, "04-05 08:00"), "R-VAC-05") == {"2026-04-03": "met"}


def test_two_days_of_rain_are_no_spell_and_a_monthly_check_is_no_special_service() -> None:
    site = Site(weather=rainy(1, 2, 4, 5))
    site.vacant("2026-03-01")
    assert due(site.status(UNIT, "04-06 08:00"), "R-VAC-05") == {}

    site.weather = rainy(1, 2, 3)
    site.check("04-03 15:00", reason="monthly")
    assert due(site.status(UNIT, "04-06 08:00"), "R-VAC-05") == {"2026-04-03": "overdue"}


def test_a_long_spell_asks_again_after_seven_days_and_only_while_the_unit_is_in_the_register() -> None:
    site = Site(weather=rainy(*range(1, 25)))
    site.vacant("2026-03-01", until="2026-04-15")
    assert set(due(site.status(UNIT, "04-28 08:00"), "R-VAC-05")) == {"2026-04-03", "2026-04-10"}


def test_a_gale_asks_once_however_long_it_blows() -> None:
    windy = tuple(WeatherDay(at(f"04-{day:02d} 12:00").date(), wind_level=7) for day in (8, 9))
    site = Site(weather=windy)
    site.vacant("2026-03-01")
    assert due(site.status(UNIT, "04-12 08:00"), "R-VAC-06") == {"2026-04-08": "overdue"}
