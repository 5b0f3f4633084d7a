"""A site to tell stories about: its people, its facts as they are recorded, and the status that follows.

For: tests of folds. Times are written as the clock on the site's wall shows them: `at("06-05 09:00")` is 2026 in Shanghai.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from server.catalogue.decoration import FILING_DOCS, PATROL_ITEMS
from server.catalogue.settings import settings_with
from server.catalogue.vacancy import CHECK_ITEMS
from server.ledger.documents import status_document
from server.ledger.folds import fold
from server.ledger.model import (
    Calendar,
    Context,
    DueItem,
    Fact,
    Hold,
    JsonObject,
    JsonValue,
    People,
    PhotoRef,
    Status,
    WeatherDay,
)
from server.receipts import receipt_hash

ZONE = ZoneInfo("Asia/Shanghai")
PROJECT = "decoration_project:P"
VIOLATION = "violation:V"
UNIT = "unit:demo-3-1-502"
HOUSEHOLD = "household:demo-3-1-502-owner"
PEOPLE = People("steward1", "supervisor1", "manager1")


def at(text: str) -> datetime:
    """`06-05 09:00` or `2026-06-05 09:00:30` on the site's wall."""
    full = text if text[:2] == "20" else f"2026-{text}"
    return datetime.fromisoformat(full).replace(tzinfo=ZONE).astimezone(UTC)


