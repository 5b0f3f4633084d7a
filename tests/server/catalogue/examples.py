"""One acceptable fact of every record type, made from its declaration.

For: tests that take every record type in turn. What a declaration cannot say by itself stands in PARTICULARS.
"""

from __future__ import annotations

from typing import Any

from server.catalogue.fields import Field
from server.catalogue.registry import RECORD_TYPES
from server.catalogue.types import RecordType

PERFORMED_AT = "2026-11-22T10:03:05+08:00"
ULID = "01KAJ4C2X9V7Q0W3Z5B8N6M1TD"
SUBJECTS = {
    "decoration_project": f"decoration_project:{ULID}",
    "violation": f"violation:{ULID}",
    "unit": "unit:demo-3-1-502",
    "household": "household:demo-3-1-502-owner",
    "area": "area:a1",
    "project": "project:demo",
}
PARTICULARS: dict[str, dict[str, Any]] = {
    "assessment": {"score": 80},
    "complaint_search": {"calls": 10, "visits": 2},
    "staff_talk": {"minutes": 12},
    "training": {"pass_mark": 80},
    "airing": {"opened_at": "2026-11-22T09:00:00+08:00", "closed_at": "2026-11-22T09:30:00+08:00"},
    "fee_visit": {"next_action_at": "2026-11-25"},
    "leak_test": {"started_at": "2026-11-20T10:00:00+08:00"},
}


def example(record_type: RecordType, **changes: Any) -> dict[str, Any]:
    """Return an acceptable fact with every field that is always required; `changes` go into its body."""
    kind = record_type.may_be_about[0]
    subject = SUBJECTS.get(kind, f"{kind}:{ULID}")
    needed = max([record_type.photos.min, *(each.min for each in record_type.photos.when)])
    body = {each.name: value_of(each) for each in record_type.fields if each.required and each.when is None}
    body |= {
        each.name: value_of(each)
        for each in record_type.fields
        if each.required and each.when is not None and each.when.holds(body)
    }
    return {
        "_id": f"{record_type.name}:{ULID}",
        "type": record_type.name,
        "v": 1,
        "project": "demo",
        "area": "a1",
        "subject": subject,
        "author": "steward1",
        "device": "dev-7f3a",
        "performed_at": PERFORMED_AT,
        "photos": [photo(number, record_type.photos.kinds[0]) for number in range(needed)],
        "body": body | PARTICULARS.get(record_type.name, {}) | changes,
    }


def photo(number: int, kind: str) -> dict[str, Any]:
    return {
        "sha256": f"{number:064x}",
        "bytes": 312_345,
        "mime": "image/jpeg",
        "kind": kind,
        "taken_at": PERFORMED_AT,
        "source": "camera",
    }


def value_of(field: Field) -> Any:
    """Return a value the field takes."""
    match field.kind:
        case "text" | "long_text":
            return "文字"
        case "integer" | "decimal" | "money":
            return field.min if field.min is not None else 1
        case "date":
            return "2026-11-22"
        case "datetime":
            return PERFORMED_AT
        case "bool":
            return True
        case "enum":
            assert field.options is not None
            return field.options.values[0]
        case "multi_enum" | "ticks":
            assert field.options is not None
            return [field.options.values[0]]
        case "checklist":
            assert field.items is not None
            return [{"code": code, "result": "normal"} for code in field.items.codes]
        case "link":
            return f"{field.links[0]}:{ULID}"
        case "group":
            return [{each.name: value_of(each) for each in field.fields if each.required}]


EXAMPLES = {name: example(each) for name, each in RECORD_TYPES.items()}
