"""Who is calling, and the permissions a route can ask for.

For: `Person` (what identification found out) and `Permission` (what an operation declares).
Not for: finding out who calls (server/access/service), or rights on a database (server_access).
Source: promises D12 and S-01.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from server.access.roles import ROLES

OPERATOR = "operator:"  # begins what the journal calls an operator: no user's name holds a colon


@dataclass(frozen=True, slots=True)
class Person:
    """A signed-in user with the rights in force now. Made anew for every request."""

    name: str
    display_name: str
    roles: frozenset[str]  # every role held in any project
    roles_in: Mapping[str, frozenset[str]] = field(default_factory=dict)  # project → roles held there
    projects: frozenset[str] = frozenset()  # projects in which any role is held
    areas: frozenset[str] = frozenset()  # areas whose records may be read now
    own_areas: frozenset[str] = frozenset()  # areas granted to this person by name, now
    device: str | None = None
    session: str | None = None

    @property
    def is_operator(self) -> bool:
        return False

    def has_role(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)

    def has_role_in(self, project: str, *roles: str) -> bool:
        return not self.roles_in.get(project, frozenset()).isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class Permission:
    """What an operation asks of its caller before anything else is looked at."""

    name: str  # shown in the API description
    allows: Callable[[Person], bool] | None  # None: nobody needs to be signed in

    @property
    def needs_sign_in(self) -> bool:
        return self.allows is not None


ANYONE = Permission("anyone", None)
SIGNED_IN = Permission("signed_in", lambda person: True)


def any_of(*roles: str) -> Permission:
    """Anyone who holds one of `roles` in some project; which project is judged by the handler's query."""
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        raise ValueError(f"no such roles: {', '.join(unknown) or 'none given'}")
    return Permission(" or ".join(roles), lambda person: person.has_role(*roles))
