"""What follows for a unit in the vacancy register from its checks, airings and cleanings.

For: `fold_unit`.
Not for: which months have a duty (recurrences.py, shared with the phone), who may record (server/catalogue/rights.py).
Source: R-VAC-01 to R-VAC-04, R-VAC-05, R-VAC-06, R-VAC-09, R-VAC-10, R-X-20; T-13, T-14.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from server.ledger.calendar import DAY, end_of_day, last_day_of, months, months_before, start_of_day
from server.ledger.counted import counted
from server.ledger.drafts import MONTHS_KEPT, Draft
from server.ledger.meters import METERS, look_after_meters
from server.ledger.model import Context, Fact, JsonObject, JsonValue, Status
from server.ledger.move_ins import move_in_fields, moved_in_by, without_tail
from server.ledger.places import place_fields, reference
from server.ledger.reading import count_setting, day, entries, number, stamp, text
from server.ledger.recurrences import (
    Act,
    DueWindow,
    Span,
    acts_within,
    judge_recurrence,
    vacancy_window,
)
from server.ledger.service_level import frequency
from server.ledger.weather import gales, rain_spells

KIND = "unit"
DUTIES = (
    ("R-VAC-02", "vacancy_check", "vac.check_per_month"),
    ("R-VAC-03", "airing", "vac.air_per_month"),
    ("R-VAC-04", "vacant_cleaning", "vac.clean_per_month"),
)
UNOCCUPIED = ("undelivered", "delivered_vacant")


def fold_unit(subject: str, facts: list[Fact], context: Context) -> Status | None:
    """Return the unit's status; None when it is not known, or never was in the register and nothing was recorded."""
    document = context.reference.get(subject)
    unit = reference(subject, context)
    counting = counted(facts)
    if document is None or not (facts or _register(unit)):
        return None
    draft = Draft(subject, KIND, counting, context)
    by_type = {name: [fact for fact in counting.facts if fact.type == name] for _, name, _ in DUTIES}
    for fact in counting.facts:
        draft.happened(fact, fact.type)
    moved_in = moved_in_by(counting.facts, context)
    register = without_tail(_register(unit), moved_in)
    rises: list[JsonObject] = []
    if register is not None:
        _duties(draft, register, by_type)
        _special_services(draft, register, by_type["vacancy_check"])
        rises = look_after_meters(draft, register, by_type["vacancy_check"])
    checks = by_type["vacancy_check"]
    project = text(document, "project") or ""
    fields: JsonObject = {
        **place_fields(subject, project, context),
        "vacancy_kind": text(unit, "vacancy_kind"),
        "vacant_from": _shown(day(unit, "vacant_from")),
        "vacant_to": _shown(day(unit, "vacant_to")),
        "last_check_at": _last_at(checks),
        "last_airing_at": _last_at(by_type["airing"]),
        "last_cleaning_at": _last_at([fact for fact in by_type["vacant_cleaning"] if _is_done(fact)]),
        "last_result": _result(checks[-1]) if checks else None,
        "open_anomalies": list[JsonValue](_open_anomalies(checks)),
        "meters": _meters(checks),
        "meter_alarms": list[JsonValue](rises),
        "entered_alone": bool(checks) and is_alone(checks[-1]),
        **move_in_fields(moved_in, unit),
    }
    state = text(unit, "status") or "delivered_vacant"
    if moved_in is not None and state in UNOCCUPIED:
        state = "occupied"
    return draft.seal(project, text(document, "area") or "", state, fields)


def _duties(draft: Draft, register: Span, by_type: Mapping[str, Sequence[Fact]]) -> None:
    """Put down the duties of every month of the register that has begun, and ask for the next that will."""
    calendar, settings = draft.context.calendar, draft.context.settings
    counted_from = max(register.first, draft.duties_from or register.first)
    counting = Span(counted_from, register.last)
    last = min(draft.today, register.last or draft.today)
    least = count_setting(settings, "vac.min_days_in_month")
    needs = [
        (rule, [_act(fact) for fact in by_type[name] if _is_done(fact)], needed)
        for rule, name, key in DUTIES
        if (needed := frequency(settings, key)) > 0
    ]
    for month in months(max(counted_from, months_before(last, MONTHS_KEPT - 1)), last):
        window = vacancy_window(month, counting, least, calendar)
        if window is None or not draft.moment.passed(window.opens_at):
            continue
        for rule, acts, needed in needs:
            within = acts_within(window, acts)
            draft.due(rule, window, judge_recurrence(window, within, needed, draft.moment))
    if needs:
        _await_next_month(draft, counting, least)


