"""The demo's vacant units: checked, aired and mostly cleaned once a month.

For: `Vacancies.tell()`. Not for: decorations and debts (decorations.py, collecting.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from server.catalogue.vacancy import CHECK_ITEMS
from server.demo.facts import Written
from server.demo.places import Place
from server.demo.telling import DAYS, SITE, STEWARD_OF, Telling
from server.ledger.model import JsonObject, JsonValue


class Vacancies:
    def __init__(self, telling: Telling, places: list[Place]) -> None:
        self._telling = telling
        self._places = places

    def tell(self) -> Iterator[Written]:
        this_month = self._telling.today.replace(day=1)
        for place in self._places:
            for month, share in ((_month_before(this_month), 0.95), (this_month, 0.35)):
                days = [
                    day for day in (month + timedelta(days=step) for step in range(31))
                    if day.month == month.month and self._telling.today - timedelta(days=DAYS) <= day < self._telling.today
                ]  # fmt: skip
                if days and self._telling.random.random() < share:
                    yield from self._vacancy_trip(
                        place, datetime.combine(self._telling.random.choice(days), time(14), SITE)
                    )

    def _vacancy_trip(self, place: Place, base: datetime) -> Iterator[Written]:
        steward = STEWARD_OF[place.area]
        at = base + timedelta(minutes=self._telling.random.randint(0, 150))
        closed_at = at + timedelta(minutes=self._telling.random.randint(35, 70))
        leak = self._telling.random.random() < 0.08
        items: list[JsonValue] = [{"code": code, "result": "normal"} for code in CHECK_ITEMS.codes]
        body: JsonObject = {
            "vacancy_kind": place.vacancy_kind,
            "reason": "monthly",
            "items": items,
            "meter_water": round(12.4 + self._telling.random.random() * 0.4, 1),
            "valves_closed": True,
            "main_switch_off": True,
            "windows_closed_at_exit": True,
            "left_at": closed_at.isoformat(),
        }
        photos = self._telling.pen.album.take("empty_room", "overview", at, 2 if leak else 1)
        if leak:
            items[2] = {"code": "walls_ceiling_leak", "result": "abnormal", "note": "次卫顶板有水渍"}
            body["anomalies"] = [
                {"place": "次卫顶板", "kind": "leak", "contractor_informed_at": at.isoformat()}
            ]
        yield self._telling.pen.write("vacancy_check", place.unit, place.area, steward, at, body, photos)
        airing: JsonObject = {
            "opened_at": at.isoformat(),
            "closed_at": closed_at.isoformat(),
            "rooms": ["living", "bedroom"],
            "weather_ok": True,
            "closed_confirmed": True,
        }
        yield self._telling.pen.write("airing", place.unit, place.area, steward, closed_at, airing)
        if self._telling.random.random() < 0.6:
            done_at = closed_at + timedelta(minutes=20)
            cleaning: JsonObject = {
                "cleaner": "保洁 马师傅",
                "done_at": done_at.isoformat(),
                "areas": ["living", "bathroom"],
                "result": "good",
                "confirmed_by": "片区管家",
            }
            picture = self._telling.pen.album.take("empty_room", "overview", done_at)
            yield self._telling.pen.write(
                "vacant_cleaning", place.unit, place.area, steward, done_at, cleaning, picture
            )


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
