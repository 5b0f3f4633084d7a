"""Who may record what: the roles of a record type, and of each step of a life cycle.

For: intake, which knows the author's roles at the time.
Not for: areas and databases (server/access), whose records one may correct (server/intake).
Source: domain 1.2 and 4.3.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from server.access.roles import ROLES
from server.catalogue.registry import RECORD_TYPES
from server.catalogue.types import Problem, Role
from server.ledger.model import JsonValue


def role_problem(document: Mapping[str, JsonValue], roles_of_author: Collection[str]) -> Problem | None:
    """Return why someone with these roles may not record this; None when they may, or when nothing such is known."""
    record_type = RECORD_TYPES.get(str(document.get("type")))
    if record_type is None:
        return None  # validation.py says so
    if not _any(record_type.roles, roles_of_author):
        zh = f"{record_type.title.zh}只能由{_names_zh(record_type.roles)}记录"
        en = f"{record_type.title.en} is recorded by {_names_en(record_type.roles)} only"
        return Problem("/type", "role_not_permitted", zh, en)
    steps = record_type.step_roles
    if steps is None:
        return None
    body = document.get("body")
    value = body.get(steps.field) if isinstance(body, dict) else None
    allowed = steps.roles.get(value) if isinstance(value, str) else None
    if allowed is None or _any(allowed, roles_of_author):
        return None  # a value that is no step is a problem of the schema
    options = record_type.field(steps.field).options
    title = options.label(str(value)) if options else record_type.title
    return Problem(
        f"/body/{steps.field}",
        "role_not_permitted",
        f"“{title.zh}”只能由{_names_zh(allowed)}办理",
        f"“{title.en}” is done by {_names_en(allowed)} only",
    )


def _any(allowed: Collection[Role], held: Collection[str]) -> bool:
    return any(role in held for role in allowed)


def _names_zh(roles: Collection[Role]) -> str:
    return "、".join(ROLES[role].zh for role in roles if role in ROLES)


def _names_en(roles: Collection[Role]) -> str:
    return ", ".join(ROLES[role].en for role in roles if role in ROLES)
