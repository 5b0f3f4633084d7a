"""Which roles read what in the office: the one table behind the permissions of these routes.

For: the permission each operation declares and the roles by which its rows are chosen, so that the two cannot differ.
Not for: which areas a person sees (scope.py), who may record (server/catalogue), who decides (DECIDERS says it for routes; the
rules of a decision are in server/intake).
Source: domain 1.1, 5.1; promises D12.
"""

from __future__ import annotations

from server.access.roles import ROLES
from server.catalogue.registry import LIFE_CYCLES

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
RECORDERS = tuple(role.id for role in ROLES.values() if role.records)
# Life cycles that name their readers, and the records that move them.
READERS_DECLARED: dict[str, tuple[str, ...]] = {
    name: cycle.readers
    for cycle in LIFE_CYCLES.values()
    if cycle.readers
    for name in (cycle.kind, *cycle.movers)
}
_FEE_REGISTERS = ("household", "fee_visit")


def readers_of(register: str) -> tuple[str, ...]:
    if (readers := READERS_DECLARED.get(register)) is not None:
        return readers
    return FEE_READERS if register in _FEE_REGISTERS else READERS
