"""What follows for a decoration project from its filing, steps, patrols and violations.

For: `fold_decoration_project`.
Not for: the daily duty itself (patrols.py), other duties (decoration_dues.py), what has to be there before a step
(decoration_guards.py), violations (violation.py), who may record a step (server/catalogue/rights.py).
Source: domain 4.3; R-DEC-01, R-DEC-02, R-DEC-06, R-DEC-18, R-X-08.

The project is shown as `rectifying` from the moment a violation is confirmed until the last confirmed one is closed; the
works go on counting as in progress, so the daily patrol stays due. It is shown as `paused` on the days of a pause, and
goes on by itself on the day after it. While the works of a violation are stopped it is shown as `stopped`, and the passes of
its workers are suspended.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from server.catalogue.decoration import FILING_DOCS
from server.ledger.calendar import DAY, day_of
from server.ledger.counted import counted
from server.ledger.decoration_dues import WORK_FACTS, missing_before_start, put_down_dues, warranty_fields
from server.ledger.decoration_guards import GUARDS, OVER, WORKING, Project
from server.ledger.drafts import Draft
from server.ledger.model import Context, Fact, JsonObject, JsonValue, Status
from server.ledger.patrols import Pause, fold_patrols, pauses_today
from server.ledger.places import place_fields
from server.ledger.reading import day, stamp, text, texts
from server.ledger.recurrences import Span
from server.ledger.working_hours import unsaid_outside_hours

KIND = "decoration_project"
# A confirmed violation keeps the project in rectification; any of these keeps it from being accepted.
CONFIRMED = ("confirmed", "notified", "rectifying", "recheck", "escalated", "stop_work", "reported")
LISTED = 20  # of patrols that are to be looked at
# From which states each step leads on. `resumed` ends a pause or leads back to work.
FROM: dict[str, tuple[str, ...]] = {
    "submitted": ("draft", "returned"),
    "returned": ("submitted",),
    "approved": ("submitted",),
    "in_progress": ("approved",),
    "paused": ("in_progress",),
    "resumed": ("in_progress", "rectifying", "stopped"),
    "stopped": ("in_progress", "rectifying"),
    "completion_check": ("in_progress", "rectifying"),
    "rectifying": ("completion_check",),
    "accepted": ("completion_check",),
    "closed": ("accepted",),
    "cancelled": ("draft", "submitted", "returned", "approved"),
}


def fold_decoration_project(subject: str, facts: list[Fact], context: Context) -> Status | None:
    """Return the project's status; None while its filing is not here, is held, or was withdrawn."""
    counting = counted(facts)
    filing = counting.find(subject)
    if filing is None:
        return None
    draft = Draft(subject, KIND, counting, context)
    project = Project(
        draft,
        filing,
        papers=set(texts(filing.body, "filing_docs")),
        law_papers=set(texts(filing.body, "law_docs")),
    )
    draft.happened(filing, "filed", None, "draft")
    violations = [fact for fact in counting.facts if fact.type == "violation"]
    for fact in counting.facts:
        if fact.type == "decoration_step":
            _step(project, fact, violations)
        elif fact.type == "violation":
            draft.happened(fact, "violation", reason=text(fact.body, "description"))
        elif fact.type in WORK_FACTS:
            _work(project, fact)
    patrols = [
        fact for fact in counting.facts if fact.type == "decoration_patrol" and fact.subject == subject
    ]
    duties = fold_patrols(draft, patrols, project.spans, project.pauses)
    put_down_dues(
        draft,
        project.milestones,
        counting.facts,
        project.spans,
        project.pauses,
        day(filing.body, "planned_start"),
    )
    shown = _shown_state(project, violations)
    missing = project.start_missing
    still_open = [fact.id for fact in violations if _state_of(fact, context) not in OVER]
    fields: JsonObject = {
        **place_fields(text(filing.body, "unit_id"), filing.project, context),
        **_filing_fields(filing),
        "stage": next((stage for fact in reversed(patrols) if (stage := text(fact.body, "stage"))), None),
        "actual_start": project.spans[0].first.isoformat() if project.spans else None,
        "actual_end": _actual_end(project),
        "pauses": [pause.as_json() for pause in project.pauses],
        "last_patrol_at": stamp(patrols[-1].performed_at) if patrols else None,
        "last_patrol_by": patrols[-1].author if patrols else None,
        "patrol_days": len({day_of(fact.performed_at, context.calendar) for fact in patrols}),
        "patrol_duties": duties.all,
        "patrol_duties_met": duties.met,
        "open_violations": list[JsonValue](still_open),
        "filing_missing": _missing(project),
        "start_missing": list[JsonValue](missing_before_start(project.work) if missing is None else missing),
        "outside_hours": list[JsonValue](
            unsaid_outside_hours(patrols, context.calendar, context.settings)[-LISTED:]
        ),
        "passes_suspended": shown == "stopped",
        **warranty_fields(project.milestones, draft),
    }
    return draft.seal(filing.project, filing.area, shown, fields)


