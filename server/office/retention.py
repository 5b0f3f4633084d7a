"""What is past the time for which it may be kept: a list to look at and approve, by the figures of the project.

For: `REPORTS`, which reports.py collects. Nothing is deleted here: the list is the dry run (R-X-30).
Not for: the figures (server/catalogue/rules/privacy.py), photos and backups.
Source: R-X-30, R-EVT-07. Decoration files are kept for the life of the building, so they never stand here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from server.catalogue.fields import Label
from server.catalogue.registry import RECORD_TYPES
from server.intake.tables import fact
from server.ledger.model import JsonObject
from server.ledger.reading import count_setting, stamp
from server.office.columns import AREA, Column
from server.office.report_types import Asked, Report
from server.office.scope import facts

READERS = ("project_manager", "file_keeper", "office_viewer", "admin")
MOST = 2000  # rows of one list: the rest shows when these are gone
DAYS_PER = {"years": 365, "months": 30, "days": 1}
CLASSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("keep.vacancy_years", ("vacancy_check", "airing", "vacant_cleaning")),
    ("keep.fee_years", ("fee_visit",)),
    (
        "keep.case_years",
        ("complaint", "complaint_step", "complaint_progress", "repair_order", "repair_order_step"),
    ),
    ("keep.visit_years", ("resident_visit", "customer_contact", "return_visit")),
    ("keep.pass_days", ("worker_pass",)),
    ("keep.call_months", ("call_memo", "call_check")),
    ("evt.keep_years", ("event_plan", "event_plan_step")),
)


def retention(asked: Asked) -> list[JsonObject]:
    """The records whose time is over on the day asked for, the longest first."""
    rows: list[JsonObject] = []
    for key, types in CLASSES:
        before = datetime.combine(kept_since(asked.day, key, count_setting(asked.settings, key)), time(), UTC)
        found = facts(asked.scope).where(fact.c.type.in_(types), fact.c.performed_at < before)
        for row in asked.connection.execute(found.order_by(fact.c.performed_at).limit(MOST)):
            rows.append(
                {
                    "record": RECORD_TYPES[row.type].title.zh,
                    "id": row.id,
                    "area": row.area,
                    "at": stamp(row.performed_at),
                    "setting": key,
                }
            )
    return sorted(rows, key=lambda row: (str(row["at"]), str(row["id"])))[:MOST]


def kept_since(day: date, key: str, amount: int) -> date:
    """Return the first day whose records are still kept. Years are calendar years; the 29th of February becomes the 28th."""
    unit = key.rpartition("_")[2]
    if unit != "years":
        return day - timedelta(days=amount * DAYS_PER[unit])
    try:
        return day.replace(year=day.year - amount)
    except ValueError:
        return day.replace(year=day.year - amount, day=28)


REPORTS: dict[str, Report] = {
    "retention": Report(
        Label("超过保存期限的记录", "Records past their time"),
        READERS,
        (
            Column("at", "datetime", Label("时间", "When")),
            Column("record", "text", Label("记录", "Record")),
            AREA,
            Column("setting", "text", Label("期限设置", "Setting")),
            Column("id", "text", Label("编号", "Id")),
        ),
        retention,
    ),
}
