"""The demo's buildings, units, households and what they owe: reference documents from a fixed seed.

For: `Place` (one unit with its people and debts) and the documents made of them.
Not for: what happened there (server/demo/history).
Twelve buildings of fifty units, four in each area. Names and telephone numbers belong to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from server.catalogue.reference import reference_document
from server.demo.accounts import AREAS, PROJECT
from server.ledger.model import JsonObject

BUILDINGS = 12
VACANT = 60
IN_DECORATION = 25
IN_ARREARS = 80
_FEE_RATE_FEN = 280
_SURNAMES = "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁韦马苗方俞任袁柳"
_GIVEN = (
    "子涵", "雨桐", "浩然", "思远", "欣怡", "一诺", "梓萱", "俊杰", "静姝", "明哲",
    "嘉宁", "若曦", "书瑶", "志远", "晨曦", "雅文", "建国", "秀兰", "国强", "桂芳",
    "海燕", "立新", "佳慧", "天佑", "云舟", "望舒", "景行", "乐天", "清扬", "南星",
)  # fmt: skip


@dataclass
class Place:
    """One unit, and everything imported about it."""

    building: int
    entrance: int
    floor: int
    room: int
    area: str
    gross_area: float
    status: str = "occupied"
    vacancy_kind: str | None = None
    vacant_from: date | None = None
    name: str = ""
    phone: str = ""
    role: str = "owner"
    moved_in_on: date | None = None
    delivered_on: date | None = None
    debts: list[JsonObject] = field(default_factory=list)

    @property
    def unit_no(self) -> str:
        return f"{self.building}-{self.entrance}-{self.floor}{self.room:02d}"

    @property
    def unit(self) -> str:
        return f"unit:{PROJECT}-{self.unit_no}"

    @property
    def household(self) -> str:
        return f"household:{PROJECT}-{self.unit_no}-{self.role}"

    def documents(self) -> Iterator[JsonObject]:
        yield reference_document("unit", PROJECT, self.area, _without_nothing(self._unit_body()))
        if self.name:
            body: JsonObject = {
                "unit_id": self.unit,
                "role": self.role,
                "name": self.name,
                "phone": self.phone,
            }
            yield reference_document("household", PROJECT, self.area, body)
        for debt in self.debts:
            yield reference_document("fee_account", PROJECT, self.area, debt)

    def _unit_body(self) -> JsonObject:
        return {
            "unit_no": self.unit_no,
            "building": str(self.building),
            "entrance": str(self.entrance),
            "floor": self.floor,
            "gross_area": self.gross_area,
            "use": "residence",
            "status": self.status,
            "steward_area": self.area,
            "fee_rate": _FEE_RATE_FEN,
            "delivered_on": _iso(self.delivered_on),
            "moved_in_on": _iso(self.moved_in_on),
            "vacancy_kind": self.vacancy_kind,
            "vacant_from": _iso(self.vacant_from),
        }


def make_places(random: Random, today: date) -> list[Place]:
    """All six hundred, some vacant, some in decoration, some in arrears: the same for the same seed and day."""
    places = [place for building in range(1, BUILDINGS + 1) for place in _building(random, building)]
    order = places.copy()
    random.shuffle(order)
    vacant, decorating, rest = (
        order[:VACANT],
        order[VACANT : VACANT + IN_DECORATION],
        order[VACANT + IN_DECORATION :],
    )
    for place in vacant:
        place.vacancy_kind = random.choice(["undelivered", "undelivered", "key_reserved", "entrusted"])
        place.status = {
            "undelivered": "undelivered",
            "key_reserved": "delivered_vacant",
            "entrusted": "entrusted",
        }[place.vacancy_kind]
        place.vacant_from = today - timedelta(days=random.randint(60, 700))
    for place in decorating:
        place.status = "decorating"
        place.delivered_on = today - timedelta(days=random.randint(60, 200))
    for place in rest:
        place.delivered_on = today - timedelta(days=random.randint(400, 2000))
        place.moved_in_on = place.delivered_on + timedelta(days=random.randint(60, 300))
        if random.random() < 0.12:
            place.status, place.role = "rented", "tenant"
    for place in [*decorating, *rest, *(one for one in vacant if one.vacancy_kind != "undelivered")]:
        place.name = random.choice(_SURNAMES) + random.choice(_GIVEN)
        place.phone = f"1990000{random.randint(0, 9999):04d}"
    for place in random.sample(rest, IN_ARREARS):
        place.debts = list(_debts(random, place, today))
    return places


def _building(random: Random, building: int) -> Iterator[Place]:
    area = list(AREAS)[(building - 1) // 4]
    for entrance in (1, 2):
        sizes = [random.choice((89.0, 96.5, 108.2, 118.6)), random.choice((128.4, 136.8, 142.0))]
        for number in range(25):
            floor, room = number // 2 + 1, number % 2 + 1
            yield Place(building, entrance, floor, room, area, sizes[room - 1])


def _debts(random: Random, place: Place, today: date) -> Iterator[JsonObject]:
    """One to four unpaid months before this one, seldom a year."""
    months = random.choice((1, 1, 2, 2, 3, 4, 12))
    month = today.replace(day=1)
    for _ in range(months):
        month = (month - timedelta(days=1)).replace(day=1)
        receivable = round(place.gross_area * _FEE_RATE_FEN)
        yield {
            "unit_id": place.unit,
            "household_id": place.household,
            "period": month.isoformat()[:7],
            "fee_item": "service",
            "receivable": receivable,
            "received": receivable // 2 if months > 1 and random.random() < 0.15 else 0,
            "due_on": (month + timedelta(days=27)).isoformat(),
        }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _without_nothing(body: JsonObject) -> JsonObject:
    return {name: value for name, value in body.items() if value is not None}
