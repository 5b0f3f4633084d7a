"""Check of a survey's hand-out: enough forms for the base, by the age of the project.

For: the step of a survey on which its forms were handed out.
Not for: spreading and drawing them (server/ledger/quotas.py).
Source: R-SAT-02, R-SAT-04; D-01; T-03, T-04.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from server.catalogue.types import Problem
from server.ledger.model import JsonObject, JsonValue
from server.ledger.quotas import forms_to_hand_out
from server.ledger.reading import count_setting, day, whole


@dataclass(frozen=True, slots=True)
class EnoughForms:
    """A full survey reaches everybody; a sample at least its share (R-SAT-04)."""

    rule: str

    def schema(self) -> JsonObject | None:
        return None

    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]:
        body = document.get("body")
        if not isinstance(body, dict) or body.get("to") != "distributed":
            return
        base, handed_out = whole(body, "base_count"), whole(body, "handed_out")
        moved_in, on = day(body, "first_move_in_on"), day(body, "distributed_on")
        if base is None or handed_out is None or moved_in is None or on is None:
            return  # the schema says what is missing
        needed = base
        if body.get("scope") != "full":
            needed = forms_to_hand_out(
                base,
                moved_in,
                on,
                young=count_setting(settings, "sat.rate_young"),
                old=count_setting(settings, "sat.rate_old"),
                old_years=count_setting(settings, "sat.old_years"),
            )
        if handed_out < needed:
            yield Problem(
                "/body/handed_out",
                "out_of_range",
                f"至少发放 {needed} 份，填写为 {handed_out}",
                f"at least {needed} forms are handed out, given is {handed_out}",
                self.rule,
            )
