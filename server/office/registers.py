"""Registers: the rows of one kind of subject or fact, filtered, sorted, summed and paged.

For: `register_page` (what the desk shows) and `register_rows` (all of it, for an export).
Not for: what a person may see (scope.py), what a filter means (filters.py), titles (columns.py).
Up to MAX_SORTED rows a register is read whole: any column sorts it, and its totals are of all its rows. A longer one keeps
the order its index has, counts its rows and says so; sorting it otherwise is refused with the advice to narrow it (S-26).
Source: domain 5.2; docs/architecture.md section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_

from server.catalogue.reference import reference_body, unit_no_of
from server.errors import BadQuery, InvalidInput
from server.intake.status_rows import unit_order
from server.intake.tables import fact, status
from server.ledger.model import JsonObject, JsonValue
from server.office.columns import SUBJECTS, columns_of
from server.office.filters import (
    days_of,
    fact_conditions,
    has_part_in,
    status_conditions,
    unit_conditions,
    unit_matches,
)
from server.office.pages import Place, page_of, read_cursor, read_instant_cursor, sortable, write_cursor
from server.office.scope import Scope, counted, facts, statuses, units

MAX_SORTED = 5000
MAX_UNITS = 10_000  # short rows, and without an index in the order in which they stand
MAX_EXPORTED = 20_000
CHUNK = 1000  # names in one query


@dataclass(frozen=True, slots=True)
class RegisterPage:
    rows: list[JsonObject]
    next_cursor: str | None
    total: int
    totals: JsonObject


def register_page(
    connection: Connection, register: str, query: Mapping[str, Any], scope: Scope
) -> RegisterPage:
    """One page. Raises BadQuery (cursor, day or column), InvalidInput (too many rows for what is asked)."""
    order = _order(register, query)
    rows = _all_rows(connection, register, query, scope, MAX_UNITS if register == "unit" else MAX_SORTED)
    if rows is None:
        return _long_page(connection, register, query, scope, order)
    page = page_of(rows, _place_in(register, order), order, query["limit"], query.get("cursor"))
    return RegisterPage(list(page.rows), page.next_cursor, page.total, totals(register, rows))


def register_rows(
    connection: Connection, register: str, query: Mapping[str, Any], scope: Scope
) -> list[JsonObject]:
    """Every row, in the order asked for. Raises InvalidInput when there are more than an export may hold."""
    order = _order(register, query)
    rows = _all_rows(connection, register, query, scope, MAX_EXPORTED)
    if rows is None:
        raise _too_many(MAX_EXPORTED)
    return list(page_of(rows, _place_in(register, order), order, max(1, len(rows)), None).rows)


def totals(register: str, rows: Sequence[JsonObject]) -> JsonObject:
    """How many rows, and the sums of the columns that are summed."""
    found: JsonObject = {"count": len(rows)}
    for column in columns_of(register):
        if column.summed:
            found[column.name] = sum(figure_of(row.get(column.name)) for row in rows)
    return found


def figure_of(value: JsonValue) -> int | float:
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def status_row(document: JsonObject) -> JsonObject:
    """A status document laid flat: its fields, and over them what every subject has."""
    fields = document["fields"]
    assert isinstance(fields, dict)
    return {
        **fields,
        "id": document["of"],
        "kind": document["kind"],
        "project": document["project"],
        "area": document["area"],
        "state": document["state"],
        "updated_at": document["updated_at"],
    }


def fact_row(row: Any) -> JsonObject:
    """A fact laid flat: the fields of its body, and over them its envelope."""
    document: JsonObject = row.document
    body, photos = document.get("body"), document.get("photos")
    return {
        **(body if isinstance(body, dict) else {}),
        "id": row.id,
        "type": row.type,
        "project": row.project,
        "area": row.area,
        "subject": row.subject,
        "unit": row.unit,
        "unit_no": None if row.unit is None else unit_no_of(row.unit, row.project),
        "author": row.author,
        "device": row.device,
        "performed_at": text_of_instant(row.performed_at),
        "received_at": text_of_instant(row.received_at),
        "time_suspect": row.time_suspect,
        "amends": row.amends,
        "photos": photos if isinstance(photos, list) else [],
    }


def unit_row(row: Any) -> JsonObject:
    """A unit as the reference says, and over it what its status says; the state of the status where there is one."""
    declared = reference_body(row.document)
    known = status_row(row.body) if row.body is not None else {}
    return {
        "unit": row.id,
        **{
            name: declared.get(name)
            for name in ("unit_no", "building", "entrance", "floor", "gross_area", "use")
        },
        **{name: declared.get(name) for name in ("vacancy_kind", "vacant_from", "vacant_to")},
        "updated_at": None,
        **known,
        "id": row.id,
        "kind": "unit",
        "project": row.project,
        "area": row.area,
        "state": known.get("state", declared.get("status")),
    }


def text_of_instant(instant: datetime | None) -> str | None:
    """An instant as every answer writes it: UTC with `Z`, to the second, or finer where it is finer."""
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")


def _all_rows(
    connection: Connection, register: str, query: Mapping[str, Any], scope: Scope, most: int
) -> list[JsonObject] | None:
    """Every row, in no order; None when SQL finds more than `most`."""
    found = _narrowed(register, query, scope)
    key = found.selected_columns[0]
    # Names first: the search is done once, and no document is read that will not be shown.
    names = connection.scalars(found.with_only_columns(key).limit(most + 1)).all()
    if len(names) > most:
        return None
    flat: Callable[[Any], JsonObject] = fact_row
    if register in SUBJECTS:
        flat = unit_row if register == "unit" else _flat_status
    rows = [
        flat(row)
        for start in range(0, len(names), CHUNK)
        for row in connection.execute(found.where(key.in_(names[start : start + CHUNK])))
    ]
    if register == "unit":
        rows = [row for row in rows if unit_matches(row, query)]
    days = days_of(query)
    if register in SUBJECTS and days is not None:
        rows = [row for row in rows if has_part_in(register, row, days, scope.zone_of(str(row["area"])))]
    return rows


def _narrowed(register: str, query: Mapping[str, Any], scope: Scope) -> Select[Any]:
    if register == "unit":
        return units(scope).where(*unit_conditions(query, scope))
    if register in SUBJECTS:
        return statuses(scope, register).where(*status_conditions(query, scope))
    return facts(scope, register).where(*fact_conditions(query, scope))


def _flat_status(row: Any) -> JsonObject:
    return status_row(row.body)


@dataclass(frozen=True, slots=True)
class _Index:
    """The order that a register too long to be read whole still has: that of an index."""

    column: str
    key: ColumnElement[Any]
    key_id: ColumnElement[str]
    flat: Callable[[Any], JsonObject]
    value_of: Callable[[Any], str]
    id_of: Callable[[Any], str]
    read: Callable[[str, str], tuple[Any, str]]  # cursor and order → where the page before ended


def _long_page(
    connection: Connection, register: str, query: Mapping[str, Any], scope: Scope, order: str
) -> RegisterPage:
    index = _BY_UNIT if register in SUBJECTS else _IN_TIME
    if (
        register == "unit"
        or order.removeprefix("-") != index.column
        or (register in SUBJECTS and days_of(query))
    ):
        raise _too_many(MAX_UNITS if register == "unit" else MAX_SORTED)
    narrowed = _narrowed(register, query, scope)
    descending, limit = order.startswith("-"), query["limit"]
    keys = (index.key, index.key_id)
    page = narrowed.order_by(*((key.desc() for key in keys) if descending else keys))
    if "cursor" in query:
        page = page.where(_behind(index, *index.read(query["cursor"], order), descending))
    read = connection.execute(page.limit(limit + 1)).all()
    total = connection.execute(counted(narrowed.with_only_columns(index.key_id))).scalar_one()
    shown, next_cursor = read[:limit], None
    if len(read) > limit:
        next_cursor = write_cursor(order, Place(index.value_of(shown[-1]), index.id_of(shown[-1])))
    return RegisterPage([index.flat(row) for row in shown], next_cursor, total, {"count": total})


def _behind(index: _Index, value: Any, row_id: str, descending: bool) -> ColumnElement[bool]:
    key, key_id = index.key, index.key_id
    if descending:
        return and_(key <= value, or_(key < value, key_id < row_id))
    return and_(key >= value, or_(key > value, key_id > row_id))


def _read_text_cursor(cursor: str, order: str) -> tuple[str, str]:
    place = read_cursor(cursor, order)
    return str(place.value or ""), place.id


_IN_TIME = _Index(
    "performed_at",
    fact.c.performed_at,
    fact.c.id,
    fact_row,
    lambda row: str(text_of_instant(row.performed_at)),
    lambda row: str(row.id),
    read_instant_cursor,
)
_BY_UNIT = _Index(
    "unit_no",
    status.c.unit_order,
    status.c.subject,
    _flat_status,
    lambda row: str(row.unit_order),
    lambda row: str(row.subject),
    _read_text_cursor,
)


def _order(register: str, query: Mapping[str, Any]) -> str:
    """The order asked for, or the register's own: newest fact first, subjects by their unit."""
    order: str = query.get("sort", "unit_no" if register in SUBJECTS else "-performed_at")
    names = {column.name for column in columns_of(register)}
    if order.removeprefix("-") not in names:
        raise BadQuery(
            f"不能按此列排序。There is no such column to sort by: {order.removeprefix('-')[:60]}",
            parameter="sort",
        )
    return order


def _place_in(register: str, order: str) -> Callable[[JsonObject], Place]:
    name = order.removeprefix("-")
    kind = next(column.kind for column in columns_of(register) if column.name == name)

    def place(row: JsonObject) -> Place:
        value = sortable(row.get(name))
        if isinstance(value, str) and name == "unit_no":
            value = unit_order(value)
        elif isinstance(value, str) and kind == "datetime":
            value = _in_utc(value)
        return Place(value, str(row["id"]))

    return place


def _in_utc(text: str) -> str:
    """An instant at one width and offset, so that order of text is order in time."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (ValueError, OverflowError):
        return text


def _too_many(most: int) -> InvalidInput:
    return InvalidInput(
        f"符合条件的记录超过 {most} 条。请按片区、楼栋、月份或状态缩小范围。"
        f"More than {most} rows match. Narrow by area, building, month or state.",
        most=most,
    )
