"""GET /api/approvals: the violations that wait for a decision, oldest first, each with its evidence.

For: the supervisor's queue and one case of it, re-checks to close among them.
Not for: deciding (decisions.py), the register of all violations (records.py).
The evidence hash is the ledger's, over exactly the facts and photos of the round. A decision has to name it (F-50).
Source: R-DEC-11, R-DEC-14; domain 5.1; docs/architecture.md section 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request

from server.access.person import any_of
from server.errors import InvalidInput, JsonValue
from server.http.operations import Call, Operation, missing
from server.intake.tables import due_item, fact, fact_photo, status
from server.ledger.model import JsonObject
from server.office.filters import PLACES
from server.office.pages import CURSOR, LIMIT, Place, page_of
from server.office.readers import DECIDERS
from server.office.registers import text_of_instant
from server.office.scope import Scope, all_facts, due_items, photos_of, scope_of, status_of, statuses
from server.office.shapes import COUNT, INSTANT, OBJECT, TEXT, closed, page_json, page_schema, photo_json
from server.services import Services

DECISION_RULE = "R-DEC-11"
WAITING = ("submitted", "recheck")
MAX_WAITING = 2000
ORDER = "received_at"
CHUNK = 500  # names in one query
DEFAULT_SPAN = timedelta(days=1)  # domain 7.2, dec.decision_hours: for a case whose limit is not read yet

COMPONENTS: dict[str, Mapping[str, Any]] = {
    "Approval": closed(
        {
            "id": TEXT,
            "kind": {"const": "violation"},
            "state": TEXT,
            "round": COUNT,
            "project": TEXT,
            "area": TEXT,
            "unit_no": TEXT,
            "reporter": TEXT,
            "received_at": INSTANT,
            "due_at": INSTANT,
            "escalated": {"type": "boolean"},
            "fields": OBJECT,
            "evidence_hash": TEXT,
            "photos": {"type": "array", "items": {"$ref": "#/components/schemas/PhotoOnRecord"}},
            "missing_photos": {"type": "array", "items": TEXT},
        }
    ),
    "ApprovalPage": page_schema("Approval"),
}


def operations(services: Services) -> list[Operation]:
    async def list_approvals(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_queue, services, call)

    async def get_approval(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_case, services, call)

    return [
        Operation(
            "GET",
            "/api/approvals",
            "list_approvals",
            "Violations that wait for a decision, oldest first",
            any_of(*DECIDERS),
            list_approvals,
            query={**PLACES, "limit": LIMIT, "cursor": CURSOR},
            answer={"$ref": "#/components/schemas/ApprovalPage"},
            errors=(InvalidInput,),
            tag="approvals",
        ),
        Operation(
            "GET",
            "/api/approvals/{id}",
            "get_approval",
            "A violation as it lies before the one who decides, whatever its state",
            any_of(*DECIDERS),
            get_approval,
            answer={"$ref": "#/components/schemas/Approval"},
            tag="approvals",
        ),
    ]


def _queue(services: Services, call: Call) -> JsonValue:
    scope = scope_of(call.caller, services.directory.recent(), DECIDERS, call.query)
    waiting = statuses(scope, "violation").where(status.c.state.in_(WAITING)).limit(MAX_WAITING + 1)
    with services.engine.connect() as connection:
        rows = connection.execute(waiting).all()
        if len(rows) > MAX_WAITING:
            raise InvalidInput(
                f"待审批超过 {MAX_WAITING} 条，请选择片区。More than {MAX_WAITING} wait; choose an area.",
                most=MAX_WAITING,
            )
        waits = _waits(connection, scope, rows)
        page = page_of(
            rows,
            lambda row: Place(text_of_instant(waits[row.subject].since), row.subject),
            ORDER,
            call.query["limit"],
            call.query.get("cursor"),
        )
        cases = _cases(connection, scope, page.rows, waits)
    return page_json(cases, page.next_cursor, page.total)


def _case(services: Services, call: Call) -> JsonValue:
    scope = scope_of(call.caller, services.directory.recent(), DECIDERS)
    with services.engine.connect() as connection:
        row = connection.execute(status_of(scope, call.path["id"])).one_or_none()
        if row is None or row.kind != "violation":
            raise missing()
        return _cases(connection, scope, [row], _waits(connection, scope, [row]))[0]


@dataclass(frozen=True, slots=True)
class _Wait:
    """Since when a case waits for a decision, and until when it may."""

    since: datetime
    until: datetime


def _cases(
    connection: Connection, scope: Scope, rows: Sequence[Any], waits: Mapping[str, _Wait]
) -> list[JsonObject]:
    photos = _photos(connection, scope, rows)
    cases: list[JsonObject] = []
    for row in rows:
        fields = row.body["fields"]
        cases.append(
            {
                "id": row.subject,
                "kind": "violation",
                "state": row.state,
                "round": fields["round"],
                "project": row.project,
                "area": row.area,
                "unit_no": row.unit_no or "",
                "reporter": fields.get("reporter") or "",
                "received_at": text_of_instant(waits[row.subject].since),
                "due_at": text_of_instant(waits[row.subject].until),
                "escalated": bool(fields.get("escalated")),
                "fields": fields,
                "evidence_hash": fields.get("evidence_hash") or "",
                "photos": photos.get(row.subject, []),
                "missing_photos": fields.get("missing_photos") or [],
            }
        )
    return cases


def _evidence_of(row: Any) -> list[str]:
    """The facts of the current round, and the report itself: what was found stays beside what it looks like now."""
    evidence = row.body["fields"].get("evidence") or []
    return [row.subject, *(entry["fact"] for entry in evidence if entry["fact"] != row.subject)]


def _waits(connection: Connection, scope: Scope, rows: Sequence[Any]) -> dict[str, _Wait]:
    """A report waits from when the server had it until the limit of R-DEC-11; evidence added later changes no place.

    A re-check waits from when it came, for as long as a report may.
    """
    limits = _limits(connection, scope, rows)
    rechecked = _rechecked(connection, scope, rows)
    found: dict[str, _Wait] = {}
    for row in rows:
        limit = limits.get((row.subject, f"round-{row.body['fields']['round']}"))
        since = row.changed_at if limit is None else limit.since
        span = DEFAULT_SPAN if limit is None else limit.until - limit.since
        if row.subject in rechecked:
            since = rechecked[row.subject]
        found[row.subject] = _Wait(since, since + span)
    return found


def _rechecked(connection: Connection, scope: Scope, rows: Sequence[Any]) -> dict[str, datetime]:
    """When the server had the re-check on which each case waits."""
    waits_on = {
        fact_id: row.subject
        for row in rows
        if row.state == "recheck"
        for fact_id in _evidence_of(row)
        if fact_id.startswith("violation_recheck:")
    }
    ids, found = sorted(waits_on), dict[str, datetime]()
    for start in range(0, len(ids), CHUNK):
        read = all_facts(scope).where(fact.c.id.in_(ids[start : start + CHUNK]))
        for row in connection.execute(read.with_only_columns(fact.c.id, fact.c.received_at)):
            subject = waits_on[row.id]
            found[subject] = min(row.received_at, found.get(subject, row.received_at))
    return found


def _limits(connection: Connection, scope: Scope, rows: Sequence[Any]) -> dict[tuple[str, str], _Wait]:
    """The time for each decision, by case and round."""
    subjects = sorted(row.subject for row in rows)
    found: dict[tuple[str, str], _Wait] = {}
    for start in range(0, len(subjects), CHUNK):
        read = due_items(scope).where(
            due_item.c.subject.in_(subjects[start : start + CHUNK]), due_item.c.rule == DECISION_RULE
        )
        found |= {
            (row.subject, row.period): _Wait(row.opens_at, row.due_at) for row in connection.execute(read)
        }
    return found


def _photos(connection: Connection, scope: Scope, rows: Sequence[Any]) -> dict[str, list[JsonValue]]:
    subject_of = {fact_id: row.subject for row in rows for fact_id in _evidence_of(row)}
    ids = sorted(subject_of)
    found: dict[str, list[JsonValue]] = {}
    for start in range(0, len(ids), CHUNK):
        read = photos_of(scope, ids[start : start + CHUNK]).order_by(
            fact_photo.c.taken_at, fact_photo.c.fact_id, fact_photo.c.sha256
        )
        for row in connection.execute(read):
            found.setdefault(subject_of[row.fact_id], []).append(photo_json(row))
    return found
