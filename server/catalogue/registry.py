"""Every record type and every life cycle by its name.

For: `RECORD_TYPES`, `record_type(name)`, and `LIFE_CYCLES` by the kind of case.
Not for: declaring one: that is done in its area's file; a new area is named here.
"""

from __future__ import annotations

from server.catalogue import (
    anomalies,
    calls,
    care,
    complaints,
    conduct,
    decoration,
    decoration_papers,
    decoration_work,
    duty,
    events,
    fee_plans,
    fees,
    files,
    information,
    inspections,
    keys,
    meetings,
    move_in,
    patrol,
    plans,
    privacy,
    repairs,
    return_visits,
    service,
    surveys,
    training,
    vacancy,
    violation_chain,
    violations,
    visits,
)
from server.catalogue.lifecycle import LifeCycle
from server.catalogue.types import RecordType

_AREAS = (
    decoration,
    violations,
    violation_chain,
    vacancy,
    fees,
    complaints,
    repairs,
    return_visits,
    visits,
    calls,
    keys,
    move_in,
    patrol,
    duty,
    files,
    inspections,
    surveys,
    events,
    conduct,
    information,
    meetings,
    service,
    fee_plans,
    training,
    plans,
    decoration_papers,
    decoration_work,
    anomalies,
    care,
    privacy,
)
_WITH_CASES = (
    complaints,
    repairs,
    visits,
    calls,
    keys,
    move_in,
    duty,
    files,
    inspections,
    surveys,
    events,
    conduct,
    information,
    meetings,
    service,
    fee_plans,
    decoration_papers,
    anomalies,
    care,
    privacy,
)
RECORD_TYPES: dict[str, RecordType] = {each.name: each for area in _AREAS for each in area.RECORD_TYPES}
LIFE_CYCLES: dict[str, LifeCycle] = {each.kind: each for area in _WITH_CASES for each in area.LIFE_CYCLES}


def record_type(name: str) -> RecordType:
    """Return the record type of this name; raises KeyError when nothing such can be recorded."""
    return RECORD_TYPES[name]