def _step(project: Project, fact: Fact, violations: list[Fact]) -> None:
    """Take one step, or hold it and say why."""
    draft, to = project.draft, text(fact.body, "to") or ""
    if project.state not in FROM.get(to, ()):
        draft.hold(
            fact,
            "wrong_state",
            f"项目当时为 {project.state}，不能办理 {to} The project was {project.state}, {to} is not possible",
        )
        return
    problem = next(
        (found for guard in GUARDS.get(to, ()) if (found := guard(project, fact, violations)) is not None),
        None,
    )
    if problem is not None:
        draft.hold(fact, *problem)
        return
    before, project.state = project.state, _AFTER.get(to, to)
    _note_milestone(project, fact, to)
    on = day_of(fact.performed_at, draft.context.calendar)
    project.papers |= set(texts(fact.body, "filing_docs"))
    project.law_papers |= set(texts(fact.body, "law_docs"))
    if to == "paused":
        _pause(project, fact)
    elif to == "resumed":
        _resume(project, on, before)
    elif project.works and before not in WORKING:
        project.spans.append(Span(on))
    elif before in WORKING and not project.works:
        project.spans[-1] = replace(project.spans[-1], last=on)
    shown = {"paused": "paused"}.get(to, project.state)
    draft.happened(fact, "state", before, shown, text(fact.body, "reason") or text(fact.body, "note"))


def _work(project: Project, fact: Fact) -> None:
    project.work.append(fact)
    project.draft.happened(fact, fact.type, reason=text(fact.body, "text") or text(fact.body, "result"))
    if fact.type == "acceptance":
        _answer_check(project, fact)


def _note_milestone(project: Project, fact: Fact, to: str) -> None:
    milestones = project.milestones
    if to == "approved":
        milestones.approved_at = fact.performed_at
    elif to == "in_progress" and milestones.started_at is None:
        milestones.started_at = fact.performed_at
        project.start_missing = missing_before_start(project.work)
    elif to == "completion_check":
        milestones.checks.append((fact, None))
    elif to in ("accepted", "rectifying"):
        _answer_check(project, fact)
    if to == "accepted":
        milestones.accepted = fact
    elif to == "closed":
        milestones.closed = fact


def _answer_check(project: Project, fact: Fact) -> None:
    checks = project.milestones.checks
    if checks and checks[-1][1] is None:
        checks[-1] = (checks[-1][0], fact)


# A pause is a matter of days, not of the life cycle: the works stay in progress around it.
_AFTER = {"paused": "in_progress", "resumed": "in_progress"}


def _pause(project: Project, fact: Fact) -> None:
    first, last = day(fact.body, "pause_from"), day(fact.body, "pause_to")
    if first is not None and last is not None and first <= last:
        reason = text(fact.body, "reason")
        project.pauses.append(Pause(Span(first, last), reason, fact.performed_at))


def _resume(project: Project, on: date, before: str) -> None:
    """End what pauses go on or are still to come: from the day of resuming on, the duty is back."""
    if before != "in_progress":
        return
    kept: list[Pause] = []
    for pause in project.pauses:
        if pause.span.last is None or pause.span.last < on:
            kept.append(pause)
        elif pause.span.first < on:
            kept.append(replace(pause, span=Span(pause.span.first, on - DAY)))
    project.pauses = kept


def _state_of(violation: Fact, context: Context) -> str:
    linked = context.linked.get(violation.id)
    return "submitted" if linked is None else linked.state


def _is_stopped(violations: list[Fact], context: Context) -> bool:
    linked = (context.linked.get(each.id) for each in violations)
    return any(each is not None and each.fields.get("work_stopped") is True for each in linked)


def _shown_state(project: Project, violations: list[Fact]) -> str:
    draft = project.draft
    if project.works and _is_stopped(violations, draft.context):
        return "stopped"
    if project.state != "in_progress":
        return project.state
    if pauses_today(draft, project.pauses):
        return "paused"
    if any(_state_of(fact, draft.context) in CONFIRMED for fact in violations):
        return "rectifying"
    return "in_progress"


def _actual_end(project: Project) -> str | None:
    last = project.spans[-1].last if project.spans else None
    return None if last is None else last.isoformat()


def _missing(project: Project) -> list[JsonValue]:
    return [value for value in FILING_DOCS.values if value not in project.papers]


def _filing_fields(filing: Fact) -> JsonObject:
    fields: JsonObject = {
        name: text(filing.body, name)
        for name in ("applicant", "contractor", "contractor_contact", "foreman_phone", "designer")
    }
    fields["scope"] = list[JsonValue](texts(filing.body, "scope"))
    for name in ("planned_start", "planned_end"):
        on = day(filing.body, name)
        fields[name] = on.isoformat() if on else None
    return fields
