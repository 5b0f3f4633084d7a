"""The words a rule is declared with: what it is, what it makes due, for whom, from when, until when, and what meets it.

For: one frozen declaration per rule id in the file of its area beside this one.
Not for: evaluating them (server/ledger: case_dues.py, scopes.py, recurrences.py, deadlines.py), checks of one record
(server/catalogue/checks/), guards of a life cycle (server/catalogue/lifecycle.py), which name a rule of this table.
Source: domain 3, in particular R-GEN-02 to R-GEN-06, R-GEN-10 and R-GEN-12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.catalogue.fields import Label, When

# Who a duty is for: "steward", "supervisor", "manager", a role of domain 1.1, or "field:<name>": the user a field names.
Who: TypeAlias = str
Every: TypeAlias = Literal["day", "week", "month", "two_months", "quarter", "half_year", "year"]
Scope: TypeAlias = Literal["area", "project"]
SCOPES: tuple[Scope, ...] = ("area", "project")


@dataclass(frozen=True, slots=True)
class Acts:
    """Which facts count for a rule: of one of these types, where `when` holds on the body.

    For a rule of a case, entering one of the states `entering` counts as an act too.
    """

    types: tuple[str, ...] = ()
    when: When | None = None
    entering: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Having:
    """A condition on the fields of a case: the field is one of these values, or a list that holds one of them.

    With `share`, that the first field is less than `below` percent, a setting, of the second.
    """

    field: str = ""
    values: tuple[str | bool, ...] = ()
    share: tuple[str, str] | None = None
    below: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """What starts a limit, each time it happens: entering a state, or an act.

    The instant is that of the act, or the one its body names in `field`, or with `received` that of its arrival.
    """

    entering: tuple[str, ...] = ()
    acts: Acts | None = None
    field: str | None = None
    received: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """When a limit ends, counted from its start.

    minutes, hours, days, working_days: so many, by the setting; a list of numbers makes one limit of each.
    same_day: with the local day of the start; with a setting, from that time of the day on, with the next day.
    clock: at that time of the day of the start, or of the next day behind it.
    until: at the instant, or with the day, that the field of the case names; before: so many days ahead of that day.
    first_rain: with the day after the first rain day behind the start; it stays open while no rain has fallen.
    day_of_month: with that day of the month that the field names, or of the start; one already past leaves a day.
    optional: a setting of 0 means that the project has no such limit.
    in_hours: settings, the hours of service from and to; what starts outside them is due when they begin.
    """

    unit: Literal[
        "minutes",
        "hours",
        "days",
        "working_days",
        "same_day",
        "clock",
        "until",
        "before",
        "first_rain",
        "day_of_month",
    ]
    setting: str | None = None
    field: str | None = None
    optional: bool = False
    in_hours: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """What raises an alarm by itself: several acts in a project that agree in something, within a time.

    Acts agree when the fields `same` do; "building" and "household" are read from the unit or household that an act names.
    As many as `at_least` different `distinct` make an alarm; "fact" counts each record.
    """

    acts: Acts
    same: tuple[str, ...]
    distinct: str
    at_least: str  # setting
    within_days: str | None = None  # setting; None: within one period of `every`
    every: Every = "month"
    each: str | None = None  # a group: each of its entries is looked at, not the body
    until_all_of: str | None = (
        None  # field of the acts: once so many were counted in the period, a new turn begins
    )
    tells: Who = "manager"
    title: Label | None = None  # what it is called; as the rule when None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that judges records or sets a convention."""

    id: str
    title: Label
    kind: str  # as in the domain: norm, state, evidence, checklist, approval, report, conduct …
    settings: tuple[str, ...] = ()  # keys it reads
    reason: Label | None = None  # what a person is told when it stops a record or a step; the title when None
    by: str | None = None  # what carries it out when no declaration names it: a module, a file of the phone
    also: tuple[Deadline, ...] = ()  # further limits of the same rule, each with a `name`
    cluster: Cluster | None = None  # an alarm that several records raise together


