"""What a register is narrowed by: the query of a route as SQL conditions, and as a look at one row where SQL cannot say it.

For: project, area, unit, building, state, period, from, to, author and words, for facts, statuses and duties alike.
Not for: what the caller may see (scope.py): every condition here only leaves out more.
Days and months are those of the project's time zone.
Source: contract section 5; docs/architecture.md section 6.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, and_, false, or_

from server.catalogue.registry import LIFE_CYCLES
from server.errors import BadQuery, InvalidInput
from server.intake.facts import search_text
from server.intake.tables import fact, reference, status
from server.ledger.model import JsonObject, JsonValue
from server.office.scope import Scope, touched_by

DAY: Mapping[str, Any] = {
    "type": "string",
    "pattern": "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
}
PERIOD: Mapping[str, Any] = {
    "type": "string",
    "pattern": "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$",
    "description": "a month, 2026-11, or a day, 2026-11-22",
}
NAME: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}
PLACES: Mapping[str, Mapping[str, Any]] = {"project": NAME, "area": NAME}
WORDS: Mapping[str, Any] = {"type": "string", "maxLength": 100, "description": "every word has to be found"}
MAX_WORDS = 5


@dataclass(frozen=True, slots=True)
class Days:
    """Days from `first` to `last`, both included; None: no end on that side."""

    first: date | None = None
    last: date | None = None

    def holds(self, day: date | None) -> bool:
        return day is not None and not self.ends_before(day) and not (self.first and day < self.first)

    def ends_before(self, day: date) -> bool:
        return self.last is not None and day > self.last

    def overlaps(self, start: date | None, end: date | None) -> bool:
        """Whether a span that began on `start`, and may not have ended yet, has a day in common with these."""
        if start is None or self.ends_before(start):
            return False
        return end is None or self.first is None or end >= self.first


def days_of(query: Mapping[str, Any]) -> Days | None:
    """The days that `period`, `from` and `to` leave; None when none of them is given. Raises BadQuery."""
    firsts, lasts = [], []
    if "period" in query:
        first, last = _span(query["period"])
        firsts.append(first)
        lasts.append(last)
    if "from" in query:
        firsts.append(day_of(query["from"], "from"))
    if "to" in query:
        lasts.append(day_of(query["to"], "to"))
    return Days(max(firsts, default=None), min(lasts, default=None)) if firsts or lasts else None


def day_of(text: str, parameter: str) -> date:
    """Raises BadQuery when there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadQuery(f"没有这一天。There is no such day: {text}", parameter=parameter) from error


def within(column: Column[Any], days: Days, scope: Scope, area: Column[Any]) -> ColumnElement[bool]:
    """Whether an instant falls on these days where its row belongs."""
    areas_of: dict[ZoneInfo, list[str]] = {}
    for name, zone in scope.zones.items():
        areas_of.setdefault(zone, []).append(name)
    return or_(
        false(), *(and_(area.in_(areas), *_between(column, days, zone)) for zone, areas in areas_of.items())
    )


