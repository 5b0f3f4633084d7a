"""Checks of an inspection: the score follows from its items, and what staff did wrong is not passed over as a trifle.

For: the record type inspection.
Not for: the arithmetic itself (server/ledger/inspections.py).
Source: R-INS-04 to R-INS-06, R-INS-19.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from server.catalogue.types import Problem
from server.ledger.inspections import needs_entry, score_of
from server.ledger.model import JsonObject, JsonValue
from server.ledger.reading import count_setting, entries, whole


@dataclass(frozen=True, slots=True)
class ScoreFollows:
    """The score is that of the items."""

    items: str
    score: str
    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = document.get("body")
        if not isinstance(body, dict) or body.get(self.score) is None:
            return
        points = [
            (whole(each, "points") or 0, whole(each, "awarded") or 0) for each in entries(body, self.items)
        ]
        expected = score_of(points)
        if body[self.score] != expected:
            yield Problem(
                f"/body/{self.score}",
                "sum_differs",
                f"按检查项得分应为 {expected}，填写为 {body[self.score]}",
                f"by its items the score is {expected}, given is {body[self.score]}",
                self.rule,
            )


@dataclass(frozen=True, slots=True)
class SpotFixesOnly:
    """What was put right on the spot is listed there only if it needs no entry of its own."""

    group: str
    setting: str
    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = document.get("body")
        for number, each in enumerate(entries(body if isinstance(body, dict) else {}, self.group)):
            if needs_entry(
                whole(each, "minutes") or 0,
                staff_fault=each.get("staff_fault") is True,
                objective_cause=each.get("objective_cause") is True,
                minor_minutes=count_setting(settings, self.setting),
            ):
                yield Problem(
                    f"/body/{self.group}/{number}",
                    "invalid",
                    "属人员责任或超过时限，须登记为缺陷",
                    "a fault of staff, or one that took longer, is entered as a defect",
                    self.rule,
                )
