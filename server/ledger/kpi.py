"""The figures a project is steered by: each a numerator over a denominator, from due items, facts and accounts of a period.

For: the words that server/ledger/kpi_table.py declares them with.
Not for: which rows belong to a period and scope (whoever gathers the material), showing them (server/office), alarms.
A denominator of 0 has no value: never 0 % and never 100 % (R-GEN-06). "In time" is judged by when the act was done, so that a
record that arrived late counts as met (R-GEN-08, T-12). What is still open within its limit is not counted yet.
Source: domain 5.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from server.catalogue.fields import Label
from server.catalogue.reference import reference_body
from server.ledger.calendar import day_of, month_of
from server.ledger.model import Calendar, Fact, JsonObject
from server.ledger.reading import day, text, whole

IN_TIME = frozenset({"met", "met_synced_late"})
JUDGED = IN_TIME | {"met_late", "overdue"}
PROMISE_GRACE = timedelta(days=3)
A_DAY = timedelta(hours=24)
NO_EVIDENCE = ("photos_too_few",)  # why a fact is held
FACTS = (
    "assessment", "call_check", "decoration_step", "event_plan_step", "fee_plan", "fee_visit", "file_loan_step", "key_count",
    "paper_match", "resident_visit", "return_visit", "survey_response", "survey_step",
)  # fmt: skip
SATISFIED, ANSWERED = ("5", "4"), ("5", "4", "3", "2", "1")


@dataclass(frozen=True, slots=True)
class Figure:
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The ratio to four decimals; None over nothing."""
        return round(self.numerator / self.denominator, 4) if self.denominator else None

    def as_json(self) -> JsonObject:
        return {"numerator": self.numerator, "denominator": self.denominator, "value": self.value}


@dataclass(frozen=True, slots=True)
class Material:
    """What happened in a period and scope. Figures of many rows come counted, so that nobody need read them all."""

    duties: Mapping[tuple[str, str], int]  # (rule, due.status) → how many whose limit lies in the period
    facts: Sequence[Fact]  # of FACTS, done in the period
    accounts: Sequence[JsonObject]  # fee_account documents as they stand
    payments: Sequence[JsonObject]  # cashier_entry documents
    synced: Figure  # records that arrived within a day, of all
    evidenced: Figure  # records that count, of those and the ones held for missing evidence
    until: datetime
    calendar: Calendar = field(default_factory=Calendar)
    max_rings: int = 3

    @property
    def month(self) -> str:
        return month_of(day_of(self.until, self.calendar))

    def of(self, *types: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.type in types]


Compute: TypeAlias = Callable[[Material], Figure]


@dataclass(frozen=True, slots=True)
class Kpi:
    id: str
    title: Label
    target: int | None  # percent of the ratio; None: a plan, a count or a report only
    compute: Compute


def in_time(*rules: str) -> Compute:
    """Duties of these rules met in time, of those met or overdue."""

    def compute(material: Material) -> Figure:
        judged = {
            key: count for key, count in material.duties.items() if key[0] in rules and key[1] in JUDGED
        }
        return Figure(
            sum(count for (_, state), count in judged.items() if state in IN_TIME), sum(judged.values())
        )

    return compute


def share(
    types: tuple[str, ...], counts: Callable[[Fact], bool], among: Callable[[Fact], bool] = lambda fact: True
) -> Compute:
    """Of facts of these types, those that count."""

    def compute(material: Material) -> Figure:
        base = [fact for fact in material.of(*types) if among(fact)]
        return Figure(sum(counts(fact) for fact in base), len(base))

    return compute


def stands(fact: Fact) -> bool:
    return fact.hold is None


def has(name: str, *values: str | bool) -> Callable[[Fact], bool]:
    return lambda fact: fact.body.get(name) in values


def sum_of_steps(kind: str, to: str, top: str, base: str) -> Compute:
    """Of the step records to one state: the sum of one figure over the sum of another."""

    def compute(material: Material) -> Figure:
        steps = [fact for fact in material.of(kind) if fact.body.get("to") == to]
        return Figure(
            sum(whole(step.body, top) or 0 for step in steps),
            sum(whole(step.body, base) or 0 for step in steps),
        )

    return compute