def wall(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(ZONE).strftime("%m-%d %H:%M:%S")


@dataclass
class Site:
    """Everything recorded so far, and what surrounds it."""

    facts: list[Fact] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    reference: dict[str, JsonObject] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    linked: dict[str, Status] = field(default_factory=dict)
    weather: tuple[WeatherDay, ...] = ()
    _made: int = 0

    def record(
        self,
        kind: str,
        subject: str,
        when: str,
        body: Mapping[str, Any],
        *,
        by: str = "steward1",
        received: str | None = None,
        id: str | None = None,
        photos: Iterable[tuple[str, str]] = (),
        hold: Hold | None = None,
        amends: str | None = None,
        voids: str | None = None,
    ) -> Fact:
        """Record a fact; it arrives at once unless `received` says when."""
        self._made += 1
        fact_id = id or f"{kind}:{self._made:04d}"
        refs = tuple(PhotoRef(sha256, each, None, 1000, "image/jpeg", "camera") for sha256, each in photos)
        performed = at(when)
        fact = Fact(
            id=fact_id,
            type=kind,
            subject=subject,
            project="demo",
            area="a1",
            author=by,
            device="dev-1",
            performed_at=performed,
            received_at=at(received) if received else performed,
            body=dict(body),
            hash=receipt_hash({"_id": fact_id, "body": dict(body), "photos": [each[0] for each in photos]}),
            photos=refs,
            amends=amends,
            voids=voids,
            hold=hold,
        )
        self.facts.append(fact)
        return fact

    def context(self, now: str | datetime) -> Context:
        return Context(
            now=at(now) if isinstance(now, str) else now,
            calendar=self.calendar,
            people=PEOPLE,
            settings=settings_with(self.settings),
            reference=self.reference,
            stored_photos=frozenset(self.stored),
            linked=self.linked,
            weather=self.weather,
            project="demo",
        )

    def status(self, subject: str, now: str | datetime) -> Status:
        found = fold(subject, self.facts, self.context(now))
        assert found is not None
        return found

    def received(self, fact_id: str, when: str) -> None:
        self.facts = [
            replace(fact, received_at=at(when)) if fact.id == fact_id else fact for fact in self.facts
        ]

    # Decoration

    def file(self, when: str = "06-01 10:00", **body: Any) -> Fact:
        filled = {
            "unit_id": UNIT,
            "applicant": "王海",
            "applicant_is_owner": True,
            "contractor": "恒筑装饰",
            "contractor_contact": "罗工",
            "foreman_phone": "19900010001",
            "scope": ["walls"],
            "planned_start": "2026-06-05",
            "planned_end": "2026-08-20",
            **body,
        }
        return self.record("decoration_project", PROJECT, when, filled, id=PROJECT)

    def step(self, to: str, when: str, by: str = "supervisor1", **body: Any) -> Fact:
        return self.record("decoration_step", PROJECT, when, {"to": to, **body}, by=by)

    def start_work(
        self, when: str = "06-05 08:00", filed: str = "06-01", seen: bool = True, told: bool = True
    ) -> None:
        """Works that start; the unit `seen` with the owner, and owner and contractor `told`, the day of the filing."""
        self.file(f"{filed} 10:00", filing_docs=list(FILING_DOCS.values))
        self.step("submitted", f"{filed} 11:00", by="steward1")
        self.step("approved", f"{filed} 16:00")
        if seen:
            self.record("decoration_pre_view", PROJECT, f"{filed} 17:00", {"with_whom": "王海"})
        if told:
            self.brief(f"{filed} 17:30", "owner", "contractor")
        self.step("in_progress", when, by="steward1")

    def brief(self, when: str, *parties: str) -> Fact:
        return self.record(
            "decoration_briefing", PROJECT, when, {"parties": list(parties), "persons": "王海"}
        )

    def talk(self, when: str, who: str = "owner") -> Fact:
        body = {"who": who, "intention": False, "text": "进度正常"}
        return self.record("decoration_talk", PROJECT, when, body)

    def patrol(self, when: str, received: str | None = None, **body: Any) -> Fact:
        items = [{"code": code, "result": "normal"} for code in PATROL_ITEMS.codes]
        return self.record(
            "decoration_patrol",
            PROJECT,
            when,
            {"items": items, **body},
            received=received,
            photos=[("a" * 64, "overview")],
        )

    # Violations

    def report(self, when: str = "06-05 10:00", received: str | None = None, **body: Any) -> Fact:
        filled = {
            "decoration_project_id": PROJECT,
            "found_at": "2026-06-05T09:55:00+08:00",
            "category": "wall_removal",
            "severity": "general",
            "place_in_unit": "主卧",
            "description": "拆除隔墙",
            "stopped_at": "2026-06-05T09:57:00+08:00",
            "stopped_how": "persuaded",
            **body,
        }
        photos = [("b" * 64, "before"), ("c" * 64, "before")]
        return self.record("violation", PROJECT, when, filled, received=received, id=VIOLATION, photos=photos)

    def recheck(self, when: str, result: str = "rectified", **kwargs: Any) -> Fact:
        body = {"recheck_result": result}
        return self.record("violation_recheck", VIOLATION, when, body, photos=[("d" * 64, "after")], **kwargs)

    def decide(self, decision: str, when: str, by: str = "supervisor1", **body: Any) -> Fact:
        """Decide on the evidence as it is at that moment, as the server does."""
        fields = self.status(VIOLATION, when).fields
        filled = {
            "round": fields["round"],
            "decision": decision,
            "reason": "已核实",
            "evidence_hash": fields["evidence_hash"],
            **body,
        }
        return self.record("violation_decision", VIOLATION, when, filled, by=by)

    # Vacant units and fees

    def vacant(self, since: str, until: str | None = None, **further: JsonValue) -> None:
        body: JsonObject = {
            "unit_no": "3-1-502",
            "building": "3",
            "entrance": "1",
            "floor": 5,
            "status": "delivered_vacant",
            "vacancy_kind": "key_reserved",
            "vacant_from": since,
            **further,
        }
        if until:
            body["vacant_to"] = until
        self.reference[UNIT] = self._reference("unit", UNIT, body)

    def check(self, when: str, received: str | None = None, **body: Any) -> Fact:
        items = [{"code": code, "result": "normal"} for code in CHECK_ITEMS.codes]
        return self.record("vacancy_check", UNIT, when, {"items": items, **body}, received=received)

    def owe(self, due_on: str, fen: int = 12_000, period: str = "2026-09", received: int = 0) -> str:
        self.reference.setdefault(
            HOUSEHOLD,
            self._reference("household", HOUSEHOLD, {"unit_id": UNIT, "role": "owner", "name": "王海"}),
        )
        key = f"fee_account:demo-3-1-502-{period}-service"
        body: JsonObject = {
            "unit_id": UNIT,
            "household_id": HOUSEHOLD,
            "period": period,
            "fee_item": "service",
            "receivable": fen,
            "received": received,
            "due_on": due_on,
        }
        self.reference[key] = self._reference("fee_account", key, body)
        return key

    def call(self, when: str, outcome: str, next: str | None = None, **body: Any) -> Fact:
        filled = {
            "measure": "phone",
            "outcome": outcome,
            **({"next_action_at": next} if next else {}),
            **body,
        }
        return self.record("fee_visit", HOUSEHOLD, when, filled)

    def _reference(self, kind: str, key: str, body: JsonObject) -> JsonObject:
        return {"_id": key, "type": kind, "v": 1, "project": "demo", "area": "a1", "body": body}


def due(status: Status, rule: str) -> dict[str, str]:
    """Return how each period of a rule stands."""
    return {item.period: item.status for item in status.due if item.rule == rule}


def item(status: Status, rule: str, period: str) -> DueItem:
    return next(each for each in status.due if (each.rule, each.period) == (rule, period))


def held(status: Status) -> dict[str, str]:
    return {each.fact: each.code for each in status.held}


def document(status: Status, now: str | datetime) -> bytes:
    """Return the bytes a phone would get."""
    return json.dumps(
        status_document(status, at(now) if isinstance(now, str) else now), ensure_ascii=False
    ).encode()


def later(instant: datetime, **span: float) -> datetime:
    return instant + timedelta(**span)
