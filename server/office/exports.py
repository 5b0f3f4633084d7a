"""Tables that leave the product: XLSX and CSV of exactly the rows and columns that were asked for.

For: which format a request wants, and writing a table in it. Not for: choosing rows (registers.py, reports.py) or the words
in a cell (cells.py).
Every export leaves an entry in the audit trail, written before the file is handed over.
Source: contract section 5; promises S-18; domain 5.1 (office_viewer), R-X-33.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

import xlsxwriter
from starlette.requests import Request
from starlette.responses import Response

from server.access.audit import append
from server.access.person import Person
from server.database import writing
from server.errors import BadQuery
from server.ledger.model import JsonObject
from server.office.cells import Cell, Language, Money, Writer, harmless, plain_text
from server.office.columns import Column
from server.services import Services

Format: TypeAlias = Literal["json", "xlsx", "csv"]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"
MEDIA_TYPES: Mapping[str, str] = {"xlsx": XLSX, "csv": f"{CSV}; charset=utf-8"}
EXPORTS = (XLSX, CSV)
EXPORT_QUERY: Mapping[str, Mapping[str, Any]] = {
    "format": {"type": "string", "enum": ["json", "xlsx", "csv"]},
    "lang": {"type": "string", "enum": ["zh", "en"], "default": "zh", "description": "titles of an export"},
    "columns": {
        "type": "string",
        "maxLength": 2000,
        "description": "names of the columns to export, separated by commas, in order; default: all",
    },
}
_MAX_CELL = 32_767  # characters, of XLSX
_FIRST_EXCEL_DAY = date(1900, 3, 1)  # before it, spreadsheets disagree about the calendar


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table before it has a format."""

    name: str  # of the file: letters, digits and underscores
    title: str
    columns: Sequence[Column]
    rows: Sequence[JsonObject]
    totals: Mapping[str, Any]


def format_of(request: Request, query: Mapping[str, Any]) -> Format:
    """The format asked for by `?format`, else by Accept; JSON when neither names another."""
    if "format" in query:
        named: Format = query["format"]
        return named
    accepted = request.headers.get("accept", "")
    if XLSX in accepted:
        return "xlsx"
    return "csv" if CSV in accepted else "json"


def chosen_columns(columns: Sequence[Column], query: Mapping[str, Any]) -> list[Column]:
    """The columns `?columns` names, in its order. Raises BadQuery for one that does not exist or is named twice."""
    if not query.get("columns"):
        return list(columns)
    names = query["columns"].split(",")
    known = {column.name: column for column in columns}
    for name in names:
        if name not in known or names.count(name) > 1:
            raise BadQuery(f"没有这一列，或重复。No such column, or twice: {name[:60]}", parameter="columns")
    return [known[name] for name in names]


def export(
    services: Services,
    person: Person,
    sheet: Sheet,
    format_: Format,
    writer: Writer,
    query: Mapping[str, Any],
) -> Response:
    """Write the sheet, note who took it, and return the file."""
    content = write_xlsx(sheet, writer) if format_ == "xlsx" else write_csv(sheet, writer)
    asked = {name: value for name, value in query.items() if name not in ("limit", "cursor")}
    with writing(services.engine) as connection:
        append(
            connection,
            services.clock.now(),
            person.name,
            "export",
            {"what": sheet.name, "format": format_, "rows": len(sheet.rows), "query": asked},
        )
    filename = (
        f"{sheet.name}-{services.clock.now().astimezone(writer.zone).strftime('%Y%m%d-%H%M')}.{format_}"
    )
    titled = quote(f"{sheet.title}-{filename.partition('-')[2]}")
    return Response(
        content,
        media_type=MEDIA_TYPES[format_],
        headers={
            "Content-Disposition": f"attachment; filename=\"{filename}\"; filename*=UTF-8''{titled}",
            "Cache-Control": "no-store",
        },
    )


def write_xlsx(sheet: Sheet, writer: Writer) -> bytes:
    """One worksheet: titles, a row each, and the sums at the foot. Text is written as text, never as a formula."""
    target = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        page = book.add_worksheet("1")
        bold = book.add_format({"bold": True})
        formats = {
            "money": book.add_format({"num_format": "#,##0.00"}),
            "datetime": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        page.freeze_panes(1, 0)
        for place, column in enumerate(sheet.columns):
            page.set_column(place, place, 18 if column.kind in ("datetime", "group", "checklist") else 12)
        for place, column in enumerate(sheet.columns):
            page.write_string(0, place, writer.say(column.title), bold)
        for line, cells in enumerate(_lines(sheet, writer), start=1):
            for place, cell in enumerate(cells):
                _write_cell(page, line, place, cell, formats)
    return target.getvalue()


def write_csv(sheet: Sheet, writer: Writer) -> bytes:
    """UTF-8 with a byte-order mark, by which spreadsheets know it; commas, CRLF."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([harmless(writer.say(column.title)) for column in sheet.columns])
    for cells in _lines(sheet, writer):
        lines.writerow([harmless(cell) if isinstance(cell, str) else plain_text(cell) for cell in cells])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _lines(sheet: Sheet, writer: Writer) -> Iterable[list[Cell]]:
    for row in sheet.rows:
        yield [writer.cell(row, column) for column in sheet.columns]
    sums = [_total(sheet, column) for column in sheet.columns]
    yield [writer.count_of(len(sheet.rows)) if sums[0] is None else sums[0], *sums[1:]]


def _total(sheet: Sheet, column: Column) -> Cell:
    total: int | float | None = sheet.totals.get(column.name)
    if total is None:
        return None
    return Money(int(total)) if column.kind == "money" else total


def _write_cell(page: Any, line: int, place: int, cell: Cell, formats: Mapping[str, Any]) -> None:
    match cell:
        case None:
            return
        case Money():
            page.write_number(line, place, cell.fen / 100, formats["money"])
        case datetime() if cell.date() >= _FIRST_EXCEL_DAY:
            page.write_datetime(line, place, cell, formats["datetime"])
        case date() if not isinstance(cell, datetime) and cell >= _FIRST_EXCEL_DAY:
            page.write_datetime(line, place, cell, formats["date"])
        case int() | float():
            page.write_number(line, place, cell)
        case _:
            page.write_string(line, place, _printable(plain_text(cell)))


def _printable(text: str) -> str:
    """Without the control characters XML cannot hold, and cut where a cell ends."""
    return "".join(
        each for each in text[:_MAX_CELL] if (each >= " " and each not in "\ufffe\uffff") or each in "\t\n"
    )


__all__ = [
    "EXPORTS",
    "EXPORT_QUERY",
    "Language",
    "Sheet",
    "chosen_columns",
    "export",
    "format_of",
    "write_csv",
    "write_xlsx",
]
