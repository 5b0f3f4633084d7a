"""POST /api/facts: somebody online records a fact.

For: the route and its shape. Not for: completing, storing and judging it (server/intake/record), which is the same as for a fact
that a phone replicates: what breaks a rule is kept and held.
Source: contract section 5; promises D2, S-08.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from server.access.person import any_of
from server.catalogue.registry import RECORD_TYPES
from server.errors import AlreadyExists, InvalidInput, JsonValue, NotCaughtUp
from server.http.operations import Call, Operation
from server.intake.record import record_fact
from server.office.filters import NAME
from server.office.readers import RECORDERS
from server.office.shapes import OBJECT, SHA256, TEXT, closed
from server.services import Services

_ID: Mapping[str, Any] = {"type": "string", "pattern": "^[a-z][a-z_]*:[0-9A-Za-z._-]{1,80}$"}
_INSTANT: Mapping[str, Any] = {
    "type": "string",
    "format": "date-time",
    "maxLength": 40,
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$",
}
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "NewFact": closed(
        {
            "type": {
                "type": "string",
                "enum": sorted(name for name, each in RECORD_TYPES.items() if not each.server_made),
            },
            "area": NAME,
            "subject": {**NAME, "pattern": "^[a-z][a-z_]*:"},
            "body": {"type": "object", "description": "fields of the record type"},
            "_id": {**_ID, "description": "given, it makes the request safe to repeat"},
            "performed_at": _INSTANT,
            "photos": {"type": "array", "items": OBJECT, "maxItems": 60},
            "gps": OBJECT,
            "amends": _ID,
            "voids": _ID,
        },
        optional=("subject", "_id", "performed_at", "photos", "gps", "amends", "voids"),
    ),
    "RecordedFact": closed(
        {
            "id": TEXT,
            "rev": TEXT,
            "hash": SHA256,
            "state": {"type": "string", "enum": ["accepted", "held"]},
            "code": TEXT,
            "reason": TEXT,
        },
        optional=("code", "reason"),
    ),
}


def operations(services: Services) -> list[Operation]:
    async def record(request: Request, call: Call) -> JsonValue:
        recorded = await record_fact(services, call.body, call.caller)
        return {name: value for name, value in recorded._asdict().items() if value is not None}

    return [
        Operation(
            "POST",
            "/api/facts",
            "record_fact",
            "Record a fact online; author, device and project are the server's to say",
            any_of(*RECORDERS),
            record,
            body={"$ref": "#/components/schemas/NewFact"},
            answer={"$ref": "#/components/schemas/RecordedFact"},
            status=201,
            errors=(AlreadyExists, InvalidInput, NotCaughtUp),
            tag="records",
        )
    ]
