"""Fee accounts: what each household owes for a month and an item, from one table with one row each.

For: `xunlu import arrears`, after the roster.
Not for: payments one by one (the cashier's ledger), or chasing debts (server/ledger).
Money is in yuan unless the header says fen (分).
Source: domain 4.4 (fee_account), R-FEE-06; contract section 1.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from server.access.directory import Directory
from server.catalogue.enums import FEE_ITEM, HOUSEHOLD_ROLE
from server.catalogue.reference import reference_document
from server.imports.cells import Column, Header, RowError, choice, day, fen, month, recognises, required, yuan
from server.imports.publishing import MAX_ERRORS, ImportResult, Places, Progress, find, publish
from server.imports.reading import Row, read_table
from server.imports.roster import read_unit_no
from server.ledger.model import JsonObject
from sync.database import Store

MAX_YUAN = 10_000_000
_MONEY = (("receivable", "应收"), ("discount", "减免"), ("received", "已收"))
COLUMNS = (
    Column("unit_no", ("房号", "房屋编号", "unit number"), read_unit_no, required=True),
    Column("role", ("身份", "客户身份", "role"), choice(HOUSEHOLD_ROLE, tenant="租客 承租人", user="住户")),
    Column("period", ("期间", "账期", "月份", "period"), month, required=True),
    Column(
        "fee_item", ("收费项目", "费用项目", "项目", "fee item"), choice(FEE_ITEM, service="物业服务费 物业管理费"),
        required=True,
    ),
    *(Column(f"{field}_yuan", (zh, f"{zh}(元)", f"{zh}金额"), yuan(MAX_YUAN)) for field, zh in _MONEY),
    *(Column(field, (f"{zh}(分)",), fen(MAX_YUAN)) for field, zh in _MONEY),
    Column("due_on", ("应缴日", "应缴日期", "缴费期限", "due on"), day, required=True),
)  # fmt: skip


async def import_arrears(
    store: Store, directory: Directory, project: str, path: Path, progress: Progress | None = None
) -> ImportResult:
    """Read the file and, unless it has errors, publish its fee accounts.

    Raises ImportRefused when the file as a whole cannot be used.
    """
    places = Places(directory.current(), project)
    table = await asyncio.to_thread(read_table, path, recognises(COLUMNS, least=3), required(COLUMNS))
    header = Header(path.name, table.header, COLUMNS)
    result = ImportResult(rows=len(table.rows), ignored_columns=header.ignored)
    lines: dict[tuple[str, str, str], tuple[Row, dict[str, Any]]] = {}
    for row in table.rows:
        _take(header, row, lines, result.errors)
        if len(result.errors) >= MAX_ERRORS:
            break
    if not table.rows:
        result.errors.append(
            RowError(path.name, table.header.number, "", "", "表头下没有数据。", "There are no rows.")
        )
    documents = await _documents(store, places, header, lines, result.errors)
    result.accounts = len(documents)
    done = 0

    def advance(by: int) -> None:
        nonlocal done
        done += by
        if progress is not None:
            progress(done, len(documents))

    if result.is_done:
        await publish(store, places, documents, result, advance)
    return result


def _take(
    header: Header,
    row: Row,
    lines: dict[tuple[str, str, str], tuple[Row, dict[str, Any]]],
    errors: list[RowError],
) -> None:
    before = len(errors)
    found = header.read(row, errors)
    for field, zh in _MONEY:
        in_yuan = found.pop(f"{field}_yuan", None)
        if in_yuan is not None:
            if field in found:
                errors.append(
                    header.error(row, field, found[field], f"{zh}既有元又有分。", "Given in yuan and in fen.")
                )
            found[field] = in_yuan
    if len(errors) == before and "receivable" not in found:
        errors.append(
            header.error(row, "receivable_yuan", "", "须填应收金额。", "The receivable amount is needed.")
        )
    if len(errors) > before:
        return
    key = (found["unit_no"], found["period"], found["fee_item"])
    first = lines.setdefault(key, (row, found))
    if first[0] is not row:
        errors.append(
            header.error(
                row, "unit_no", found["unit_no"],
                f"第 {first[0].number} 行已有同一房号、期间和项目。",
                f"Row {first[0].number} has the same unit, period and item.",
            )
        )  # fmt: skip


async def _documents(
    store: Store,
    places: Places,
    header: Header,
    lines: dict[tuple[str, str, str], tuple[Row, dict[str, Any]]],
    errors: list[RowError],
) -> list[JsonObject]:
    """Each line as a document in the area of its unit; a line without unit or household is an error."""
    units = sorted({f"unit:{places.project}-{number}" for number, _, _ in lines})
    households = sorted({_household(places, number, found) for (number, _, _), (_, found) in lines.items()})
    there = await find(store, places, [*units, *households])
    documents: list[JsonObject] = []
    for (number, _, _), (row, found) in lines.items():
        unit, household = f"unit:{places.project}-{number}", _household(places, number, found)
        if unit not in there:
            errors.append(
                header.error(
                    row,
                    "unit_no",
                    number,
                    "没有这套房屋，请先导入名册。",
                    "No such unit: import the roster first.",
                )
            )
        elif household not in there:
            errors.append(
                header.error(
                    row, "role", found.get("role", "owner"),
                    "这套房屋没有此身份的客户，请先导入名册。",
                    "The unit has no household in this role: import the roster first.",
                )
            )  # fmt: skip
        else:
            body: JsonObject = {"unit_id": unit, "household_id": household}
            body |= {
                field: value for field, value in sorted(found.items()) if field not in ("unit_no", "role")
            }
            documents.append(reference_document("fee_account", places.project, there[unit].area, body))
    return documents


def _household(places: Places, number: str, found: dict[str, Any]) -> str:
    return f"household:{places.project}-{number}-{found.get('role', 'owner')}"
