"""GET /api/kpi: the figures of a month, of the areas the caller sees.

For: gathering the material of a period and scope, and its answer. Not for: how a figure is computed (server/ledger/kpi.py).
Duties are counted by the database; of facts that no figure looks into, only the times are read.
Source: contract section 5; domain 5.3.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from server.access.person import any_of
from server.errors import JsonValue
from server.http.operations import Call, Operation
from server.intake.facts import fact_of
from server.ledger.calendar import end_of_day, first_day_of, last_day_of, start_of_day
from server.ledger.kpi import A_DAY, FACTS, NO_EVIDENCE, Figure, Material
from server.ledger.kpi_table import KPIS, figures
from server.ledger.model import Calendar
from server.office.filters import PLACES, day_of
from server.office.readers import OFFICE
from server.office.scope import (
    Scope,
    arrivals,
    duties_by_state,
    facts_done,
    references,
    scope_of,
)
from server.office.shapes import TEXT, closed
from server.services import Services

MONTH: Mapping[str, Any] = {
    "type": "string",
    "pattern": "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$",
    "description": "a month such as 2026-11; the current one when left out",
}
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "Kpi": closed(
        {
            "id": {"type": "string", "pattern": "^K-[0-9]{2}$"},
            "title": {"$ref": "#/components/schemas/Label"},
            "numerator": {"type": "integer"},
            "denominator": {"type": "integer", "minimum": 0},
            "value": {"type": ["number", "null"], "description": "the ratio; null over nothing"},
            "target": {"type": ["integer", "null"], "description": "percent"},
        }
    ),
    "KpiPage": closed(
        {
            "period": TEXT,
            "items": {"type": "array", "items": {"$ref": "#/components/schemas/Kpi"}},
        }
    ),
}


def operations(services: Services) -> list[Operation]:
    async def get_kpi(request: Request, call: Call) -> JsonValue:
        return await asyncio.to_thread(_answer, services, call)

    return [
        Operation(
            "GET", "/api/kpi", "get_kpi", "The figures of a month, over the areas the caller sees", any_of(*OFFICE),
            get_kpi, query={"period": MONTH, **PLACES}, answer={"$ref": "#/components/schemas/KpiPage"}, tag="reports",
        )
    ]  # fmt: skip


def _answer(services: Services, call: Call) -> JsonValue:
    scope = scope_of(call.caller, services.directory.recent(), OFFICE, call.query)
    now = services.clock.now()
    zone = scope.zone_of(None)
    month = call.query.get("period") or f"{now.astimezone(zone):%Y-%m}"
    day_of(f"{month}-01", "period")  # 422 for a month no calendar has
    material = _material(services, scope, month, Calendar(zone.key))
    found = figures(material)
    items: list[JsonValue] = [
        {"id": each.id, "title": each.title.as_json(), **found[each.id].as_json(), "target": each.target}
        for each in KPIS.values()
    ]
    return {"period": month, "items": items}


def _material(services: Services, scope: Scope, month: str, calendar: Calendar) -> Material:
    first, last = first_day_of(month), last_day_of(month)
    begin, end = start_of_day(first, calendar), end_of_day(last, calendar)
    until = min(end, services.clock.now())
    with services.engine.connect() as connection:
        duties = {
            (row.rule, row.status): int(row.number)
            for row in connection.execute(duties_by_state(scope, begin, end))
        }
        arrived = connection.execute(arrivals(scope, begin, end)).all()
        facts = [fact_of(row) for row in connection.execute(facts_done(scope, FACTS, begin, end))]
        accounts, payments = (
            list(connection.scalars(references(scope, kind))) for kind in ("fee_account", "cashier_entry")
        )
    return Material(
        duties=duties,
        facts=facts,
        accounts=accounts,
        payments=payments,
        synced=Figure(sum(row.received_at - row.performed_at < A_DAY for row in arrived), len(arrived)),
        evidenced=_evidenced(arrived),
        until=until,
        calendar=calendar,
    )


def _evidenced(arrived: Sequence[Any]) -> Figure:
    held = [row.held_code for row in arrived if row.held_code is not None and row.released_by is None]
    counting = len(arrived) - len(held)
    return Figure(counting, counting + sum(code in NO_EVIDENCE for code in held))
