"""What is said of days for a whole project: its weather, and its holidays and make-up workdays.

For: `xunlu import weather`, `xunlu import calendar`. Both go into the project's database, one row a day.
Not for: what follows from a rain day or a holiday (server/ledger).
A calendar file speaks for the years that occur in it: their days are replaced by its own, other years stay.
Source: R-GEN-07, R-GEN-09, R-X-35, R-X-36; contract section 1.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from server.access.directory import Directory, Snapshot
from server.catalogue.fields import enum
from server.catalogue.reference import WEATHER_WARNING, reference_document
from server.errors import ImportRefused
from server.imports.cells import (
    Column,
    Header,
    RowError,
    choice,
    day,
    number,
    recognises,
    required,
    text,
    whole,
    yes_or_no,
)
from server.imports.publishing import MAX_ERRORS, ImportResult, Progress
from server.imports.reading import Row, read_table
from server.ledger.calendar import calendar_document, calendar_of
from server.ledger.model import JsonObject
from sync.database import Store

SATURDAY = 5
MAX_RAIN_MM = 2000
MAX_BEAUFORT = 17
DAY_KIND = enum(
    "calendar.kind", "类型", "Kind", holiday="放假 | Holiday", makeup="调休上班 | Make-up workday"
)

CALENDAR_COLUMNS = (
    Column("date", ("日期", "date"), day, required=True),
    Column(
        "kind", ("类型", "安排", "kind"), choice(DAY_KIND, holiday="节假日 法定节假日 休", makeup="补班 调休 上班 班"),
        required=True,
    ),
    Column("name", ("名称", "节日", "name"), text(40)),
)  # fmt: skip
WEATHER_COLUMNS = (
    Column("date", ("日期", "date"), day, required=True),
    Column(
        "rain_mm", ("雨量", "降雨量", "雨量(mm)", "雨量(毫米)", "rain mm"),
        number(0, MAX_RAIN_MM, ("mm", "毫米"), 1), required=True,
    ),
    Column("wind_level", ("风力", "风力等级", "风级", "wind level"), whole(0, MAX_BEAUFORT, ("级",)), required=True),
    Column(
        "warning", ("预警", "天气预警", "warning"),
        choice(WEATHER_WARNING, blue="蓝", yellow="黄", orange="橙", red="红"),
    ),
    Column("is_rainy", ("有雨", "下雨", "is rainy"), yes_or_no),
)  # fmt: skip


async def import_calendar(
    store: Store, directory: Directory, project: str, path: Path, progress: Progress | None = None
) -> ImportResult:
    """Read the file and, unless it has errors, publish the project's calendar.

    Raises ImportRefused when the file as a whole cannot be used.
    """
    result, found = await _read(directory, project, path, CALENDAR_COLUMNS, _calendar_problem)
    if not result.is_done:
        return result
    database = store.database(directory.current().project_database(project))
    before = await database.read(f"calendar:{project}")
    known = calendar_of([] if before is None else [before], "UTC")
    years = {on.year for on in found}
    holidays = _merged(known.holidays, years, (on for on, row in found.items() if row["kind"] == "holiday"))
    makeup_days = _merged(
        known.makeup_days, years, (on for on, row in found.items() if row["kind"] == "makeup")
    )
    await _publish(
        store, directory, project, [calendar_document(project, holidays, makeup_days)], result, progress
    )
    return result


async def import_weather(
    store: Store, directory: Directory, project: str, path: Path, progress: Progress | None = None
) -> ImportResult:
    """Read the file and, unless it has errors, publish its days; a day known before is replaced.

    Raises ImportRefused when the file as a whole cannot be used.
    """
    result, found = await _read(directory, project, path, WEATHER_COLUMNS, lambda on, row: None)
    if result.is_done:
        documents = [
            reference_document("weather_day", project, None, {**row, "date": on.isoformat()})
            for on, row in sorted(found.items())
        ]
        await _publish(store, directory, project, documents, result, progress)
    return result


async def _read(
    directory: Directory, project: str, path: Path, columns: tuple[Column, ...], problem: Any
) -> tuple[ImportResult, dict[date, dict[str, Any]]]:
    """The rows by day. `problem(day, row)` gives what is wrong with a row: its column, and zh and en."""
    _check_project(directory.current(), project)
    table = await asyncio.to_thread(read_table, path, recognises(columns, least=2), required(columns))
    header = Header(path.name, table.header, columns)
    result = ImportResult(rows=len(table.rows), ignored_columns=header.ignored)
    found: dict[date, dict[str, Any]] = {}
    first: dict[date, Row] = {}
    for row in table.rows:
        before = len(result.errors)
        values = header.read(row, result.errors)
        if len(result.errors) == before:
            on = date.fromisoformat(values.pop("date"))
            if on in first:
                same = first[on].number
                result.errors.append(
                    header.error(
                        row, "date", on, f"第 {same} 行已有这一天。", f"Row {same} has the same day."
                    )
                )
            elif (wrong := problem(on, values)) is not None:
                column, zh, en = wrong
                result.errors.append(header.error(row, column, on, zh, en))
            else:
                first[on], found[on] = row, values
        if len(result.errors) >= MAX_ERRORS:
            break
    if not table.rows:
        result.errors.append(
            RowError(path.name, table.header.number, "", "", "表头下没有数据。", "There are no rows.")
        )
    return result, found


def _calendar_problem(on: date, row: Mapping[str, Any]) -> tuple[str, str, str] | None:
    if row["kind"] == "makeup" and on.weekday() < SATURDAY:
        return ("date", "调休上班的日子须为周六或周日。", "A make-up workday is a Saturday or Sunday.")
    return None


def _merged(known: Iterable[date], years: set[int], new: Iterable[date]) -> set[date]:
    return {on for on in known if on.year not in years} | set(new)


async def _publish(
    store: Store,
    directory: Directory,
    project: str,
    documents: list[JsonObject],
    result: ImportResult,
    progress: Progress | None,
) -> None:
    """One transaction for all."""
    database = store.database(directory.current().project_database(project))
    before = {row.id: row.rev for row in await database.list_keys([str(one["_id"]) for one in documents])}
    revs = await database.publish(documents)
    result.unchanged = sum(before[str(one["_id"])] == rev for one, rev in zip(documents, revs, strict=True))
    result.changed = len(documents) - result.unchanged
    if progress is not None:
        progress(len(documents), len(documents))


def _check_project(snapshot: Snapshot, project: str) -> None:
    if project not in snapshot.projects:
        raise ImportRefused(
            f"没有项目 {project!r}，请先用 xunlu project add 建立。There is no project {project!r}: add it first."
        )
