"""GET /api/inbox and POST /api/inbox/{id}/acknowledge: the reminders and alarms of the signed-in person.

For: reading one's own inbox online, and noting that something was seen. Not for: making them (server/jobs), or the phone, which
replicates the same documents.
Source: contract section 5; docs/architecture.md sections 5 and 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, or_, update
from starlette.requests import Request

from server.access.person import SIGNED_IN, Person
from server.database import writing
from server.errors import JsonValue
from server.http.operations import Call, Operation, missing
from server.intake.tables import notice
from server.ledger.model import JsonObject
from server.office.pages import CURSOR, LIMIT, Place, read_instant_cursor, write_cursor
from server.office.registers import text_of_instant
from server.office.scope import counted, own_notices
from server.office.shapes import page_json, page_schema
from server.services import Services

ORDER = "-sent_at"
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "Notice": {
        "type": "object",
        "description": "an inbox document, as the phone replicates it, and when it was acknowledged",
        "properties": {
            "_id": {"type": "string"},
            "acknowledged_at": {"type": ["string", "null"], "format": "date-time"},
        },
        "required": ["_id", "acknowledged_at"],
    },
    "NoticePage": page_schema("Notice"),
}


def operations(services: Services) -> list[Operation]:
    async def list_inbox(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_page, services, call)

    async def acknowledge_notice(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_acknowledge, services, call.caller, call.path["id"])

    return [
        Operation(
            "GET",
            "/api/inbox",
            "list_inbox",
            "The caller's reminders and alarms, the newest first",
            SIGNED_IN,
            list_inbox,
            query={
                "kind": {"type": "string", "enum": ["reminder", "alarm"]},
                "open": {"type": "boolean", "description": "true: only those not acknowledged"},
                "limit": LIMIT,
                "cursor": CURSOR,
            },
            answer={"$ref": "#/components/schemas/NoticePage"},
            tag="inbox",
        ),
        Operation(
            "POST",
            "/api/inbox/{id}/acknowledge",
            "acknowledge_notice",
            "Note that the caller has seen it; the first time counts",
            SIGNED_IN,
            acknowledge_notice,
            path_parameters={"id": {"type": "string", "minLength": 1, "maxLength": 400}},
            body={"type": "object", "additionalProperties": False},
            answer={"$ref": "#/components/schemas/Notice"},
            tag="inbox",
        ),
    ]


def _page(services: Services, call: Call) -> JsonValue:
    query = call.query
    narrowed = own_notices(call.caller)
    if "kind" in query:
        narrowed = narrowed.where(notice.c.kind == query["kind"])
    if "open" in query:
        seen = notice.c.acknowledged_at
        narrowed = narrowed.where(seen.is_(None) if query["open"] else seen.is_not(None))
    page = narrowed.order_by(notice.c.sent_at.desc(), notice.c.id.desc())
    if "cursor" in query:
        sent_at, row_id = read_instant_cursor(query["cursor"], ORDER)
        page = page.where(
            and_(notice.c.sent_at <= sent_at, or_(notice.c.sent_at < sent_at, notice.c.id < row_id))
        )
    with services.engine.connect() as connection:
        read = connection.execute(page.limit(query["limit"] + 1)).all()
        total = connection.execute(counted(narrowed.with_only_columns(notice.c.id))).scalar_one()
    shown, next_cursor = read[: query["limit"]], None
    if len(read) > len(shown):
        next_cursor = write_cursor(ORDER, Place(text_of_instant(shown[-1].sent_at), shown[-1].id))
    return page_json([_row(row) for row in shown], next_cursor, total)


def _acknowledge(services: Services, person: Person, notice_id: str) -> JsonValue:
    own = own_notices(person).where(notice.c.id == notice_id)
    with writing(services.engine) as connection:
        row = connection.execute(own).one_or_none()
        if row is None:
            raise missing()
        if row.acknowledged_at is None:
            connection.execute(
                update(notice).where(notice.c.id == notice_id).values(acknowledged_at=services.clock.now())
            )
        return _row(connection.execute(own).one())


def _row(row: Any) -> JsonObject:
    return {"_id": row.id, **row.body, "acknowledged_at": text_of_instant(row.acknowledged_at)}
