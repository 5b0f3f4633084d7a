"""GET /api/held and POST /api/held/{id}/release: what was taken but does not count, and letting it count.

For: the list of held facts with their reasons, for the supervisor and whoever watches. Not for: why a fact is held or what a
release leads to (server/intake), a phone's own held items (receipts.py).
Source: promises D2, I3; contract section 5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, or_
from starlette.requests import Request

from server.access.person import Person, any_of
from server.catalogue.reference import unit_no_of
from server.errors import InvalidInput, JsonValue, NotCaughtUp, NotPermitted, OwnReport, WrongState
from server.http.operations import Call, Operation, missing
from server.intake.releases import release
from server.intake.tables import fact
from server.ledger.model import JsonObject
from server.office.filters import NAME, PLACES
from server.office.pages import CURSOR, LIMIT, Place, read_instant_cursor, write_cursor
from server.office.readers import DECIDERS, HELD_READERS
from server.office.registers import text_of_instant
from server.office.scope import Scope, counted, held_facts, scope_of
from server.office.shapes import INSTANT, TEXT, TEXT_OR_NULL, closed, page_json, page_schema
from server.services import Services

ORDER = "received_at"
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "Held": closed(
        {
            **dict.fromkeys(("id", "type", "subject", "area", "author", "code", "reason", "reason_en"), TEXT),
            "unit_no": TEXT_OR_NULL,
            "device": TEXT_OR_NULL,
            "performed_at": INSTANT,
            "received_at": INSTANT,
        }
    ),
    "HeldPage": page_schema("Held"),
}


def operations(services: Services) -> list[Operation]:
    async def list_held(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_page, services, call)

    async def release_held(request: Request, call: Call) -> JsonValue:
        await asyncio.to_thread(_must_be_seen, services, call.caller, call.path["id"])
        released: JsonValue = await release(services, call.path["id"], call.body["reason"], call.caller)
        return released

    return [
        Operation(
            "GET",
            "/api/held",
            "list_held",
            "Facts that are kept but do not count, the longest waiting first",
            any_of(*HELD_READERS),
            list_held,
            query={**PLACES, "code": NAME, "author": NAME, "limit": LIMIT, "cursor": CURSOR},
            answer={"$ref": "#/components/schemas/HeldPage"},
            tag="held",
        ),
        Operation(
            "POST",
            "/api/held/{id}/release",
            "release_held",
            "Let a held fact count",
            any_of(*DECIDERS),
            release_held,
            body=closed({"reason": {"type": "string", "minLength": 1, "maxLength": 1000, "pattern": "\\S"}}),
            answer={"type": "object", "description": "the release as it is recorded"},
            errors=(InvalidInput, NotCaughtUp, NotPermitted, OwnReport, WrongState),
            tag="held",
        ),
    ]


def _page(services: Services, call: Call) -> JsonValue:
    query = call.query
    scope = _scope(services, call.caller, HELD_READERS, query)
    narrowed = held_facts(scope)
    if "code" in query:
        narrowed = narrowed.where(fact.c.held_code == query["code"])
    if "author" in query:
        narrowed = narrowed.where(fact.c.author == query["author"])
    page = narrowed.order_by(fact.c.received_at, fact.c.id)
    if "cursor" in query:
        received_at, row_id = read_instant_cursor(query["cursor"], ORDER)
        page = page.where(
            or_(fact.c.received_at > received_at, and_(fact.c.received_at == received_at, fact.c.id > row_id))
        )
    with services.engine.connect() as connection:
        read = connection.execute(page.limit(query["limit"] + 1)).all()
        total = connection.execute(counted(narrowed.with_only_columns(fact.c.id))).scalar_one()
    shown, next_cursor = read[: query["limit"]], None
    if len(read) > len(shown):
        next_cursor = write_cursor(ORDER, Place(text_of_instant(shown[-1].received_at), shown[-1].id))
    return page_json([_row(row) for row in shown], next_cursor, total)


def _must_be_seen(services: Services, person: Person, fact_id: str) -> None:
    """S-01: a held fact of a foreign area answers like one that does not exist. One that counts by now may be named."""
    with services.engine.connect() as connection:
        scope = _scope(services, person, DECIDERS, {})
        seen = held_facts(scope, released=True).where(fact.c.id == fact_id)
        if connection.execute(seen).one_or_none() is None:
            raise missing()


def _scope(services: Services, person: Person, roles: tuple[str, ...], query: Mapping[str, Any]) -> Scope:
    # An administrator watches what the phones of a project have sent, without reading its records.
    return scope_of(person, services.directory.recent(), roles, query, whole_project=("admin",))


def _row(row: Any) -> JsonObject:
    return {
        "id": row.id,
        "type": row.type,
        "subject": row.subject,
        "area": row.area,
        "unit_no": None if row.unit is None else unit_no_of(row.unit, row.project),
        "author": row.author,
        "device": row.device,
        "performed_at": text_of_instant(row.performed_at),
        "received_at": text_of_instant(row.received_at),
        "code": row.held_code,
        "reason": row.held_reason or "",
        "reason_en": row.held_reason_en or "",
    }
