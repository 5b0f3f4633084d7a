"""What follows for a violation from its report, decisions, notice, contacts and re-checks.

For: `fold_violation`.
Not for: the life cycle itself (violation_case.py), the decoration project it belongs to (decoration.py).
Source: domain 4.3; R-DEC-11, R-DEC-13, R-DEC-14, R-X-05, R-X-07 to R-X-09; docs/architecture.md, "Status documents".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from server.catalogue.enums import ALWAYS_SERIOUS
from server.ledger.counted import Counted, counted
from server.ledger.deadlines import hours_window, judge_deadline, until_day_window
from server.ledger.drafts import Draft
from server.ledger.evidence import evidence_hash, evidence_list
from server.ledger.model import Context, Fact, HistoryEntry, Hold, JsonObject, JsonValue, Status
from server.ledger.moments import lapses_at
from server.ledger.places import place_of_linked
from server.ledger.reading import count_setting, day, entries, instant, stamp, text, texts
from server.ledger.recurrences import Act
from server.ledger.violation_case import Case, follow
from server.ledger.violation_dues import chain_fields, put_down_report

KIND = "violation"
CASE_FACTS = (
    "violation_decision",
    "violation_notice",
    "violation_progress",
    "violation_recheck",
    "violation_step",
)
DECIDED = Hold(
    "already_decided",
    "该记录已作为审批依据，不能更正或作废",
    "A decision rests on this record; it can be neither corrected nor withdrawn",
)
DECIDE, RECHECK = "R-DEC-11", "R-DEC-14"
SYSTEM = "system"


def fold_violation(subject: str, facts: list[Fact], context: Context) -> Status | None:
    """Return the violation's status; None while its report is not here, is held, or was withdrawn."""
    counting = counted(_unless_decided(facts))
    reported = counting.originals.get(subject)
    if reported is None:
        return None
    draft = Draft(subject, KIND, counting, context)
    others = [fact for key, fact in counting.originals.items() if key != subject and fact.type in CASE_FACTS]
    corrections = [
        fact for fact in counting.corrections if counting.roots[fact.id] == subject or fact.type in CASE_FACTS
    ]
    case = follow(reported, others, corrections, counting.roots, draft)
    report = case.report  # with the corrections that came in time
    evidence = evidence_list(case.evidence)
    escalated = _due_items(draft, case)
    put_down_report(draft, case)
    fields: JsonObject = {
        **place_of_linked(_project_of(report), report.project, context),
        "decoration_project": _project_of(report),
        **_report_fields(report),
        "severity_final": case.severity_final,
        "clause": case.clause or text(report.body, "clause"),
        "reporter": report.author,
        "round": case.round,
        "evidence": list[JsonValue](evidence),
        "evidence_hash": evidence_hash(evidence),
        "before_photos": _photos_of([report], ("before",)),
        "after_photos": _photos_of([*case.rechecks, *case.contacts], ("after",)),
        "missing_photos": list[JsonValue](sorted(_photos_in_effect(case) - context.stored_photos)),
        "decision": _decision(case.decision),
        "rectify_by": case.rectify_by.isoformat() if case.rectify_by else None,
        "progress": list[JsonValue](_progress(counting, subject)),
        "rechecked_at": stamp(case.rechecks[-1].performed_at) if case.rechecks else None,
        "rechecked_by": case.rechecks[-1].author if case.rechecks else None,
        "recheck_result": text(case.rechecks[-1].body, "recheck_result") if case.rechecks else None,
        "escalated": escalated,
        **chain_fields(case, context),
    }
    return draft.seal(report.project, report.area, case.state, fields)


def _unless_decided(facts: Iterable[Fact]) -> list[Fact]:
    """Hold corrections and withdrawals of what has been decided: a decision rests on what its maker saw."""
    facts = list(facts)
    by_id = {fact.id: fact for fact in facts}
    decided_at = [
        fact.received_at for fact in facts if fact.type == "violation_decision" and fact.hold is None
    ]

    def judged(fact: Fact) -> Fact:
        target = by_id.get(fact.voids or fact.amends or "")
        if fact.hold is not None or target is None:
            return fact
        is_decided = target.type == "violation_decision" or (
            fact.voids is not None and any(target.received_at <= at <= fact.received_at for at in decided_at)
        )
        return replace(fact, hold=DECIDED) if is_decided else fact

    return [judged(fact) for fact in facts]


