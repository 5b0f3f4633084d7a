"""What follows for a household from its fee accounts and the measures taken against arrears.

For: `fold_household`.
Not for: which months and days make something due (recurrences.py, deadlines.py, shared with the phone), the ledgers (imports).
Source: domain 4.3; R-FEE-04 (what a steward knows of each household: status and tariff), R-FEE-06, R-FEE-11, R-X-22.

Amounts are the ledger's; a visit that says it was paid in full settles the lines due by its day for the duties, while the
ledger is waited for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from server.ledger.calendar import (
    DAY,
    day_of,
    end_of_day,
    first_day_of,
    last_day_of,
    month_of,
    months,
    months_before,
)
from server.ledger.counted import counted
from server.ledger.deadlines import FollowUp, Visit, follow_ups, in_order, judge_deadline, standing_promise
from server.ledger.drafts import MONTHS_KEPT, Draft
from server.ledger.key_customers import visit_key_customer
from server.ledger.model import Context, Fact, JsonObject, Status
from server.ledger.moments import lapses_at
from server.ledger.places import place_fields, reference
from server.ledger.reading import count_setting, day, number, stamp, text, whole
from server.ledger.recurrences import Act, Arrears, Outcome, acts_within, arrears_window, judge_recurrence

KIND = "household"
MEASURE, NEXT_ACTION = "R-FEE-06", "R-FEE-11"
# What a visit leaves the case in; visits that met nobody leave it open.
AFTER = {
    "paid": "paid",
    "partial": "contacted",
    "promised": "contacted",  # unless the promise stands: see _state
    "disputed": "disputed",
    "refused": "contacted",
    "notice_left": "contacted",
    "not_home": "open",
    "moved": "open",
    "unreachable": "open",
}


@dataclass(frozen=True, slots=True)
class Line:
    """An unpaid line of a fee account."""

    account: str
    period: str | None
    fee_item: str | None
    balance_fen: int
    due_on: date
    settled_on: date | None

    def as_json(self) -> JsonObject:
        return {
            "account": self.account,
            "period": self.period,
            "fee_item": self.fee_item,
            "balance_fen": self.balance_fen,
            "due_on": self.due_on.isoformat(),
        }

    @property
    def arrears(self) -> Arrears:
        return Arrears(self.account, self.due_on, self.settled_on)


def fold_household(subject: str, facts: list[Fact], context: Context) -> Status | None:
    """Return the household's status; None when it is not known, or has neither fee accounts nor fee facts."""
    document = context.reference.get(subject)
    accounts = _accounts(subject, context)
    if document is None or not (accounts or facts):
        return None
    counting = counted(facts)
    draft = Draft(subject, KIND, counting, context)
    calls = [fact for fact in counting.facts if fact.type == "fee_visit"]
    for fact in calls:
        draft.happened(fact, "fee_visit", reason=text(fact.body, "outcome"))
    visits = in_order(_visit(fact) for fact in calls)
    following = follow_ups(visits, context.calendar)
    unpaid = _unpaid(accounts, visits, context)
    owed = [line for line in unpaid if draft.begins(line.arrears.since)]
    claimed = [line for line in owed if line.settled_on is None]
    promise = _promise(visits, context)
    state = _state(draft, visits, claimed, promise)
    _monthly(draft, owed, visits)
    _next_actions(draft, following, in_arrears=bool(claimed))
    household = reference(subject, context)
    unit = reference(text(household, "unit_id") or "", context)
    visit_key_customer(draft, household, counting.facts)
    project = text(document, "project") or ""
    open_days = [item.window for item in following if item.met_by is None]
    fields: JsonObject = {
        **place_fields(text(household, "unit_id"), project, context),
        "role": text(household, "role"),
        "name": text(household, "name"),
        "fee_rate": whole(unit, "fee_rate"),
        "gross_area": number(unit, "gross_area"),
        "arrears_fen": sum(line.balance_fen for line in owed),
        "periods": [line.as_json() for line in owed],
        "arrears_since": min(line.arrears.since for line in owed).isoformat() if owed else None,
        "last_measure_at": stamp(calls[-1].performed_at) if calls else None,
        "last_measure": text(calls[-1].body, "measure") if calls else None,
        "last_outcome": text(calls[-1].body, "outcome") if calls else None,
        "promise": _promise_fields(promise, calls),
        "next_action_on": open_days[-1].period if open_days and claimed else None,
        "measures_this_month": _this_month(draft, calls),
    }
    return draft.seal(project, text(document, "area") or "", state, fields)


def _accounts(subject: str, context: Context) -> list[tuple[str, JsonObject]]:
    found = []
    for key in sorted(context.reference):
        if key.startswith("fee_account:"):
            body = dict(reference(key, context))
            if body.get("household_id") == subject:
                found.append((key, body))
    return found


