"""What a person may see of the read model: the one place of the office where a query begins.

For: `Scope` (the areas a person sees on a route) and the SELECTs that everything else here narrows, sorts and pages.
Not for: which roles a route asks for (the routes declare that), what a register is filtered by (filters.py).
No other module of server/office calls `select()`; a test holds it to that. So a row of a foreign area cannot be read by
forgetting a condition.
Source: promises D12, S-01.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, Table, and_, func, or_, select

from server.access.directory import Snapshot
from server.access.person import Person
from server.intake.tables import (
    due_item,
    fact,
    fact_photo,
    fact_subject,
    notice,
    phone,
    phone_list,
    phone_loss,
    reference,
    status,
)
from server.office.readers import hidden_from


@dataclass(frozen=True, slots=True)
class Scope:
    """The areas whose rows a person sees, with what a query needs to know about them."""

    areas: frozenset[str]
    databases: frozenset[
        str
    ]  # those in which the documents of these areas live, closed ones included, and offices
    area_databases: frozenset[str]  # those of every area there is
    projects: frozenset[str]
    zones: Mapping[str, ZoneInfo]  # by area
    area_names: Mapping[str, str]
    whole_projects: frozenset[str] = (
        frozenset()
    )  # every area of which is among these: duties of the project are seen too
    hidden: frozenset[str] = frozenset()  # record types and kinds of case that are for other readers

    def zone_of(self, area: str | None) -> ZoneInfo:
        """The time zone of an area's project; of any project here when the area is not one of these."""
        if area is not None and area in self.zones:
            return self.zones[area]
        return next(iter(self.zones.values()), ZoneInfo("Asia/Shanghai"))


def scope_of(
    person: Person,
    snapshot: Snapshot,
    roles: Iterable[str],
    query: Mapping[str, Any] | None = None,
    *,
    whole_project: Iterable[str] = (),
) -> Scope:
    """The areas `person` sees as a holder of one of `roles`, less what `query` leaves out by `project` and `area`.

    A role counts only in the project in which it is held. Roles in `whole_project` see every area of their project
    on this route, whatever areas are granted. Areas that are not visible and areas that do not exist are left out alike.
    """
    asked, everywhere = frozenset(roles), frozenset(whole_project)
    query = query or {}
    areas = frozenset(
        area.id
        for area in snapshot.areas.values()
        if person.has_role_in(area.project, *asked)
        and (area.id in person.areas or person.has_role_in(area.project, *everywhere))
        and query.get("project", area.project) == area.project
        and query.get("area", area.id) == area.id
    )
    return _scope(areas, snapshot, hidden_from(person.roles))


def _scope(areas: frozenset[str], snapshot: Snapshot, hidden: frozenset[str]) -> Scope:
    of_areas = [entry for entry in snapshot.databases.values() if entry.kind == "area"]
    project_of = {area: snapshot.areas[area].project for area in areas}
    every_area = Counter(area.project for area in snapshot.areas.values())
    seen = Counter(project_of.values())
    return Scope(
        whole_projects=frozenset(project for project, count in seen.items() if count == every_area[project]),
        areas=areas,
        databases=frozenset(
            entry.name
            for entry in snapshot.databases.values()
            if (entry.kind == "area" and entry.of in areas) or (entry.kind == "office" and entry.of in seen)
        ),
        area_databases=frozenset(entry.name for entry in of_areas),
        projects=frozenset(project_of.values()),
        zones={
            area: ZoneInfo(snapshot.projects[project].time_zone)
            for area, project in sorted(project_of.items())
        },
        area_names={area: snapshot.areas[area].name for area in areas},
        hidden=hidden,
    )


# Rows of areas


def statuses(scope: Scope, kind: str | None = None) -> Select[Any]:
    """Status rows, of one kind of subject or of all."""
    found = select(status).where(_place_is_visible(status, scope))
    return found if kind is None else found.where(status.c.kind == kind)


def status_of(scope: Scope, subject: str) -> Select[Any]:
    return statuses(scope).where(status.c.subject == subject)


def units(scope: Scope) -> Select[Any]:
    """Reference documents of units, beside the status that a unit may have."""
    columns = (
        reference.c.id,
        reference.c.project,
        reference.c.area,
        reference.c.body.label("document"),
        status.c.state,
        status.c.body,
    )
    joined = reference.outerjoin(status, status.c.subject == reference.c.id)
    return (
        select(*columns)
        .select_from(joined)
        .where(reference.c.type == "unit", reference.c.area.in_(sorted(scope.areas)))
    )


