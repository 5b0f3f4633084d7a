"""GET /api/due: duties with their limits, the next limit first.

For: what has to be done by whom, what is overdue, what was met. Not for: which duties there are (server/ledger), reminders
(inbox.py), reports over days (reports.py).
Source: contract section 5; R-GEN-09, R-GEN-10.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from starlette.requests import Request

from server.access.person import any_of
from server.catalogue.enums import DUE_STATUS
from server.errors import JsonValue
from server.http.operations import Call, Operation
from server.intake.tables import due_item
from server.office.filters import DAY, NAME, PLACES, days_of, within
from server.office.pages import CURSOR, LIMIT, Place, read_instant_cursor, write_cursor
from server.office.readers import ANY_READERS
from server.office.registers import text_of_instant
from server.office.scope import Scope, counted, due_items, scope_of
from server.office.shapes import due_json, page_json, page_schema
from server.services import Services

ORDER = "due_at"
OPEN = ("pending", "due_soon", "overdue")
COMPONENTS = {"DuePage": page_schema("Due")}


def operations(services: Services) -> list[Operation]:
    async def list_due(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_page, services, call)

    return [
        Operation(
            "GET",
            "/api/due",
            "list_due",
            "Duties, the next limit first",
            any_of(*ANY_READERS),
            list_due,
            query={
                **PLACES,
                "assigned_to": NAME,
                "rule": NAME,
                "subject": NAME,
                "state": {
                    "type": "string",
                    "enum": ["open", *DUE_STATUS.values],
                    "description": "open: not ended",
                },
                "from": DAY,
                "to": DAY,
                "limit": LIMIT,
                "cursor": CURSOR,
            },
            answer={"$ref": "#/components/schemas/DuePage"},
            tag="due",
        )
    ]


def _page(services: Services, call: Call) -> JsonValue:
    query = call.query
    scope = scope_of(call.caller, services.directory.recent(), ANY_READERS, query)
    narrowed = due_items(scope).where(*_conditions(query, scope))
    page = narrowed.order_by(due_item.c.due_at, due_item.c.id)
    if "cursor" in query:
        due_at, row_id = read_instant_cursor(query["cursor"], ORDER)
        page = page.where(
            and_(due_item.c.due_at >= due_at, or_(due_item.c.due_at > due_at, due_item.c.id > row_id))
        )
    with services.engine.connect() as connection:
        read = connection.execute(page.limit(query["limit"] + 1)).all()
        total = connection.execute(counted(narrowed.with_only_columns(due_item.c.id))).scalar_one()
    shown, next_cursor = read[: query["limit"]], None
    if len(read) > len(shown):
        next_cursor = write_cursor(ORDER, Place(text_of_instant(shown[-1].due_at), shown[-1].id))
    return page_json([due_json(row) for row in shown], next_cursor, total)


def _conditions(query: Any, scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        due_item.c[name] == query[name] for name in ("assigned_to", "rule", "subject") if name in query
    ]
    if "state" in query:
        states = OPEN if query["state"] == "open" else (query["state"],)
        found.append(due_item.c.status.in_(states))
    days = days_of(query)
    if days is not None:
        found.append(within(due_item.c.due_at, days, scope, due_item.c.area))
    return found