def collected(material: Material, *, current: bool) -> Figure:
    """Received over receivable, of the accounts of this month or of earlier ones."""
    bodies = [reference_body(account) for account in material.accounts]
    chosen = [
        one
        for one in bodies
        if (text(one, "period") == material.month) == current and _is_known(one, material)
    ]
    return Figure(
        sum(whole(one, "received") or 0 for one in chosen),
        sum((whole(one, "receivable") or 0) - (whole(one, "discount") or 0) for one in chosen),
    )


def _is_known(body: Mapping[str, object], material: Material) -> bool:
    return str(body.get("period", "")) <= material.month


def current_rate(material: Material) -> Figure:
    return collected(material, current=True)


def clearance_rate(material: Material) -> Figure:
    return collected(material, current=False)


def households_paid(material: Material) -> Figure:
    """Households that owe nothing for this month, of those billed for it."""
    owes: dict[str, bool] = {}
    for account in material.accounts:
        body = reference_body(account)
        if text(body, "period") == material.month:
            balance = (
                (whole(body, "receivable") or 0)
                - (whole(body, "discount") or 0)
                - (whole(body, "received") or 0)
            )
            household = text(body, "household_id") or ""
            owes[household] = owes.get(household, False) or balance > 0
    return Figure(sum(not each for each in owes.values()), len(owes))


def plan_achievement(material: Material) -> Figure:
    plans = [fact.body for fact in material.of("fee_plan") if fact.body.get("month") == material.month]
    received = sum(collected(material, current=each).numerator for each in (True, False))
    if not plans:
        return Figure(received, 0)
    return Figure(received, sum(whole(plans[-1], name) or 0 for name in ("target_current", "target_arrears")))


def promises_kept(material: Material) -> Figure:
    """Promises that have come due, and those after which a payment was recorded by the day promised or three days later."""
    visits = material.of("fee_visit")
    kept = due = 0
    for visit in visits:
        promised = day(visit.body, "promise_date") if visit.body.get("outcome") == "promised" else None
        if promised is None or promised > day_of(material.until, material.calendar):
            continue
        due += 1
        kept += any(
            other.subject == visit.subject
            and other.body.get("outcome") in ("paid", "partial")
            and other.performed_at > visit.performed_at
            and day_of(other.performed_at, material.calendar) <= promised + PROMISE_GRACE
            for other in visits
        )
    return Figure(kept, due)


def ledger_difference(material: Material) -> Figure:
    """In fen, over all accounts: what the service ledger has received against what the cashier has taken. An amount, no ratio."""
    taken: dict[str, int] = {}
    for payment in material.payments:
        body = reference_body(payment)
        account = text(body, "account_id") or ""
        taken[account] = taken.get(account, 0) + (whole(body, "amount") or 0)
    received = {str(one["_id"]): whole(reference_body(one), "received") or 0 for one in material.accounts}
    accounts = taken.keys() | received.keys()
    return Figure(sum(abs(received.get(name, 0) - taken.get(name, 0)) for name in accounts), 0)


def distinct(types: tuple[str, ...], by: str, only: Callable[[Fact], bool] = lambda fact: True) -> Compute:
    """How many different ones there were: a count, no ratio."""
    return lambda material: Figure(
        len({str(fact.body.get(by) or fact.subject) for fact in material.of(*types) if only(fact)}), 0
    )


def picked_up(material: Material) -> Figure:
    rings = [whole(fact.body, "rings") for fact in material.of("call_check")]
    counted = [each for each in rings if each is not None]
    return Figure(sum(each <= material.max_rings for each in counted), len(counted))


def within_a_day(material: Material) -> Figure:
    return material.synced


def evidence(material: Material) -> Figure:
    return material.evidenced


def complaint_satisfaction(material: Material) -> Figure:
    visits = [fact for fact in material.of("return_visit") if fact.subject.startswith("complaint:")]
    answered = [fact for fact in visits if fact.body.get("satisfaction") in ANSWERED]
    return Figure(sum(fact.body["satisfaction"] in SATISFIED for fact in answered), len(answered))


def recovery(material: Material) -> Figure:
    """Forms that came back, of those handed out."""
    handed_out, recovered = (
        sum(whole(fact.body, name) or 0 for fact in material.of("survey_step") if fact.body.get("to") == to)
        for name, to in (("handed_out", "distributed"), ("recovered", "recovered"))
    )
    return Figure(recovered, handed_out)


def nothing(material: Material) -> Figure:
    """Computed by a calculator of its own (server/ledger/staffing.py)."""
    return Figure(0, 0)
