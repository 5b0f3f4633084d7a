"""Checks of a record's photos: one for each finding, so many of a kind.

For: evidence that is more than a number of photos. Not for: that number alone (`Photos` of the record type).
Source: domain 3.1, 3.2; R-VAC-03, R-DEC-09, R-X-22.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from server.catalogue.checks.check import body_of, entries_of, photos_of
from server.catalogue.fields import When
from server.catalogue.types import Problem
from server.ledger.model import JsonObject, JsonValue


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
        listed = {photo.get("sha256") for photo in photos_of(document)}
        for index, item in enumerate(entries_of(body_of(document), self.field)):
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
class PhotoPerEntry:
    """Beside the record's first photo there is one for each entry of a group."""

    field: str
    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        entries = len(list(entries_of(body_of(document), self.field)))
        have = len(photos_of(document))
        if entries and have < 1 + entries:
            yield Problem(
                "/photos",
                "photos_too_few",
                f"需要 {1 + entries} 张照片（全景 1 张，每处异常 1 张），现有 {have} 张",
                f"needs {1 + entries} photos (one overall, one for each finding), has {have}",
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
        if self.when is not None and not self.when.holds(body_of(document)):
            return
        have = sum(1 for photo in photos_of(document) if photo.get("kind") == self.kind)
        if have < self.min:
            yield Problem(
                "/photos",
                "photos_too_few",
                f"需要 {self.min} 张“{self.kind}”照片，现有 {have} 张",
                f"needs {self.min} photos of the kind {self.kind}, has {have}",
                self.rule,
            )
