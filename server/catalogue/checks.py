"""Checks of a record that compare its parts: photos with findings, times with each other, dates with settings.

For: evidence rules that a plain field cannot say; each is one frozen declaration with its rule id.
Not for: single fields (the published schema says those), rights, life cycles (server/ledger).
Source: domain 3.1, 3.2, 3.4; R-DEC-08, R-DEC-09, R-VAC-03, R-FEE-11, R-X-22.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from server.catalogue.fields import When
from server.catalogue.types import Problem
from server.ledger.model import JsonObject, JsonValue
from server.ledger.quotas import share_of


class Check(Protocol):
    """One comparison; `schema` is what of it the published schema can say, for the phone."""

    @property
    def rule(self) -> str: ...
    def schema(self) -> JsonObject | None: ...
    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]: ...


@dataclass(frozen=True, slots=True)
class PhotoPerAbnormalItem:
    """Every abnormal item of a checklist names at least one of the record's photos, in `photos` or in `photo_ids`."""

    field: str
    rule: str

    def schema(self) -> JsonObject | None:
        item: JsonObject = {
            "if": {"properties": {"result": {"const": "abnormal"}}, "required": ["result"]},
            "then": {
                "if": {"required": ["photo_ids"], "properties": {"photo_ids": {"minItems": 1}}},
                "else": {"required": ["photos"], "properties": {"photos": {"minItems": 1}}},
            },
        }
        return {"properties": {self.field: {"items": item}}}

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        listed = {photo.get("sha256") for photo in _photos(document)}
        for index, item in enumerate(_entries(_body(document), self.field)):
            for member in ("photos", "photo_ids"):
                photos = item.get(member)
                if isinstance(photos, list) and any(sha256 not in listed for sha256 in photos):
                    yield Problem(
                        f"/body/{self.field}/{index}/{member}",
                        "photo_not_listed",
                        "检查项引用了本记录没有列出的照片",
                        "the item names a photo that the record does not list",
                        self.rule,
                    )


@dataclass(frozen=True, slots=True)
class NeededWhenAbnormal:
    """A group has at least one entry when any item of a checklist is abnormal."""

    checklist: str
    field: str
    rule: str

    def schema(self) -> JsonObject | None:
        abnormal: JsonObject = {"properties": {"result": {"const": "abnormal"}}, "required": ["result"]}
        return {
            "if": {"properties": {self.checklist: {"contains": abnormal}}, "required": [self.checklist]},
            "then": {"required": [self.field], "properties": {self.field: {"minItems": 1}}},
        }

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        return iter(())  # the schema says all of it


