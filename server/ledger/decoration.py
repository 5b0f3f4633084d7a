"""What follows for a decoration project from its filing, steps, patrols and violations.

For: `fold_decoration_project`.
Not for: the daily duty itself (patrols.py), violations (violation.py), who may record a step (server/catalogue/rights.py).
Source: domain 4.3; R-DEC-01, R-DEC-02, R-DEC-06, R-DEC-18.

The project is shown as `rectifying` from the moment a violation is confirmed until the last confirmed one is closed; the
works go on counting as in progress, so the daily patrol stays due. It is shown as `paused` on the days of a pause, and
goes on by itself on the day after it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from server.catalogue.decoration import FILING_DOCS
from server.ledger.calendar import DAY, day_of
from server.ledger.counted import counted
from server.ledger.drafts import Draft
from server.ledger.model import Context, Fact, JsonObject, JsonValue, Status
from server.ledger.patrols import Pause, fold_patrols, pauses_today
from server.ledger.places import place_fields
from server.ledger.reading import day, instant, stamp, text, texts
from server.ledger.recurrences import Span

KIND = "decoration_project"
WORKING = ("in_progress", "rectifying", "stopped")
# A confirmed violation keeps the project in rectification; any of these keeps it from being accepted.
CONFIRMED = ("confirmed", "notified", "rectifying", "recheck", "escalated", "stop_work", "reported")
OVER = ("closed", "rejected")
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


@dataclass
class _Project:
    """The life cycle so far."""

    draft: Draft
    filing: Fact
    state: str = "draft"
    papers: set[str] = field(default_factory=set)
    spans: list[Span] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)

    @property
    def works(self) -> bool:
        return self.state in WORKING


def fold_decoration_project(subject: str, facts: list[Fact], context: Context) -> Status | None:
    """Return the project's status; None while its filing is not here, is held, or was withdrawn."""
    counting = counted(facts, context.people)
    filing = counting.find(subject)
    if filing is None:
        return None
    draft = Draft(subject, KIND, counting, context)
    project = _Project(draft, filing, papers=set(texts(filing.body, "filing_docs")))
    draft.happened(filing, "filed", None, "draft")
    violations = [fact for fact in counting.facts if fact.type == "violation"]
    for fact in counting.facts:
        if fact.type == "decoration_step":
            _step(project, fact, violations)
        elif fact.type == "violation":
            draft.happened(fact, "violation", reason=text(fact.body, "description"))
    patrols = [
        fact for fact in counting.facts if fact.type == "decoration_patrol" and fact.subject == subject
    ]
    duties = fold_patrols(draft, patrols, project.spans, project.pauses)
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
    }
    return draft.seal(filing.project, filing.area, _shown_state(project, violations), fields)


def _step(project: _Project, fact: Fact, violations: list[Fact]) -> None:
    """Take one step, or hold it and say why."""
    draft, to = project.draft, text(fact.body, "to") or ""
    if project.state not in FROM.get(to, ()):
        draft.hold(
            fact,
            "wrong_state",
            f"项目当时为 {project.state}，不能办理 {to} The project was {project.state}, {to} is not possible",
        )
        return
    guard = _GUARDS.get(to)
    problem = guard(project, fact, violations) if guard else None
    if problem is not None:
        draft.hold(fact, *problem)
        return
    before, project.state = project.state, _AFTER.get(to, to)
    on = day_of(fact.performed_at, draft.context.calendar)
    project.papers |= set(texts(fact.body, "filing_docs"))
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


# A pause is a matter of days, not of the life cycle: the works stay in progress around it.
_AFTER = {"paused": "in_progress", "resumed": "in_progress"}
_Guard = Callable[[_Project, Fact, list[Fact]], tuple[str, str] | None]


def _pause(project: _Project, fact: Fact) -> None:
    first, last = day(fact.body, "pause_from"), day(fact.body, "pause_to")
    if first is not None and last is not None and first <= last:
        reason = text(fact.body, "reason")
        project.pauses.append(Pause(Span(first, last), reason, fact.performed_at))


def _resume(project: _Project, on: date, before: str) -> None:
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


def _papers_complete(project: _Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
    if fact.author == project.filing.author:
        return (
            "decider_is_reporter",
            "备案须由申报人以外的人审核 Somebody other than who filed it has to accept the filing",
        )
    have = project.papers | set(texts(fact.body, "filing_docs"))
    missing = [option for option in FILING_DOCS.options if option.value not in have]
    if not missing:
        return None
    zh = "、".join(option.title.zh for option in missing)
    en = ", ".join(option.title.en for option in missing)
    return ("filing_incomplete", f"备案资料不全，缺：{zh} The filing lacks: {en}")


def _none_open(project: _Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
    """No violation known at that moment was still open then (R-DEC-18); what comes to light later undoes nothing."""
    if (
        fact.type == "decoration_step"
        and text(fact.body, "to") == "resumed"
        and project.state == "in_progress"
    ):
        return None
    at_that_time = [
        violation.id
        for violation in violations
        if violation.received_at <= fact.received_at
        and _open_at(violation, fact.performed_at, project.draft.context)
    ]
    if not at_that_time:
        return None
    return (
        "open_violations",
        f"尚有 {len(at_that_time)} 项未结违规 {len(at_that_time)} violations are not closed",
    )


_GUARDS: dict[str, _Guard] = {
    "approved": _papers_complete,
    "accepted": _none_open,
    "resumed": _none_open,
}


def _state_of(violation: Fact, context: Context) -> str:
    linked = context.linked.get(violation.id)
    return "submitted" if linked is None else linked.state


def _open_at(violation: Fact, at: datetime, context: Context) -> bool:
    linked = context.linked.get(violation.id)
    if linked is None or linked.state not in OVER:
        return True
    decision = linked.fields.get("decision")
    decided_at = instant(decision, "decided_at") if isinstance(decision, dict) else None
    return decided_at is not None and decided_at > at


def _shown_state(project: _Project, violations: list[Fact]) -> str:
    draft = project.draft
    if project.state != "in_progress":
        return project.state
    if pauses_today(draft, project.pauses):
        return "paused"
    if any(_state_of(fact, draft.context) in CONFIRMED for fact in violations):
        return "rectifying"
    return "in_progress"


def _actual_end(project: _Project) -> str | None:
    last = project.spans[-1].last if project.spans else None
    return None if last is None else last.isoformat()


def _missing(project: _Project) -> list[JsonValue]:
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
