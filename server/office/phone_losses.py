"""What phones lost before it was received: records and photos, by name.

For: a phone whose storage was cleared learns from here what it held, and the office sees what is gone for good, or damaged.
Not for: counts of what still waits (phones.py), or anything that arrives in the end: it is no loss, and is left out at once.
Source: promises F-05, F-43.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert
from starlette.requests import Request

from server.access.person import SIGNED_IN, Person
from server.database import writing
from server.errors import JsonValue
from server.http.operations import Call, Operation
from server.intake.tables import phone_list, phone_loss
from server.ledger.model import JsonObject
from server.office.registers import text_of_instant
from server.office.scope import listing_photos, losses_of, own_lists, which_arrived
from server.office.shapes import INSTANT, SHA256, TEXT, Schema, closed
from server.services import Services

MAX_NAMED = 5_000
SHOWN = 200
RECORD_IDS: Schema = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 200},
    "maxItems": MAX_NAMED,
}
PHOTO_HASHES: Schema = {"type": "array", "items": SHA256, "maxItems": MAX_NAMED}
_AT_ONCE = 500  # names in one SQL statement

COMPONENTS: dict[str, Mapping[str, Any]] = {
    "PhoneLoss": closed(
        {
            "kind": {"type": "string", "enum": ["record", "photo"]},
            "id": TEXT,
            "reason": {"type": "string", "enum": ["evicted", "damaged"]},
            "reported_at": INSTANT,
            "fact": TEXT,
            "place": {"type": "integer", "minimum": 1},
        },
        optional=("fact", "place"),
    ),
    "LostReport": closed(
        {
            "device": {"type": "string", "minLength": 1, "maxLength": 64},
            "reason": {"type": "string", "enum": ["evicted", "damaged"]},
            "records": RECORD_IDS,
            "photos": PHOTO_HASHES,
        }
    ),
    "OwnPhones": closed(
        {
            "items": {
                "type": "array",
                "items": closed(
                    {
                        "device": TEXT,
                        "last_contact_at": INSTANT,
                        "records": RECORD_IDS,
                        "photos": PHOTO_HASHES,
                    }
                ),
            }
        }
    ),
}


def operations(services: Services) -> list[Operation]:
    async def own_phones(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_own, services, call.caller)

    async def report_lost(request: Request, call: Call) -> JsonValue:
        await asyncio.to_thread(_note, services, call.caller, call.body)
        return None

    return [
        Operation(
            "GET",
            "/api/phones/mine",
            "own_phones",
            "What each phone of the caller last said it held and was never received",
            SIGNED_IN,
            own_phones,
            answer={"$ref": "#/components/schemas/OwnPhones"},
            tag="phones",
        ),
        Operation(
            "POST",
            "/api/phones/lost",
            "report_lost",
            "What a phone of the caller lost before it was received",
            SIGNED_IN,
            report_lost,
            body={"$ref": "#/components/schemas/LostReport"},
            status=204,
            tag="phones",
        ),
    ]


def keep_list(connection: Connection, user: str, device: str, report: Mapping[str, Any]) -> None:
    """Keep what the phone named in its report; a phone that names nothing has no list."""
    mine = (phone_list.c.user == user) & (phone_list.c.device == device)
    connection.execute(delete(phone_list).where(mine))
    records, photos = report.get("records", []), report.get("photos", [])
    if records or photos:
        connection.execute(
            insert(phone_list).values(user=user, device=device, records=records, photos=photos)
        )


def lost_of(
    connection: Connection, services: Services, users: Iterable[str]
) -> dict[tuple[str, str], list[JsonObject]]:
    """What the phones of these users lost and nobody received since, by user and phone."""
    rows = connection.execute(losses_of(users).order_by(phone_loss.c.kind.desc(), phone_loss.c.id)).all()
    records = set(_missing_records(connection, [row.id for row in rows if row.kind == "record"]))
    photos = set(_missing_photos(services, [row.id for row in rows if row.kind == "photo"]))
    places = _places(connection, sorted(photos), {row.user for row in rows})
    lost: dict[tuple[str, str], list[JsonObject]] = {}
    for row in rows:
        if row.id in (records if row.kind == "record" else photos):
            lost.setdefault((row.user, row.device), []).append(
                {
                    "kind": row.kind,
                    "id": row.id,
                    "reason": row.reason,
                    "reported_at": text_of_instant(row.reported_at),
                    **places.get(row.id, {}),
                }
            )
    return lost


def as_columns(lost: Sequence[JsonObject]) -> JsonObject:
    """The losses of one phone as members of its row; of a long list the beginning."""
    return {
        "lost_records": sum(1 for each in lost if each["kind"] == "record"),
        "lost_photos": sum(1 for each in lost if each["kind"] == "photo"),
        "lost": list[JsonValue](lost[:SHOWN]),
    }


def _own(services: Services, person: Person) -> JsonValue:
    with services.engine.connect() as connection:
        rows = connection.execute(own_lists(person)).all()
        items = [
            {
                "device": row.device,
                "last_contact_at": text_of_instant(row.reported_at),
                "records": list[JsonValue](_missing_records(connection, row.records)),
                "photos": list[JsonValue](_missing_photos(services, row.photos)),
            }
            for row in rows
        ]
    return {"items": [item for item in items if item["records"] or item["photos"]]}


def _note(services: Services, person: Person, report: Mapping[str, Any]) -> None:
    """Keep the losses. Said twice it is kept once, with the first time and reason."""
    device, now = report["device"], services.clock.now()
    named = {("record", id) for id in report["records"]} | {("photo", id) for id in report["photos"]}
    here = losses_of([person.name]).where(phone_loss.c.device == device)
    with writing(services.engine) as connection:
        known = {(row.kind, row.id) for row in connection.execute(here)}
        rows = [
            {
                "user": person.name,
                "device": device,
                "kind": kind,
                "id": id,
                "reason": report["reason"],
                "reported_at": now,
            }
            for kind, id in sorted(named - known)
        ]
        if rows:
            connection.execute(insert(phone_loss), rows)
        if report["reason"] == "evicted":
            # What was on its list is gone with it; asking the next phone about it again would only worry people.
            gone = (phone_list.c.user == person.name) & (phone_list.c.device == device)
            connection.execute(delete(phone_list).where(gone))


def _missing_records(connection: Connection, ids: Sequence[str]) -> list[str]:
    here: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        here.update(connection.execute(which_arrived(part)).scalars())
    return [id for id in ids if id not in here]


def _missing_photos(services: Services, hashes: Sequence[str]) -> list[str]:
    return [sha256 for sha256 in hashes if not services.evidence.has(sha256)]


def _places(connection: Connection, hashes: Sequence[str], authors: Iterable[str]) -> dict[str, JsonObject]:
    """Of each photo the first record of these people that lists it, and as which one, counted from 1."""
    places: dict[str, JsonObject] = {}
    for start in range(0, len(hashes), _AT_ONCE):
        part = hashes[start : start + _AT_ONCE]
        for sha256, fact_id, document in connection.execute(listing_photos(part, authors)):
            order = [photo.get("sha256") for photo in document.get("photos", [])]
            if sha256 not in places and sha256 in order:
                places[sha256] = {"fact": fact_id, "place": order.index(sha256) + 1}
    return places