def _due_items(draft: Draft, case: Case) -> bool:
    """Put down every round's limits; return whether the round that waits for a decision is over its limit."""
    hours = count_setting(draft.context.settings, "dec.decision_hours")
    escalated = False
    for asked in case.asked:
        window = hours_window(f"round-{asked.round}", asked.received_at, hours)
        decision = asked.decision
        act = None if decision is None else Act(decision.id, decision.performed_at, decision.received_at)
        outcome = judge_deadline(window, act, draft.moment)
        draft.due(DECIDE, window, outcome)
        if outcome.status == "overdue":
            escalated = True
            draft.note(
                HistoryEntry(lapses_at(window.due_at), SYSTEM, None, "escalated", case.state, case.state)
            )
    for ordered in case.ordered:
        window = until_day_window(
            f"round-{ordered.round}", ordered.ordered_at, ordered.rectify_by, draft.context.calendar
        )
        recheck = ordered.recheck
        act = None if recheck is None else Act(recheck.id, recheck.performed_at, recheck.received_at)
        draft.due(RECHECK, window, judge_deadline(window, act, draft.moment))
    return escalated


def _project_of(report: Fact) -> str | None:
    if report.subject.startswith("decoration_project:"):
        return report.subject
    return text(report.body, "decoration_project_id")


def _report_fields(report: Fact) -> JsonObject:
    body = report.body
    category = text(body, "category")
    fields: JsonObject = {
        name: text(body, name) for name in ("place_in_unit", "description", "stopped_how", "demand")
    }
    fields["category"] = category
    fields["severity"] = "serious" if category in ALWAYS_SERIOUS else text(body, "severity")
    for name in ("found_at", "stopped_at", "supervisor_called_at"):
        fields[name] = stamp(instant(body, name))
    return fields


def _decision(fact: Fact | None) -> JsonObject | None:
    if fact is None:
        return None
    rectify_by = day(fact.body, "rectify_by")
    return {
        "decision": text(fact.body, "decision"),
        "reason": text(fact.body, "reason"),
        "decided_by": fact.author,
        "decided_at": stamp(fact.performed_at),
        "rectify_by": rectify_by.isoformat() if rectify_by else None,
        "clause": text(fact.body, "clause"),
        "severity_final": text(fact.body, "severity_final"),
        "actions": list[JsonValue](texts(fact.body, "actions")),
        "fact": fact.id,
    }


def _photos_of(facts: Iterable[Fact], kinds: Sequence[str]) -> list[JsonValue]:
    return list(dict.fromkeys(photo.sha256 for fact in facts for photo in fact.photos if photo.kind in kinds))


def _photos_in_effect(case: Case) -> set[str]:
    """Return the photos the evidence rests on; those of a report that was corrected are no longer asked for."""
    corrected = {case.roots[fact.id] for fact in case.evidence if fact.amends is not None}
    facts = [fact for fact in case.evidence if fact.amends is None and fact.id not in corrected]
    return {
        photo.sha256
        for fact in [case.report, *case.rechecks, *case.contacts, *facts]
        for photo in fact.photos
    }


def _progress(counting: Counted, subject: str) -> list[JsonObject]:
    """Return every contact logged, earliest first: by a record of its own, or by a patrol that tells of it (R-DEC-13)."""
    told: list[JsonObject] = []
    for fact in counting.facts:
        if fact.type == "violation_progress":
            words = [text(fact.body, "text")]
        elif fact.type == "decoration_patrol":
            words = [
                text(entry, "text")
                for entry in entries(fact.body, "open_violation_progress")
                if entry.get("violation") == subject
            ]
        else:
            continue
        told.extend(
            {"at": stamp(fact.performed_at), "by": fact.author, "text": each} for each in words if each
        )
    return told
