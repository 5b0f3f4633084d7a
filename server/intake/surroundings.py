"""What a fold may look at besides facts: calendar, people, settings, reference documents, linked statuses.

For: `Surroundings`, which folding asks, and which remembers within one transaction what every subject shares.
Not for: folding (folding.py) or the shape of any of it (server/ledger/model).
Source: docs/architecture.md section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select, update

from server.access.directory import Snapshot
from server.catalogue.subjects import SUBJECT_KINDS, kind_of
from server.intake.references import load_settings
from server.intake.rules import Rules
from server.intake.tables import fact_photo, reference, status
from server.ledger.calendar import calendar_of
from server.ledger.model import (
    Calendar,
    Context,
    Fact,
    JsonObject,
    JsonValue,
    People,
    Status,
    WeatherDay,
)
from server.ledger.weather import weather_of

_PHOTOS = select(fact_photo.c.sha256, fact_photo.c.stored).where(
    fact_photo.c.fact_id.in_(bindparam("ids", expanding=True))
)
_ARRIVED = (
    update(fact_photo).where(fact_photo.c.sha256.in_(bindparam("hashes", expanding=True))).values(stored=True)
)
_WEATHER = (
    select(reference.c.body)
    .where(reference.c.type == "weather_day", reference.c.project == bindparam("of"))
    .order_by(reference.c.id)
)
_CALENDAR = (
    select(reference.c.body)
    .where(
        reference.c.type.in_(("calendar", "calendar_day")),
        or_(reference.c.project.is_(None), reference.c.project == bindparam("of")),
    )
    .order_by(reference.c.project.is_not(None), reference.c.id)
)
_named = reference.alias("named")
_LINKED = select(*(column for column in status.c if column.name != "search")).where(
    status.c.subject.in_(bindparam("named", expanding=True))
)

SEVERAL = 2

NOBODY = People(steward="", supervisor="", manager="")


@dataclass
class Shared:
    """What all subjects of a project share, by project: as long as no document of the server's own comes."""

    settings: dict[str, Mapping[str, JsonValue]] = field(default_factory=dict)
    calendars: dict[str, Calendar] = field(default_factory=dict)
    weather: dict[str, tuple[WeatherDay, ...]] = field(default_factory=dict)


@dataclass
class Surroundings:
    rules: Rules
    directory: Snapshot
    has_photo: Callable[[str], bool]
    now: datetime
    known: Shared

    def shared(self, connection: Connection, project: str, area: str) -> Context:
        """What every subject of the place may look at: all that a duty of it needs beside its tally."""
        return Context(
            now=self.now,
            calendar=self.calendar(connection, project),
            people=self.people(area, project),
            settings=self.settings(connection, project),
            reference={},
            weather=self.weather(connection, project),
            project=project,
        )

    def context(
        self,
        connection: Connection,
        subject: str,
        project: str,
        area: str,
        facts: Sequence[Fact],
        before: Any,
    ) -> Context:
        return replace(
            self.shared(connection, project, area),
            reference=_reference_of(connection, subject, facts, None if before is None else before.unit),
            stored_photos=self._stored(connection, [one.id for one in facts if one.photos]),
            linked=_linked(connection, subject, facts),
        )

    def people(self, area: str, project: str) -> People:
        if not area:
            return people_of_project(self.directory, project, self.now)
        return people_of(self.directory, area, self.now)

    def weather(self, connection: Connection, project: str) -> tuple[WeatherDay, ...]:
        if project not in self.known.weather:
            self.known.weather[project] = load_weather(connection, project)
        return self.known.weather[project]

    def settings(self, connection: Connection, project: str) -> Mapping[str, JsonValue]:
        if project not in self.known.settings:
            self.known.settings[project] = load_settings(connection, self.rules, self.directory, project)
        return self.known.settings[project]

    def calendar(self, connection: Connection, project: str) -> Calendar:
        if project not in self.known.calendars:
            self.known.calendars[project] = load_calendar(
                connection, self.settings(connection, project), project
            )
        return self.known.calendars[project]

    def _stored(self, connection: Connection, fact_ids: Sequence[str]) -> frozenset[str]:
        if not fact_ids:
            return frozenset()
        rows = connection.execute(_PHOTOS, {"ids": fact_ids}).all()
        stored = {row.sha256 for row in rows if row.stored}
        arrived = {row.sha256 for row in rows if not row.stored and self.has_photo(row.sha256)}
        if arrived:
            connection.execute(_ARRIVED, {"hashes": sorted(arrived)})
        return frozenset(stored | arrived)


