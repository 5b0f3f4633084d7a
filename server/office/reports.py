"""GET /api/reports/{name}: the periodic reports of the domain, as rows or as a file.

For: the small registry of reports (`REPORTS`): a further report is one function and one entry in a module named here.
Not for: registers, which list records as they are (records.py).
Source: domain 5.2; R-DEC-21.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.access.person import any_of
from server.catalogue.fields import Label
from server.errors import JsonValue
from server.http.operations import Call, Operation, missing
from server.intake.references import load_settings
from server.intake.rules import CatalogueRules
from server.intake.tables import due_item, status
from server.ledger.model import JsonObject
from server.office import check_reports, fee_reports, retention, vacancy_reports
from server.office.cells import Writer
from server.office.columns import AREA, STATES, UNIT_NO, Column
from server.office.exports import EXPORT_QUERY, EXPORTS, Format, Sheet, chosen_columns, export, format_of
from server.office.filters import DAY, PLACES, day_of
from server.office.readers import MISSED_READERS
from server.office.report_types import Asked, Report
from server.office.scope import due_items, scope_of, statuses
from server.office.shapes import TEXT, closed
from server.services import Services


def missed_patrols(asked: Asked) -> list[JsonObject]:
    """R-DEC-21: the decorations that were due a patrol on `day` and had none.

    A patrol made offline takes its decoration off the list once it is synced.
    """
    connection, scope, day = asked.connection, asked.scope, asked.day
    missed = (
        due_items(scope)
        .where(
            due_item.c.rule == "R-DEC-06",
            due_item.c.period == day.isoformat(),
            due_item.c.status == "overdue",
        )
        .order_by(due_item.c.area, due_item.c.assigned_to, due_item.c.unit_no, due_item.c.id)
    )
    rows = connection.execute(missed).all()
    found: dict[str, Any] = {}
    subjects = sorted({row.subject for row in rows})
    for start in range(0, len(subjects), 500):
        read = statuses(scope, "decoration_project").where(
            status.c.subject.in_(subjects[start : start + 500])
        )
        found |= {row.subject: row for row in connection.execute(read)}
    return [
        {
            "day": row.period,
            "area": row.area,
            "steward": row.assigned_to,
            "decoration_project": row.subject,
            "unit_no": row.unit_no or "",
            "state": found[row.subject].state if row.subject in found else "",
            "last_patrol_at": found[row.subject].body["fields"].get("last_patrol_at")
            if row.subject in found
            else None,
        }
        for row in rows
    ]


REPORTS: dict[str, Report] = {
    "missed_patrols": Report(
        Label("漏巡清单", "Missed patrols"),
        MISSED_READERS,
        (
            Column("day", "date", Label("日期", "Day")),
            AREA,
            Column("steward", "text", Label("管家", "Steward")),
            UNIT_NO,
            Column("state", "enum", Label("装修状态", "Decoration status"), STATES["decoration_project"]),
            Column("last_patrol_at", "datetime", Label("上次巡查", "Last patrol")),
            Column("decoration_project", "text", Label("装修项目", "Decoration project")),
        ),
        missed_patrols,
    ),
    **vacancy_reports.REPORTS,
    **fee_reports.REPORTS,
    **check_reports.REPORTS,
    **retention.REPORTS,
}
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "Report": closed(
        {
            "name": TEXT,
            "day": TEXT,
            "columns": {"type": "array", "items": {"$ref": "#/components/schemas/Column"}},
            "rows": {"type": "array", "items": {"type": "object"}},
            "total": {"type": "integer", "minimum": 0},
        }
    )
}


def operations(services: Services) -> list[Operation]:
    async def get_report(request: Request, call: Call) -> Response | JsonValue:
        return await asyncio.to_thread(_report, services, call, format_of(request, call.query))

    readers = sorted({role for report in REPORTS.values() for role in report.readers})
    return [
        Operation(
            "GET",
            "/api/reports/{name}",
            "get_report",
            "A report of one day, or of the month in which it lies; yesterday when none is named; as rows, XLSX or CSV",
            any_of(*readers),
            get_report,
            path_parameters={"name": {"type": "string", "enum": sorted(REPORTS)}},
            query={"day": DAY, **PLACES, **EXPORT_QUERY},
            answer={"$ref": "#/components/schemas/Report"},
            exports=EXPORTS,
            tag="reports",
        )
    ]


def _report(services: Services, call: Call, format_: Format) -> Response | JsonValue:
    name, query, person = call.path["name"], call.query, call.caller
    report = REPORTS[name]
    if not person.has_role(*report.readers):
        raise missing()
    scope = scope_of(person, services.directory.recent(), report.readers, query)
    if "day" in query:
        day = day_of(query["day"], "day")
    else:
        day = services.clock.now().astimezone(scope.zone_of(None)).date() - timedelta(days=1)
    with services.engine.connect() as connection:
        directory, project = services.directory.recent(), min(scope.projects, default="")
        settings = load_settings(connection, CatalogueRules(), directory, project)
        rows = report.rows(Asked(connection, scope, day, settings))
    if format_ == "json":
        return {
            "name": name,
            "day": day.isoformat(),
            "columns": [column.as_json() for column in report.columns],
            "rows": list(rows),
            "total": len(rows),
        }
    writer = Writer(query["lang"], scope)
    columns = chosen_columns(report.columns, query)
    sheet = Sheet(name, writer.say(report.title), columns, rows, {"count": len(rows)})
    return export(services, person, sheet, format_, writer, {**query, "day": day.isoformat()})
