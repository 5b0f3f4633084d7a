"""The rule table as a phone needs it: when the duties of areas and the limits of cases begin, end and are met.

For: `declared(rule)`, part of the `duty_book` document, so that tomorrow's list is right after a night without network.
Not for: duties of projects (their people sit at a desk), what a fold of its own judges (pwa/src/ledger/recurrences.ts has those),
limits that wait for the weather or the hours of service, are optional or ask for a share, nights: the phone then shows what the
server judged last.
Source: R-GEN-02 to R-GEN-08; read by pwa/src/ledger/duty-table.ts; vectors in tests/vectors/limits.json.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.catalogue.fields import When
from server.catalogue.rules.kinds import Acts, Deadline, DueRule, Having, Quota, Recurrence
from server.ledger.model import JsonObject, JsonValue


def declared(rule: DueRule) -> JsonObject | None:
    """Return how the duty is declared; None when a phone cannot judge it by the declaration alone."""
    if rule.of is None or rule.of == "project" or not _is_plain(rule):
        return None
    wire: JsonObject = {"of": rule.of, "for": rule.assigned_to, "acts": _acts(rule.acts)}
    if rule.having is not None:
        wire["having"] = _having(rule.having)
    if isinstance(rule, Deadline):
        return {**wire, **_deadline(rule)}
    return {**wire, **_recurrence(rule)}


def settings_of(rules: Mapping[str, DueRule], defaults: Mapping[str, JsonValue]) -> JsonObject:
    """Return the settings that the declared rules read, as they are when a project has not set its own."""
    keys = {key for rule in rules.values() if declared(rule) is not None for key in _keys(rule)}
    return {key: defaults[key] for key in sorted(keys) if key in defaults}


def _is_plain(rule: DueRule) -> bool:
    if isinstance(rule, Deadline):
        if (
            rule.start is None
            or rule.within is None
            or (rule.having is not None and rule.having.share is not None)
        ):
            return False
        return rule.within.unit != "first_rain" and not rule.within.optional and rule.within.in_hours is None
    return (
        rule.at_night is None
        and not rule.on_storm_days_only
        and rule.only_with is None
        and rule.acts is not None
    )


def _deadline(rule: Deadline) -> JsonObject:
    assert rule.start is not None, rule.id
    assert rule.within is not None, rule.id
    start: JsonObject = {"entering": list[JsonValue](rule.start.entering)}
    if rule.start.acts is not None:
        start["acts"] = _acts(rule.start.acts)
    if rule.start.field is not None:
        start["field"] = rule.start.field
    within: JsonObject = {"unit": rule.within.unit}
    for name in ("setting", "field"):
        if (value := getattr(rule.within, name)) is not None:
            within[name] = value
    return {
        "kind": "deadline",
        "start": start,
        "within": within,
        "ends": list[JsonValue](rule.ends),
        "dropped_in": list[JsonValue](rule.dropped_in),
    }


def _recurrence(rule: Recurrence) -> JsonObject:
    wire: JsonObject = {"kind": "recurrence", "every": rule.every, "while_in": list[JsonValue](rule.while_in)}
    for name in ("needed", "distinct", "closes_on_day", "closes_on_working_day", "opens_days_before_end"):
        if (value := getattr(rule, name)) is not None:
            wire[name] = value
    if rule.months:
        wire["months"] = list[JsonValue](rule.months)
    if rule.weekdays:
        wire["weekdays"] = list[JsonValue](rule.weekdays)
    if rule.working_days_only:
        wire["working_days_only"] = True
    if isinstance(rule, Quota):
        wire["share"] = {
            "rate": rule.rate,
            "least": rule.least,
            "base": _acts(rule.base),
            "base_field": rule.base_field,
            "base_period": rule.base_period,
        }
    return wire


def _keys(rule: DueRule) -> list[str]:
    if isinstance(rule, Deadline):
        return [rule.within.setting] if rule.within is not None and rule.within.setting is not None else []
    named = [rule.needed, rule.closes_on_day, rule.closes_on_working_day, rule.opens_days_before_end]
    if isinstance(rule, Quota):
        named += [rule.rate, rule.least]
    return [key for key in named if key]


def _acts(acts: Acts | None) -> JsonObject:
    if acts is None:
        return {"types": [], "entering": []}
    wire: JsonObject = {"types": list[JsonValue](acts.types), "entering": list[JsonValue](acts.entering)}
    if acts.when is not None:
        wire["when"] = _when(acts.when)
    return wire


def _when(when: When) -> JsonObject:
    return {"field": when.field, "in": list[JsonValue](when.values)}


def _having(having: Having) -> JsonObject:
    return {"field": having.field, "in": list[JsonValue](having.values)}