def facts(scope: Scope, record_type: str | None = None) -> Select[Any]:
    """Facts that count: neither held, nor withdrawn or corrected, nor themselves a withdrawal."""
    return all_facts(scope, record_type).where(
        COUNTS, fact.c.voided_by.is_(None), fact.c.amended_by.is_(None)
    )


def all_facts(scope: Scope, record_type: str | None = None) -> Select[Any]:
    """Facts whatever has become of them, held ones included."""
    found = select(fact).where(_fact_is_visible(scope))
    return found if record_type is None else found.where(fact.c.type == record_type)


def facts_about(scope: Scope, subject: str) -> Select[Any]:
    """Every fact that touches a subject, and the corrections and withdrawals of those; held ones included."""
    named = select(fact_subject.c.fact_id).where(fact_subject.c.subject == subject)
    return all_facts(scope).where(
        or_(fact.c.id.in_(named), fact.c.amends.in_(named), fact.c.voids.in_(named))
    )


def held_facts(scope: Scope, *, released: bool = False) -> Select[Any]:
    """Facts that are held, with `released` also those that were let go. Each belongs to the area of its database:
    what cannot be read names no area, and what was refused may name a foreign one."""
    found = select(fact).where(
        or_(
            fact.c.database.in_(sorted(scope.databases)),
            and_(fact.c.database.not_in(sorted(scope.area_databases)), fact.c.area.in_(sorted(scope.areas))),
        )
    )
    found = found.where(fact.c.type.not_in(sorted(scope.hidden)))
    if released:
        return found
    # Not "is not null": SQLite would read every fact for it, where this reads the index of held ones.
    return found.where(fact.c.held_code > "", fact.c.released_by.is_(None))


def photos_of(scope: Scope, fact_ids: Sequence[str]) -> Select[Any]:
    """Photos that visible facts among `fact_ids` name."""
    visible = all_facts(scope).where(fact.c.id.in_(fact_ids)).with_only_columns(fact.c.id)
    return select(fact_photo).where(fact_photo.c.fact_id.in_(visible))


def repeated_photos(scope: Scope, begin: datetime, end: datetime) -> Select[Any]:
    """Photos of facts of a span that more than one visible fact names, with each fact that does."""
    visible = facts(scope).with_only_columns(fact.c.id)
    within = visible.where(fact.c.performed_at >= begin, fact.c.performed_at <= end)
    of_span = select(fact_photo.c.sha256).where(fact_photo.c.fact_id.in_(within))
    twice = (
        select(fact_photo.c.sha256)
        .where(fact_photo.c.sha256.in_(of_span), fact_photo.c.fact_id.in_(visible))
        .group_by(fact_photo.c.sha256)
        .having(func.count() > 1)
    )
    return select(fact_photo.c.sha256, fact_photo.c.fact_id).where(
        fact_photo.c.sha256.in_(twice), fact_photo.c.fact_id.in_(visible)
    )


def due_items(scope: Scope) -> Select[Any]:
    return select(due_item).where(_place_is_visible(due_item, scope))


def duties_by_state(scope: Scope, begin: datetime, end: datetime) -> Select[Any]:
    """How many duties whose limit lies in a span there are, by rule and status."""
    columns = (due_item.c.rule, due_item.c.status, func.count().label("number"))
    within = (due_item.c.due_at >= begin, due_item.c.due_at <= end)
    return (
        select(*columns)
        .where(_place_is_visible(due_item, scope), *within)
        .group_by(due_item.c.rule, due_item.c.status)
    )


def facts_done(scope: Scope, types: Sequence[str], begin: datetime, end: datetime) -> Select[Any]:
    """Facts of these types that count, done in a span, in order."""
    within = (fact.c.performed_at >= begin, fact.c.performed_at <= end)
    return facts(scope).where(fact.c.type.in_(types), *within).order_by(fact.c.performed_at, fact.c.id)


def arrivals(scope: Scope, begin: datetime, end: datetime) -> Select[Any]:
    """When facts of a span were done and when they arrived, and which are held."""
    columns = (fact.c.performed_at, fact.c.received_at, fact.c.held_code, fact.c.released_by)
    within = (fact.c.performed_at >= begin, fact.c.performed_at <= end)
    return select(*columns).where(_fact_is_visible(scope), *within)