def people_of(directory: Snapshot, area: str, at: datetime) -> People:
    """Who answers for an area; nobody when the directory does not know it."""
    return directory.people(area, at) if area in directory.areas else NOBODY


def people_of_project(directory: Snapshot, project: str, at: datetime) -> People:
    """Who answers for what belongs to no area."""
    return directory.people_of_project(project, at) if project in directory.projects else NOBODY


def load_weather(connection: Connection, project: str) -> tuple[WeatherDay, ...]:
    """The weather of the project, by day; of two documents for one day the later id counts."""
    return weather_of(list(connection.scalars(_WEATHER, {"of": project})))


def load_calendar(connection: Connection, settings: Mapping[str, JsonValue], project: str) -> Calendar:
    """The project's calendar: its time zone and its table of holidays and make-up days (R-GEN-01, R-GEN-07)."""
    rows = connection.scalars(_CALENDAR, {"of": project})
    return calendar_of(list(rows), str(settings.get("time_zone", "Asia/Shanghai")))


def _reference_of(
    connection: Connection, subject: str, facts: Sequence[Fact], unit: str | None
) -> dict[str, JsonObject]:
    """The reference documents of the subject's unit: unit, households, fee accounts."""
    units = {unit} if unit else set()
    if subject.startswith("unit:"):
        units.add(subject)
    households = {one.subject for one in facts if one.subject.startswith("household:")}
    households |= {str(one.body["household_id"]) for one in facts if "household_id" in one.body}
    for one in facts:
        if one.subject.startswith("unit:"):
            units.add(one.subject)
        named = one.body.get("unit_id") or one.body.get("unit")
        if isinstance(named, str):
            units.add(named)
    # A violation is in the unit of its decoration project.
    projects = {one.subject for one in facts if one.subject.startswith("decoration_project:")} - {subject}
    wanted = {"named": sorted({subject, *households}), "units": sorted(units), "works": sorted(projects)}
    sizes = (min(len(names), SEVERAL) for names in wanted.values())
    bound = {name: names[0] if len(names) == 1 else names for name, names in wanted.items() if names}
    rows = connection.execute(_reference_query(*sizes), {"about": subject, **bound})
    return {row.id: row.body for row in rows}


@cache
def _reference_query(named: int, units: int, works: int) -> Any:
    """The documents of a subject and its units: given, or those of the households and decorations that are named.

    Of each there are none, one or `SEVERAL`: what is said with fewer lists is put to the database in less time.
    """
    clauses = [reference.c.id == bindparam("about")]
    if units:
        clauses.append(_is_any(reference.c.unit, "units", units))
    if named:
        of_named = select(_named.c.unit).where(_is_any(_named.c.id, "named", named))
        clauses.append(reference.c.unit.in_(of_named))
    if works:
        of_works = select(status.c.unit).where(_is_any(status.c.subject, "works", works))
        clauses.append(reference.c.unit.in_(of_works))
    return select(reference.c.id, reference.c.body).where(or_(*clauses))


def _is_any(column: Any, name: str, count: int) -> ColumnElement[bool]:
    found: ColumnElement[bool] = (
        column == bindparam(name) if count == 1 else column.in_(bindparam(name, expanding=True))
    )
    return found


def _linked(connection: Connection, subject: str, facts: Sequence[Fact]) -> dict[str, Status]:
    """Statuses of the subjects that facts about this one opened, and of the subjects these facts are about."""
    named = {one.id for one in facts} | {one.subject for one in facts}
    names = {name for name in named if kind_of(name) in SUBJECT_KINDS} - {subject}
    if not names:
        return {}
    rows = connection.execute(_LINKED, {"named": sorted(names)})
    return {
        row.subject: Status(
            subject=row.subject,
            kind=row.kind,
            project=row.project,
            area=row.area,
            state=row.state,
            fields=row.body["fields"],
            updated_at=row.changed_at,
            wake_at=row.wake_at,
        )
        for row in rows
    }
