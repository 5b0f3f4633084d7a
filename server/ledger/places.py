"""Where a subject is: its unit, as every status says it.

For: the fields `unit, unit_no, building, entrance, floor` of a status, in the words of the unit's reference document.
Not for: areas and databases (server/intake).
Source: docs/architecture.md, "Status documents".
"""

from __future__ import annotations

from collections.abc import Mapping

from server.catalogue.reference import reference_body, unit_no_of
from server.ledger.model import Context, JsonObject, JsonValue
from server.ledger.reading import text, whole

PLACE_FIELDS = ("unit", "unit_no", "building", "entrance", "floor")


def place_fields(unit_id: str | None, project: str, context: Context) -> JsonObject:
    """Return the place of a unit; from its number alone when its reference document is not here."""
    unit = reference(unit_id, context) if unit_id else {}
    unit_no = text(unit, "unit_no") or (unit_no_of(unit_id, project) if unit_id else "")
    parts = [*unit_no.split("-"), "", ""]
    return {
        "unit": unit_id,
        "unit_no": unit_no,
        "building": text(unit, "building") or parts[0],
        "entrance": text(unit, "entrance") or (parts[1] if parts[2] else ""),
        "floor": whole(unit, "floor") or 0,
    }


def place_of_linked(subject: str | None, project: str, context: Context) -> JsonObject:
    """Return the place of another subject whose status is known; that of nowhere otherwise."""
    linked = context.linked.get(subject or "")
    if linked is not None and linked.fields.get("unit"):
        return {name: linked.fields.get(name) for name in PLACE_FIELDS}
    units = sorted(key for key in context.reference if key.startswith("unit:"))
    return place_fields(units[0] if len(units) == 1 else None, project, context)


def reference(document_id: str, context: Context) -> Mapping[str, JsonValue]:
    """Return the body of a reference document; empty when it is not here."""
    document = context.reference.get(document_id)
    return {} if document is None else reference_body(document)
