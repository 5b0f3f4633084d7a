"""The directory: projects, areas, databases, people and their grants, as they stand.

For: answering "who answers for this area", "what is this database", "what may this user see now" from memory.
Not for: changing any of it (server/access/administration), or who is signed in (server/access/sessions).
R-SYN-04: a phone replicates the databases of its areas and nothing else; these are what it is told of.
The whole directory is a few thousand rows: it is read at once and kept until `access_version` says that it
changed, in this process or in another. `current()` asks that each time and is what a request starts with.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, PoolProxiedConnection, event, select

from server.access import tables
from server.access.person import Person
from server.access.roles import ROLES
from server.ledger.model import People

# Feeds of an ended session are cut within seconds, so that only the latest ends matter to them.
ENDED_SESSIONS = 1000


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Area:
    id: str
    project: str
    name: str


@dataclass(frozen=True, slots=True)
class DatabaseEntry:
    name: str
    kind: str  # area, project, office, user
    of: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a project, or an area, given to a user for a time."""

    user: str
    what: str  # role id or area id
    project: str
    valid_from: datetime
    valid_to: datetime | None

    def holds_at(self, instant: datetime) -> bool:
        return self.valid_from <= instant and (self.valid_to is None or instant < self.valid_to)

    @property
    def edges(self) -> tuple[datetime, ...]:
        return (self.valid_from,) if self.valid_to is None else (self.valid_from, self.valid_to)


@dataclass(frozen=True, slots=True)
class User:
    name: str
    display_name: str
    is_active: bool


