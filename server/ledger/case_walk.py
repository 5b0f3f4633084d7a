"""How far a case has come: every fact about it in turn, taken, or held with the reason; and what time alone moved.

For: `follow`, which any declared life cycle uses.
Not for: limits and recurring duties (case_dues.py), the status (cases.py), decorations and violations, whose folds are their own.
Source: domain 1.2 and 4.3.

Facts are taken in the order of their acts, the opening first. A step that its life cycle does not allow from here, or whose
guard does not hold, is held by the fold and judged anew whenever another fact arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from server.catalogue.lifecycle import Filled, Guard, Is, LifeCycle, NotOwn, Recorded, Signed, Transition
from server.catalogue.rules.kinds import Approval, Deadline, Having
from server.ledger.case_limits import Entry, limit_of
from server.ledger.drafts import Draft
from server.ledger.model import Fact, HistoryEntry, JsonObject, JsonValue
from server.ledger.moments import lapses_at
from server.ledger.reading import count_setting, text, whole
from server.ledger.rules import RULES

SYSTEM = "system"
OPENED, LAPSED = "opened", "lapsed"


@dataclass(slots=True)
class Walk:
    """A case on its way."""

    cycle: LifeCycle
    opening: Fact
    state: str = ""
    entries: list[Entry] = field(default_factory=list)
    fields: JsonObject = field(default_factory=dict)
    taken: list[Fact] = field(default_factory=list)
    steps: list[tuple[str, Fact]] = field(
        default_factory=list
    )  # what each step record said, of those that count
    signed: dict[str, Fact] = field(default_factory=dict)  # sign-offs since the last change of state


def follow(cycle: LifeCycle, opening: Fact, others: Iterable[Fact], draft: Draft) -> Walk:
    """Return the case after every fact and up to now; history and held facts are put down in `draft`."""
    walk = Walk(cycle, opening)
    first = next((state for when, state in cycle.initial_when if when.holds(opening.body)), cycle.initial)
    _show(walk, opening)
    walk.taken.append(opening)
    walk.state = first
    walk.entries.append(Entry(first, opening.performed_at, opening))
    draft.happened(opening, OPENED, None, first, text(opening.body, "note"))
    for fact in others:
        _let_time_pass(walk, draft, fact.performed_at)
        _take(walk, draft, fact)
    _let_time_pass(walk, draft, None)
    return walk


def _take(walk: Walk, draft: Draft, fact: Fact) -> None:
    cycle = walk.cycle
    said = text(fact.body, "to") if fact.type == cycle.step else None
    if said is not None and (refusal := _not_theirs(walk, fact, said)) is not None:
        draft.hold(fact, *refusal)
        return
    if said is not None and (joint := _joint_approval(walk, said)) is not None:
        _sign_off(walk, draft, fact, said, joint)
        return
    ways = [each for each in cycle.transitions if _is_way(each, cycle, fact, said)]
    open_ways = [each for each in ways if walk.state in each.frm]
    if not open_ways:
        if said is not None:
            draft.hold(fact, "wrong_state", _wrong_state(walk, said))
            return
        _count(walk, fact)
        draft.happened(fact, fact.type, walk.state, walk.state, _words(fact))
        return
    refusals = []
    for way in open_ways:
        refusal = next((found for guard in way.guards if (found := _refusal(walk, guard, fact))), None)
        if refusal is None:
            _count(walk, fact)
            if said is not None:
                walk.steps.append((said, fact))
            _move(walk, draft, way.to, fact)
            return
        refusals.append(refusal)
    draft.hold(fact, *refusals[0])


def _is_way(way: Transition, cycle: LifeCycle, fact: Fact, said: str | None) -> bool:
    if (way.by or cycle.step) != fact.type:
        return False
    if way.by is None and way.to != said:
        return False
    return way.when is None or way.when.holds(fact.body)


def _move(walk: Walk, draft: Draft, to: str, fact: Fact) -> None:
    draft.happened(fact, fact.type, walk.state, to, _words(fact))
    walk.state = to
    walk.signed.clear()
    walk.entries.append(Entry(to, fact.performed_at, fact))


def _count(walk: Walk, fact: Fact) -> None:
    walk.taken.append(fact)
    _show(walk, fact)


def _show(walk: Walk, fact: Fact) -> None:
    """Let the status show the latest value of every field the fact fills."""
    cycle = walk.cycle
    if fact.type not in (cycle.kind, cycle.step, *cycle.shows):
        return
    for name, value in fact.body.items():
        if name not in cycle.hidden and value not in (None, "", []):
            walk.fields[name] = value


def _let_time_pass(walk: Walk, draft: Draft, until: datetime | None) -> None:
    """Move the case by limits that lapsed before `until`; with None, by those that have lapsed by now."""
    for _ in range(len(walk.cycle.states.options)):
        due = sorted(
            (at, lapse.to, lapse.rule)
            for lapse in walk.cycle.lapses
            if walk.state in lapse.frm and (at := _lapse_at(walk, lapse.rule, draft)) is not None
        )
        if not due:
            return
        at, to, rule = due[0]
        if not (draft.moment.passed(at) if until is None else at <= until):
            return
        draft.note(HistoryEntry(at, SYSTEM, None, LAPSED, walk.state, to, RULES[rule].title.zh))
        walk.state = to
        walk.signed.clear()
        walk.entries.append(Entry(to, at, None))


def _lapse_at(walk: Walk, rule_id: str, draft: Draft) -> datetime | None:
    rule = RULES[rule_id]
    assert isinstance(rule, Deadline), rule_id
    assert rule.start is not None, rule_id
    entry = next((each for each in reversed(walk.entries) if each.state in rule.start.entering), None)
    if entry is None or not holds(rule.having, walk.fields):
        return None
    window = limit_of(rule, entry, "", walk.fields, draft.context)
    if window is None or any(
        _meets(rule, each) and each.performed_at >= window.opens_at for each in walk.taken
    ):
        return None
    return lapses_at(window.due_at)


def _meets(rule: Deadline, fact: Fact) -> bool:
    acts = rule.acts
    return acts is not None and fact.type in acts.types and (acts.when is None or acts.when.holds(fact.body))


# Approvals


@cache
def _approvals(kind: str) -> tuple[Approval, ...]:
    return tuple(each for each in RULES.values() if isinstance(each, Approval) and each.of == kind)


def _joint_approval(walk: Walk, said: str) -> Approval | None:
    return next((each for each in _approvals(walk.cycle.kind) if said in each.sign_offs), None)


def _not_theirs(walk: Walk, fact: Fact, said: str) -> tuple[str, str] | None:
    """Nobody approves a record of their own: neither what they opened nor what they handed in (domain 1.1, note a)."""
    for approval in _approvals(walk.cycle.kind):
        if said in (*approval.steps, *approval.sign_offs):
            handed_in = walk.entries[-1].fact
            if fact.author in {walk.opening.author, handed_in.author if handed_in else ""}:
                return ("own_record", f"不能审批本人的记录（{approval.title.zh}） {_EN_OWN}")
    return None


_EN_OWN = "Nobody decides on a record of their own"


def _sign_off(walk: Walk, draft: Draft, fact: Fact, said: str, approval: Approval) -> None:
    """Take one of several sign-offs; with the last the case moves on."""
    froms = {state for each in walk.cycle.transitions if each.to == approval.to for state in each.frm}
    if walk.state not in froms:
        draft.hold(fact, "wrong_state", _wrong_state(walk, said))
        return
    if any(other.author == fact.author for name, other in walk.signed.items() if name != said):
        draft.hold(fact, "own_record", "两项审批须由不同的人作出 Two different people have to approve")
        return
    way = next(each for each in walk.cycle.transitions if each.to == approval.to and walk.state in each.frm)
    for guard in way.guards:
        if (refusal := _refusal(walk, guard, fact)) is not None:
            draft.hold(fact, *refusal)
            return
    _count(walk, fact)
    walk.steps.append((said, fact))
    walk.signed[said] = fact
    if set(approval.sign_offs) <= walk.signed.keys():
        _move(walk, draft, way.to, fact)
    else:
        draft.happened(fact, fact.type, walk.state, walk.state, said)


# Guards


def _refusal(walk: Walk, guard: Guard, fact: Fact) -> tuple[str, str] | None:
    """Return why the guard does not let the fact through: code, and reason in Chinese and English."""
    if not isinstance(guard, Is | NotOwn) and not holds(guard.having, {**walk.fields, **fact.body}):
        return None
    match guard:
        case Filled(fields=names):
            # Only what the fact's own type shows: a return visit's fields are not the case's.
            known = {**walk.fields, **fact.body}
            missing = [name for name in names if known.get(name) in (None, "", [])]
            return _stopped(guard.rule, "missing_field", ", ".join(missing)) if missing else None
        case Is(field=name, values=values, unless=unless):
            if unless is not None and unless.holds(fact.body):
                return None
            value = fact.body.get(name, walk.fields.get(name))
            return None if _is_one_of(value, values) else _stopped(guard.rule, "guard", name)
        case NotOwn(of=of):
            before = [each for each in walk.taken if each.type in of]
            before += [each for said, each in walk.steps if said in of]
            own = any(each.author == fact.author for each in before)
            return _stopped(guard.rule, "own_record", _EN_OWN) if own else None
        case Recorded(type=kind, when=when):
            found = any(each.type == kind and (when is None or when.holds(each.body)) for each in walk.taken)
            return None if found else _stopped(guard.rule, "guard", kind)
        case Signed(kind=kind, of_opening=of_opening):
            before = [each for each in walk.taken if of_opening or each.id != walk.opening.id]
            facts: Sequence[Fact] = [*before, fact]
            found = any(photo.kind == kind for each in facts for photo in each.photos)
            return None if found else _stopped(guard.rule, "signature_missing", kind)


def _stopped(rule_id: str, code: str, what: str) -> tuple[str, str]:
    rule = RULES[rule_id]
    words = rule.reason or rule.title
    return (code, f"{words.zh}（{rule_id}） {words.en} ({what})")


def holds(having: Having | None, fields: JsonObject, settings: Mapping[str, JsonValue] | None = None) -> bool:
    """Whether a rule's condition on the fields of a case holds; no condition always does."""
    if having is None:
        return True
    if having.share is not None:
        part, base = (whole(fields, name) for name in having.share)
        if part is None or not base or settings is None:
            return False
        return part * 100 < base * count_setting(settings, having.below)  # in integers (R-GEN-06)
    return _is_one_of(fields.get(having.field), having.values)


def _is_one_of(value: JsonValue, values: Sequence[str | bool]) -> bool:
    return any(each in values for each in value) if isinstance(value, list) else value in values


def _wrong_state(walk: Walk, said: str) -> str:
    now, then = walk.cycle.states.label(walk.state), _label_of(walk, said)
    return f"现为“{now.zh}”，不能办理“{then[0]}” It is “{now.en}”; “{then[1]}” is not possible"


def _label_of(walk: Walk, said: str) -> tuple[str, str]:
    for option in walk.cycle.states.options:
        if option.value == said:
            return option.title.zh, option.title.en
    return said, said


def _words(fact: Fact) -> str | None:
    return text(fact.body, "reason") or text(fact.body, "text") or text(fact.body, "note")
