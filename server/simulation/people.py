"""Who is who in a dry run: there is no directory, so it is read from the documents themselves.

For: `directory_of(arrivals)`: projects, areas, and people with the roles in which they recorded.
Not for: rights: in a dry run nobody is refused for a role.
An area's steward is whom an `area` document names, or who recorded most in it; any other post is held by whoever recorded most of
what is first of all that post's to record. Where nobody did, a supervisor and a manager go by the role's own name, and every
other post falls to the supervisor, as an empty one does.
Source: contract section 6; domain 1.1, 4.5 (area).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from server.access.directory import Area, DatabaseEntry, Grant, Project, Snapshot, User
from server.catalogue.reference import reference_body
from server.catalogue.registry import RECORD_TYPES
from server.ledger.model import JsonObject
from server.ledger.reading import text

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ZONE = "Asia/Shanghai"
STEWARD, SUPERVISOR, MANAGER = "steward", "cs_supervisor", "project_manager"
DECIDES = {"violation_decision": SUPERVISOR}


def directory_of(documents: Iterable[JsonObject]) -> Snapshot:
    listed = list(documents)
    projects: dict[str, str] = {}
    areas: dict[str, str] = {}
    named: dict[str, str] = {}  # area → steward
    recorded: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)  # (role, area or project) → author
    for document in listed:
        kind, project, area = document["type"], text(document, "project"), text(document, "area")
        body = reference_body(document)
        if kind == "project":
            project = text(body, "code") or str(document["_id"]).partition(":")[2]
            projects[project] = text(body, "time_zone") or ZONE
        elif kind == "area":
            area = str(document["_id"]).partition(":")[2]
            if (steward := text(body, "steward")) is not None:
                named[area] = steward
        if project:
            projects.setdefault(project, ZONE)
        if project and area:
            areas.setdefault(area, project)
        author, role = text(document, "author"), _role_of(document)
        if author and role and area and project:
            recorded[role, area if role == STEWARD else project][author] += 1
    grants: set[tuple[str, str, str]] = set()  # user, role, project
    stewards: list[Grant] = []
    for area, project in sorted(areas.items()):
        steward = named.get(area) or _most(recorded[STEWARD, area], STEWARD)
        grants.add((steward, STEWARD, project))
        stewards.append(Grant(steward, area, project, LONG_AGO, None))
    for project in projects:
        held = {role for role, place in recorded if place == project} | {SUPERVISOR, MANAGER}
        for role in held - {STEWARD}:
            grants.add((_most(recorded[role, project], role), role, project))
    users = sorted({user for user, _, _ in grants})
    return Snapshot(
        version=1,
        projects=[Project(name, name, zone) for name, zone in sorted(projects.items())],
        areas=[Area(name, project, name) for name, project in sorted(areas.items())],
        databases=[
            *(DatabaseEntry(f"project-{name}", "project", name, True) for name in sorted(projects)),
            *(DatabaseEntry(f"area-{name}", "area", name, True) for name in sorted(areas)),
        ],
        users=[User(name, name, True) for name in users],
        role_grants=[Grant(user, role, project, LONG_AGO, None) for user, role, project in sorted(grants)],
        area_grants=stewards,
    )


def _role_of(document: JsonObject) -> str | None:
    """In which role somebody recorded this: the first of those that may, as its declaration lists them."""
    kind = str(document["type"])
    if kind in DECIDES:
        return DECIDES[kind]
    declared = RECORD_TYPES.get(kind)
    if declared is None:
        return None
    roles: tuple[str, ...] = declared.roles
    if declared.step_roles is not None:
        step = text(reference_body(document), declared.step_roles.field)
        roles = declared.step_roles.roles.get(step or "", roles)
    return STEWARD if STEWARD in roles else next((role for role in roles if role != "system"), None)


def _most(authors: Counter[str], otherwise: str) -> str:
    return min(authors, key=lambda name: (-authors[name], name)) if authors else otherwise
