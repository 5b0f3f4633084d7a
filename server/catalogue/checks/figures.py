"""Checks of figures: against a setting, a share of another one, the entries of a group.

For: what is counted in one record, in integers. Not for: quotas over many records (server/ledger/quotas.py).
Source: domain 3.1; R-GEN-06.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from server.catalogue.checks.check import body_of, entries_of, whole_of
from server.catalogue.fields import When
from server.catalogue.types import Problem
from server.ledger.model import JsonObject, JsonValue
from server.ledger.quotas import share_of


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
        if self.when is not None and not self.when.holds(body_of(document)):
            return
        value, least = body_of(document).get(self.field), whole_of(settings[self.setting])
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
        body = body_of(document)
        value, base = body.get(self.field), body.get(self.base)
        if not isinstance(value, int) or not isinstance(base, int):
            return
        if self.from_base is not None and base < whole_of(settings[self.from_base]):
            return
        least = 1 if self.least is None else whole_of(settings[self.least])
        needed = share_of(base, whole_of(settings[self.setting]), least)
        if value < needed:
            yield Problem(
                f"/body/{self.field}",
                "out_of_range",
                f"至少为 {needed}（{base} 的 {settings[self.setting]}%），填写为 {value}",
                f"at least {needed} ({settings[self.setting]} % of {base}), given is {value}",
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
        body = body_of(document)
        needed, have = body.get(self.field), len(list(entries_of(body, self.group)))
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
        body = body_of(document)
        figures = [entry.get(self.figure) for entry in entries_of(body, self.group)]
        found = sum(each for each in figures if isinstance(each, int) and not isinstance(each, bool))
        if body.get(self.total) != found:
            yield Problem(
                f"/body/{self.group}",
                "sum_differs",
                f"合计为 {found}，应为 {body.get(self.total)}",
                f"the entries sum up to {found}, which should be {body.get(self.total)}",
                self.rule,
            )