@dataclass(frozen=True, slots=True)
class Recurrence(Rule):
    """A duty of every period; a missed period stays missed (R-GEN-12).

    `of` is a kind of case (the duty then stands while it is in one of `while_in`) or a scope, area or project; a rule
    without it is carried out by a fold of its own. A duty of a scope begins with the first record that meets it, or on the
    day of the setting `scope.duties_from`, so that what a site has not taken up yet is not missed.
    """

    every: Every = "day"
    assigned_to: Who = "steward"
    escalates_to: Who = "supervisor"
    escalates_again_to: Who = "manager"
    bundled: bool = True  # one person has many of them at once: one notice lists all
    of: str | None = None
    acts: Acts | None = None
    while_in: tuple[str, ...] = ()
    having: Having | None = None
    needed: str | None = None  # setting: how many acts; None: one
    distinct: str | None = None  # field of the acts: those with the same value count once
    months: tuple[int, ...] = ()  # only in these months
    weekdays: tuple[int, ...] = ()  # only on these days, Monday 0
    working_days_only: bool = False
    only_with: Acts | None = None  # only in a period in which such a fact was recorded
    closes_on_day: str | None = None  # setting: the limit is that day of the period's first month
    closes_on_working_day: str | None = None  # setting: the limit is that working day of the period
    opens_days_before_end: str | None = None  # setting: the duty opens so many days before the period ends
    at_night: tuple[str, str] | None = None  # settings: from that time of the day until that time of the next
    on_storm_days_only: bool = False  # only on days of storm or warning (R-GEN-09)
    cluster: Cluster | None = (
        None  # of a scope: raises alarms beside the duty, or alone when there are no `acts`
    )

    @property
    def kind_of_limit(self) -> Literal["hours", "days"]:
        return "days"


@dataclass(frozen=True, slots=True)
class Quota(Recurrence):
    """A recurrence whose number follows from a base: at least ceil(rate % of the base), in integers (R-GEN-06).

    The base is how many subjects `base` acts were about, or with `base_field` the sum of that field of them; of the same
    period, or of the one before. A base of 0 makes no duty.
    """

    rate: str = ""  # setting, in percent
    least: str | None = None  # setting: never fewer, as far as the base goes
    base: Acts = Acts()
    base_field: str | None = None
    base_period: Literal["same", "before"] = "same"


@dataclass(frozen=True, slots=True)
class Deadline(Rule):
    """A limit of one case; it stays open until it is met.

    `of` is a kind of case; a rule without it is carried out by a fold of its own. With `repeats` the next limit starts when
    one is met, until the case enters a state of `ends`; entering one of them also meets what is open.
    `dropped_in`: entering one of these states cancels it.
    """

    name: str = ""  # of a further limit of a rule: its periods begin with it, `review-round-1`
    limit: Literal["hours", "days"] = "days"
    assigned_to: Who = "steward"
    escalates_to: Who = "supervisor"
    escalates_again_to: Who = "manager"
    bundled: bool = False
    of: str | None = None
    start: Start | None = None
    within: Limit | None = None
    acts: Acts | None = None
    having: Having | None = None
    repeats: bool = False
    ends: tuple[str, ...] = ()
    dropped_in: tuple[str, ...] = ()

    @property
    def kind_of_limit(self) -> Literal["hours", "days"]:
        if self.within is None:
            return self.limit
        return "hours" if self.within.unit in ("minutes", "hours", "clock") else "days"


@dataclass(frozen=True, slots=True)
class Approval(Rule):
    """A decision that nobody takes on a record of their own; with several `sign_offs` it takes all of them, by different people.

    `steps`: values of the step record that are the decision. `sign_offs`: values that together lead to the state `to`.
    """

    of: str = ""
    steps: tuple[str, ...] = ()
    sign_offs: tuple[str, ...] = ()
    to: str | None = None


DueRule: TypeAlias = Recurrence | Deadline


def rule(
    id: str, kind: str, zh: str, en: str, *settings: str, reason: Label | None = None, by: str | None = None
) -> Rule:
    """Declare a rule that makes nothing due."""
    return Rule(id, Label(zh, en), kind, settings, reason, by)
