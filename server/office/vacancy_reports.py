"""Reports about vacant units: what was done for each in a month, for its owner; and entries without key, companion or consent.

For: `REPORTS`, which reports.py collects.
Not for: duties and their coverage (kpi.py), the register of vacant units (registers.py).
Source: R-X-21, R-VAC-11, R-X-20.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.catalogue.fields import Label, enum
from server.intake.tables import fact_photo
from server.ledger.model import JsonObject, JsonValue
from server.ledger.reading import entries, instant, number, stamp, text
from server.office.columns import AREA, UNIT_NO, Column
from server.office.readers import MISSED_READERS
from server.office.report_types import Asked, Report
from server.office.scope import facts_done, photos_of, statuses

VISITS = ("vacancy_check", "airing", "vacant_cleaning")
ENTRY_PROBLEM = enum(
    "vacant_entries.problem",
    "问题",
    "Problem",
    no_key="无钥匙借用登记 | No key on loan",
    alone="单人且无业主同意 | Alone, without consent",
)


def owner_vacancy(asked: Asked) -> list[JsonObject]:
    """R-X-21: for each unit what was done in the month, with the photos: the owner gets it as a file."""
    done = _done(asked)
    photos = _photos(asked, [row.id for row in done])
    by_unit: dict[str, list[Any]] = defaultdict(list)
    for row in done:
        by_unit[row.unit or row.subject].append(row)
    return [_month_of_unit(asked.month, unit, rows, photos) for unit, rows in sorted(by_unit.items())]


def vacant_entries(asked: Asked) -> list[JsonObject]:
    """R-VAC-11, R-X-20: who entered without a key that was on loan, or alone without the owner's consent."""
    loans = list(_loans(asked))
    rows: list[JsonObject] = []
    for row in _done(asked):
        problems = []
        if loans and not any(_covers(loan, row) for loan in loans):
            problems.append("no_key")
        if row.type == "vacancy_check" and not (
            text(_body(row), "companion") or text(_body(row), "consent_ref")
        ):
            problems.append("alone")
        rows += [
            {
                "at": stamp(row.performed_at),
                "area": row.area,
                "unit_no": _unit_no(row),
                "record": row.type,
                "author": row.author,
                "problem": each,
                "fact": row.id,
            }
            for each in problems
        ]
    return rows


def _done(asked: Asked) -> Sequence[Any]:
    begin, end = asked.month_span
    return asked.connection.execute(facts_done(asked.scope, VISITS, begin, end)).all()


def _photos(asked: Asked, ids: Sequence[str]) -> dict[str, list[JsonValue]]:
    found: dict[str, list[JsonValue]] = defaultdict(list)
    for start in range(0, len(ids), 500):
        named = photos_of(asked.scope, ids[start : start + 500]).order_by(
            fact_photo.c.fact_id, fact_photo.c.sha256
        )
        for row in asked.connection.execute(named):
            found[row.fact_id].append(row.sha256)
    return found


def _month_of_unit(
    month: str, unit: str, rows: Iterable[Any], photos: Mapping[str, list[JsonValue]]
) -> JsonObject:
    rows = list(rows)
    checks = [row for row in rows if row.type == "vacancy_check"]
    anomalies = [
        f"{text(each, 'place') or ''} {text(each, 'kind') or ''}".strip()
        for row in checks
        for each in entries(_body(row), "anomalies")
    ]
    last = _body(checks[-1]) if checks else {}
    return {
        "month": month,
        "unit": unit,
        "unit_no": _unit_no(rows[0]),
        "area": rows[0].area,
        "checks": len(checks),
        "airings": sum(1 for row in rows if row.type == "airing"),
        "cleanings": sum(1 for row in rows if row.type == "vacant_cleaning"),
        "last_at": stamp(rows[-1].performed_at),
        "anomalies": "；".join(anomalies),
        "meter_water": number(last, "meter_water"),
        "meter_electric": number(last, "meter_electric"),
        "photos": [photo for row in rows for photo in photos.get(row.id, [])],
    }


def _body(row: Any) -> JsonObject:
    body = row.document.get("body")
    return body if isinstance(body, dict) else {}


def _unit_no(row: Any) -> str:
    return str(row.unit or row.subject).partition("-")[2]


def _loans(asked: Asked) -> Iterable[tuple[tuple[str | None, ...], str, Any, Any]]:
    """Who has each key that was out, of which unit, from when and until when."""
    for row in asked.connection.execute(statuses(asked.scope, "key_loan")):
        fields = row.body["fields"]
        out = [each for each in row.body.get("history", []) if each.get("to_state") == "out"]
        if out:
            yield (
                (text(fields, "borrower"), text(fields, "opened_by")),
                str(fields.get("unit") or ""),
                instant(out[0], "at"),
                instant(fields, "closed_at"),
            )


def _covers(loan: tuple[tuple[str | None, ...], str, Any, Any], row: Any) -> bool:
    """Whether the key of this unit was out with whoever entered, at that moment."""
    holders, unit, since, until = loan
    if row.author not in holders or unit not in ("", row.unit or row.subject):
        return False
    return since is not None and since <= row.performed_at and (until is None or row.performed_at <= until)


REPORTS: dict[str, Report] = {
    "owner_vacancy": Report(
        Label("空置房代管月报", "Care of vacant units, by month"),
        MISSED_READERS,
        (
            Column("month", "text", Label("月份", "Month")),
            UNIT_NO,
            AREA,
            Column("checks", "integer", Label("巡检", "Checks")),
            Column("airings", "integer", Label("通风", "Airings")),
            Column("cleanings", "integer", Label("保洁", "Cleanings")),
            Column("last_at", "datetime", Label("最近一次", "Last visit")),
            Column("anomalies", "text", Label("异常", "Anomalies")),
            Column("meter_water", "decimal", Label("水表", "Water meter")),
            Column("meter_electric", "decimal", Label("电表", "Electricity meter")),
            Column("photos", "count", Label("照片", "Photos")),
        ),
        owner_vacancy,
    ),
    "vacant_entries": Report(
        Label("空置房入户核对", "Entries of vacant units to look into"),
        MISSED_READERS,
        (
            Column("at", "datetime", Label("时间", "When")),
            AREA,
            UNIT_NO,
            Column("record", "text", Label("记录", "Record")),
            Column("author", "text", Label("人员", "Who")),
            Column("problem", "enum", Label("问题", "Problem"), ENTRY_PROBLEM),
            Column("fact", "text", Label("编号", "Id")),
        ),
        vacant_entries,
    ),
}
