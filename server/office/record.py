"""GET /api/records/{type}/{id}: one subject or one fact, with all that belongs to it.

For: the pane beside a register. Not for: lists (records.py), deciding (approvals.py).
Source: docs/architecture.md section 6; domain 5.1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, or_
from starlette.requests import Request

from server.access.person import any_of
from server.access.signatures import Signatures
from server.catalogue.reference import unit_no_of
from server.errors import JsonValue
from server.http.operations import Call, Operation, missing
from server.intake.tables import due_item, fact, fact_photo, reference
from server.ledger.model import JsonObject
from server.office.columns import SUBJECTS
from server.office.readers import ANY_READERS, readers_of
from server.office.records import TYPE
from server.office.registers import text_of_instant, unit_row
from server.office.scope import (
    Scope,
    all_facts,
    due_items,
    facts_about,
    photos_of,
    scope_of,
    status_of,
    units,
)
from server.office.shapes import OBJECT, closed, due_json, photo_json
from server.services import Services

MAX_FACTS = 500  # of one subject, the newest
MAX_DUTIES = 200
_ENVELOPE_OF_STATUS = ("of", "kind", "project", "area", "state", "fields")

COMPONENTS: dict[str, Mapping[str, Any]] = {
    "Record": closed(
        {
            "record": {
                "type": "object",
                "description": "a status document, or a fact with what became of it and how its `signature` "
                "stands: valid, none, unknown_key (its author enrolled no key for that phone) or wrong",
            },
            "facts": {"type": "array", "items": OBJECT},
            "photos": {"type": "array", "items": {"$ref": "#/components/schemas/PhotoOnRecord"}},
            "history": {"type": "array", "items": OBJECT},
            "due": {"type": "array", "items": {"$ref": "#/components/schemas/Due"}},
            "held": {"type": "array", "items": {"$ref": "#/components/schemas/HeldOnRecord"}},
        }
    ),
    "HeldOnRecord": closed(
        {
            **{
                name: {"type": "string"} for name in ("fact", "type", "author", "code", "reason", "reason_en")
            },
            "received_at": {"type": "string", "format": "date-time"},
        }
    ),
}


def operations(services: Services) -> list[Operation]:
    async def get_record(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_record, services, call)

    return [
        Operation(
            "GET",
            "/api/records/{type}/{id}",
            "get_record",
            "One record with its facts, photos, history, duties and what of it is held",
            any_of(*ANY_READERS),
            get_record,
            path_parameters={"type": TYPE},
            answer={"$ref": "#/components/schemas/Record"},
            tag="records",
        )
    ]


def _record(services: Services, call: Call) -> JsonValue:
    register, record_id, person = call.path["type"], call.path["id"], call.caller
    if not person.has_role(*readers_of(register)):
        raise missing()
    scope = scope_of(person, services.directory.recent(), readers_of(register))
    with services.engine.connect() as connection:
        if register in SUBJECTS:
            return _subject(connection, scope, register, record_id)
        return _fact(connection, scope, register, record_id)


def _subject(connection: Connection, scope: Scope, kind: str, subject: str) -> JsonObject:
    row = connection.execute(status_of(scope, subject)).one_or_none()
    if row is not None and row.kind == kind:
        record, history = row.body, row.body.get("history", [])
    elif kind == "unit":
        record, history = _unit_without_status(connection, scope, subject), []
    else:
        raise missing()
    newest = (
        facts_about(scope, subject).order_by(fact.c.performed_at.desc(), fact.c.id.desc()).limit(MAX_FACTS)
    )
    return _answer(connection, scope, record, connection.execute(newest).all(), history, subject)


def _unit_without_status(connection: Connection, scope: Scope, unit: str) -> JsonObject:
    row = connection.execute(units(scope).where(reference.c.id == unit)).one_or_none()
    if row is None:
        raise missing()
    flat = unit_row(row)
    envelope: JsonObject = {"of": unit, **{name: flat[name] for name in ("kind", "project", "area", "state")}}
    fields: JsonObject = {
        name: value for name, value in flat.items() if name not in (*_ENVELOPE_OF_STATUS, "id", "updated_at")
    }
    return {**envelope, "fields": fields}


def _fact(connection: Connection, scope: Scope, record_type: str, fact_id: str) -> JsonObject:
    row = connection.execute(all_facts(scope, record_type).where(fact.c.id == fact_id)).one_or_none()
    if row is None:
        raise missing()
    beside = or_(
        fact.c.amends == fact_id, fact.c.voids == fact_id, fact.c.id.in_([row.amends or "", row.voids or ""])
    )
    others = connection.execute(all_facts(scope).where(beside).order_by(fact.c.received_at, fact.c.id)).all()
    record: JsonObject = {
        **row.document,
        "state": _standing(row),
        "received_at": text_of_instant(row.received_at),
        "unit": row.unit,
        "unit_no": None if row.unit is None else unit_no_of(row.unit, row.project),
        "time_suspect": row.time_suspect,
        "voided_by": row.voided_by,
        "amended_by": row.amended_by,
        "released_by": row.released_by,
        "signature": Signatures().standing(connection, row.document),
    }
    rows = [row, *others]
    history: list[JsonValue] = [_change(each, fact_id) for each in rows]
    return _answer(connection, scope, record, rows, history, None)


def _answer(
    connection: Connection,
    scope: Scope,
    record: JsonObject,
    facts: Sequence[Any],
    history: list[JsonValue],
    subject: str | None,
) -> JsonObject:
    photos = photos_of(scope, [row.id for row in facts]).order_by(
        fact_photo.c.taken_at, fact_photo.c.fact_id, fact_photo.c.sha256
    )
    duties = (
        []
        if subject is None
        else connection.execute(
            due_items(scope)
            .where(due_item.c.subject == subject)
            .order_by(due_item.c.due_at.desc(), due_item.c.id)
            .limit(MAX_DUTIES)
        ).all()
    )
    return {
        "record": record,
        "facts": [row.document for row in facts if not _is_held(row)],
        "photos": [photo_json(row) for row in connection.execute(photos)],
        "history": history,
        "due": [due_json(row) for row in duties],
        "held": [_held(row) for row in facts if _is_held(row)],
    }


def _held(row: Any) -> JsonObject:
    return {
        "fact": row.id,
        "type": row.type,
        "author": row.author,
        "code": row.held_code,
        "reason": row.held_reason or "",
        "reason_en": row.held_reason_en or "",
        "received_at": text_of_instant(row.received_at),
    }


def _is_held(row: Any) -> bool:
    return row.held_code is not None and row.released_by is None


def _standing(row: Any) -> str:
    if _is_held(row):
        return "held"
    if row.voided_by is not None:
        return "withdrawn"
    return "corrected" if row.amended_by is not None else "counts"


def _change(row: Any, of: str) -> JsonObject:
    return {
        "at": text_of_instant(row.performed_at),
        "by": row.author,
        "fact": row.id,
        "change": "withdrawn" if row.voids == of else "corrected" if row.amends == of else "recorded",
        "from": None,
        "to": None,
        "reason": None,
    }
