"""GET /api/records/{type}: a register as a page, or all of it as a file.

For: the routes of registers. Not for: their rows (registers.py), one record (record.py).
Source: contract section 5; docs/architecture.md section 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from server.access.person import Person, any_of
from server.catalogue.fields import Label
from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES
from server.errors import InvalidInput, JsonValue
from server.http.operations import Call, Operation, missing
from server.office.cells import Writer
from server.office.columns import REGISTERS, STATES, SUBJECTS, columns_of
from server.office.exports import EXPORT_QUERY, EXPORTS, Format, Sheet, chosen_columns, export, format_of
from server.office.filters import DAY, NAME, PERIOD, PLACES, WORDS
from server.office.pages import CURSOR, LIMIT
from server.office.readers import ANY_READERS, readers_of
from server.office.registers import register_page, register_rows, totals
from server.office.scope import scope_of
from server.office.shapes import LABEL, OBJECT, OPTION, TEXT, closed, page_json, page_schema
from server.services import Services

TYPE: Mapping[str, Any] = {"type": "string", "enum": list(REGISTERS)}
QUERY: Mapping[str, Mapping[str, Any]] = {
    **PLACES,
    "unit": {**NAME, "description": "id or number of a unit"},
    "building": NAME,
    "state": NAME,
    "period": PERIOD,
    "from": DAY,
    "to": DAY,
    "author": NAME,
    "q": WORDS,
    "sort": {
        "type": "string",
        "pattern": "^-?[a-z][a-z0-9_]*$",
        "maxLength": 60,
        "description": "name of a column; -name sorts downwards",
    },
    "limit": LIMIT,
    "cursor": CURSOR,
    **EXPORT_QUERY,
}
COMPONENTS: dict[str, Mapping[str, Any]] = {
    "RegisterRow": {
        "type": "object",
        "description": "a status or a fact, laid flat",
        "properties": {"id": {"type": "string"}},
        "required": ["id", "project", "area"],
    },
    "Registers": closed({"items": {"type": "array", "items": {"$ref": "#/components/schemas/RegisterName"}}}),
    "RegisterName": closed(
        {
            "name": TEXT,
            "title": LABEL,
            "system": TEXT,
            "of": {"type": "string", "enum": ["subjects", "facts"]},
            "states": {"type": "array", "items": OPTION},
        }
    ),
    "RegisterPage": page_schema(
        "RegisterRow",
        columns={"type": "array", "items": {"$ref": "#/components/schemas/Column"}},
        totals=OBJECT,
    ),
}
_TITLES = {
    "unit": ("房态表", "Units"),
    "household": ("欠费催收台账", "Arrears"),
    "decoration_project": ("装修记录表", "Decorations"),
    "violation": ("违规台账", "Violations"),
    "area": ("片区任务台账", "Duties of areas"),
    "project": ("项目任务台账", "Duties of projects"),
}


def operations(services: Services) -> list[Operation]:
    async def list_records(request: Request, call: Call) -> Response | JsonValue:
        return await asyncio.to_thread(_register, services, call, format_of(request, call.query))

    async def list_registers(request: Request, call: Call) -> JsonValue:
        return _registers(call.caller)

    return [
        Operation(
            "GET",
            "/api/registers",
            "list_registers",
            "Every register the caller may open: its name, titles, system and states",
            any_of(*ANY_READERS),
            list_registers,
            answer={"$ref": "#/components/schemas/Registers"},
            tag="records",
        ),
        Operation(
            "GET",
            "/api/records/{type}",
            "list_records",
            "A register: filtered, sorted, summed; as a page, or all of it as XLSX or CSV",
            any_of(*ANY_READERS),
            list_records,
            query=QUERY,
            path_parameters={"type": TYPE},
            answer={"$ref": "#/components/schemas/RegisterPage"},
            exports=EXPORTS,
            errors=(InvalidInput,),
            tag="records",
        ),
    ]


def _registers(person: Person) -> JsonValue:
    return {
        "items": [
            {
                "name": name,
                "title": _both_titles(name).as_json(),
                "system": RECORD_TYPES[name].system if name in RECORD_TYPES else "place",
                "of": "subjects" if name in SUBJECTS else "facts",
                "states": [
                    {"value": each.value, "title": each.title.as_json()}
                    for each in (STATES[name].options if name in SUBJECTS else ())
                ],
            }
            for name in REGISTERS
            if person.has_role(*readers_of(name))
        ]
    }


def _both_titles(register: str) -> Label:
    if register in _TITLES:
        return Label(*_TITLES[register])
    return LIFE_CYCLES[register].title if register in LIFE_CYCLES else RECORD_TYPES[register].title


def _register(services: Services, call: Call, format_: Format) -> Response | JsonValue:
    register, query, person = call.path["type"], call.query, call.caller
    if not person.has_role(*readers_of(register)):
        raise missing()
    scope = scope_of(person, services.directory.recent(), readers_of(register), query)
    columns = columns_of(register)
    if format_ == "json":
        with services.engine.connect() as connection:
            page = register_page(connection, register, query, scope)
        return {
            **page_json(page.rows, page.next_cursor, page.total),
            "columns": [column.as_json() for column in columns],
            "totals": page.totals,
        }
    chosen = chosen_columns(columns, query)
    with services.engine.connect() as connection:
        rows = register_rows(connection, register, query, scope)
    writer = Writer(query["lang"], scope)
    sheet = Sheet(register, _title(register, writer), chosen, rows, totals(register, rows))
    return export(services, person, sheet, format_, writer, query)


def _title(register: str, writer: Writer) -> str:
    return writer.say(_both_titles(register))
