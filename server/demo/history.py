"""What happened at the demo project in the last thirty days.

For: `Story.tell()`: every fact in the order of time, and the supervisor's decisions between them.
Not for: places and debts (server/demo/places), storing (server/demo/build).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from server.catalogue.decoration import FILING_DOCS, PATROL_ITEMS
from server.catalogue.vacancy import CHECK_ITEMS
from server.demo.accounts import AREAS
from server.demo.facts import Pen, Written
from server.demo.places import Place
from server.ledger.model import JsonObject, JsonValue

DAYS = 30
SITE = ZoneInfo("Asia/Shanghai")
_STEWARD_OF = {"a1": "steward1", "a2": "steward2", "a3": "steward3"}
_CONTRACTORS = ("恒筑装饰", "木石间设计工程", "禾木家装", "青瓦工坊", "匠里装饰")
_STAGES = ("demolition", "plumbing_electric", "waterproof", "masonry", "carpentry", "paint", "install")
_MISSED_PATROLS = 0.03


@dataclass(frozen=True, slots=True)
class Decided:
    """The supervisor decides about a violation at a moment."""

    at: datetime
    violation: str
    decision: str
    reason: str
    rectify_in_days: int | None = None


@dataclass(frozen=True, slots=True)
class Find:
    """A violation of the story: found so many days ago at the n-th decoration of an area, and how far it got."""

    area: str
    index: int
    days_ago: int
    category: str
    severity: str
    place: str
    description: str
    until: str  # submitted, confirmed, closed, rejected


_FINDS = (
    Find("a1", 0, 12, "wall_removal", "general", "主卧与客厅之间", "拆除非承重隔墙，未报备", "closed"),
    Find("a1", 1, 1, "waterproofing", "general", "次卫", "防水层未做闭水试验就贴砖", "confirmed"),
    Find("a1", 2, 4, "rubbish", "minor", "入户走道", "装修垃圾堆在消防通道", "closed"),
    Find("a2", 0, 2, "wet_area_moved", "general", "阳台", "阳台改作厨房，未做防水", "confirmed"),
    Find("a2", 1, 0, "load_bearing", "serious", "客厅北墙", "在承重墙上开洞约 40 厘米", "submitted"),
    Find("a3", 0, 0, "gas", "serious", "厨房", "私自移动燃气管", "submitted"),
    Find("a3", 2, 9, "noise", "minor", "全屋", "午休时段使用电锤", "rejected"),
)


class Story:
    def __init__(self, random: Random, pen: Pen, places: list[Place], now: datetime) -> None:
        self._random = random
        self._pen = pen
        self._now = now.astimezone(SITE)
        self._today = self._now.date()
        self._decorating = [place for place in places if place.status == "decorating"]
        self._vacant = [place for place in places if place.vacancy_kind]
        self._indebted = [place for place in places if place.debts]

    def tell(self) -> list[Written | Decided]:
        """Everything until now, in the order of time."""
        told: list[Written | Decided] = [
            *self._decorations(),
            *self._vacancies(),
            *self._fees(),
        ]
        return sorted((one for one in told if one.at <= self._now), key=lambda one: one.at)

    # Decorations

    def _decorations(self) -> Iterator[Written | Decided]:
        seen = dict.fromkeys(AREAS, 0)
        for place in self._decorating:
            index = seen[place.area]
            seen[place.area] += 1
            finds = [find for find in _FINDS if (find.area, find.index) == (place.area, index)]
            longest = max([find.days_ago for find in finds], default=0) + 1
            yield from self._decoration(place, self._random.randint(max(3, longest), DAYS - 1), finds)

    def _decoration(self, place: Place, days: int, finds: list[Find]) -> Iterator[Written | Decided]:
        steward = _STEWARD_OF[place.area]
        filed = self._at(days + self._random.randint(3, 6), 10)
        start = self._today - timedelta(days=days)
        filing = self._pen.write(
            "decoration_project", None, place.area, steward, filed, self._filing(place, start)
        )
        yield filing
        for hours, author, to in ((1, steward, "submitted"), (26, "supervisor1", "approved")):
            body: JsonObject = {"to": to}
            if to == "approved":
                body["filing_docs"] = list[JsonValue](FILING_DOCS.values)
            yield self._pen.write(
                "decoration_step", filing.id, place.area, author, filed + timedelta(hours=hours), body
            )
        yield from self._before_work(place, filing.id, self._at(days, 8) - timedelta(hours=20))
        yield self._pen.write(
            "decoration_step", filing.id, place.area, steward, self._at(days, 8), {"to": "in_progress"}
        )
        for ago in range(days, 0, -6):
            talk: JsonObject = {"who": "owner", "intention": False, "text": "进度正常，业主无改动结构的打算"}
            yield self._pen.write("decoration_talk", filing.id, place.area, steward, self._at(ago, 17), talk)
        minute = self._random.randint(0, 480)
        for ago in range(days, 0, -1):
            found = [find for find in finds if find.days_ago == ago]
            if found or (self._random.random() >= _MISSED_PATROLS and not self._is_missed(ago, minute)):
                at = self._at(ago, 9) + timedelta(minutes=minute + self._random.randint(-9, 9))
                yield from self._patrol(place, filing.id, at, found, days - ago)
        for find in (find for find in finds if find.days_ago == 0):
            yield from self._patrol(place, filing.id, self._now - timedelta(minutes=50), [find], days)

    def _before_work(self, place: Place, project: str, at: datetime) -> Iterator[Written]:
        """The unit seen with its owner, and everybody told, the day before."""
        steward = _STEWARD_OF[place.area]
        seen: JsonObject = {"with_whom": place.name, "note": "墙面地面完好"}
        told: JsonObject = {
            "parties": ["owner", "contractor"],
            "persons": f"{place.name}、工长",
            "points": ["forbidden_acts", "working_hours", "waste"],
        }
        photos = self._pen.album.take("empty_room", "overview", at)
        yield self._pen.write("decoration_pre_view", project, place.area, steward, at, seen, photos)
        later = at + timedelta(minutes=20)
        signed = self._pen.album.take("notice", "signature", later)
        yield self._pen.write("decoration_briefing", project, place.area, steward, later, told, signed)

    def _is_missed(self, ago: int, minute: int) -> bool:
        """Yesterday some patrols were missed, so that the supervisor's list of the morning has something to say."""
        return ago == 1 and minute % 5 == 0

    def _filing(self, place: Place, start: date) -> JsonObject:
        return {
            "unit_id": place.unit,
            "household_id": place.household,
            "applicant": place.name,
            "applicant_is_owner": True,
            "contractor": self._random.choice(_CONTRACTORS),
            "contractor_contact": self._random.choice("罗邓曾彭萧田") + "工",
            "foreman_phone": f"1990001{self._random.randint(0, 9999):04d}",
            "scope": list[JsonValue](
                self._random.sample(["walls", "wet_rooms", "electrics", "floor", "ceiling"], 3)
            ),
            "planned_start": start.isoformat(),
            "planned_end": (start + timedelta(days=75)).isoformat(),
            "filing_docs": list[JsonValue](FILING_DOCS.values),
        }

    def _patrol(
        self, place: Place, project: str, at: datetime, finds: list[Find], day: int
    ) -> Iterator[Written | Decided]:
        steward = _STEWARD_OF[place.area]
        stage = _STAGES[min(day // 5, len(_STAGES) - 1)]
        violations = [
            self._violation(place, project, steward, at + timedelta(minutes=6), find) for find in finds
        ]
        photos = self._pen.album.take("site", "overview", at)
        items: list[JsonValue] = [{"code": code, "result": "normal"} for code in PATROL_ITEMS.codes]
        body: JsonObject = {"stage": stage, "workers_present": self._random.randint(1, 6), "items": items}
        if finds:
            photos += self._pen.album.take("hole", "detail", at)
            items[3] = {
                "code": "walls",
                "result": "abnormal",
                "note": finds[0].description,
                "photos": [photos[-1]["sha256"]],
            }
            body["talked_to"] = [{"who": "foreman", "summary": "已要求停工整改，工长答应配合"}]
            body["violations"] = [violation.id for violation in violations]
        yield self._pen.write("decoration_patrol", project, place.area, steward, at, body, photos)
        for find, violation in zip(finds, violations, strict=True):
            yield violation
            yield from self._aftermath(place, violation, find)

    def _violation(self, place: Place, project: str, steward: str, at: datetime, find: Find) -> Written:
        body: JsonObject = {
            "decoration_project_id": project,
            "found_at": (at - timedelta(minutes=5)).isoformat(),
            "category": find.category,
            "severity": find.severity,
            "place_in_unit": find.place,
            "description": find.description,
            "stopped_at": (at - timedelta(minutes=3)).isoformat(),
            "stopped_how": "persuaded",
            "person_spoken_to": "工长",
            "demand": "立即停止，恢复原状",
            "conduct_ok": True,
        }
        photos = self._pen.album.take("hole", "before", at, 2)
        return self._pen.write("violation", project, place.area, steward, at, body, photos)

    def _aftermath(self, place: Place, violation: Written, find: Find) -> Iterator[Written | Decided]:
        decided_at = violation.at + timedelta(hours=3)
        if find.until == "rejected":
            yield Decided(decided_at, violation.id, "reject", "已核实在允许时段内施工")
        if find.until not in ("confirmed", "closed"):
            return
        # Decided within the day even when it was found yesterday late: the date stays ahead of today.
        days = 3 if find.until == "confirmed" else 2
        yield Decided(decided_at, violation.id, "confirm", "证据清楚，限期整改", days)
        if find.until == "closed":
            rechecked_at = violation.at + timedelta(days=1, hours=5)
            yield self._pen.write(
                "violation_recheck", violation.id, place.area, _STEWARD_OF[place.area], rechecked_at,
                {"recheck_result": "rectified", "text": "已恢复原状"},
                self._pen.album.take("mended", "after", rechecked_at),
            )  # fmt: skip
            yield Decided(rechecked_at + timedelta(hours=2), violation.id, "close", "复查照片清楚，予以关闭")

    # Vacant units

    def _vacancies(self) -> Iterator[Written]:
        this_month = self._today.replace(day=1)
        for place in self._vacant:
            for month, share in ((_month_before(this_month), 0.95), (this_month, 0.35)):
                days = [
                    day for day in (month + timedelta(days=step) for step in range(31))
                    if day.month == month.month and self._today - timedelta(days=DAYS) <= day < self._today
                ]  # fmt: skip
                if days and self._random.random() < share:
                    yield from self._vacancy_trip(
                        place, datetime.combine(self._random.choice(days), time(14), SITE)
                    )

    def _vacancy_trip(self, place: Place, base: datetime) -> Iterator[Written]:
        steward = _STEWARD_OF[place.area]
        at = base + timedelta(minutes=self._random.randint(0, 150))
        closed_at = at + timedelta(minutes=self._random.randint(35, 70))
        leak = self._random.random() < 0.08
        items: list[JsonValue] = [{"code": code, "result": "normal"} for code in CHECK_ITEMS.codes]
        body: JsonObject = {
            "vacancy_kind": place.vacancy_kind,
            "reason": "monthly",
            "items": items,
            "meter_water": round(12.4 + self._random.random() * 0.4, 1),
            "valves_closed": True,
            "main_switch_off": True,
            "windows_closed_at_exit": True,
            "left_at": closed_at.isoformat(),
        }
        photos = self._pen.album.take("empty_room", "overview", at, 2 if leak else 1)
        if leak:
            items[2] = {"code": "walls_ceiling_leak", "result": "abnormal", "note": "次卫顶板有水渍"}
            body["anomalies"] = [
                {"place": "次卫顶板", "kind": "leak", "contractor_informed_at": at.isoformat()}
            ]
        yield self._pen.write("vacancy_check", place.unit, place.area, steward, at, body, photos)
        airing: JsonObject = {
            "opened_at": at.isoformat(),
            "closed_at": closed_at.isoformat(),
            "rooms": ["living", "bedroom"],
            "weather_ok": True,
            "closed_confirmed": True,
        }
        yield self._pen.write("airing", place.unit, place.area, steward, closed_at, airing)
        if self._random.random() < 0.6:
            done_at = closed_at + timedelta(minutes=20)
            cleaning: JsonObject = {
                "cleaner": "保洁 马师傅",
                "done_at": done_at.isoformat(),
                "areas": ["living", "bathroom"],
                "result": "good",
                "confirmed_by": "片区管家",
            }
            picture = self._pen.album.take("empty_room", "overview", done_at)
            yield self._pen.write(
                "vacant_cleaning", place.unit, place.area, steward, done_at, cleaning, picture
            )

    # Fees

    def _fees(self) -> Iterator[Written]:
        promised_today = dict.fromkeys(AREAS, 0)
        for place in self._indebted:
            if promised_today[place.area] < 3:
                promised_today[place.area] += 1
                yield self._fee_visit(place, self._random.randint(2, 6), "promised", promise_on=self._today)
            elif self._random.random() < 0.55:
                outcome = self._random.choice(("not_home", "notice_left", "disputed", "promised", "partial"))
                ago = self._random.randint(1, 25)
                yield self._fee_visit(place, ago, outcome, promise_on=self._today - timedelta(days=ago - 4))

    def _fee_visit(self, place: Place, ago: int, outcome: str, promise_on: date) -> Written:
        at = self._at(ago, 18) + timedelta(minutes=self._random.randint(0, 110))
        owed = sum(_fen(debt["receivable"]) - _fen(debt.get("received", 0)) for debt in place.debts)
        body: JsonObject = {
            "measure": "home_visit",
            "person_met": "owner",
            "amount_due": owed,
            "periods": [
                {"period": debt["period"], "fee_item": "service", "balance_fen": _fen(debt["receivable"])}
                for debt in place.debts
            ],
            "outcome": outcome,
            "arrears_reason": self._random.choice(("forgot", "service_quality", "absence", "repair_pending")),
            "next_action_at": (at.date() + timedelta(days=6)).isoformat(),
        }
        photos: list[JsonObject] = []
        if outcome == "promised":
            body |= {
                "promise_date": promise_on.isoformat(),
                "promise_amount": owed,
                "next_action_at": promise_on.isoformat(),
            }
        elif outcome == "partial":
            body |= {
                "paid_amount": owed // 2,
                "method": "wechat",
                "receipt_no": f"R{self._random.randint(10000, 99999)}",
            }
        elif outcome == "notice_left":
            del body["person_met"]
            body |= {"measure": "notice", "notice_kind": "reminder", "delivered_how": "door"}
            photos = self._pen.album.take("notice", "document", at)
        return self._pen.write(
            "fee_visit", place.household, place.area, _STEWARD_OF[place.area], at, body, photos
        )

    def _at(self, days_ago: int, hour: int) -> datetime:
        return datetime.combine(self._today - timedelta(days=days_ago), time(hour), SITE)


def _month_before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _fen(value: JsonValue) -> int:
    assert isinstance(value, int)
    return value