def references(scope: Scope, kind: str) -> Select[Any]:
    """Reference documents of one type, of visible areas."""
    return select(reference.c.body).where(reference.c.type == kind, reference.c.area.in_(sorted(scope.areas)))


def touched_by(author: str) -> ColumnElement[bool]:
    """Whether a fact of `author` touches the subject of a status row."""
    joined = fact_subject.join(fact, fact.c.id == fact_subject.c.fact_id)
    touching = select(fact.c.id).select_from(joined).where(fact_subject.c.subject == status.c.subject)
    return touching.where(fact.c.author == author, COUNTS).correlate(status).exists()


# Rows of one person


def own_facts(person: Person, ids: Sequence[str]) -> Select[Any]:
    """What a receipt says about the caller's own facts among `ids`: everything but the fact itself."""
    columns = (
        fact.c.id,
        fact.c.rev,
        fact.c.hash,
        fact.c.held_code,
        fact.c.held_reason,
        fact.c.held_reason_en,
    )
    # Coalesced, so that SQLite looks the ids up and does not go through all that this person ever recorded.
    mine = func.coalesce(fact.c.author, "") == person.name
    return select(*columns, fact.c.released_by).where(mine, fact.c.id.in_(ids))


def authors_naming(sha256s: Sequence[str]) -> Select[Any]:
    """Who names each photo. For receipts only, which tell nobody another's name."""
    joined = fact_photo.join(fact, fact.c.id == fact_photo.c.fact_id)
    return (
        select(fact_photo.c.sha256, fact.c.author)
        .select_from(joined)
        .where(fact_photo.c.sha256.in_(sha256s))
        .distinct()
    )


def own_notices(person: Person) -> Select[Any]:
    return select(notice).where(notice.c.user == person.name)


def phones_of(users: Iterable[str]) -> Select[Any]:
    """What the phones of these users reported."""
    return select(phone).where(phone.c.user.in_(sorted(users)))


def own_lists(person: Person) -> Select[Any]:
    """What each phone of the caller last named as unsent, the latest first."""
    same_phone = (phone.c.user == phone_list.c.user) & (phone.c.device == phone_list.c.device)
    mine = (
        select(phone_list, phone.c.reported_at)
        .join(phone, same_phone)
        .where(phone_list.c.user == person.name)
    )
    return mine.order_by(phone.c.reported_at.desc())


def losses_of(users: Iterable[str]) -> Select[Any]:
    """What the phones of these users lost."""
    return select(phone_loss).where(phone_loss.c.user.in_(sorted(users)))


def which_arrived(ids: Sequence[str]) -> Select[Any]:
    """Those of the records that phones named which are here. For losses only, which say no more of them."""
    return select(fact.c.id).where(fact.c.id.in_(ids))


def listing_photos(sha256s: Sequence[str], authors: Iterable[str]) -> Select[Any]:
    """The records of these people that list a photo, in order of arrival."""
    joined = select(fact_photo.c.sha256, fact.c.id, fact.c.document).join(
        fact, fact.c.id == fact_photo.c.fact_id
    )
    return joined.where(fact_photo.c.sha256.in_(sha256s), fact.c.author.in_(sorted(authors))).order_by(
        fact.c.seq
    )


def counted(found: Select[Any]) -> Select[Any]:
    """How many rows `found` has."""
    return select(func.count()).select_from(found.order_by(None).subquery())


COUNTS: ColumnElement[bool] = and_(
    or_(fact.c.held_code.is_(None), fact.c.released_by.is_not(None)), fact.c.voids.is_(None)
)


def _place_is_visible(table: Table, scope: Scope) -> ColumnElement[bool]:
    """Rows of visible areas, and of no area in projects of which the person sees the whole."""
    of_area = table.c.area.in_(sorted(scope.areas))
    of_project = and_(table.c.area == "", table.c.project.in_(sorted(scope.whole_projects)))
    return and_(or_(of_area, of_project), table.c.kind.not_in(sorted(scope.hidden)))


def _fact_is_visible(scope: Scope) -> ColumnElement[bool]:
    # The area is what the author wrote; the database is where the store has it. Both have to be visible.
    return and_(
        fact.c.area.in_(sorted(scope.areas)),
        fact.c.database.in_(sorted(scope.databases)),
        fact.c.type.not_in(sorted(scope.hidden)),
    )