def fact_conditions(query: Mapping[str, Any], scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if "unit" in query:
        found.append(fact.c.unit.in_(_unit_ids(query["unit"], scope)))
    if "building" in query:
        found.append(
            or_(*(fact.c.unit.startswith(prefix, autoescape=True) for prefix in _building_ids(query, scope)))
        )
    if "author" in query:
        found.append(fact.c.author == query["author"])
    days = days_of(query)
    if days is not None:
        found.append(within(fact.c.performed_at, days, scope, fact.c.area))
    found += [
        or_(fact.c.search.contains(word, autoescape=True), fact.c.unit.contains(word, autoescape=True))
        for word in words_of(query)
    ]
    return found


def status_conditions(query: Mapping[str, Any], scope: Scope) -> list[ColumnElement[bool]]:
    """All but the period, which each kind of subject understands in its own way: `has_part_in`."""
    found: list[ColumnElement[bool]] = []
    if "unit" in query:
        found.append(status.c.unit.in_(_unit_ids(query["unit"], scope)))
    if "building" in query:
        found.append(status.c.unit_no.startswith(f"{query['building']}-", autoescape=True))
    if "state" in query:
        found.append(status.c.state == query["state"])
    if "author" in query:
        found.append(touched_by(query["author"]))
    found += [status.c.search.contains(word, autoescape=True) for word in words_of(query)]
    return found


def unit_conditions(query: Mapping[str, Any], scope: Scope) -> list[ColumnElement[bool]]:
    """What of the unit register's filters SQL can say; `unit_matches` says the rest."""
    found: list[ColumnElement[bool]] = []
    if "unit" in query:
        found.append(reference.c.id.in_(_unit_ids(query["unit"], scope)))
    if "building" in query:
        found.append(
            or_(*(reference.c.id.startswith(each, autoescape=True) for each in _building_ids(query, scope)))
        )
    return found


def unit_matches(row: JsonObject, query: Mapping[str, Any]) -> bool:
    """Whether a unit, which may have no status to ask in SQL, is in this state and holds every word."""
    return query.get("state", row["state"]) == row["state"] and all(
        word in search_text(row) for word in words_of(query)
    )


def has_part_in(kind: str, row: JsonObject, days: Days, zone: ZoneInfo) -> bool:
    """Whether a subject belongs to a register of these days.

    A violation by the day it was found; a decoration or a vacancy when it went on during them; a household when it was in
    arrears by then, or a measure was taken then; a duty of an area or a project by when it was last done; any other case by the
    day its life cycle names, or when it was open during them.
    """
    match kind:
        case "violation":
            return days.holds(_local_day(row.get("found_at"), zone))
        case "decoration_project":
            start = _day(row.get("actual_start")) or _day(row.get("planned_start"))
            return days.overlaps(start, _day(row.get("actual_end")))
        case "unit":
            return days.overlaps(_day(row.get("vacant_from")), _day(row.get("vacant_to")))
        case "household":
            return days.overlaps(_day(row.get("arrears_since")), None) or days.holds(
                _local_day(row.get("last_measure_at"), zone)
            )
        case "area" | "project":
            return days.holds(_local_day(row.get("last_at"), zone))
        case _:
            named = LIFE_CYCLES[kind].day
            if named is not None and (on := _day(row.get(named))) is not None:
                return days.holds(on)
            return days.overlaps(
                _local_day(row.get("opened_at"), zone), _local_day(row.get("closed_at"), zone)
            )


def words_of(query: Mapping[str, Any]) -> list[str]:
    words = str(query.get("q", "")).lower().split()
    if len(words) > MAX_WORDS:
        raise InvalidInput(
            f"最多 {MAX_WORDS} 个关键词。At most {MAX_WORDS} words to search for.", parameter="q"
        )
    return words


def _between(column: Column[Any], days: Days, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    limits: list[ColumnElement[bool]] = []
    if days.first is not None:
        limits.append(column >= _midnight(days.first, zone))
    if days.last is not None:
        limits.append(column < _midnight(days.last + timedelta(days=1), zone))
    return limits


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _span(period: str) -> tuple[date, date]:
    if len(period) == len("2026-11-22"):
        return day_of(period, "period"), day_of(period, "period")
    first = day_of(f"{period}-01", "period")
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _unit_ids(unit: str, scope: Scope) -> list[str]:
    """Ids a unit may have: it is given by its id, or by its number alone."""
    if unit.startswith("unit:"):
        return [unit]
    return [f"unit:{project}-{unit}" for project in sorted(scope.projects)]


def _building_ids(query: Mapping[str, Any], scope: Scope) -> list[str]:
    return [f"unit:{project}-{query['building']}-" for project in sorted(scope.projects)] or ["unit:-"]


def _day(value: JsonValue) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _local_day(value: JsonValue, zone: ZoneInfo) -> date | None:
    try:
        return datetime.fromisoformat(value).astimezone(zone).date() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
