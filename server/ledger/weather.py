"""Weather as duties see it: rain days, spells of rain, gales and storms, from the day records of a project.

For: special services of vacant units, compulsory night checks, the first rainy day after a leak repair.
Not for: entering weather (reference type weather_day), the duties themselves.
Source: R-GEN-09, R-X-36; R-VAC-05, R-VAC-06, R-INS-09, R-REP-10; T-10, T-13, T-16.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

from server.ledger import reading
from server.ledger.calendar import DAY
from server.ledger.model import JsonValue, WeatherDay
from server.ledger.reading import count_setting, number, text

Kind: TypeAlias = Literal["continuous_rain", "gale", "rainstorm"]


@dataclass(frozen=True, slots=True)
class Episode:
    """A spell that asks for a special service."""

    kind: Kind
    trigger: date  # the day that makes it one
    last: date  # its last day known


def weather_of(documents: Iterable[Mapping[str, JsonValue]]) -> tuple[WeatherDay, ...]:
    """Return the days that `weather_day` documents tell of, in order; what names no day is left out."""
    days: dict[date, WeatherDay] = {}
    for document in documents:
        nested = document.get("body")
        body: Mapping[str, JsonValue] = nested if isinstance(nested, dict) else document
        on = reading.day(body, "date")
        if on is None:
            continue
        days[on] = WeatherDay(
            on,
            float(number(body, "rain_mm") or 0),
            int(number(body, "wind_level") or 0),
            text(body, "warning") or "none",
            body.get("is_rainy") is True,
        )
    return tuple(days[on] for on in sorted(days))


def is_rain_day(day: WeatherDay, settings: Mapping[str, JsonValue]) -> bool:
    return day.is_rainy or day.rain_mm >= (number(settings, "wx.rain_mm") or 0)


def is_gale(day: WeatherDay, settings: Mapping[str, JsonValue]) -> bool:
    return day.wind_level >= count_setting(settings, "wx.gale_level")


def is_storm(day: WeatherDay, settings: Mapping[str, JsonValue]) -> bool:
    """Rainstorm: so much rain in a day, or any warning."""
    return day.warning != "none" or day.rain_mm >= count_setting(settings, "wx.rainstorm_mm")


def first_rain_after(
    day: date, weather: Iterable[WeatherDay], settings: Mapping[str, JsonValue]
) -> date | None:
    """Return the first rain day after `day`; None while none is known."""
    return min((each.day for each in weather if each.day > day and is_rain_day(each, settings)), default=None)


def rain_spells(weather: Iterable[WeatherDay], settings: Mapping[str, JsonValue]) -> list[Episode]:
    """Return every spell of continuous rain: it is one from its n-th rain day in a row on."""
    needed = count_setting(settings, "wx.continuous_days")
    return [
        Episode("continuous_rain", run[needed - 1], run[-1])
        for run in _runs(sorted(day.day for day in weather if is_rain_day(day, settings)))
        if len(run) >= needed
    ]


def gales(weather: Iterable[WeatherDay], settings: Mapping[str, JsonValue]) -> list[Episode]:
    """Return every run of days with strong wind, as one episode each."""
    windy = sorted(day.day for day in weather if is_gale(day, settings))
    return [Episode("gale", run[0], run[-1]) for run in _runs(windy)]


def storm_nights(weather: Iterable[WeatherDay], settings: Mapping[str, JsonValue]) -> list[date]:
    """Return the days whose night asks for a post check (R-INS-09): a storm, or a warning of any kind."""
    return sorted(day.day for day in weather if is_storm(day, settings))


def _runs(days: Sequence[date]) -> list[list[date]]:
    runs: list[list[date]] = []
    for day in days:
        if runs and runs[-1][-1] + DAY == day:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
