"""What has to be there before a step of a decoration, and why a step is held when it is not.

For: `GUARDS`, asked by the fold of a decoration project before each step, and `Project`, the life cycle so far.
Not for: the order of the steps (decoration.py), what is due meanwhile (decoration_dues.py, patrols.py).
Source: R-DEC-02, R-DEC-03, R-DEC-04, R-DEC-05, R-DEC-17, R-DEC-18, R-X-03, R-X-04.

What a guard stops is held with its reason, never lost: recorded again once the papers are there, it counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from server.catalogue.decoration import FILING_DOCS, LAW_DOCS
from server.ledger.decoration_dues import Milestones, missing_before_start
from server.ledger.drafts import Draft
from server.ledger.model import Context, Fact
from server.ledger.patrols import Pause
from server.ledger.reading import instant, text, texts
from server.ledger.recurrences import Span
from server.ledger.rules import RULES

WORKING = ("in_progress", "rectifying", "stopped")
OVER = ("closed", "rejected")  # of a violation
ALWAYS_NEEDED = ("ownership", "identity", "plan", "qualification")


@dataclass
class Project:
    """The life cycle so far."""

    draft: Draft
    filing: Fact
    state: str = "draft"
    papers: set[str] = field(default_factory=set)
    law_papers: set[str] = field(default_factory=set)
    work: list[Fact] = field(default_factory=list)  # pre-view, briefings, talks, acceptances so far
    milestones: Milestones = field(default_factory=Milestones)
    start_missing: list[str] | None = None  # what was missing when the works started
    spans: list[Span] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)

    @property
    def works(self) -> bool:
        return self.state in WORKING


Guard = Callable[[Project, Fact, list[Fact]], tuple[str, str] | None]


def _papers_complete(project: Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
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


def _none_open(project: Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
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


def _open_at(violation: Fact, at: datetime, context: Context) -> bool:
    linked = context.linked.get(violation.id)
    if linked is None or linked.state not in OVER:
        return True
    decision = linked.fields.get("decision")
    decided_at = instant(decision, "decided_at") if isinstance(decision, dict) else None
    return decided_at is not None and decided_at > at


def _law_papers(project: Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
    """The papers by law, where the project asks for them; a consent only when the applicant is not the owner."""
    if project.draft.context.settings["dec.law_papers"] is not True:
        return None
    needed = set(ALWAYS_NEEDED)
    if project.filing.body.get("applicant_is_owner") is False:
        needed.add("owner_consent")
    if "walls" in texts(project.filing.body, "scope"):
        needed.add("structural_design")
    missing = needed - project.law_papers - set(texts(fact.body, "law_docs"))
    titles = [option.title for option in LAW_DOCS.options if option.value in missing]
    if not titles:
        return None
    return _stopped("R-X-03", "filing_incomplete", [each.zh for each in titles], [each.en for each in titles])


def _agreement(project: Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
    if project.draft.context.settings["dec.agreement_needed"] is not True:
        return None
    if any(each.type == "decoration_agreement" for each in project.work):
        return None
    return _stopped("R-X-04", "filing_incomplete")


def _ready_to_start(project: Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
    missing = missing_before_start(project.work)
    if not missing or project.draft.context.settings["dec.guards_hold"] is not True:
        return None
    return _stopped("R-DEC-04" if "pre_view" in missing else "R-DEC-05", "not_ready")


def _accepted_by_an_engineer(project: Project, fact: Fact, violations: list[Fact]) -> tuple[str, str] | None:
    if project.draft.context.settings["dec.guards_hold"] is not True:
        return None
    told = project.milestones.checks[-1][0] if project.milestones.checks else None
    acceptances = [
        each
        for each in project.work
        if each.type == "acceptance" and (told is None or each.performed_at >= told.performed_at)
    ]
    passed = bool(acceptances) and text(acceptances[-1].body, "result") == "passed"
    if passed and "engineer" in texts(acceptances[-1].body, "participants"):
        return None
    return _stopped("R-DEC-17", "not_accepted")


def _stopped(rule: str, code: str, zh: Sequence[str] = (), en: Sequence[str] = ()) -> tuple[str, str]:
    words = RULES[rule].reason or RULES[rule].title
    more_zh, more_en = (f"：{'、'.join(zh)}", f": {', '.join(en)}") if zh else ("", "")
    return (code, f"{words.zh}{more_zh}（{rule}） {words.en}{more_en}")


GUARDS: dict[str, tuple[Guard, ...]] = {
    "approved": (_papers_complete, _law_papers, _agreement),
    "in_progress": (_ready_to_start,),
    "accepted": (_none_open, _accepted_by_an_engineer),
    "resumed": (_none_open,),
}
