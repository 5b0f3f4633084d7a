"""Checks of what was answered: what a field must say, and what one answer asks besides.

For: conditions that the published schema says whole, so that the phone shows them before anything is sent.
Not for: a field that is asked under a condition (`when` of the field), comparisons with settings (times.py, figures.py).
Source: domain 3.1, 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from server.catalogue.fields import When
from server.catalogue.types import Problem
from server.ledger.model import JsonObject, JsonValue


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
