"""What a duty of an area or a project keeps of the facts that bear on it, and what its fold asks of that.

For: `entries_of(rule, family)`, from one fact and its corrections; `Tally`, the questions; `TallyOfFacts`, which
answers from facts at hand. server/intake/tallies.py answers from a table, so that a fact costs its own entries only.
Not for: which periods there are and how they stand (scopes.py).
Source: issue 4: a fact that arrives causes one fold of what it bears on, whatever a year has left there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from server.catalogue.rules.kinds import Acts, Quota, Recurrence
from server.ledger.counted import Counted, counted
from server.ledger.model import Fact, HeldFact
from server.ledger.reading import whole

# act: meets the duty; base: a quota is reckoned from it; with: the duty stands in its period; held: does not count, and
# is shown; heard: counts for nothing any more, and was a change.
Role: TypeAlias = Literal["act", "base", "with", "held", "heard"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact in one role."""

    fact: str  # as it was first recorded
    role: Role
    at: datetime
    received_at: datetime
    heard_at: datetime  # when the last of its corrections came
    type: str
    author: str
    key: str  # acts: those with the same key count once; base: the subject; held: the code
    amount: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done within a time: how often, which act was the one that made it enough, and when enough had arrived."""

    times: int
    fact: str | None = None
    at: datetime | None = None
    received_at: datetime | None = None


class Tally(Protocol):
    """All entries of one duty. Times are half open: `since` belongs to them, `until` does not."""

    def first(self, role: Role, since: datetime) -> datetime | None: ...

    def latest_acts(self, since: datetime, count: int) -> list[Entry]:
        """The last `count` of them, in order of time."""
        ...

    def held(self, since: datetime) -> list[HeldFact]: ...

    def heard_at(self, since: datetime) -> datetime | None:
        """When the last of what bears on the duty arrived."""
        ...

    def done(self, since: datetime, until: datetime, needed: int) -> Done: ...

    def base(self, since: datetime, until: datetime) -> tuple[int, int]:
        """How many subjects, and the sum of the amounts."""
        ...

    def has(self, role: Role, since: datetime, until: datetime) -> bool: ...


def entries_of(rule: Recurrence, family: Sequence[Fact]) -> list[Entry]:
    """Return the entries of one fact and of everything that corrects it, in any order."""
    facts: Sequence[Fact] = family
    held: Sequence[HeldFact] = ()
    if len(family) == 1 and family[0].hold is None:
        first = family[0]
    else:
        counting = counted(family)
        first, facts, held = top_of(family), counting.facts, counting.held
    heard_at = max(each.received_at for each in family)

    def entry(fact: str, role: Role, key: str, amount: int = 0, reason: str = "") -> Entry:
        times = (first.performed_at, first.received_at, heard_at)
        return Entry(fact, role, *times, first.type, first.author, key, amount, reason)

    found = [entry(one.fact, "held", one.code, reason=one.reason) for one in held]
    for each in facts:
        if each.amends is not None or each.voids is not None:
            continue  # what it corrects is not here
        if holds(rule.acts, each):
            found.append(entry(each.id, "act", _key(rule, each)))
        if isinstance(rule, Quota) and holds(rule.base, each):
            amount = 0 if rule.base_field is None else whole(each.body, rule.base_field) or 0
            found.append(entry(each.id, "base", each.subject, amount))
        if holds(rule.only_with, each):
            found.append(entry(each.id, "with", ""))
    if not found and len(family) > 1:
        found.append(entry(first.id, "heard", ""))
    return found


def top_of(family: Iterable[Fact]) -> Fact:
    """Return the fact that the others correct, as far as it is here; else the first of them."""
    return min(family, key=lambda each: (bool(each.amends or each.voids), each.performed_at, each.id))


def holds(acts: Acts | None, fact: Fact) -> bool:
    """Whether the fact counts for `acts`."""
    return acts is not None and fact.type in acts.types and (acts.when is None or acts.when.holds(fact.body))


def families(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Return each fact with what corrects it, also through other corrections."""
    known = {each.id: each for each in facts}
    found: dict[str, list[Fact]] = {}
    for each in known.values():
        found.setdefault(_root(each, known), []).append(each)
    return list(found.values())


def heard(tally: Tally, since: datetime) -> Counted:
    """Return what a draft has to know of a tally."""
    return Counted((), {}, (), {}, {}, tuple(tally.held(since)), tally.heard_at(since))


class TallyOfFacts:
    """Answers from facts that are all at hand: for simulations and tests, and to check the table by."""

    def __init__(self, rule: Recurrence, facts: Iterable[Fact]) -> None:
        found = [entry for family in families(facts) for entry in entries_of(rule, family)]
        self._entries = sorted(found, key=lambda each: (each.at, each.fact))

    def first(self, role: Role, since: datetime) -> datetime | None:
        return next((each.at for each in self._since(role, since)), None)

    def latest_acts(self, since: datetime, count: int) -> list[Entry]:
        return self._since("act", since)[-count:]

    def held(self, since: datetime) -> list[HeldFact]:
        return [HeldFact(each.fact, each.key, each.reason) for each in self._since("held", since)]

    def heard_at(self, since: datetime) -> datetime | None:
        return max((each.heard_at for each in self._entries if each.at >= since), default=None)

    def done(self, since: datetime, until: datetime, needed: int) -> Done:
        firsts: dict[str, Entry] = {}
        for each in self._since("act", since):
            if each.at < until:
                firsts.setdefault(each.key, each)
        acts = list(firsts.values())
        if len(acts) < needed or needed < 1:
            return Done(len(acts))
        received = sorted(each.received_at for each in acts)
        return Done(len(acts), acts[needed - 1].fact, acts[needed - 1].at, received[needed - 1])

    def base(self, since: datetime, until: datetime) -> tuple[int, int]:
        found = [each for each in self._since("base", since) if each.at < until]
        return len({each.key for each in found}), sum(each.amount for each in found)

    def has(self, role: Role, since: datetime, until: datetime) -> bool:
        return any(each.at < until for each in self._since(role, since))

    def _since(self, role: Role, since: datetime) -> list[Entry]:
        return [each for each in self._entries if each.role == role and each.at >= since]


def _key(rule: Recurrence, fact: Fact) -> str:
    if rule.distinct is None:
        return fact.id
    return str(fact.body.get(rule.distinct) or fact.subject)


def _root(fact: Fact, known: dict[str, Fact]) -> str:
    seen = {fact.id}
    while (target := fact.voids or fact.amends) in known and target not in seen:
        fact = known[target]
        seen.add(target)
    return fact.id