class Snapshot:
    """The directory as it stood at one version. Never changes; share it freely between threads."""

    def __init__(
        self,
        version: int,
        projects: Iterable[Project],
        areas: Iterable[Area],
        databases: Iterable[DatabaseEntry],
        users: Iterable[User],
        role_grants: Iterable[Grant],
        area_grants: Iterable[Grant],
        ended_sessions: Iterable[str] = (),
    ) -> None:
        self.version = version
        self.projects = {project.id: project for project in projects}
        self.areas = {area.id: area for area in areas}
        self.databases = {entry.name: entry for entry in databases}
        self.users = {user.name: user for user in users}
        self._open = {
            (entry.kind, entry.of): entry.name for entry in self.databases.values() if entry.is_open
        }
        self._roles_of = _by_user(role_grants)
        self._areas_of = _by_user(area_grants)
        self.ended_sessions = frozenset(ended_sessions)
        # Asked for every area of a project at one instant: remembered for the instant asked about last.
        self._held_at: datetime | None = None
        self._held: dict[str, dict[str, str]] = {}

    # Places

    def areas_of(self, project: str) -> list[Area]:
        return [area for area in self.areas.values() if area.project == project]

    def area_database(self, area: str) -> str:
        """The database that new documents of an area go to. Raises KeyError for an unknown area."""
        return self._open["area", area]

    def project_database(self, project: str) -> str:
        return self._open["project", project]

    def office_database(self, project: str) -> str:
        """Where a project's confidential records are kept; no phone replicates it. Raises KeyError before it is made."""
        return self._open["office", project]

    def user_database(self, user: str) -> str:
        return self._open["user", user]

    # People

    def people(self, area: str, at: datetime) -> People:
        """Who answers for an area at an instant. An empty post falls to the next one up; nobody at all is ''."""
        project = self.areas[area].project
        manager = self.first_with_role("project_manager", project, at)
        supervisor = self.first_with_role("cs_supervisor", project, at) or manager
        return People(
            steward=self.steward_of(area, at) or supervisor,
            supervisor=supervisor,
            manager=manager,
            roles=self._holders(project, at),
        )

    def people_of_project(self, project: str, at: datetime) -> People:
        """Who answers for what belongs to no area of a project: the supervisor stands in for a steward."""
        manager = self.first_with_role("project_manager", project, at)
        supervisor = self.first_with_role("cs_supervisor", project, at) or manager
        return People(supervisor, supervisor, manager, self._holders(project, at))

    def _holders(self, project: str, at: datetime) -> dict[str, str]:
        """Of every role but steward: the user who holds it in the project, longest of several; empty posts left out."""
        if self._held_at != at:
            self._held_at, self._held = at, {}
        if project not in self._held:
            first: dict[str, Grant] = {}
            for grant in (each for grants in self._roles_of.values() for each in grants):
                if grant.project != project or not grant.holds_at(at) or not self._is_active(grant.user):
                    continue
                known = first.get(grant.what)
                if known is None or (grant.valid_from, grant.user) < (known.valid_from, known.user):
                    first[grant.what] = grant
            self._held[project] = {
                role: grant.user for role, grant in sorted(first.items()) if role != "steward"
            }
        return self._held[project]

    def steward_of(self, area: str, at: datetime) -> str:
        """The steward of an area: the one granted it last; '' when there is none."""
        project = self.areas[area].project
        granted = [
            grant
            for user, grants in self._areas_of.items()
            for grant in grants
            if grant.what == area and grant.holds_at(at) and self._is_steward(user, project, at)
        ]
        return max(granted, key=lambda grant: (grant.valid_from, grant.user)).user if granted else ""

    def first_with_role(self, role: str, project: str, at: datetime) -> str:
        """The active user who has held `role` in `project` longest; '' when there is none."""
        granted = [
            grant
            for user, grants in self._roles_of.items()
            for grant in grants
            if grant.what == role
            and grant.project == project
            and grant.holds_at(at)
            and self._is_active(user)
        ]
        return min(granted, key=lambda grant: (grant.valid_from, grant.user)).user if granted else ""

    def person(self, name: str, at: datetime, device: str | None, session: str | None) -> Person | None:
        """The user with the rights in force at an instant; None when unknown or disabled."""
        user = self.users.get(name)
        if user is None or not user.is_active:
            return None
        roles_in = self._roles_in(name, at)
        own_areas = frozenset(grant.what for grant in self._areas_of.get(name, []) if grant.holds_at(at))
        seen = set(own_areas)
        for project, roles in roles_in.items():
            if any(ROLES[role].whole_project for role in roles):
                seen.update(area.id for area in self.areas_of(project))
        # An area whose project holds no role of this person any more is not seen either.
        areas = frozenset(area for area in seen if self.areas[area].project in roles_in)
        return Person(
            name=name,
            display_name=user.display_name,
            roles=frozenset(role for roles in roles_in.values() for role in roles),
            roles_in=roles_in,
            projects=frozenset(roles_in),
            areas=areas,
            own_areas=own_areas & areas,
            device=device,
            session=session,
        )

    def projects_of(self, name: str) -> frozenset[str]:
        """The projects in which the user holds, held or will hold a role."""
        return frozenset(grant.project for grant in self._roles_of.get(name, ()))

    def edges(self, name: str) -> list[datetime]:
        """The instants at which time alone changes the user's rights, in order."""
        grants = (*self._roles_of.get(name, ()), *self._areas_of.get(name, ()))
        return sorted({edge for grant in grants for edge in grant.edges})

    def next_change_after(self, instant: datetime) -> datetime | None:
        """The next instant at which time alone changes somebody's rights."""
        edges = (
            edge
            for grants in (*self._roles_of.values(), *self._areas_of.values())
            for grant in grants
            for edge in grant.edges
            if edge > instant
        )
        return min(edges, default=None)

    def roles_in(self, name: str, project: str, at: datetime) -> frozenset[str]:
        """The roles granted in a project at an instant, whether or not the account is still active."""
        return self._roles_in(name, at).get(project, frozenset())

    def colleagues(self, projects: frozenset[str]) -> dict[str, str]:
        """User name → display name of everyone who holds or once held a role in one of `projects`."""
        names = sorted(
            user
            for user, grants in self._roles_of.items()
            if user in self.users and any(grant.project in projects for grant in grants)
        )
        return {name: self.users[name].display_name for name in names}

    def _roles_in(self, name: str, at: datetime) -> dict[str, frozenset[str]]:
        held: dict[str, set[str]] = {}
        for grant in self._roles_of.get(name, []):
            if grant.holds_at(at):
                held.setdefault(grant.project, set()).add(grant.what)
        return {project: frozenset(roles) for project, roles in held.items()}

    def _is_active(self, name: str) -> bool:
        return name in self.users and self.users[name].is_active

    def _is_steward(self, name: str, project: str, at: datetime) -> bool:
        return self._is_active(name) and "steward" in self._roles_in(name, at).get(project, frozenset())


