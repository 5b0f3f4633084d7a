"""POST /api/sealed and /api/sealed/photos: what somebody else's phone work, sealed to this server, comes in by.

For: the routes and their shapes. Not for: opening (opening.py) and taking in (taking.py, photos.py).
Whoever is signed in may bring them: he cannot read them, nor forge their author.
Source: promises D13, F-06.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from server.access.person import SIGNED_IN
from server.errors import JsonValue, NotCaughtUp
from server.http.operations import Call, Operation
from server.office.shapes import SHA256, TEXT, closed
from server.sealed.opening import SealKey
from server.sealed.photos import MAX_TOTAL, SealedPhotos
from server.sealed.taking import SealedRecords
from server.services import Services

MAX_ITEMS = 50
MAX_BODY_BYTES = 4_000_000
MAX_PIECE_CHARACTERS = 1_400_000  # of base64url: 1 MiB


def _base64url(most: int, least: int = 1) -> Mapping[str, Any]:
    return {"type": "string", "pattern": "^[A-Za-z0-9_-]+$", "minLength": least, "maxLength": most}


_BOX: Mapping[str, Any] = {
    "kid": {"type": "string", "minLength": 1, "maxLength": 64},
    "epk": _base64url(87, 87),
    "key": _base64url(64, 64),
    "iv": _base64url(16, 16),
}
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "SealedItems": closed(
        {
            "items": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_ITEMS,
                "items": closed(
                    {
                        "id": {"type": "string", "minLength": 1, "maxLength": 200},
                        **_BOX,
                        "data": _base64url(1_400_000),
                    }
                ),
            }
        }
    ),
    "SealedAnswers": closed(
        {
            "items": {
                "type": "array",
                "items": closed(
                    {
                        "id": TEXT,
                        "state": {
                            "type": "string",
                            "enum": ["accepted", "held", "refused"],
                            "description": "refused: it is not here, and the phone keeps it",
                        },
                        "code": TEXT,
                        "reason": TEXT,
                    },
                    optional=("code", "reason"),
                ),
            }
        }
    ),
    "SealedPhotoPiece": closed(
        {
            "sha256": SHA256,
            "mime": {"type": "string", "minLength": 1, "maxLength": 100},
            **_BOX,
            "total": {"type": "integer", "minimum": 17, "maximum": MAX_TOTAL},
            "offset": {"type": "integer", "minimum": 0, "maximum": MAX_TOTAL},
            "data": _base64url(MAX_PIECE_CHARACTERS),
        }
    ),
    "SealedPhotoStanding": closed(
        {
            "state": {"type": "string", "enum": ["partial", "accepted", "refused"]},
            "offset": {"type": "integer", "minimum": 0, "description": "where the next piece begins"},
            "code": TEXT,
            "reason": TEXT,
        },
        optional=("code", "reason"),
    ),
}


def operations(services: Services, key: SealKey) -> list[Operation]:
    records, photos = SealedRecords(services, key), SealedPhotos(services, key)

    async def bring_sealed(request: Request, call: Call) -> JsonValue:
        taken = await records.take(call.body["items"], call.caller)
        return {"items": [_said(one._asdict()) for one in taken]}

    async def bring_sealed_photo(request: Request, call: Call) -> JsonValue:
        return _said((await photos.take(call.body))._asdict())

    return [
        Operation(
            "POST",
            "/api/sealed",
            "bring_sealed",
            "Records that somebody sealed to this server on the caller's phone; they count as their author's",
            SIGNED_IN,
            bring_sealed,
            body={"$ref": "#/components/schemas/SealedItems"},
            answer={"$ref": "#/components/schemas/SealedAnswers"},
            errors=(NotCaughtUp,),
            max_body_bytes=MAX_BODY_BYTES,
            tag="sealed",
        ),
        Operation(
            "POST",
            "/api/sealed/photos",
            "bring_sealed_photo",
            "A piece of a sealed photo that a stored record names",
            SIGNED_IN,
            bring_sealed_photo,
            body={"$ref": "#/components/schemas/SealedPhotoPiece"},
            answer={"$ref": "#/components/schemas/SealedPhotoStanding"},
            max_body_bytes=MAX_BODY_BYTES,
            tag="sealed",
        ),
    ]


def _said(answer: dict[str, Any]) -> dict[str, JsonValue]:
    return {name: value for name, value in answer.items() if value is not None}
