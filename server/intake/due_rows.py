"""The rows of the table `due_item`: one per duty, with the reminder level it has reached and when the next one is due.

For: writing a subject's due items after a fold, reading one back as the ledger's `DueItem`, and the levels.
Not for: which duties there are (server/ledger), sending reminders (server/jobs).
Source: docs/architecture.md, "Due items and inbox"; R-GEN-10; promises D14.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.intake.rules import Rules
from server.intake.tables import due_item, due_level
from server.ledger.model import Calendar, DueItem, Status

OPEN_DUE = frozenset({"pending", "due_soon", "overdue"})
_COLUMNS = tuple(due_item.c.keys())
_LEVELS = select(due_level).where(due_level.c.id.in_(bindparam("ids", expanding=True)))
_DELETE = delete(due_item).where(due_item.c.id.in_(bindparam("ids", expanding=True)))
_DELETE_ALL = delete(due_item).where(due_item.c.subject == bindparam("about"))
_INSERT = insert(due_item)
_REACHED = (
    update(due_item)
    .where(due_item.c.id == bindparam("about"))
    .values(escalation_level=bindparam("level"), next_level_at=bindparam("following"))
)
_FORGET_LEVEL = delete(due_level).where(due_level.c.id == bindparam("about"))
BATCH = 500


def write_due_items(
    connection: Connection, rules: Rules, status: Status, calendar: Calendar, known: Sequence[Any]
) -> None:
    """Make the table say what `status` says, where `known` rows stand; a row that says so already is not touched."""
    before = {row.id: row for row in known}
    levels = _levels_reached(connection, [item.id for item in status.due if item.id not in before])
    levels |= {row.id: (row.due_at, row.escalation_level) for row in before.values()}
    after = {item.id: _row(rules, item, status, calendar, levels.get(item.id)) for item in status.due}
    gone = sorted(before.keys() - after.keys())
    changed = [row for key, row in after.items() if key not in before or tuple(before[key]) != row]
    stale = gone + [row[0] for row in changed if row[0] in before]
    for start in range(0, len(stale), BATCH):
        connection.execute(_DELETE, {"ids": stale[start : start + BATCH]})
    if changed:
        connection.execute(_INSERT, [dict(zip(_COLUMNS, row, strict=True)) for row in changed])


def delete_due_items(connection: Connection, subject: str) -> None:
    connection.execute(_DELETE_ALL, {"about": subject})


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


def note_levels(connection: Connection, reached: Sequence[tuple[DueItem, int, datetime | None]]) -> None:
    """Write of each duty up to which level it was reminded of, and when the next one comes, in both places."""
    if not reached:
        return
    connection.execute(
        _REACHED, [{"about": item.id, "level": level, "following": at} for item, level, at in reached]
    )
    connection.execute(_FORGET_LEVEL, [{"about": item.id} for item, _, _ in reached])
    connection.execute(
        insert(due_level),
        [{"id": item.id, "due_at": item.due_at, "level": level} for item, level, _ in reached],
    )


def _levels_reached(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[datetime, int]]:
    """What was reached by duties that are new to the table: they may have been there before a rebuild."""
    found: dict[str, tuple[datetime, int]] = {}
    for start in range(0, len(ids), BATCH):
        for row in connection.execute(_LEVELS, {"ids": ids[start : start + BATCH]}):
            found[row.id] = (row.due_at, row.level)
    return found


def _row(
    rules: Rules, item: DueItem, status: Status, calendar: Calendar, before: tuple[datetime, int] | None
) -> tuple[Any, ...]:
    """The values in the order of the table's columns."""
    # A limit that has moved starts its reminders afresh.
    reached = before[1] if before is not None and before[0] == item.due_at else 0
    is_open = item.status in OPEN_DUE
    return (
        item.id,
        item.rule,
        item.subject,
        status.kind,
        item.period,
        status.project,
        status.area,
        status.fields.get("unit"),
        status.fields.get("unit_no"),
        item.opens_at,
        item.due_at,
        item.status,
        item.assigned_to,
        item.satisfied_by,
        item.satisfied_at,
        reached,
        next_level(rules.levels(item, calendar), reached) if is_open else None,
    )
