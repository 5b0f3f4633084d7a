"""Which roles read what in the office: the one table behind the permissions of these routes.

For: the permission each operation declares and the roles by which its rows are chosen, so that the two cannot differ.
Not for: which areas a person sees (scope.py), who may record (server/catalogue), who decides (DECIDERS says it for routes; the
rules of a decision are in server/intake).
Source: domain 1.1, 5.1; promises D12.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.access.roles import ROLES
from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES

DECIDERS = ("cs_supervisor", "project_manager")
OFFICE = (
    "cs_agent",
    *DECIDERS,
    "deputy_gm",
    "company_leader",
    "quality_dept",
    "finance",
    "office_viewer",
    "admin",
)
READERS = ("steward", "engineer", *OFFICE)
# Registers and duties are offered to whoever reads any; which ones is judged for each.
ANY_READERS = tuple(ROLES)
# Debts are for those who collect, book or answer for them; never for repair, cleaning or guard (R-X-25).
FEE_READERS = ("steward", *OFFICE)
HELD_READERS = (*DECIDERS, "admin", "office_viewer")
PHONE_READERS = ("office_viewer", *DECIDERS, "admin")
MISSED_READERS = (
    "office_viewer",
    "quality_dept",
    "deputy_gm",
    "company_leader",
    "cs_agent",
    "admin",
    *DECIDERS,
)
# Whoever may record something online: every role that a record type names.
RECORDERS = tuple(
    role
    for role in ROLES
    if any(role in each.roles for each in RECORD_TYPES.values() if not each.server_made)
)
# Registers that are not for every reader: debts, life cycles that name their readers, and confidential records.
READERS_DECLARED: dict[str, tuple[str, ...]] = {
    "household": FEE_READERS,
    "fee_visit": FEE_READERS,
    **{
        name: cycle.readers
        for cycle in LIFE_CYCLES.values()
        if cycle.readers
        for name in (cycle.kind, *cycle.movers)
    },
    **{name: each.readers for name, each in RECORD_TYPES.items() if each.readers},
}


def hidden_from(roles: Iterable[str]) -> frozenset[str]:
    """Record types and kinds of case with readers of their own, none of whom is among `roles`."""
    held = frozenset(roles)
    return frozenset(name for name, readers in READERS_DECLARED.items() if held.isdisjoint(readers))


def readers_of(register: str) -> tuple[str, ...]:
    """The office and the field, and whoever records what the register shows."""
    if (readers := READERS_DECLARED.get(register)) is not None:
        return readers
    cycle = LIFE_CYCLES.get(register)
    makers = {register, *(cycle.movers if cycle else ())}
    recording = (role for name in makers if name in RECORD_TYPES for role in RECORD_TYPES[name].roles)
    return tuple(dict.fromkeys((*READERS, *sorted(recording))))
