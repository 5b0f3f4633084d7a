"""JSON Schema 2020-12 of a record's body: the very schema that validates, on the server and on the phone.

For: turning a declaration into its published schema.
Not for: the envelope around the body (envelope.py), photos and comparisons (checks/, validation.py).
Source: design page, section 3; JSON Schema 2020-12, "if", "contains".
"""

from __future__ import annotations

from collections.abc import Iterable

from server.catalogue.enums import CHECKLIST_RESULT
from server.catalogue.fields import MAX_LONG_TEXT, MAX_TEXT, Field, Label
from server.catalogue.types import RecordType, ReferenceType
from server.ledger.model import JsonObject, JsonValue

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# Years that a calendar at the site can hold with room on both sides.
DAY_PATTERN = "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"
INSTANT_PATTERN = "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
SHA256_PATTERN = "^[0-9a-f]{64}$"
MAX_ENTRIES = 200


def body_schema(record_type: RecordType | ReferenceType) -> JsonObject:
    """Return the schema of the body; fields it does not know are allowed, for older and newer phones."""
    schema = _object_schema(record_type.fields)
    schema = {
        "$schema": DIALECT,
        "$id": f"urn:xunlu:body:{record_type.name}",
        **_titled(record_type.title),
        **schema,
    }
    if isinstance(record_type, RecordType):
        extra = [part for check in record_type.checks if (part := check.schema()) is not None]
        if extra:
            conditions = schema.get("allOf", [])
            assert isinstance(conditions, list)
            schema["allOf"] = [*conditions, *extra]
    return schema


def _object_schema(fields: Iterable[Field]) -> JsonObject:
    fields = tuple(fields)
    always = [field.name for field in fields if field.required and field.when is None]
    schema: JsonObject = {
        "type": "object",
        "properties": {field.name: _field_schema(field) for field in fields},
    }
    if always:
        schema["required"] = list[JsonValue](always)
    conditions: list[JsonValue] = []
    for field in fields:
        if field.required and field.when is not None:
            conditions.append(
                {
                    "if": {
                        "properties": {field.when.field: {"enum": list(field.when.values)}},
                        "required": [field.when.field],
                    },
                    "then": {"required": [field.name]},
                }
            )
    if conditions:
        schema["allOf"] = conditions
    return schema


def _field_schema(field: Field) -> JsonObject:
    return {**_titled(field.title), **_value_schema(field)}


def _value_schema(field: Field) -> JsonObject:
    match field.kind:
        case "text":
            return {"type": "string", "maxLength": MAX_TEXT, **({"minLength": 1} if field.required else {})}
        case "long_text":
            return {
                "type": "string",
                "maxLength": MAX_LONG_TEXT,
                **({"minLength": 1} if field.required else {}),
            }
        case "integer" | "money":
            return {"type": "integer", **_bounds(field), "maximum": int(field.max or 10**12)}
        case "decimal":
            return {"type": "number", **_bounds(field)}
        case "date":
            return {"type": "string", "format": "date", "pattern": DAY_PATTERN}
        case "datetime":
            return {"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN}
        case "bool":
            return {"type": "boolean"}
        case "enum":
            return {"type": "string", "enum": _values(field)}
        case "multi_enum" | "ticks":
            schema: JsonObject = {
                "type": "array",
                "items": {"type": "string", "enum": _values(field)},
                "uniqueItems": True,
            }
            return {**schema, "minItems": 1} if field.required else schema
        case "checklist":
            return _checklist_schema(field)
        case "link":
            one: JsonObject = {
                "type": "string",
                "maxLength": MAX_TEXT,
                "pattern": f"^({'|'.join(field.links)}):.+$",
            }
            return {"type": "array", "items": one, "maxItems": MAX_ENTRIES} if field.many else one
        case "group":
            least = int(field.min) if field.min is not None else int(field.required)
            return {
                "type": "array",
                "items": _entry_schema(field),
                "minItems": least,
                "maxItems": MAX_ENTRIES,
            }


def _entry_schema(field: Field) -> JsonObject:
    """One entry of a group; where a bare text may stand for it, the text is its first member."""
    whole = _object_schema(field.fields)
    if not field.bare_entries:
        return whole
    return {"if": {"type": "string"}, "then": _field_schema(field.fields[0]), "else": whole}


def _checklist_schema(field: Field) -> JsonObject:
    """Every item exactly once; an abnormal one says in a note what is wrong. Items of a newer phone are let through."""
    assert field.items is not None
    photos: JsonObject = {
        "type": "array",
        "items": {"type": "string", "pattern": SHA256_PATTERN},
        "uniqueItems": True,
    }
    item: JsonObject = {
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
            "result": {"type": "string", "enum": list(CHECKLIST_RESULT.values)},
            "note": {"type": "string", "maxLength": MAX_LONG_TEXT},
            "photos": photos,
            "photo_ids": photos,  # the name other programs know it by
        },
        "required": ["code", "result"],
        "if": {"properties": {"result": {"const": "abnormal"}}, "required": ["result"]},
        "then": {"required": ["note"], "properties": {"note": {"minLength": 1}}},
    }
    once: list[JsonValue] = [
        {
            "contains": {"properties": {"code": {"const": code}}, "required": ["code"]},
            "minContains": 1,
            "maxContains": 1,
        }
        for code in field.items.codes
    ]
    return {"type": "array", "items": item, "maxItems": 60, "allOf": once}


def _bounds(field: Field) -> JsonObject:
    bounds: JsonObject = {}
    if field.min is not None:
        bounds["minimum"] = field.min
    if field.max is not None:
        bounds["maximum"] = field.max
    return bounds


def _values(field: Field) -> list[JsonValue]:
    assert field.options is not None, field.name
    return list(field.options.values)


def _titled(title: Label) -> JsonObject:
    return {"title": title.zh, "x-title-en": title.en}
