"""POST /api/phones/report and GET /api/phones: what each phone says it still holds, and when it last said so.

For: seeing a stuck or silent phone from the office. Not for: the phone's own panel, or wiping a lost one (server/access/devices).
Source: promises F-62, D18; contract section 5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert
from starlette.requests import Request

from server.access.person import SIGNED_IN, Person, any_of
from server.database import writing
from server.errors import JsonValue
from server.http.operations import Call, Operation
from server.intake.tables import phone
from server.ledger.model import JsonObject
from server.office import phone_losses as losses
from server.office.filters import NAME
from server.office.pages import CURSOR, LIMIT, Place, page_of
from server.office.phone_losses import PHOTO_HASHES, RECORD_IDS
from server.office.readers import PHONE_READERS
from server.office.registers import text_of_instant
from server.office.scope import phones_of, scope_of
from server.office.shapes import COUNT, INSTANT, INSTANT_OR_NULL, TEXT, closed, page_json, page_schema
from server.services import Services

ORDER = "last_contact_at"
_MANY: Mapping[str, Any] = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "PhoneReport": closed(
        {
            "device": {"type": "string", "minLength": 1, "maxLength": 64},
            "app_version": {"type": "string", "maxLength": 64},
            "pending": _MANY,
            "pending_photos": _MANY,
            "oldest_pending_at": {"type": ["string", "null"], "format": "date-time", "maxLength": 40},
            "refused": _MANY,
            "pending_hash": {"type": "string", "maxLength": 128},
            "records": RECORD_IDS,
            "photos": PHOTO_HASHES,
        },
        optional=("pending_hash", "records", "photos"),
    ),
    "Phone": closed(
        {
            "device": TEXT,
            "user": TEXT,
            "display_name": TEXT,
            "app_version": TEXT,
            "pending": COUNT,
            "pending_photos": COUNT,
            "oldest_pending_at": INSTANT_OR_NULL,
            "refused": COUNT,
            "pending_hash": TEXT,
            "last_contact_at": INSTANT,
            "lost_records": COUNT,
            "lost_photos": COUNT,
            "lost": {"type": "array", "items": {"$ref": "#/components/schemas/PhoneLoss"}},
        }
    ),
    **losses.COMPONENTS,
    "PhonePage": page_schema("Phone"),
}


def operations(services: Services) -> list[Operation]:
    async def report_phone(request: Request, call: Call) -> JsonValue:
        await asyncio.to_thread(_keep, services, call.caller, call.body)
        return None

    async def list_phones(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_page, services, call)

    return [
        Operation(
            "POST",
            "/api/phones/report",
            "report_phone",
            "What the caller's phone still holds",
            SIGNED_IN,
            report_phone,
            body={"$ref": "#/components/schemas/PhoneReport"},
            status=204,
            tag="phones",
        ),
        Operation(
            "GET",
            "/api/phones",
            "list_phones",
            "Every phone of the caller's projects, the one silent longest first",
            any_of(*PHONE_READERS),
            list_phones,
            query={"project": NAME, "limit": LIMIT, "cursor": CURSOR},
            answer={"$ref": "#/components/schemas/PhonePage"},
            tag="phones",
        ),
        *losses.operations(services),
    ]


def _keep(services: Services, person: Person, report: Mapping[str, Any]) -> None:
    device = person.device or report["device"]
    oldest = report["oldest_pending_at"]
    row = {
        "user": person.name,
        "device": device,
        **{name: report[name] for name in ("app_version", "pending", "pending_photos", "refused")},
        "oldest_pending_at": None if oldest is None else _instant(oldest),
        "pending_hash": report.get("pending_hash", ""),
        "reported_at": services.clock.now(),
    }
    with writing(services.engine) as connection:
        connection.execute(delete(phone).where(phone.c.user == person.name, phone.c.device == device))
        connection.execute(insert(phone).values(row))
        losses.keep_list(connection, person.name, device, report)


def _page(services: Services, call: Call) -> JsonValue:
    snapshot = services.directory.recent()
    scope = scope_of(call.caller, snapshot, PHONE_READERS, call.query, whole_project=("admin",))
    users = [name for name in snapshot.users if not scope.projects.isdisjoint(snapshot.projects_of(name))]
    with services.engine.connect() as connection:
        rows = connection.execute(phones_of(users)).all()
        lost = losses.lost_of(connection, services, users)
    page = page_of(
        rows,
        lambda row: Place(text_of_instant(row.reported_at), f"{row.user} {row.device}"),
        ORDER,
        call.query["limit"],
        call.query.get("cursor"),
    )
    names = {user.name: user.display_name for user in snapshot.users.values()}
    return page_json(
        [_row(row, names[row.user], lost.get((row.user, row.device), [])) for row in page.rows],
        page.next_cursor,
        page.total,
    )


def _row(row: Any, display_name: str, lost: list[JsonObject]) -> JsonObject:
    return {
        "device": row.device,
        "user": row.user,
        "display_name": display_name,
        **{name: getattr(row, name) for name in ("app_version", "pending", "pending_photos", "refused")},
        "oldest_pending_at": text_of_instant(row.oldest_pending_at),
        "pending_hash": row.pending_hash,
        "last_contact_at": text_of_instant(row.reported_at),
        **losses.as_columns(lost),
    }


def _instant(text: str) -> datetime | None:
    """What a phone says about its oldest record; a time that is none is as good as not said."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None