class Directory:
    """The newest snapshot, read again when it is no longer the newest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._snapshot: Snapshot | None = None
        self._lock = threading.Lock()
        self._glancing = _Glancing(engine) if _is_local_file(engine) else None

    def current(self) -> Snapshot:
        """The directory as it stands, other processes' changes included. One indexed read when nothing changed."""
        with self._engine.connect() as connection:
            version = connection.execute(select(tables.access_version.c.version)).scalar_one_or_none() or 0
            with self._lock:
                if self._snapshot is None or self._snapshot.version != version:
                    self._snapshot = _read(connection, version)
                return self._snapshot

    def glance(self) -> Snapshot | None:
        """The snapshot at hand, if the database says that it is the newest. None: ask `current`, in a thread.

        Takes microseconds, so that an event loop may ask; of a database that is not a file here it never tells.
        """
        snapshot = self._snapshot
        if snapshot is None or self._glancing is None or self._glancing.version() != snapshot.version:
            return None
        return snapshot

    def recent(self) -> Snapshot:
        """The snapshot at hand, without asking the database: for work done many times within one request."""
        return self._snapshot or self.current()


class _Glancing:
    """A connection of its own for one number: a request must not wait for those that others hold."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._connection: PoolProxiedConnection | None = None
        event.listen(engine, "engine_disposed", self._close)

    def version(self) -> int:
        with self._lock:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
                self._connection.detach()
            cursor = self._connection.cursor()
            cursor.execute("SELECT version FROM access_version")
            row = cursor.fetchone()
            self._connection.rollback()  # a transaction would go on seeing what it saw first
            return 0 if row is None else int(row[0])

    def _close(self, engine: Engine) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


def _is_local_file(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite" and engine.url.database not in (None, "", ":memory:")


def _by_user(grants: Iterable[Grant]) -> dict[str, list[Grant]]:
    found: dict[str, list[Grant]] = {}
    for grant in grants:
        found.setdefault(grant.user, []).append(grant)
    return found


def _read(connection: Connection, version: int) -> Snapshot:
    areas = [Area(row.id, row.project, row.name) for row in connection.execute(select(tables.area))]
    project_of = {area.id: area.project for area in areas}
    return Snapshot(
        version=version,
        projects=[
            Project(row.id, row.name, row.time_zone) for row in connection.execute(select(tables.project))
        ],
        areas=areas,
        databases=[
            DatabaseEntry(row.name, row.kind, row.of, row.closed_at is None)
            for row in connection.execute(select(tables.database).order_by(tables.database.c.opened_at))
        ],
        users=[
            User(row.name, row.display_name, row.is_active) for row in connection.execute(select(tables.user))
        ],
        role_grants=[
            Grant(row.user, row.role, row.project, row.valid_from, row.valid_to)
            for row in connection.execute(select(tables.role_grant))
        ],
        area_grants=[
            Grant(row.user, row.area, project_of[row.area], row.valid_from, row.valid_to)
            for row in connection.execute(select(tables.area_grant))
        ],
        ended_sessions=connection.scalars(
            select(tables.session.c.id)
            .where(tables.session.c.ended_at.is_not(None))
            .order_by(tables.session.c.ended_at.desc())
            .limit(ENDED_SESSIONS)
        ),
    )
