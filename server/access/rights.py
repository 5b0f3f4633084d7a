"""What a user may do with each database: read, push, or only push what was recorded under a right that ended.

For: one calculation that replication, `/api/me` and the review of pushed facts share.
Not for: permissions of routes (server/access/person), or whether a session lives.
A right to record never ends for work that was done while it held: a steward who was moved while offline pushes
that work into the area it belongs to, without seeing anything of that area any more (promises F-22).
Source: promises D12, F-22, S-03, S-38.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from server.access.directory import Snapshot
from server.access.person import Person
from server.access.roles import ROLES

_JUST_BEFORE = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DatabaseRight:
    kind: str  # area, project, user
    of: str
    reads: bool
    pushes: bool

    @property
    def access(self) -> str:
        """As `/api/me` says it."""
        if not self.reads:
            return "push_only"
        return "read_write" if self.pushes else "read"


@dataclass(frozen=True, slots=True)
class Rights:
    """A user's rights at one instant. Nobody's rights are empty."""

    person: Person | None
    databases: Mapping[str, DatabaseRight]
    stopped_recording: Mapping[str, datetime]  # area → when the last right to record in it ended
    valid_until: datetime | None  # when time alone changes them; None: never

    @property
    def may_upload(self) -> bool:
        return any(right.pushes for right in self.databases.values())


NOBODY = Rights(None, {}, {}, None)


def rights_of(snapshot: Snapshot, name: str, at: datetime) -> Rights:
    person = snapshot.person(name, at, device=None, session=None)
    if person is None:
        return NOBODY
    records_now = _records_in(snapshot, person)
    stopped = _stopped_recording(snapshot, name, at, records_now)
    databases = {
        entry.name: right
        for entry in snapshot.databases.values()
        if entry.is_open and (right := _right(person, entry.kind, entry.of, records_now, stopped)) is not None
    }
    following = (edge for edge in snapshot.edges(name) if edge > at)
    return Rights(person, databases, stopped, min(following, default=None))


def _right(
    person: Person, kind: str, of: str, records_now: frozenset[str], stopped: Mapping[str, datetime]
) -> DatabaseRight | None:
    if kind == "area":
        reads, pushes = of in person.areas, of in records_now or of in stopped
    elif kind == "project":
        reads, pushes = of in person.projects, False
    elif kind == "office":
        return None  # confidential records are read and written through the server alone
    else:
        reads, pushes = of == person.name, False
    return DatabaseRight(kind, of, reads, pushes) if reads or pushes else None


def _records_in(snapshot: Snapshot, person: Person) -> frozenset[str]:
    """The areas in which a role of this person records: all of its project, or those granted by name."""

    def records(area: str) -> bool:
        roles = [ROLES[role] for role in person.roles_in.get(snapshot.areas[area].project, ())]
        return any(role.records and (role.whole_project or area in person.own_areas) for role in roles)

    return frozenset(area for area in person.areas if records(area))


def _stopped_recording(
    snapshot: Snapshot, name: str, at: datetime, records_now: frozenset[str]
) -> dict[str, datetime]:
    stopped: dict[str, datetime] = {}
    for edge in reversed([edge for edge in snapshot.edges(name) if edge <= at]):
        before = snapshot.person(name, edge - _JUST_BEFORE, device=None, session=None)
        for area in _records_in(snapshot, before) - records_now if before is not None else ():
            stopped.setdefault(area, edge)
    return stopped
