"""A large project and what its people record day by day: documents in the order of their arrival.

For: the measurement of the ledger (tests/bench/ledger.py).
Not for: stories that people look at (server/demo), what a record may say (tests/server/catalogue/examples.py makes these).
Each day brings about the same, so twice the facts are twice the days: 500,000 facts are a year of 5,000 units.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from hashlib import sha256
from itertools import count, islice
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from server.catalogue.decoration import FILING_DOCS
from server.catalogue.reference import reference_document
from server.catalogue.registry import RECORD_TYPES
from tests.server.catalogue.examples import example

PROJECT = "large"
AREAS = tuple(f"a{number}" for number in range(1, 11))
SITE = ZoneInfo("Asia/Shanghai")
UNITS = 5000
VACANT = 2000  # checked monthly, aired weekly
AT_WORK = 300  # decorations in progress at any time: a patrol each, every day
DECORATION_DAYS = 75
INDEBTED = 1000
FACTS_A_DAY = 1370  # 500,000 in a year
OWNERS = tuple(
    f"{PROJECT}-{number // 100 + 1}-1-{number % 100 // 4 + 1}{number % 4 + 1:02d}" for number in range(UNITS)
)
Document = dict[str, Any]


def area_of(unit: int) -> str:
    return AREAS[unit % len(AREAS)]


def steward_of(area: str) -> str:
    return f"steward-{area}"


def places(today: datetime) -> Iterator[Document]:
    """Units, households and debts: what an import brings."""
    for number, name in enumerate(OWNERS):
        area = area_of(number)
        building, entrance, room = name.removeprefix(f"{PROJECT}-").split("-")
        body: Document = {
            "unit_no": f"{building}-{entrance}-{room}",
            "building": building,
            "entrance": entrance,
            "floor": int(room[:-2]),
            "gross_area": 98.5,
            "use": "residence",
            "status": "delivered_vacant" if number < VACANT else "occupied",
            "steward_area": area,
        }
        if number < VACANT:
            vacant_from = (today - timedelta(days=500)).date().isoformat()
            body |= {"vacancy_kind": "key_reserved", "vacant_from": vacant_from}
        yield reference_document("unit", PROJECT, area, body)
        owner = {"unit_id": f"unit:{name}", "role": "owner", "name": "林某"}
        yield reference_document("household", PROJECT, area, owner)
        if number >= UNITS - INDEBTED:
            yield reference_document("fee_account", PROJECT, area, _debt(name, today))


def facts(number: int, end: datetime) -> Iterator[tuple[datetime, list[Document]]]:
    """Yield, day by day, what arrives in its evening; `number` facts in all, the last of them on the day before `end`."""
    days = -(-number // FACTS_A_DAY)
    site = _Site(Random(20_261_125))
    left = number
    for ago in range(days, 0, -1):
        day = datetime.combine((end - timedelta(days=ago)).astimezone(SITE).date(), time(9), SITE)
        told = islice(site.day(days - ago, day), min(left, FACTS_A_DAY))
        listed = sorted(told, key=lambda one: str(one["performed_at"]))
        left -= len(listed)
        yield day.replace(hour=21), listed


class _Site:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._numbers = count(1)
        self._works: dict[int, str] = {}

    def day(self, number: int, day: datetime) -> Iterator[Document]:
        """About `FACTS_A_DAY` facts."""
        yield from self._decorations(number, day)
        for area in AREAS:
            yield self._fact("public_area_patrol", area, f"area:{area}", day)
        yield from self._cases(day)
        for unit in range(number % 7, VACANT, 7):
            yield self._airing(unit, day)
        for unit in range(number % 30, VACANT, 30):
            yield self._about_unit("vacancy_check", unit, day, vacancy_kind="key_reserved")
        for _ in range(90):
            unit = self._random.randrange(UNITS - INDEBTED, UNITS)
            tomorrow = (day + timedelta(days=6)).date().isoformat()
            yield self._about_household("fee_visit", unit, day, next_action_at=tomorrow)
        while True:
            unit = self._random.randrange(VACANT, UNITS)
            yield (
                self._about_household("resident_visit", unit, day)
                if self._random.random() < 0.5
                else (self._airing(self._random.randrange(VACANT), day))
            )

    def _decorations(self, number: int, day: datetime) -> Iterator[Document]:
        for slot in range(AT_WORK):
            area = area_of(VACANT + slot)
            if slot not in self._works or (number + slot) % DECORATION_DAYS == 0:
                unit = VACANT + (slot + (number + slot) // DECORATION_DAYS * AT_WORK) % 2500
                filing = self._filing(unit, day)
                self._works[slot] = str(filing["_id"])
                yield filing
                for step, author in (("submitted", None), ("approved", "supervisor"), ("in_progress", None)):
                    yield self._step("decoration_step", self._works[slot], area_of(unit), day, step, author)
            work = self._works[slot]
            yield self._fact("decoration_patrol", area, work, day, stage="masonry")
            if self._random.random() < 0.01:
                yield self._fact("violation", area, work, day, decoration_project_id=work)

    def _cases(self, day: datetime) -> Iterator[Document]:
        for _ in range(15):
            unit = self._random.randrange(UNITS)
            case = self._about_household("complaint", unit, day, **{"class": "general", "scope": "own"})
            yield case
            yield self._step("complaint_step", case["_id"], case["area"], day, "processing", None)
            solved = {"solution": "已处理", "agreed_at": _text(day)}
            yield self._step("complaint_step", case["_id"], case["area"], day, "resolved", None, **solved)
            yield self._visit(case, "complaint_handled", day)
        for _ in range(25):
            unit = self._random.randrange(UNITS)
            order = self._about_household("repair_order", unit, day, registered_at=_text(day))
            yield order
            sent = {"engineer": "engineer"}
            yield self._step(
                "repair_order_step", order["_id"], order["area"], day, "dispatched", None, **sent
            )
            done = {"finished_at": _text(day + timedelta(hours=4))}
            yield self._step("repair_order_step", order["_id"], order["area"], day, "done", None, **done)
            yield self._visit(order, "repair_done", day)

    def _visit(self, case: Document, trigger: str, day: datetime) -> Document:
        declared = RECORD_TYPES["return_visit"].fields[0].options
        assert declared is not None
        known = trigger if trigger in declared.values else declared.values[0]
        body = {"trigger": known, "result": "reached", "person": "林某", "satisfaction": "5"}
        return self._fact("return_visit", case["area"], case["_id"], day + timedelta(hours=6), **body)

    def _airing(self, unit: int, day: datetime) -> Document:
        left = {"opened_at": _text(day), "closed_at": _text(day + timedelta(minutes=40))}
        return self._about_unit("airing", unit, day + timedelta(hours=1), **left)

    def _filing(self, unit: int, day: datetime) -> Document:
        body = {
            "unit_id": f"unit:{OWNERS[unit]}",
            "planned_start": day.date().isoformat(),
            "planned_end": (day + timedelta(days=DECORATION_DAYS)).date().isoformat(),
            "filing_docs": list(FILING_DOCS.values),
        }
        return self._fact("decoration_project", area_of(unit), None, day, **body)

    def _step(
        self, kind: str, case: str, area: str, day: datetime, to: str, author: str | None, **body: Any
    ) -> Document:
        at = day + timedelta(minutes=next(self._numbers) % 60)
        if to == "approved":
            body["filing_docs"] = list(FILING_DOCS.values)
        document = self._fact(kind, area, case, at) | ({"author": author} if author else {})
        return document | {"body": {"to": to} | body}

    def _about_unit(self, kind: str, unit: int, day: datetime, **body: Any) -> Document:
        return self._fact(kind, area_of(unit), f"unit:{OWNERS[unit]}", day, **body)

    def _about_household(self, kind: str, unit: int, day: datetime, **body: Any) -> Document:
        household = f"household:{OWNERS[unit]}-owner"
        opens = RECORD_TYPES[kind].opens_subject
        more = {"household_id": household, "unit_id": f"unit:{OWNERS[unit]}"} if opens else {}
        return self._fact(kind, area_of(unit), None if opens else household, day, **more, **body)

    def _fact(self, kind: str, area: str, subject: str | None, day: datetime, **body: Any) -> Document:
        fact_id = f"{kind}:{next(self._numbers):026d}"
        at = _text(day + timedelta(seconds=self._random.randrange(7200)))
        document = example(RECORD_TYPES[kind], **body)
        for number, photo in enumerate(document["photos"]):
            photo |= {"sha256": sha256(f"{fact_id} {number}".encode()).hexdigest(), "taken_at": at}
        return document | {
            "_id": fact_id,
            "project": PROJECT,
            "area": area,
            "subject": subject or fact_id,
            "author": steward_of(area),
            "performed_at": at,
        }


def _debt(name: str, today: datetime) -> Document:
    due_on = (today - timedelta(days=20)).date()
    return {
        "unit_id": f"unit:{name}",
        "household_id": f"household:{name}-owner",
        "period": due_on.isoformat()[:7],
        "fee_item": "service",
        "receivable": 180_000,
        "received": 0,
        "due_on": due_on.isoformat(),
    }


def _text(at: datetime) -> str:
    return at.isoformat()
