"""The one fold of every declared kind of case: complaint, repair, key loan, defect, event, transfer form and the rest.

For: `fold_case(subject, facts, context)`: state, the fields its life cycle shows, logs, due items, history, what is held.
Not for: declaring a life cycle (server/catalogue, by area), decorations, violations, units and households.
Source: domain 4.3; docs/architecture.md, "Subjects and who touches them".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from server.catalogue.lifecycle import LifeCycle, Log
from server.catalogue.registry import LIFE_CYCLES
from server.catalogue.rules.kinds import Approval
from server.catalogue.subjects import kind_of
from server.ledger.case_dues import put_down_dues
from server.ledger.case_walk import Walk, follow
from server.ledger.counted import counted
from server.ledger.drafts import Draft
from server.ledger.model import Context, Fact, Hold, JsonObject, JsonValue, Status
from server.ledger.places import place_fields
from server.ledger.reading import stamp, text
from server.ledger.rules import RULES

DECIDED = Hold(
    "already_decided",
    "该记录已作为审批依据，不能更正或作废",
    "A decision rests on this record; it can be neither corrected nor withdrawn",
)


def fold_case(subject: str, facts: list[Fact], context: Context) -> Status | None:
    """Return the status of a case; None while what opens it is not here, is held, or was withdrawn."""
    cycle = LIFE_CYCLES[kind_of(subject)]
    counting = counted(_unless_decided(cycle, facts))
    opening = counting.find(subject)
    if opening is None:
        return None
    draft = Draft(subject, cycle.kind, counting, context)
    walk = follow(cycle, opening, (each for each in counting.facts if each.id != subject), draft)
    put_down_dues(walk, draft)
    fields: JsonObject = {
        **walk.fields,
        **place_fields(unit_of(opening, context), opening.project, context),
        **{log.name: _log(log, walk) for log in cycle.logs},
        "opened_at": stamp(opening.performed_at),
        "opened_by": opening.author,
        "closed_at": _closed_at(walk),
    }
    return draft.seal(opening.project, opening.area, walk.state, fields)


def unit_of(opening: Fact, context: Context) -> str | None:
    """Return the unit a case is about: named by its opening, or that of the household it names."""
    for named in (text(opening.body, "unit_id"), opening.subject, text(opening.body, "household_id")):
        if named is not None and named.startswith("unit:"):
            return named
        document = context.reference.get(named or "")
        if document is not None and named is not None and named.startswith("household:"):
            body = document.get("body")
            if (unit := text(body if isinstance(body, dict) else document, "unit_id")) is not None:
                return unit
    return None


def _closed_at(walk: Walk) -> str | None:
    last = walk.entries[-1]
    return stamp(last.at) if last.state in walk.cycle.ends else None


def _log(log: Log, walk: Walk) -> JsonValue:
    return [
        {
            "at": stamp(each.performed_at),
            "by": each.author,
            "fact": each.id,
            **{name: each.body.get(name) for name in log.fields},
        }
        for each in walk.taken
        if each.type == log.type
    ]


def _unless_decided(cycle: LifeCycle, facts: Iterable[Fact]) -> list[Fact]:
    """Hold corrections and withdrawals of what was decided on: of the decision, and of what it had before it."""
    facts = list(facts)
    steps = {
        value
        for each in RULES.values()
        if isinstance(each, Approval) and each.of == cycle.kind
        for value in (*each.steps, *each.sign_offs)
        if value != "returned"  # what was sent back is to be corrected
    }
    if not steps:
        return facts
    by_id = {fact.id: fact for fact in facts}
    decisions = {
        fact.id: fact.received_at
        for fact in facts
        if fact.type == cycle.step and fact.hold is None and text(fact.body, "to") in steps
    }

    def judged(fact: Fact) -> Fact:
        target = by_id.get(fact.voids or fact.amends or "")
        if fact.hold is not None or target is None:
            return fact
        rests = target.id in decisions or any(
            target.received_at <= at <= fact.received_at for at in decisions.values()
        )
        return replace(fact, hold=DECIDED) if rests else fact

    return [judged(fact) for fact in facts]
