"""POST /api/receipts: what the server has of a phone's outbox, item by item and photo by photo.

For: the only answer on which a phone may let go of something. So it is given only after everything that had arrived is judged,
and 503 otherwise; never a guess.
Not for: how things arrive (sync, media) or why a fact is held (server/intake).
Only the caller's own records are answered for; another's are `missing`. A photo counts as accepted when it is stored and the
caller's own record names it, or nobody's does yet: nobody learns from a receipt what others photographed (F-44).
Source: docs/architecture.md section 3; promises D1, I2, I9.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from server.access.person import SIGNED_IN, Person
from server.errors import JsonValue, NotCaughtUp
from server.http.operations import Call, Operation
from server.ledger.model import JsonObject
from server.office.scope import authors_naming, own_facts
from server.office.shapes import SHA256, TEXT, closed
from server.services import Services

MAX_ITEMS = 1000
MAX_PHOTOS = 2000
CHUNK = 400  # ids in one query

_ITEM: Mapping[str, Any] = {
    "id": {"type": "string", "minLength": 1, "maxLength": 200},
    "rev": {"type": "string", "minLength": 1, "maxLength": 200},
    "hash": SHA256,
}
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "ReceiptsWanted": closed(
        {
            "items": {"type": "array", "items": closed(_ITEM), "maxItems": MAX_ITEMS},
            "photos": {"type": "array", "items": SHA256, "maxItems": MAX_PHOTOS},
            "device": {"type": ["string", "null"], "maxLength": 200},
            "database": {"type": ["string", "null"], "maxLength": 240},
        },
        optional=("photos", "device", "database"),
    ),
    "Receipts": closed(
        {
            "items": {
                "type": "array",
                "items": closed(
                    {
                        **_ITEM,
                        "state": {"type": "string", "enum": ["accepted", "held", "missing"]},
                        "code": TEXT,
                        "reason": TEXT,
                        "reason_en": TEXT,
                    },
                    optional=("code", "reason", "reason_en"),
                ),
            },
            "photos": {
                "type": "array",
                "items": closed(
                    {"sha256": SHA256, "state": {"type": "string", "enum": ["accepted", "missing"]}}
                ),
            },
            "epoch": TEXT,
        }
    ),
}


def operations(services: Services) -> list[Operation]:
    async def give_receipts(request: Request, call: Call) -> JsonValue:
        await services.intake.catch_up()
        return await asyncio.to_thread(receipts, services, call.caller, call.body)

    return [
        Operation(
            "POST",
            "/api/receipts",
            "give_receipts",
            "For each record and photo of a phone: accepted, held with the reason, or missing",
            SIGNED_IN,
            give_receipts,
            body={"$ref": "#/components/schemas/ReceiptsWanted"},
            answer={"$ref": "#/components/schemas/Receipts"},
            errors=(NotCaughtUp,),
            tag="phones",
        )
    ]


def receipts(services: Services, person: Person, wanted: Mapping[str, Any]) -> JsonObject:
    items, photos = wanted["items"], wanted.get("photos", [])
    with services.engine.connect() as connection:
        known: dict[str, Any] = {}
        # A second record under an id that is taken is kept beside the first, as "<id>#<rev>".
        for ids in _chunks([name for item in items for name in (item["id"], f"{item['id']}#{item['rev']}")]):
            known |= {row.id: row for row in connection.execute(own_facts(person, ids))}
        named_by: dict[str, set[str]] = {}
        for sha256s in _chunks(photos):
            for row in connection.execute(authors_naming(sha256s)):
                named_by.setdefault(row.sha256, set()).add(row.author)
    return {
        "items": [_item(item, known) for item in items],
        "photos": [
            {
                "sha256": sha256,
                "state": "accepted"
                if person.name in named_by.get(sha256, {person.name}) and services.evidence.has(sha256)
                else "missing",
            }
            for sha256 in photos
        ],
        "epoch": services.store.epoch,
    }


def _item(item: Mapping[str, str], known: Mapping[str, Any]) -> JsonObject:
    receipt: JsonObject = {"id": item["id"], "rev": item["rev"], "hash": item["hash"]}
    for name in (item["id"], f"{item['id']}#{item['rev']}"):
        row = known.get(name)
        if row is None or (row.rev, row.hash) != (item["rev"], item["hash"]):
            continue
        if row.held_code is None or row.released_by is not None:
            return {**receipt, "state": "accepted"}
        return {
            **receipt,
            "state": "held",
            "code": row.held_code,
            "reason": row.held_reason or "",
            "reason_en": row.held_reason_en or "",
        }
    return {**receipt, "state": "missing"}


def _chunks(names: Sequence[str]) -> list[Sequence[str]]:
    unique = list(dict.fromkeys(names))
    return [unique[start : start + CHUNK] for start in range(0, len(unique), CHUNK)]
