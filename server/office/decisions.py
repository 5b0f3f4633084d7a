"""POST /api/violations/{id}/decision: one decision on one round of a violation.

For: the route: who may ask, about which violation, in which shape. Not for: granting it, which is one transaction of the server
(server/intake/decide), or the queue (approvals.py).
Source: R-DEC-11, R-DEC-12, R-DEC-14; promises D6, F-45, F-49, F-50, S-39.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from server.access.person import Person, any_of
from server.catalogue.enums import VIOLATION_SEVERITY
from server.catalogue.violations import ACTION, DECISION
from server.errors import (
    AlreadyDecided,
    EvidenceChanged,
    EvidenceMissing,
    InvalidInput,
    JsonValue,
    NotCaughtUp,
    OwnReport,
    WrongState,
)
from server.http.operations import Call, Operation, missing
from server.intake.decide import decide
from server.office.filters import DAY
from server.office.readers import DECIDERS
from server.office.scope import scope_of, status_of
from server.services import Services

_NEEDS_LIMIT = ("confirm", "rectify_again")
BODY: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "decision": {"type": "string", "enum": list(DECISION.values)},
        "reason": {"type": "string", "minLength": 1, "maxLength": 4000, "pattern": "\\S"},
        "evidence_hash": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "rectify_by": DAY,
        "clause": {"type": "string", "maxLength": 200},
        "severity_final": {"type": "string", "enum": list(VIOLATION_SEVERITY.values)},
        "actions": {
            "type": "array",
            "items": {"type": "string", "enum": list(ACTION.values)},
            "uniqueItems": True,
            "maxItems": len(ACTION.values),
        },
    },
    "required": ["decision", "reason", "evidence_hash"],
    "additionalProperties": False,
    "if": {"properties": {"decision": {"enum": list(_NEEDS_LIMIT)}}, "required": ["decision"]},
    "then": {"required": ["rectify_by"]},
}
COMPONENTS: dict[str, Mapping[str, Any]] = {"Decision": BODY}


def operations(services: Services) -> list[Operation]:
    async def decide_violation(request: Request, call: Call) -> JsonValue:
        violation = call.path["id"]
        await asyncio.to_thread(_must_be_seen, services, call.caller, violation)
        granted: JsonValue = await decide(services, violation, call.body, call.caller)
        return granted

    return [
        Operation(
            "POST",
            "/api/violations/{id}/decision",
            "decide_violation",
            "Confirm, return, reject, close or order again: once for each round, on the evidence seen",
            any_of(*DECIDERS),
            decide_violation,
            body={"$ref": "#/components/schemas/Decision"},
            answer={"type": "object"},
            errors=(
                AlreadyDecided,
                EvidenceChanged,
                EvidenceMissing,
                InvalidInput,
                NotCaughtUp,
                OwnReport,
                WrongState,
            ),
            tag="approvals",
        )
    ]


def _must_be_seen(services: Services, person: Person, violation: str) -> None:
    """S-01: a violation of a foreign area answers like one that does not exist."""
    scope = scope_of(person, services.directory.recent(), DECIDERS)
    with services.engine.connect() as connection:
        row = connection.execute(status_of(scope, violation)).one_or_none()
    if row is None or row.kind != "violation":
        raise missing()
