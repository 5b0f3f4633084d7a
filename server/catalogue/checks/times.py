"""Checks of instants and days: against each other, and against a setting.

For: how long something took, how far ahead a day may be, which of two days comes first.
Not for: limits of a case, which time alone can break (server/catalogue/rules).
Source: domain 3.1, 3.4; R-DEC-08, R-FEE-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from server.catalogue.checks.check import body_of, day_of, instant_of, whole_of
from server.catalogue.fields import When
from server.catalogue.types import Problem
from server.ledger.model import JsonObject, JsonValue


@dataclass(frozen=True, slots=True)
class MinutesBetween:
    """The second instant is at least as many minutes after the first as the setting says."""

    start: str
    end: str
    setting: str | None  # None: only not before
    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = body_of(document)
        start = instant_of(body.get(self.start) if self.start != "performed_at" else document.get(self.start))
        end = instant_of(body.get(self.end) if self.end != "performed_at" else document.get(self.end))
        if start is None or end is None:
            return
        needed = whole_of(settings[self.setting]) if self.setting else 0
        if end - start < timedelta(minutes=needed):
            minutes = int((end - start).total_seconds() // 60)
            yield Problem(
                f"/body/{self.end}",
                "too_short" if self.setting else "ends_before_start",
                f"需要至少 {needed} 分钟，记录为 {minutes} 分钟" if self.setting else "结束时间早于开始时间",
                f"needs at least {needed} minutes, recorded are {minutes}"
                if self.setting
                else "ends before it starts",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class DaysAhead:
    """A day is not before the day of the act and at most as many days after it as the setting says.

    A later day is fine when it is not after the day in `or_until`: a promise sets its own date.
    """

    field: str
    setting: str | None
    rule: str
    or_until: str | None = None

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = body_of(document)
        day = day_of(body.get(self.field))
        performed_at = instant_of(document.get("performed_at"))
        if day is None or performed_at is None:
            return
        today = performed_at.astimezone(ZoneInfo(str(settings["time_zone"]))).date()
        if day < today:
            yield Problem(
                f"/body/{self.field}",
                "date_past",
                f"日期 {day} 早于记录当天 {today}",
                f"{day} is before the day of the record, {today}",
                self.rule,
            )
        if self.setting is None:
            return
        last = today + timedelta(days=whole_of(settings[self.setting]))
        promised = day_of(body.get(self.or_until)) if self.or_until else None
        if day > max(last, promised or last):
            yield Problem(
                f"/body/{self.field}",
                "date_too_far",
                f"下次跟进最迟 {max(last, promised or last)}，填写为 {day}",
                f"the next action is due by {max(last, promised or last)}, given is {day}",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class OrderedDays:
    """The second day is not before the first."""

    start: str
    end: str
    rule: str
    when: When | None = None

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = body_of(document)
        start, end = day_of(body.get(self.start)), day_of(body.get(self.end))
        if start is not None and end is not None and end < start and (not self.when or self.when.holds(body)):
            yield Problem(
                f"/body/{self.end}",
                "ends_before_start",
                f"结束日期 {end} 早于开始日期 {start}",
                f"the last day {end} is before the first {start}",
                self.rule,
            )
