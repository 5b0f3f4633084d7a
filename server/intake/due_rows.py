"""The rows of the table `due_item`: one per duty, with the reminder level it has reached and when the next one is due.

For: writing a subject's due items after a fold, reading one back as the ledger's `DueItem`, and the levels.
Not for: which duties there are (server/ledger), sending reminders (server/jobs).
Source: docs/architecture.md, "Due items and inbox"; R-GEN-10; promises D14.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from server.intake.rules import Rules
from server.intake.tables import due_item, due_level
from server.ledger.model import Calendar, DueItem, Status

OPEN_DUE = frozenset({"pending", "due_soon", "overdue"})


def write_due_items(connection: Connection, rules: Rules, status: Status, calendar: Calendar) -> None:
    """Make the table say what `status` says; a row that says so already is not touched."""
    rows = connection.execute(select(due_item).where(due_item.c.subject == status.subject))
    before = {row.id: row for row in rows}
    levels = _levels_reached(connection, [item.id for item in status.due if item.id not in before])
    levels |= {row.id: (row.due_at, row.escalation_level) for row in before.values()}
    after = {item.id: _row(rules, item, status, calendar, levels.get(item.id)) for item in status.due}
    gone = sorted(before.keys() - after.keys())
    changed = [row for key, row in after.items() if key not in before or dict(before[key]._mapping) != row]
    stale = gone + [row["id"] for row in changed if row["id"] in before]
    for start in range(0, len(stale), 500):
        connection.execute(delete(due_item).where(due_item.c.id.in_(stale[start : start + 500])))
    if changed:
        connection.execute(insert(due_item), changed)


def delete_due_items(connection: Connection, subject: str) -> None:
    connection.execute(delete(due_item).where(due_item.c.subject == subject))


def due_item_of(row: Any) -> DueItem:
    """The ledger's word for a row of the table."""
    return DueItem(
        rule=row.rule,
        subject=row.subject,
        period=row.period,
        opens_at=row.opens_at,
        due_at=row.due_at,
        status=row.status,
        assigned_to=row.assigned_to,
        satisfied_by=row.satisfied_by,
        satisfied_at=row.satisfied_at,
    )


def next_level(levels: Sequence[tuple[int, datetime]], reached: int) -> datetime | None:
    """When the next level after `reached` is due; None when there is none."""
    return min((at for level, at in levels if level > reached), default=None)


def note_level(connection: Connection, item: DueItem, level: int, following: datetime | None) -> None:
    """Write that a duty has been reminded of up to `level`, in both places."""
    connection.execute(
        update(due_item)
        .where(due_item.c.id == item.id)
        .values(escalation_level=level, next_level_at=following)
    )
    connection.execute(delete(due_level).where(due_level.c.id == item.id))
    connection.execute(insert(due_level).values(id=item.id, due_at=item.due_at, level=level))


def _levels_reached(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[datetime, int]]:
    """What was reached by duties that are new to the table: they may have been there before a rebuild."""
    if not ids:
        return {}
    rows = connection.execute(select(due_level).where(due_level.c.id.in_(ids)))
    return {row.id: (row.due_at, row.level) for row in rows}


def _row(
    rules: Rules, item: DueItem, status: Status, calendar: Calendar, before: tuple[datetime, int] | None
) -> dict[str, Any]:
    # A limit that has moved starts its reminders afresh.
    reached = before[1] if before is not None and before[0] == item.due_at else 0
    is_open = item.status in OPEN_DUE
    return {
        "id": item.id,
        "rule": item.rule,
        "subject": item.subject,
        "kind": status.kind,
        "period": item.period,
        "project": status.project,
        "area": status.area,
        "unit": status.fields.get("unit"),
        "unit_no": status.fields.get("unit_no"),
        "opens_at": item.opens_at,
        "due_at": item.due_at,
        "status": item.status,
        "assigned_to": item.assigned_to,
        "satisfied_by": item.satisfied_by,
        "satisfied_at": item.satisfied_at,
        "escalation_level": reached,
        "next_level_at": next_level(rules.levels(item, calendar), reached) if is_open else None,
    }