@dataclass(frozen=True, slots=True)
class PhotoPerEntry:
    """Beside the record's first photo there is one for each entry of a group."""

    field: str
    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        entries = len(list(_entries(_body(document), self.field)))
        have = len(_photos(document))
        if entries and have < 1 + entries:
            yield Problem(
                "/photos",
                "photos_too_few",
                f"需要 {1 + entries} 张照片（全景 1 张，每处异常 1 张），现有 {have} 张",
                f"needs {1 + entries} photos (one overall, one for each finding), has {have}",
                self.rule,
            )


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
        body = _body(document)
        start = _instant(body.get(self.start) if self.start != "performed_at" else document.get(self.start))
        end = _instant(body.get(self.end) if self.end != "performed_at" else document.get(self.end))
        if start is None or end is None:
            return
        needed = _whole(settings[self.setting]) if self.setting else 0
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
        body = _body(document)
        day = _day(body.get(self.field))
        performed_at = _instant(document.get("performed_at"))
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
        last = today + timedelta(days=_whole(settings[self.setting]))
        promised = _day(body.get(self.or_until)) if self.or_until else None
        if day > max(last, promised or last):
            yield Problem(
                f"/body/{self.field}",
                "date_too_far",
                f"下次跟进最迟 {max(last, promised or last)}，填写为 {day}",
                f"the next action is due by {max(last, promised or last)}, given is {day}",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class MustBeTrue:
    """A confirmation without which the act does not count."""

    field: str
    rule: str

    def schema(self) -> JsonObject | None:
        return {"properties": {self.field: {"const": True}}}

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        return iter(())  # the schema says all of it


@dataclass(frozen=True, slots=True)
class MustBeWhen:
    """Under a condition on another field, a field has one of these values."""

    when: When
    field: str
    values: tuple[str | bool, ...]
    rule: str

    def schema(self) -> JsonObject | None:
        return {
            "if": {
                "properties": {self.when.field: {"enum": list[JsonValue](self.when.values)}},
                "required": [self.when.field],
            },
            "then": {
                "properties": {self.field: {"enum": list[JsonValue](self.values)}},
                "required": [self.field],
            },
        }

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        return iter(())  # the schema says all of it


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A field is not below a figure that is a setting: minutes of a talk, the mark of a test."""

    field: str
    setting: str
    rule: str
    when: When | None = None  # asked only of bodies like this

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        if self.when is not None and not self.when.holds(_body(document)):
            return
        value, least = _body(document).get(self.field), _whole(settings[self.setting])
        if isinstance(value, int | float) and value < least:
            yield Problem(
                f"/body/{self.field}",
                "out_of_range",
                f"至少为 {least}，填写为 {value}",
                f"at least {least}, given is {value}",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class ShareOf:
    """A field is at least a share, in percent, of another one, counted in integers (R-GEN-06)."""

    field: str
    base: str
    setting: str
    rule: str
    least: str | None = None  # setting: never fewer, as far as the base goes
    from_base: str | None = None  # setting: asked only of a base as large as that

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = _body(document)
        value, base = body.get(self.field), body.get(self.base)
        if not isinstance(value, int) or not isinstance(base, int):
            return
        if self.from_base is not None and base < _whole(settings[self.from_base]):
            return
        least = 1 if self.least is None else _whole(settings[self.least])
        needed = share_of(base, _whole(settings[self.setting]), least)
        if value < needed:
            yield Problem(
                f"/body/{self.field}",
                "out_of_range",
                f"至少为 {needed}（{base} 的 {settings[self.setting]}%），填写为 {value}",
                f"at least {needed} ({settings[self.setting]} % of {base}), given is {value}",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class PhotosOfKind:
    """Under a condition, the record brings so many photos of one kind: two signatures of a night check."""

    kind: str
    min: int
    rule: str
    when: When | None = None

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        if self.when is not None and not self.when.holds(_body(document)):
            return
        have = sum(1 for photo in _photos(document) if photo.get("kind") == self.kind)
        if have < self.min:
            yield Problem(
                "/photos",
                "photos_too_few",
                f"需要 {self.min} 张“{self.kind}”照片，现有 {have} 张",
                f"needs {self.min} photos of the kind {self.kind}, has {have}",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class EntriesAtLeast:
    """A group has at least as many entries as another field says."""

    group: str
    field: str
    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = _body(document)
        needed, have = body.get(self.field), len(list(_entries(body, self.group)))
        if isinstance(needed, int) and have < needed:
            yield Problem(
                f"/body/{self.group}",
                "too_few",
                f"至少 {needed} 项，现有 {have} 项",
                f"needs at least {needed}, has {have}",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class SumIs:
    """The sum of a figure over the entries of a group equals another field, exactly."""

    group: str
    figure: str
    total: str
    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = _body(document)
        figures = [entry.get(self.figure) for entry in _entries(body, self.group)]
        found = sum(each for each in figures if isinstance(each, int) and not isinstance(each, bool))
        if body.get(self.total) != found:
            yield Problem(
                f"/body/{self.group}",
                "sum_differs",
                f"合计为 {found}，应为 {body.get(self.total)}",
                f"the entries sum up to {found}, which should be {body.get(self.total)}",
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
        body = _body(document)
        start, end = _day(body.get(self.start)), _day(body.get(self.end))
        if start is not None and end is not None and end < start and (not self.when or self.when.holds(body)):
            yield Problem(
                f"/body/{self.end}",
                "ends_before_start",
                f"结束日期 {end} 早于开始日期 {start}",
                f"the last day {end} is before the first {start}",
                self.rule,
            )


def _body(document: Mapping[str, JsonValue]) -> JsonObject:
    body = document.get("body")
    return body if isinstance(body, dict) else {}


def _photos(document: Mapping[str, JsonValue]) -> list[JsonObject]:
    return list(_entries(document, "photos"))


def _entries(holder: Mapping[str, JsonValue], field: str) -> Iterator[JsonObject]:
    entries = holder.get(field)
    if isinstance(entries, list):
        yield from (entry for entry in entries if isinstance(entry, dict))


def _instant(value: JsonValue) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def _day(value: JsonValue) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _whole(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"setting must be a whole number, is {value!r}")
    return value
