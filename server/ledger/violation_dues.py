"""How far a violation was taken, until when it may be put right at the latest, and the report to the authority.

For: `chain_fields` and `put_down_report`, part of folding a violation.
Not for: which steps are possible (violation_case.py), the limits of decisions and re-checks (violation.py).
Source: domain 6; R-X-05, R-X-07, R-X-08, R-X-09.
"""

from __future__ import annotations

from server.ledger.calendar import DAY, day_of
from server.ledger.deadlines import hours_window, judge_deadline
from server.ledger.drafts import Draft
from server.ledger.model import Context, Fact, JsonObject
from server.ledger.reading import count_setting, stamp, text
from server.ledger.recurrences import Act, Outcome
from server.ledger.violation_case import Case

REPORT = "R-X-05"
OVER = ("closed", "rejected")


def chain_fields(case: Case, context: Context) -> JsonObject:
    """Return notices served, how far the chain went, whether works are stopped, and the latest day of its severity."""
    steps = {text(each.body, "to"): each for each in case.chain}
    report = steps.get("reported")
    stop = steps.get("stop_work")
    latest = _latest_day(case, context)
    return {
        "notice_count": len(case.notices),
        "chain": _chain(case),
        "correction_refused": bool(case.refused),
        # A stop ends with the violation: a new date for putting it right does not lift it.
        "work_stopped": stop is not None and case.state not in OVER,
        "stopped_work_at": stamp(stop.performed_at) if stop else None,
        "reported_at": stamp(report.performed_at) if report else None,
        "authority": text(report.body, "authority") if report else None,
        "authority_receipt": text(report.body, "receipt_no") if report else None,
        "rectify_by_latest": latest,
        "rectify_by_beyond": bool(case.rectify_by and latest and case.rectify_by.isoformat() > latest),
    }


def _chain(case: Case) -> str:
    """The highest rung: oral, first_notice, second_notice, stop_work, reported."""
    reached = {text(each.body, "to") for each in case.chain}
    for rung in ("reported", "stop_work"):
        if rung in reached:
            return rung
    if len(case.notices) >= 2:
        return "second_notice"
    return "first_notice" if case.notices else "oral"


def _latest_day(case: Case, context: Context) -> str | None:
    """Return the last day that the severity leaves for putting it right, counted from the order."""
    severity = case.severity_final
    if not case.ordered or severity not in ("minor", "general", "serious"):
        return None
    ordered_on = day_of(case.ordered[-1].ordered_at, context.calendar)
    return (ordered_on + count_setting(context.settings, f"dec.rectify_days.{severity}") * DAY).isoformat()


def put_down_report(draft: Draft, case: Case) -> None:
    """A refusal is reported to the authority within its hours; what was put right after all needs no report."""
    if not case.refused:
        return
    first = min(case.refused, key=lambda each: (each.performed_at, each.id))
    window = hours_window(
        "report", first.performed_at, count_setting(draft.context.settings, "dec.report_hours")
    )
    report = next((each for each in case.chain if text(each.body, "to") == "reported"), None)
    if report is not None:
        draft.due(REPORT, window, judge_deadline(window, _act(report), draft.moment))
    elif case.state in OVER and case.decision is not None:
        draft.due(REPORT, window, Outcome("cancelled", case.decision.id, case.decision.performed_at))
    else:
        draft.due(REPORT, window, judge_deadline(window, None, draft.moment))


def _act(fact: Fact) -> Act:
    return Act(fact.id, fact.performed_at, fact.received_at)
