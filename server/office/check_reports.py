"""Lists for whoever checks: repair orders by their age, failures that the next check takes up, photos that stand in two records.

For: `REPORTS`, which reports.py collects.
Not for: limits of these cases (server/ledger), recording a check (server/catalogue/inspections.py).
Source: R-REP-18, R-INS-21, R-X-27.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from server.catalogue.fields import Label
from server.intake.tables import fact
from server.ledger.calendar import day_of, end_of_day
from server.ledger.model import Calendar, JsonObject, JsonValue
from server.ledger.reading import instant, stamp, text
from server.office.columns import AREA, STATES, UNIT_NO, Column
from server.office.readers import MISSED_READERS
from server.office.report_types import Asked, Report
from server.office.scope import facts, repeated_photos, statuses

ENDED = {"repair_order": ("closed", "transferred"), "defect": ("verified", "transferred")}


def repair_ageing(asked: Asked) -> list[JsonObject]:
    """R-REP-18: every open order with its age in days on the day asked for, the oldest first, and its last word."""
    rows = []
    for row in _open(asked, "repair_order"):
        fields = row.body["fields"]
        told = fields.get("progress")
        last = told[-1].get("at") if isinstance(told, list) and told else None
        rows.append(
            {**_aged(asked, row, "registered_at"), "agent": text(fields, "agent"), "last_told_at": last}
        )
    return sorted(rows, key=_oldest_first)


def carried_failures(asked: Asked) -> list[JsonObject]:
    """R-INS-21: failures that are open on the day asked for: the next management check looks at each."""
    rows = [
        {
            **_aged(asked, row, "found_at"),
            "place": text(row.body["fields"], "place"),
            "text": text(row.body["fields"], "text"),
            "responsible": text(row.body["fields"], "responsible"),
            "due_at": text(row.body["fields"], "due_at"),
        }
        for row in _open(asked, "defect")
    ]
    return sorted(rows, key=_oldest_first)


def repeated(asked: Asked) -> list[JsonObject]:
    """R-X-27: pictures that more than one record of the month names; each is to be looked into."""
    begin, end = asked.month_span
    named: dict[str, list[str]] = defaultdict(list)
    for row in asked.connection.execute(repeated_photos(asked.scope, begin, end)):
        named[row.sha256].append(row.fact_id)
    ids = sorted({each for ids in named.values() for each in ids})
    known: dict[str, Any] = {}
    for start in range(0, len(ids), 500):
        read = facts(asked.scope).where(fact.c.id.in_(ids[start : start + 500]))
        known |= {row.id: row for row in asked.connection.execute(read)}
    rows: list[JsonObject] = []
    for sha256, records in sorted(named.items()):
        counting = [known[each] for each in sorted(records) if each in known]
        if len(counting) > 1:
            rows.append(
                {
                    "sha256": sha256,
                    "records": len(counting),
                    "authors": "、".join(sorted({str(each.author) for each in counting})),
                    "first_at": stamp(min(each.performed_at for each in counting)),
                    "facts": list[JsonValue](each.id for each in counting),
                }
            )
    return rows


def _open(asked: Asked, kind: str) -> list[Any]:
    rows = asked.connection.execute(statuses(asked.scope, kind)).all()
    return [row for row in rows if row.state not in ENDED[kind]]


def _aged(asked: Asked, row: Any, since: str) -> JsonObject:
    fields = row.body["fields"]
    calendar = Calendar(str(asked.settings["time_zone"]))
    began = instant(fields, since) or instant(fields, "opened_at") or end_of_day(asked.day, calendar)
    return {
        "subject": row.subject,
        "area": row.area,
        "unit_no": row.unit_no or "",
        "state": row.state,
        "since": stamp(began),
        "days": (asked.day - day_of(began, calendar)).days,
    }


def _oldest_first(row: JsonObject) -> tuple[int, str]:
    days = row["days"]
    return (-days if isinstance(days, int) else 0, str(row["subject"]))


_SINCE = Column("since", "datetime", Label("起始", "Since"))
_DAYS = Column("days", "integer", Label("天数", "Days"))
_SUBJECT = Column("subject", "text", Label("编号", "Id"))
REPORTS: dict[str, Report] = {
    "repair_ageing": Report(
        Label("在修工单时长", "Repair orders by age"),
        MISSED_READERS,
        (
            _DAYS,
            AREA,
            UNIT_NO,
            Column("state", "enum", Label("状态", "State"), STATES["repair_order"]),
            Column("agent", "text", Label("跟单人", "Agent")),
            _SINCE,
            Column("last_told_at", "datetime", Label("最近沟通", "Last communication")),
            _SUBJECT,
        ),
        repair_ageing,
    ),
    "carried_failures": Report(
        Label("转入下次检查的问题", "Failures carried to the next check"),
        MISSED_READERS,
        (
            _DAYS,
            AREA,
            UNIT_NO,
            Column("place", "text", Label("位置", "Place")),
            Column("text", "text", Label("问题", "What is wrong")),
            Column("state", "enum", Label("状态", "State"), STATES["defect"]),
            Column("responsible", "text", Label("责任人", "Responsible")),
            Column("due_at", "date", Label("整改期限", "To be put right by")),
            _SINCE,
            _SUBJECT,
        ),
        carried_failures,
    ),
    "repeated_photos": Report(
        Label("重复使用的照片", "Photos used twice"),
        MISSED_READERS,
        (
            Column("sha256", "text", Label("照片", "Photo")),
            Column("records", "integer", Label("记录数", "Records")),
            Column("authors", "text", Label("人员", "Who")),
            Column("first_at", "datetime", Label("最早", "First")),
            Column("facts", "count", Label("记录", "Records named")),
        ),
        repeated,
    ),
}
