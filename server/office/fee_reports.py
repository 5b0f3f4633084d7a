"""The report of fees that owners may see: what was to be received and what came in, by fee item and period, without a name.

For: `REPORTS`, which reports.py collects.
Not for: debts of households (registers.py), which are never published (R-X-25).
Source: R-X-26.
"""

from __future__ import annotations

from collections import defaultdict

from server.catalogue.enums import FEE_ITEM
from server.catalogue.fields import Label
from server.ledger.model import JsonObject
from server.ledger.reading import text, whole
from server.office.columns import Column
from server.office.readers import OFFICE
from server.office.report_types import Asked, Report
from server.office.scope import references


def fee_income(asked: Asked) -> list[JsonObject]:
    """Sums in fen of the periods of the year up to the month that is asked for."""
    sums: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in asked.connection.execute(references(asked.scope, "fee_account")):
        body = row.body.get("body", row.body)
        period, item = text(body, "period"), text(body, "fee_item")
        if period is None or item is None or not f"{asked.day.year:04d}-01" <= period <= asked.month:
            continue
        total = sums[period, item]
        total["accounts"] += 1
        for name in ("receivable", "discount", "received"):
            total[name] += whole(body, name) or 0
    return [
        {
            "period": period,
            "fee_item": item,
            "accounts": total["accounts"],
            **{name: total[name] for name in ("receivable", "discount", "received")},
            "rate": total["received"] * 100 // due
            if (due := total["receivable"] - total["discount"]) > 0
            else None,
        }
        for (period, item), total in sorted(sums.items())
    ]


REPORTS: dict[str, Report] = {
    "fee_income": Report(
        Label("收费公示", "Fees received"),
        OFFICE,
        (
            Column("period", "text", Label("期间", "Period")),
            Column("fee_item", "enum", Label("收费项目", "Fee item"), FEE_ITEM),
            Column("accounts", "integer", Label("户数", "Accounts")),
            Column("receivable", "money", Label("应收", "Receivable")),
            Column("discount", "money", Label("减免", "Discount")),
            Column("received", "money", Label("已收", "Received")),
            Column("rate", "integer", Label("收缴率（%）", "Received, percent")),
        ),
        fee_income,
    ),
}
