"""Shapes of answers that several routes of the office share, as JSON Schema and as the rows that fill them.

For: pages, photos, duties; one place, so that the description and the answer say the same.
Source: docs/architecture.md section 6; pwa/src/desk/types.ts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.ledger.model import JsonObject, JsonValue
from server.ledger.rules import due_rule
from server.office.registers import text_of_instant

Schema = Mapping[str, Any]

TEXT: Schema = {"type": "string"}
TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
INSTANT: Schema = {"type": "string", "format": "date-time"}
INSTANT_OR_NULL: Schema = {"type": ["string", "null"], "format": "date-time"}
COUNT: Schema = {"type": "integer", "minimum": 0}
OBJECT: Schema = {"type": "object"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def closed(properties: Mapping[str, Schema], optional: Sequence[str] = ()) -> Schema:
    """An object with exactly these members; those in `optional` may be absent."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def page_schema(item: str, **further: Schema) -> Schema:
    """A page of `#/components/schemas/<item>`."""
    return closed(
        {
            "items": {"type": "array", "items": {"$ref": f"#/components/schemas/{item}"}},
            "next_cursor": TEXT_OR_NULL,
            "total": COUNT,
            **further,
        }
    )


LABEL: Schema = closed({"zh": TEXT, "en": TEXT})
OPTION: Schema = closed({"value": TEXT, "title": LABEL})
COLUMN: Schema = closed(
    {"name": TEXT, "title": LABEL, "kind": TEXT, "options": {"type": "array", "items": OPTION}},
    optional=("options",),
)
PHOTO: Schema = closed(
    {"sha256": SHA256, "kind": TEXT, "stored": {"type": "boolean"}, "fact": TEXT, "taken_at": INSTANT},
    optional=("taken_at",),
)
DUE: Schema = closed(
    {
        **dict.fromkeys(("id", "rule", "subject", "kind", "period", "project", "area"), TEXT),
        "title": LABEL,
        "unit": TEXT_OR_NULL,
        "unit_no": TEXT_OR_NULL,
        "opens_at": INSTANT,
        "due_at": INSTANT,
        "status": TEXT,
        "assigned_to": TEXT,
        "satisfied_by": TEXT_OR_NULL,
        "satisfied_at": INSTANT_OR_NULL,
        "escalation_level": COUNT,
    }
)

COMPONENTS: dict[str, Schema] = {"Label": LABEL, "Column": COLUMN, "PhotoOnRecord": PHOTO, "Due": DUE}


def photo_json(row: Any) -> JsonObject:
    photo: JsonObject = {"sha256": row.sha256, "kind": row.kind, "stored": row.stored, "fact": row.fact_id}
    if row.taken_at is not None:
        photo["taken_at"] = text_of_instant(row.taken_at)
    return photo


def due_json(row: Any) -> JsonObject:
    return {
        **{
            name: getattr(row, name)
            for name in ("id", "rule", "subject", "kind", "period", "project", "area")
        },
        **{name: getattr(row, name) for name in ("unit", "unit_no", "status", "assigned_to", "satisfied_by")},
        "title": due_rule(row.rule, row.period).title.as_json(),
        "opens_at": text_of_instant(row.opens_at),
        "due_at": text_of_instant(row.due_at),
        "satisfied_at": text_of_instant(row.satisfied_at),
        "escalation_level": row.escalation_level,
    }


def page_json(items: Sequence[JsonObject], next_cursor: str | None, total: int) -> JsonObject:
    listed: list[JsonValue] = list(items)
    return {"items": listed, "next_cursor": next_cursor, "total": total}
