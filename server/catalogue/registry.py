"""Every record type by its name.

For: `RECORD_TYPES`, `record_type(name)`, and the schemas the API description shows.
Not for: declaring one: that is a line in its area's file.
"""

from __future__ import annotations

from server.catalogue import decoration, fees, vacancy, violations
from server.catalogue.types import RecordType

RECORD_TYPES: dict[str, RecordType] = {
    each.name: each
    for each in (
        *decoration.RECORD_TYPES,
        *violations.RECORD_TYPES,
        *vacancy.RECORD_TYPES,
        *fees.RECORD_TYPES,
    )
}


def record_type(name: str) -> RecordType:
    """Return the record type of this name; raises KeyError when nothing such can be recorded."""
    return RECORD_TYPES[name]