def _unpaid(
    accounts: Sequence[tuple[str, JsonObject]], visits: Sequence[Visit], context: Context
) -> list[Line]:
    """Return the lines with a balance, the oldest due first."""
    paid_on = [
        day_of(visit.act.performed_at, context.calendar) for visit in visits if visit.outcome == "paid"
    ]
    lines = []
    for key, body in accounts:
        balance = (
            (whole(body, "receivable") or 0) - (whole(body, "discount") or 0) - (whole(body, "received") or 0)
        )
        due_on = day(body, "due_on")
        if balance > 0 and due_on is not None:
            settled = next((on for on in paid_on if on >= due_on), None)
            lines.append(Line(key, text(body, "period"), text(body, "fee_item"), balance, due_on, settled))
    return sorted(lines, key=lambda line: (line.due_on, line.account))


def _visit(fact: Fact) -> Visit:
    return Visit(
        Act(fact.id, fact.performed_at, fact.received_at),
        text(fact.body, "outcome") or "",
        day(fact.body, "next_action_at"),
        day(fact.body, "promise_date"),
    )


def _promise(visits: Sequence[Visit], context: Context) -> tuple[date, Visit] | None:
    """Return the day of the promise that stands after the last visit, and the visit that has it."""
    found: tuple[date, Visit] | None = None
    for visit in visits:
        stands = standing_promise(found[0] if found else None, visit, context.calendar)
        if stands is None:
            found = None
        elif found is None or visit.outcome == "promised":
            found = (stands, visit)
    return found


def _state(
    draft: Draft, visits: Sequence[Visit], claimed: Sequence[Line], promise: tuple[date, Visit] | None
) -> str:
    if not claimed:
        return "paid" if visits else "none"
    since_paid = list(visits)
    for place, visit in enumerate(visits):
        if visit.outcome == "paid":
            since_paid = list(visits[place + 1 :])
    if not since_paid:
        return "open"
    if promise is not None:
        broken = draft.moment.passed(lapses_at(end_of_day(promise[0], draft.context.calendar)))
        return "promise_broken" if broken else "promised"
    return AFTER.get(since_paid[-1].outcome, "contacted")


def _monthly(draft: Draft, owed: Sequence[Line], visits: Sequence[Visit]) -> None:
    """Put down the month's measure for every month in arrears."""
    calendar, settings = draft.context.calendar, draft.context.settings
    needed = count_setting(settings, "fee.measures_per_month")
    if not owed or needed < 1:
        return
    first = min(line.arrears.since for line in owed)
    first = max(first, draft.duties_from or first, months_before(draft.today, MONTHS_KEPT - 1))
    lines = [Arrears(line.account, max(line.due_on, first - DAY), line.settled_on) for line in owed]
    acts = [visit.act for visit in visits]
    oldest: str | None = None
    for month in months(first, draft.today):
        window = arrears_window(month, lines, calendar)
        if window is not None and draft.moment.passed(window.opens_at):
            oldest = oldest or month
            draft.due(
                MEASURE, window, judge_recurrence(window, acts_within(window, acts), needed, draft.moment)
            )
    if oldest is not None:
        draft.begins(
            months_before(first_day_of(oldest), -MONTHS_KEPT)
        )  # from then on it is not kept any more
    following = max(first, last_day_of(month_of(draft.today)) + DAY)
    window = arrears_window(month_of(following), lines, calendar)
    if window is not None:
        draft.moment.passed(window.opens_at)


def _next_actions(draft: Draft, following: Sequence[FollowUp], in_arrears: bool) -> None:
    """Put down the next action each visit has set; the last one ends when nothing is owed any more."""
    first = draft.duties_from
    for follow_up in following:
        if first is not None and date.fromisoformat(follow_up.window.period) < first:
            continue
        if follow_up.met_by is None and not in_arrears:
            outcome = Outcome("cancelled")
        else:
            act = follow_up.met_by.act if follow_up.met_by else None
            outcome = judge_deadline(follow_up.window, act, draft.moment)
        draft.due(NEXT_ACTION, follow_up.window, outcome)


def _promise_fields(promise: tuple[date, Visit] | None, calls: Sequence[Fact]) -> JsonObject | None:
    if promise is None:
        return None
    on, visit = promise
    fact = next(fact for fact in calls if fact.id == visit.act.id)
    return {"date": on.isoformat(), "amount_fen": whole(fact.body, "promise_amount"), "fact": fact.id}


def _this_month(draft: Draft, calls: Sequence[Fact]) -> int:
    """Return how many measures the current month has; asks for every turn of a month at which that changes."""
    calendar = draft.context.calendar
    made = Counter(month_of(day_of(fact.performed_at, calendar)) for fact in calls)
    for month in list(made):
        following = last_day_of(month) + DAY
        if made[month_of(first_day_of(month) - DAY)] != made[month]:
            draft.begins(first_day_of(month))
        if made[month_of(following)] != made[month]:
            draft.begins(following)
    return made[month_of(draft.today)]