def _special_services(draft: Draft, register: Span, checks: Sequence[Fact]) -> None:
    """Put down what bad weather asks for: once a spell from the day that makes it one, again after so many days of rain.

    The hours count from the end of that day: on it nobody knows yet how long it will blow or rain.
    """
    context = draft.context
    calendar, settings = context.calendar, context.settings
    hours = timedelta(hours=count_setting(settings, "vac.special_due_hours"))
    again = count_setting(settings, "vac.spell_repeat_days") * DAY
    spells = [
        *(("R-VAC-05", each) for each in rain_spells(context.weather, settings)),
        *(("R-VAC-06", each) for each in gales(context.weather, settings)),
    ]
    acts = [_act(fact) for fact in checks if text(fact.body, "reason") == "special_weather"]
    earliest = max(months_before(draft.today, MONTHS_KEPT - 1), draft.duties_from or register.first)
    for rule, spell in spells:
        on = spell.trigger
        while on <= spell.last:
            opens = start_of_day(on, calendar)
            if on >= earliest and register.covers(on) and draft.moment.passed(opens):
                window = DueWindow(on.isoformat(), opens, end_of_day(on, calendar) + hours, opens)
                draft.due(rule, window, judge_recurrence(window, acts_within(window, acts), 1, draft.moment))
            on += again
            if rule == "R-VAC-06":
                break  # a gale asks once


def _await_next_month(draft: Draft, register: Span, least: int) -> None:
    """Ask for the next month that has duties: this one or one of the two after, when it does not begin earlier."""
    first = max(draft.today, register.first)
    for _ in range(3):
        month = f"{first.year:04d}-{first.month:02d}"
        window = vacancy_window(month, register, least, draft.context.calendar)
        if window is not None and not draft.moment.passed(window.opens_at):
            return
        first = last_day_of(month) + DAY


def _register(unit: Mapping[str, JsonValue]) -> Span | None:
    """Return the days the unit is in the register; None when it is not, or nobody knows since when."""
    first = day(unit, "vacant_from")
    if first is None and text(unit, "vacancy_kind") is not None:
        first = day(unit, "delivered_on")
    if first is None:
        return None
    left = day(unit, "vacant_to")
    if left is None:
        return Span(first)
    return Span(first, left - DAY) if left > first else None


def is_alone(check: Fact) -> bool:
    """Whether somebody entered without a companion and without the owner's consent (R-X-20)."""
    return text(check.body, "companion") is None and text(check.body, "consent_ref") is None


def _is_done(fact: Fact) -> bool:
    """Whether the act counts: a cleaning that has to be redone does not."""
    return fact.type != "vacant_cleaning" or text(fact.body, "result") != "redo"


def _act(fact: Fact) -> Act:
    return Act(fact.id, fact.performed_at, fact.received_at)


def _shown(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def _last_at(facts: Sequence[Fact]) -> str | None:
    return stamp(facts[-1].performed_at) if facts else None


def _result(check: Fact) -> str:
    items = entries(check.body, "items")
    return "abnormal" if any(item.get("result") == "abnormal" for item in items) else "normal"


def _open_anomalies(checks: Sequence[Fact]) -> list[JsonObject]:
    """Return what was found and not yet seen to be gone: a check that finds nothing abnormal ends them all."""
    found: dict[tuple[JsonValue, JsonValue], JsonObject] = {}
    for check in checks:
        anomalies = list(entries(check.body, "anomalies"))
        if not anomalies and _result(check) == "normal":
            found.clear()
        for anomaly in anomalies:
            place, kind = text(anomaly, "place"), text(anomaly, "kind")
            found.setdefault(
                (place, kind),
                {"place": place, "kind": kind, "fact": check.id, "found_at": stamp(check.performed_at)},
            )
    return list(found.values())


def _meters(checks: Sequence[Fact]) -> JsonObject:
    """Return the latest reading of each meter."""
    readings: JsonObject = dict.fromkeys(METERS)
    for check in checks:
        for name, field in METERS.items():
            if (reading := number(check.body, field)) is not None:
                readings[name] = reading
    return readings
