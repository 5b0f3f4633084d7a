"""The life cycle of a violation: rounds of evidence, decisions on them, rectification, re-check.

For: `follow`, which takes every fact in turn or holds it and says why.
Not for: fields and due items of the status (violation.py).
Source: domain 4.3; R-DEC-11, R-DEC-13, R-DEC-14, R-X-05, R-X-08, R-X-09.

States: submitted → confirmed | returned | rejected; returned → submitted (next round) by a correction or new photos;
confirmed → notified (notice) → rectifying (work on it has begun); any of these → recheck (next round) by a re-check;
recheck → closed | rectifying (with a new date). What is not put right is taken further: escalated → stop_work → reported;
a re-check leads on from each of these, and stopped works stay stopped until the violation is closed (R-X-08).

A decision is made on the evidence its maker saw, and names its hash. What arrived later, though recorded earlier, was
not seen: it belongs to the time after the decision and changes nothing about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from server.catalogue.enums import ALWAYS_SERIOUS
from server.ledger.counted import in_time
from server.ledger.drafts import Draft
from server.ledger.evidence import evidence_hash, evidence_list
from server.ledger.model import Fact
from server.ledger.reading import day, text, whole

AWAITS_DECISION = ("submitted", "recheck")
BEING_RECTIFIED = ("confirmed", "notified", "rectifying", "escalated", "stop_work", "reported")
# From which states each step of the chain leads on.
TAKEN_FURTHER = {
    "escalated": ("confirmed", "notified", "rectifying"),
    "stop_work": ("confirmed", "notified", "rectifying", "escalated"),
    "reported": ("confirmed", "notified", "rectifying", "escalated", "stop_work"),
}
DECISIONS = {
    "submitted": ("confirm", "return", "reject"),
    "recheck": ("close", "rectify_again"),
}
LEADS_TO = {
    "confirm": "confirmed",
    "return": "returned",
    "reject": "rejected",
    "close": "closed",
    "rectify_again": "rectifying",
}
# The server reads what has arrived and then lets the supervisor decide: what comes in between was not seen.
UNSEEN_WITHIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Asked:
    """A round that waits, or waited, for a decision."""

    round: int
    received_at: datetime
    decision: Fact | None = None


@dataclass(frozen=True, slots=True)
class Ordered:
    """A rectification that was ordered, and the first re-check after it."""

    round: int
    ordered_at: datetime
    rectify_by: date
    recheck: Fact | None = None


@dataclass(slots=True)
class Case:
    """How far a violation has come."""

    report: Fact
    roots: Mapping[str, str]
    state: str = "submitted"
    round: int = 1
    evidence: list[Fact] = field(default_factory=list)  # of the current round
    asked: list[Asked] = field(default_factory=list)
    ordered: list[Ordered] = field(default_factory=list)
    rechecks: list[Fact] = field(default_factory=list)
    contacts: list[Fact] = field(default_factory=list)
    decision: Fact | None = None
    rectify_by: date | None = None
    severity_final: str | None = None
    clause: str | None = None  # the one it was confirmed under
    notices: list[Fact] = field(default_factory=list)
    chain: list[Fact] = field(default_factory=list)  # how it was taken further
    refused: list[Fact] = field(default_factory=list)  # what tells of a refusal to put it right
    taken: list[tuple[Fact, str, str]] = field(default_factory=list)  # fact, state before, state after
    held: list[tuple[Fact, str, str]] = field(default_factory=list)

    def copy(self) -> Case:
        """Return a case that can go on without this one noticing."""
        twin = copy(self)
        for name in (
            "evidence",
            "asked",
            "ordered",
            "rechecks",
            "contacts",
            "notices",
            "chain",
            "refused",
            "taken",
            "held",
        ):
            setattr(twin, name, list(getattr(self, name)))
        return twin

    def hold(self, fact: Fact, code: str, zh: str, en: str) -> None:
        self.held.append((fact, code, f"{zh} {en}"))

    def move(self, fact: Fact, state: str) -> None:
        self.taken.append((fact, self.state, state))
        self.state = state


def follow(
    report: Fact, others: Sequence[Fact], corrections: Sequence[Fact], roots: Mapping[str, str], draft: Draft
) -> Case:
    """Return the case after every fact; history and held facts are put down in `draft`.

    All facts are given as first recorded, their corrections beside them, with `roots` saying which fact each corrects: a
    correction takes effect when it came, not before.
    """
    decisions = sorted((fact for fact in others if fact.type == "violation_decision"), key=in_time)
    waiting = [fact for fact in others if fact.type != "violation_decision"] + [*corrections]
    case = Case(report, roots, evidence=[report], asked=[Asked(1, report.received_at)])
    for decision in decisions:
        seen = _case_seen(case, decision, waiting)
        if seen is None:
            continue
        case, waiting = seen
        _decide(case, decision)
    case = _after(case, waiting)
    draft.happened(report, "violation", None, "submitted", text(case.report.body, "description"))
    for fact, before, after in case.taken:
        draft.happened(fact, fact.type, before, after, text(fact.body, "reason") or text(fact.body, "text"))
    for fact, code, reason in case.held:
        draft.hold(fact, code, reason)
    return case


def _case_seen(case: Case, decision: Fact, waiting: list[Fact]) -> tuple[Case, list[Fact]] | None:
    """Return the case as the decision's maker saw it, and what is still to come; None when the decision is held.

    The newest facts may have arrived unseen: the largest set whose hash the decision names is taken.
    """
    arrived = sorted(
        (fact for fact in waiting if fact.received_at <= decision.received_at),
        key=lambda fact: (fact.received_at, fact.id),
    )
    certain = sum(1 for fact in arrived if fact.received_at <= decision.performed_at - UNSEEN_WITHIN)
    refusals: list[tuple[str, str, str]] = []
    for count in range(len(arrived), certain - 1, -1):
        trial = _after(case.copy(), arrived[:count])
        refusal = _refusal(trial, decision)
        if refusal is None:
            taken = {fact.id for fact in arrived[:count]}
            return trial, [fact for fact in waiting if fact.id not in taken]
        refusals.append(refusal)
    case.hold(decision, *refusals[0])
    return None


def _after(case: Case, facts: Sequence[Fact]) -> Case:
    """Take facts in the order of their acts; the case given is changed and returned."""
    for fact in sorted(facts, key=in_time):
        if fact.amends is not None:
            _correct(case, fact)
        elif fact.type == "violation_recheck":
            _recheck(case, fact)
        elif fact.type == "violation_notice":
            _notice(case, fact)
        elif fact.type == "violation_progress":
            _progress(case, fact)
        elif fact.type == "violation_step":
            _take_further(case, fact)
    return case


def _refusal(case: Case, decision: Fact) -> tuple[str, str, str] | None:
    """Return why the decision does not count: code and reason in Chinese and English."""
    what = text(decision.body, "decision") or ""
    if case.state not in AWAITS_DECISION or whole(decision.body, "round") != case.round:
        return (
            "already_decided",
            f"违规现为 {case.state}，第 {case.round} 轮",
            f"The violation is {case.state}, round {case.round}",
        )
    if decision.author == case.report.author:
        return ("decider_is_reporter", "不能审批本人上报的违规", "Nobody decides on a report of their own")
    if case.state == "recheck" and decision.author == case.rechecks[-1].author:
        return ("decider_is_reporter", "不能审批本人的复查", "Nobody decides on a re-check of their own")
    if what not in DECISIONS[case.state]:
        return (
            "wrong_state",
            f"违规现为 {case.state}，不能作 {what} 决定",
            f"The violation is {case.state}; {what} is not possible",
        )
    if text(decision.body, "evidence_hash") != evidence_hash(evidence_list(case.evidence)):
        return ("evidence_changed", "证据已有变化，请重新审批", "The evidence has changed; decide again")
    if what == "close" and text(case.rechecks[-1].body, "recheck_result") != "rectified":
        return (
            "not_rectified",
            "复查未通过，不能关闭",
            "The re-check found it not rectified; it cannot be closed",
        )
    if what in ("confirm", "rectify_again") and day(decision.body, "rectify_by") is None:
        return ("missing_field", "请填写：整改期限", "Fill in: rectify by")
    return None


def _decide(case: Case, decision: Fact) -> None:
    what = text(decision.body, "decision") or ""
    case.asked[-1] = replace(case.asked[-1], decision=decision)
    case.decision = decision
    case.move(decision, LEADS_TO[what])
    rectify_by = day(decision.body, "rectify_by")
    if what in ("confirm", "rectify_again") and rectify_by is not None:
        case.rectify_by = rectify_by
        case.ordered.append(Ordered(case.round, decision.performed_at, rectify_by))
    if what == "confirm":
        serious = text(case.report.body, "category") in ALWAYS_SERIOUS
        decided = text(decision.body, "severity_final") or text(case.report.body, "severity")
        case.severity_final = "serious" if serious else decided
        case.clause = text(decision.body, "clause")


def _correct(case: Case, correction: Fact) -> None:
    """A correction counts while what it corrects is undecided; in a returned report it asks for the next decision."""
    root = case.roots[correction.id]
    if root == case.report.id:
        fits = case.state in ("submitted", "returned")
    elif root in {fact.id for fact in case.rechecks}:
        fits = case.state == "recheck"
    else:
        fits = case.state not in ("rejected", "closed")
    if not fits:
        case.hold(
            correction,
            "wrong_state",
            f"违规现为 {case.state}，不能再更正",
            f"The violation is {case.state} and cannot be corrected any more",
        )
        return
    if root == case.report.id:
        case.report = _corrected(case.report, correction)
        _add_evidence(case, correction)
        return
    for facts in (case.rechecks, case.contacts):
        facts[:] = [_corrected(fact, correction) if fact.id == root else fact for fact in facts]
    case.evidence.append(correction)
    case.taken.append((correction, case.state, case.state))


def _corrected(fact: Fact, correction: Fact) -> Fact:
    return replace(fact, body=correction.body, photos=correction.photos)


def _add_evidence(case: Case, fact: Fact) -> None:
    case.evidence.append(fact)
    if case.state == "returned":
        _ask(case, fact, "submitted")
    else:
        case.taken.append((fact, case.state, case.state))


def _ask(case: Case, fact: Fact, state: str) -> None:
    """Begin the next round: somebody has to decide again."""
    case.round += 1
    case.asked.append(Asked(case.round, fact.received_at))
    case.move(fact, state)


def _notice(case: Case, notice: Fact) -> None:
    if case.state not in (*BEING_RECTIFIED, "recheck"):
        case.hold(
            notice,
            "wrong_state",
            f"违规现为 {case.state}，不能下发整改通知",
            f"The violation is {case.state}; no notice can be served",
        )
        return
    case.evidence.append(notice)
    case.notices.append(notice)
    if case.state == "confirmed":
        case.move(notice, "notified")
    else:
        case.taken.append((notice, case.state, case.state))


def _progress(case: Case, contact: Fact) -> None:
    """A contact is logged in any state; photos answer a return, and work that has begun shows as rectifying."""
    case.contacts.append(contact)
    _note_refusal(case, contact)
    if case.state in ("rejected", "closed"):
        return
    if case.state == "returned" and not contact.photos:
        case.evidence.append(contact)
        case.taken.append((contact, case.state, case.state))
    elif case.state in ("confirmed", "notified") and contact.body.get("rectification_started") is True:
        case.evidence.append(contact)
        case.move(contact, "rectifying")
    else:
        _add_evidence(case, contact)


def _take_further(case: Case, step: Fact) -> None:
    to = text(step.body, "to") or ""
    if case.state not in TAKEN_FURTHER.get(to, ()):
        case.hold(
            step,
            "wrong_state",
            f"违规现为 {case.state}，不能办理 {to}",
            f"The violation is {case.state}; {to} is not possible",
        )
        return
    if to == "stop_work" and step.body.get("contractor_informed") is not True:
        case.hold(
            step, "guard", "停工须通知施工单位（R-X-08）", "A stop of the works is told to the contractor"
        )
        return
    case.evidence.append(step)
    case.chain.append(step)
    case.move(step, to)


def _note_refusal(case: Case, fact: Fact) -> None:
    if fact.body.get("correction_refused") is True:
        case.refused.append(fact)


def _recheck(case: Case, recheck: Fact) -> None:
    if case.state == "recheck":
        case.rechecks.append(recheck)
        _add_evidence(case, recheck)
        return
    if case.state not in BEING_RECTIFIED:
        case.hold(
            recheck,
            "wrong_state",
            f"违规现为 {case.state}，无须复查",
            f"The violation is {case.state}; there is nothing to re-check",
        )
        return
    case.rechecks.append(recheck)
    case.evidence.append(recheck)
    _note_refusal(case, recheck)
    if case.ordered and case.ordered[-1].recheck is None:
        case.ordered[-1] = replace(case.ordered[-1], recheck=recheck)
    _ask(case, recheck, "recheck")
