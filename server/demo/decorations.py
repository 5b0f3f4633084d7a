"""The demo's decorations: filed, patrolled every day, with violations that got as far as the story says.

For: `Decorations.tell()`. Not for: vacant units and debts (vacancies.py, collecting.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.catalogue.decoration import FILING_DOCS, PATROL_ITEMS
from server.demo.accounts import AREAS
from server.demo.facts import Written
from server.demo.places import Place
from server.demo.telling import DAYS, STEWARD_OF, Decided, Telling
from server.ledger.model import JsonObject, JsonValue

_CONTRACTORS = ("恒筑装饰", "木石间设计工程", "禾木家装", "青瓦工坊", "匠里装饰")
_STAGES = ("demolition", "plumbing_electric", "waterproof", "masonry", "carpentry", "paint", "install")
_MISSED_PATROLS = 0.03


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


class Decorations:
    def __init__(self, telling: Telling, places: list[Place]) -> None:
        self._telling = telling
        self._places = places

    def tell(self) -> Iterator[Written | Decided]:
        seen = dict.fromkeys(AREAS, 0)
        for place in self._places:
            index = seen[place.area]
            seen[place.area] += 1
            finds = [find for find in _FINDS if (find.area, find.index) == (place.area, index)]
            longest = max([find.days_ago for find in finds], default=0) + 1
            yield from self._decoration(place, self._telling.random.randint(max(3, longest), DAYS - 1), finds)

    def _decoration(self, place: Place, days: int, finds: list[Find]) -> Iterator[Written | Decided]:
        steward = STEWARD_OF[place.area]
        filed = self._telling.at(days + self._telling.random.randint(3, 6), 10)
        start = self._telling.today - timedelta(days=days)
        filing = self._telling.pen.write(
            "decoration_project", None, place.area, steward, filed, self._filing(place, start)
        )
        yield filing
        for hours, author, to in ((1, steward, "submitted"), (26, "supervisor1", "approved")):
            body: JsonObject = {"to": to}
            if to == "approved":
                body["filing_docs"] = list[JsonValue](FILING_DOCS.values)
            yield self._telling.pen.write(
                "decoration_step", filing.id, place.area, author, filed + timedelta(hours=hours), body
            )
        yield from self._before_work(place, filing.id, self._telling.at(days, 8) - timedelta(hours=20))
        yield self._telling.pen.write(
            "decoration_step",
            filing.id,
            place.area,
            steward,
            self._telling.at(days, 8),
            {"to": "in_progress"},
        )
        for ago in range(days, 0, -6):
            talk: JsonObject = {"who": "owner", "intention": False, "text": "进度正常，业主无改动结构的打算"}
            yield self._telling.pen.write(
                "decoration_talk", filing.id, place.area, steward, self._telling.at(ago, 17), talk
            )
        minute = self._telling.random.randint(0, 480)
        for ago in range(days, 0, -1):
            found = [find for find in finds if find.days_ago == ago]
            if found or (
                self._telling.random.random() >= _MISSED_PATROLS and not self._is_missed(ago, minute)
            ):
                at = self._telling.at(ago, 9) + timedelta(
                    minutes=minute + self._telling.random.randint(-9, 9)
                )
                yield from self._patrol(place, filing.id, at, found, days - ago)
        for find in (find for find in finds if find.days_ago == 0):
            yield from self._patrol(place, filing.id, self._telling.now - timedelta(minutes=50), [find], days)

    def _before_work(self, place: Place, project: str, at: datetime) -> Iterator[Written]:
        """The unit seen with its owner, and everybody told, the day before."""
        steward = STEWARD_OF[place.area]
        seen: JsonObject = {"with_whom": place.name, "note": "墙面地面完好"}
        told: JsonObject = {
            "parties": ["owner", "contractor"],
            "persons": f"{place.name}、工长",
            "points": ["forbidden_acts", "working_hours", "waste"],
        }
        photos = self._telling.pen.album.take("empty_room", "overview", at)
        yield self._telling.pen.write("decoration_pre_view", project, place.area, steward, at, seen, photos)
        later = at + timedelta(minutes=20)
        signed = self._telling.pen.album.take("notice", "signature", later)
        yield self._telling.pen.write(
            "decoration_briefing", project, place.area, steward, later, told, signed
        )

    def _is_missed(self, ago: int, minute: int) -> bool:
        """Yesterday some patrols were missed, so that the supervisor's list of the morning has something to say."""
        return ago == 1 and minute % 5 == 0

    def _filing(self, place: Place, start: date) -> JsonObject:
        return {
            "unit_id": place.unit,
            "household_id": place.household,
            "applicant": place.name,
            "applicant_is_owner": True,
            "contractor": self._telling.random.choice(_CONTRACTORS),
            "contractor_contact": self._telling.random.choice("罗邓曾彭萧田") + "工",
            "foreman_phone": f"1990001{self._telling.random.randint(0, 9999):04d}",
            "scope": list[JsonValue](
                self._telling.random.sample(["walls", "wet_rooms", "electrics", "floor", "ceiling"], 3)
            ),
            "planned_start": start.isoformat(),
            "planned_end": (start + timedelta(days=75)).isoformat(),
            "filing_docs": list[JsonValue](FILING_DOCS.values),
        }

    def _patrol(
        self, place: Place, project: str, at: datetime, finds: list[Find], day: int
    ) -> Iterator[Written | Decided]:
        steward = STEWARD_OF[place.area]
        stage = _STAGES[min(day // 5, len(_STAGES) - 1)]
        violations = [
            self._violation(place, project, steward, at + timedelta(minutes=6), find) for find in finds
        ]
        photos = self._telling.pen.album.take("site", "overview", at)
        items: list[JsonValue] = [{"code": code, "result": "normal"} for code in PATROL_ITEMS.codes]
        body: JsonObject = {
            "stage": stage,
            "workers_present": self._telling.random.randint(1, 6),
            "items": items,
        }
        if finds:
            photos += self._telling.pen.album.take("hole", "detail", at)
            items[3] = {
                "code": "walls",
                "result": "abnormal",
                "note": finds[0].description,
                "photos": [photos[-1]["sha256"]],
            }
            body["talked_to"] = [{"who": "foreman", "summary": "已要求停工整改，工长答应配合"}]
            body["violations"] = [violation.id for violation in violations]
        yield self._telling.pen.write("decoration_patrol", project, place.area, steward, at, body, photos)
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
        photos = self._telling.pen.album.take("hole", "before", at, 2)
        return self._telling.pen.write("violation", project, place.area, steward, at, body, photos)

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
            yield self._telling.pen.write(
                "violation_recheck", violation.id, place.area, STEWARD_OF[place.area], rechecked_at,
                {"recheck_result": "rectified", "text": "已恢复原状"},
                self._telling.pen.album.take("mended", "after", rechecked_at),
            )  # fmt: skip
            yield Decided(rechecked_at + timedelta(hours=2), violation.id, "close", "复查照片清楚，予以关闭")
