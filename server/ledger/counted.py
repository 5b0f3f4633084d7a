"""Which facts count, once held ones, withdrawals and corrections are applied.

For: every fold: `counted(facts)` gives the facts in effect, in order, and what is held.
Not for: life-cycle guards (each fold), or who may withdraw what another recorded (server/intake/judging.py): that is judged by
    who supervised when it was received, and stays so whoever supervises later.
Source: R-GEN-13; design page, invariants; architecture page, section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from server.ledger.model import Fact, HeldFact

NOT_YOURS = ("not_your_record", "只能更正本人的记录 Only its author may correct a record")
NOT_CORRECTABLE = ("wrong_state", "作废记录不能再更正或作废 A withdrawal cannot be corrected or withdrawn")


@dataclass(frozen=True, slots=True)
class Counted:
    """Facts in effect, earliest first; each carries its own id and times and the body and photos of its last correction."""

    facts: tuple[Fact, ...]
    originals: Mapping[str, Fact]  # the same facts by id, as they were first recorded
    corrections: tuple[Fact, ...]  # facts that correct one of them, in order
    roots: Mapping[str, str]  # correction → the fact it corrects, also through other corrections
    withdrawn: Mapping[str, Fact]  # id → the fact that withdraws it
    held: tuple[HeldFact, ...]
    heard_at: datetime | None  # when the last of all these facts was received

    def find(self, fact_id: str) -> Fact | None:
        return next((fact for fact in self.facts if fact.id == fact_id), None)


@dataclass(slots=True)
class _Sorting:
    originals: dict[str, Fact] = field(default_factory=dict)
    corrections: dict[str, Fact] = field(default_factory=dict)
    withdrawals: dict[str, Fact] = field(default_factory=dict)
    held: list[HeldFact] = field(default_factory=list)

    def hold(self, fact: Fact, code: str, reason: str) -> None:
        self.held.append(HeldFact(fact.id, code, reason))


def counted(facts: Iterable[Fact]) -> Counted:
    """Return what counts of `facts`; neither their order nor a repetition makes a difference."""
    sorting = _Sorting()
    unique = {fact.id: fact for fact in facts}
    for fact in sorted(unique.values(), key=in_time):
        if fact.hold is not None:
            sorting.hold(fact, fact.hold.code, _reason(fact))
        elif fact.voids is not None:
            sorting.withdrawals[fact.id] = fact
        elif fact.amends is not None:
            sorting.corrections[fact.id] = fact
        else:
            sorting.originals[fact.id] = fact
    withdrawn = _withdrawn(sorting)
    corrections = _corrections(sorting, withdrawn)
    roots = {key: _root(each, corrections) for key, each in corrections.items()}
    latest = {roots[key]: each for key, each in corrections.items()}
    standing = {key: fact for key, fact in sorting.originals.items() if key not in withdrawn}
    return Counted(
        facts=tuple(_corrected(fact, latest.get(key)) for key, fact in standing.items()),
        originals=standing,
        corrections=tuple(corrections.values()),
        roots=roots,
        withdrawn=withdrawn,
        held=tuple(sorting.held),
        heard_at=max((fact.received_at for fact in unique.values()), default=None),
    )


def in_time(fact: Fact) -> tuple[datetime, str]:
    """The order in which facts are folded: by the time of the act, then by id."""
    return (fact.performed_at, fact.id)


def _withdrawn(sorting: _Sorting) -> dict[str, Fact]:
    """Return what is withdrawn. When it is not here there is nothing to withdraw, and nothing wrong."""
    withdrawn: dict[str, Fact] = {}
    for fact in sorting.withdrawals.values():
        target = str(fact.voids)
        if target in sorting.withdrawals:
            sorting.hold(fact, *NOT_CORRECTABLE)
        elif target in sorting.originals or target in sorting.corrections:
            withdrawn.setdefault(target, fact)
    return withdrawn


def _corrections(sorting: _Sorting, withdrawn: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the corrections that count: of a fact that is here, by its own author."""
    standing: dict[str, Fact] = {}
    live = {key: each for key, each in sorting.corrections.items() if key not in withdrawn}
    for fact in live.values():
        if fact.amends in sorting.withdrawals:
            sorting.hold(fact, *NOT_CORRECTABLE)
            continue
        original = sorting.originals.get(_root(fact, live))
        if original is None:
            continue
        if fact.author != original.author:
            sorting.hold(fact, *NOT_YOURS)
            continue
        standing[fact.id] = fact
    return standing


def _root(fact: Fact, corrections: Mapping[str, Fact]) -> str:
    """Return the id of the fact that a correction, or a correction of a correction, is about."""
    seen = {fact.id}
    target = str(fact.amends)
    while target in corrections and target not in seen:
        seen.add(target)
        target = str(corrections[target].amends)
    return target


def _corrected(fact: Fact, correction: Fact | None) -> Fact:
    return fact if correction is None else replace(fact, body=correction.body, photos=correction.photos)


def _reason(fact: Fact) -> str:
    assert fact.hold is not None
    return " ".join(part for part in (fact.hold.reason, fact.hold.reason_en) if part)
