"""JSON Schema of a whole fact: the envelope every record has, and the body of its type inside it.

For: the schema that is published, validates on server and phone, and stands in the API description.
Not for: the body's own fields (schema.py), comparisons (checks/, validation.py), who may record it (rights.py).
Source: contract section 4; R-GEN-13.
"""

from __future__ import annotations

from server.catalogue.fields import MAX_LONG_TEXT, MAX_TEXT, Label
from server.catalogue.registry import RECORD_TYPES
from server.catalogue.schema import DIALECT, INSTANT_PATTERN, SHA256_PATTERN, body_schema
from server.catalogue.types import RecordType
from server.ledger.model import JsonObject, JsonValue

MAX_PHOTOS = 60
ID_CHARACTERS = "[0-9A-Za-z._-]{1,80}"
PHOTO_KINDS = ("overview", "detail", "before", "after", "document", "meter", "signature")
SIGNER_ROLES = (
    "owner",
    "tenant",
    "family",
    "contractor",
    "engineer",
    "supervisor",
    "colleague",
    "developer",
    "other",
)
ENVELOPE_TITLES: dict[str, Label] = {
    "_id": Label("编号", "Id"),
    "type": Label("记录类型", "Record type"),
    "v": Label("版本", "Version"),
    "project": Label("项目", "Project"),
    "area": Label("片区", "Area"),
    "subject": Label("对象", "Subject"),
    "author": Label("记录人", "Author"),
    "device": Label("设备", "Device"),
    "performed_at": Label("时间", "Time"),
    "gps": Label("位置", "Position"),
    "photos": Label("照片", "Photos"),
    "body": Label("内容", "Body"),
    "amends": Label("更正的记录", "Record corrected"),
    "voids": Label("作废的记录", "Record withdrawn"),
    "sig": Label("签名", "Signature"),
    "reason": Label("理由", "Reason"),
}
_REQUIRED = ("_id", "type", "v", "project", "area", "subject", "author", "performed_at", "body")

_NAME: JsonObject = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_GPS: JsonObject = {
    "type": "object",
    "properties": {
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "lon": {"type": "number", "minimum": -180, "maximum": 180},
        "accuracy_m": {"type": "number", "minimum": 0},
    },
    "required": ["lat", "lon"],
}
# Whose signature a photo is; with `unsigned`, who did not sign, and why.
_SIGNER: JsonObject = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
        "role": {"type": "string", "enum": list(SIGNER_ROLES)},
        "unsigned": {"type": "string", "enum": ["refused", "unable", "absent"]},
        "reason": {"type": "string", "maxLength": MAX_LONG_TEXT},
    },
    "required": ["name", "role"],
}
_PHOTO: JsonObject = {
    "type": "object",
    "properties": {
        "sha256": {"type": "string", "pattern": SHA256_PATTERN},
        "bytes": {"type": "integer", "minimum": 1},
        "mime": {"type": "string", "enum": ["image/jpeg", "image/png", "image/webp"]},
        "kind": {"type": "string", "enum": list(PHOTO_KINDS)},
        "taken_at": {"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN},
        "source": {"type": "string", "enum": ["camera", "gallery"]},
        "watermark_text": {"type": "string", "maxLength": MAX_LONG_TEXT},
        "copy_of": {"type": "string", "pattern": SHA256_PATTERN},
        "signer": _SIGNER,
        "gps": _GPS,
    },
    "required": ["sha256", "bytes", "mime", "kind"],
}
# A withdrawal says why and nothing else: what it withdraws stays readable (R-GEN-13).
_WITHDRAWAL: JsonObject = {
    "type": "object",
    "properties": {"reason": {"type": "string", "minLength": 1, "maxLength": MAX_LONG_TEXT}},
    "required": ["reason"],
}


def fact_schema(record_type: RecordType) -> JsonObject:
    """Return the schema of a whole fact of this type; members it does not know are allowed."""
    body = body_schema(record_type)
    del body["$schema"], body["$id"]
    own_id = f"^{record_type.name}:{ID_CHARACTERS}$"
    about = "|".join(record_type.may_be_about)
    return {
        "$schema": DIALECT,
        "$id": f"urn:xunlu:fact:{record_type.name}",
        "title": record_type.title.zh,
        "x-title-en": record_type.title.en,
        "type": "object",
        "properties": {
            "_id": {"type": "string", "pattern": own_id},
            "type": {"const": record_type.name},
            "v": {"const": 1},
            "project": _NAME,
            "area": _NAME,
            "subject": {"type": "string", "maxLength": MAX_TEXT, "pattern": f"^({about}):.+$"},
            "author": _NAME,
            "device": {"type": ["string", "null"], "maxLength": MAX_TEXT},
            "performed_at": {"type": "string", "format": "date-time", "pattern": INSTANT_PATTERN},
            "gps": _GPS,
            "photos": {"type": "array", "items": _PHOTO, "maxItems": MAX_PHOTOS},
            "amends": {"type": "string", "pattern": own_id},
            "voids": {"type": "string", "pattern": own_id},
            "sig": {"type": "string", "maxLength": 4096},
        },
        "required": list[JsonValue](_REQUIRED),
        "if": {"required": ["voids"]},
        "then": {"properties": {"body": _WITHDRAWAL}},
        "else": {"properties": {"body": body}},
    }


def schemas() -> dict[str, JsonObject]:
    """Return the schema of every record type, for the API description."""
    return {f"fact_{name}": fact_schema(each) for name, each in RECORD_TYPES.items()}
