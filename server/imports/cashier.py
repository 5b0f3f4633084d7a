"""The cashier's ledger: each payment that was taken, with its receipt, from one table with one row each.

For: `xunlu import cashier`, after the arrears. The weekly comparison with the fee accounts reads these entries.
Not for: what a household owes (arrears.py): an entry changes no account.
Money is in yuan unless the header says fen (分). A receipt's number is its name: it cannot occur twice.
Source: domain 4.4 (cashier_entry), R-FEE-05, R-FEE-14; contract section 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from server.access.directory import Directory
from server.catalogue.enums import FEE_ITEM
from server.catalogue.reference import PAYMENT_METHOD, reference_document
from server.imports.cells import (
    Column,
    Header,
    NotUnderstood,
    Read,
    RowError,
    choice,
    fen,
    month,
    recognises,
    required,
    text,
    yuan,
)
from server.imports.publishing import MAX_ERRORS, ImportResult, Places, Progress, find, publish
from server.imports.reading import Row, Value, read_table
from server.imports.roster import read_unit_no
from server.ledger.model import JsonObject
from sync.database import Store

MAX_YUAN = 10_000_000
RECEIPT = text(
    40,
    r"[A-Za-z0-9一-鿿][A-Za-z0-9一-鿿/._-]*",
    "须为收据号，如 No2026-00123。",
    "A receipt number such as No2026-00123.",
)
_MOMENT = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T](\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.0+)?")


def moment(time_zone: str) -> Read:
    """A date with a time at the site, as an instant in UTC."""

    def read(value: Value) -> str:
        parts = _MOMENT.fullmatch(str(value).strip())
        if parts is not None:
            with contextlib.suppress(ValueError):
                year, in_month, on, hour, minute, second = (int(part or 0) for part in parts.groups())
                local = datetime(year, in_month, on, hour, minute, second, tzinfo=ZoneInfo(time_zone))
                return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise NotUnderstood("须为时间，如 2026-01-31 10:05。", "A time such as 2026-01-31 10:05.")

    return read


def columns(time_zone: str) -> tuple[Column, ...]:
    return (
        Column("receipt_no", ("收据号", "票据号", "收据编号", "receipt no"), RECEIPT, required=True),
        Column("unit_no", ("房号", "房屋编号", "unit number"), read_unit_no, required=True),
        Column("period", ("期间", "账期", "月份", "period"), month, required=True),
        Column(
            "fee_item", ("收费项目", "费用项目", "项目", "fee item"), choice(FEE_ITEM, service="物业服务费 物业管理费"),
            required=True,
        ),
        Column("amount_yuan", ("实收", "实收(元)", "实收金额", "金额"), yuan(MAX_YUAN)),
        Column("amount", ("实收(分)", "金额(分)"), fen(MAX_YUAN)),
        Column("paid_at", ("收款时间", "缴费时间", "paid at"), moment(time_zone), required=True),
        Column("method", ("收款方式", "缴费方式", "method"), choice(PAYMENT_METHOD), required=True),
        Column("cashier", ("收款人", "出纳", "cashier"), text(40), required=True),
    )  # fmt: skip


async def import_cashier(
    store: Store, directory: Directory, project: str, path: Path, progress: Progress | None = None
) -> ImportResult:
    """Read the file and, unless it has errors, publish its entries.

    Raises ImportRefused when the file as a whole cannot be used.
    """
    snapshot = directory.current()
    places = Places(snapshot, project)
    known = columns(snapshot.projects[project].time_zone)
    table = await asyncio.to_thread(read_table, path, recognises(known, least=4), required(known))
    header = Header(path.name, table.header, known)
    result = ImportResult(rows=len(table.rows), ignored_columns=header.ignored)
    lines: dict[str, tuple[Row, dict[str, Any]]] = {}
    for row in table.rows:
        _take(header, row, lines, result.errors)
        if len(result.errors) >= MAX_ERRORS:
            break
    if not table.rows:
        result.errors.append(
            RowError(path.name, table.header.number, "", "", "表头下没有数据。", "There are no rows.")
        )
    documents = await _documents(store, places, header, lines, result.errors)
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
    header: Header, row: Row, lines: dict[str, tuple[Row, dict[str, Any]]], errors: list[RowError]
) -> None:
    before = len(errors)
    found = header.read(row, errors)
    in_yuan = found.pop("amount_yuan", None)
    if in_yuan is not None and "amount" in found:
        errors.append(
            header.error(row, "amount", found["amount"], "既有元又有分。", "Given in yuan and in fen.")
        )
    elif in_yuan is not None:
        found["amount"] = in_yuan
    if len(errors) == before and not found.get("amount"):
        errors.append(
            header.error(row, "amount_yuan", found.get("amount", ""), "须填大于零的实收金额。", "An amount above zero is needed.")
        )  # fmt: skip
    if len(errors) > before:
        return
    first = lines.setdefault(found["receipt_no"], (row, found))
    if first[0] is not row:
        errors.append(
            header.error(
                row, "receipt_no", found["receipt_no"],
                f"第 {first[0].number} 行已有同一收据号。", f"Row {first[0].number} has the same receipt.",
            )
        )  # fmt: skip


async def _documents(
    store: Store,
    places: Places,
    header: Header,
    lines: dict[str, tuple[Row, dict[str, Any]]],
    errors: list[RowError],
) -> list[JsonObject]:
    """Each line as a document in the area of its account; a payment of no account is an error."""
    accounts = {
        receipt: f"fee_account:{places.project}-{found['unit_no']}-{found['period']}-{found['fee_item']}"
        for receipt, (_, found) in lines.items()
    }
    there = await find(store, places, sorted(set(accounts.values())))
    documents = []
    for receipt, (row, found) in lines.items():
        account = accounts[receipt]
        if account not in there:
            errors.append(
                header.error(
                    row, "unit_no", found["unit_no"],
                    "没有这户、期间和项目的应收，请先导入欠费。", "There is no such fee account: import the arrears first.",
                )
            )  # fmt: skip
            continue
        body: JsonObject = {"account_id": account, "unit_id": f"unit:{places.project}-{found['unit_no']}"}
        body |= {field: found[field] for field in ("receipt_no", "amount", "paid_at", "method", "cashier")}
        documents.append(reference_document("cashier_entry", places.project, there[account].area, body))
    return documents
