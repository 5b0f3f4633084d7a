"""The morning list of yesterday's missed patrols, one for each project and day.

For: `list_missed_patrols(connection, …)`, in the caller's transaction.
Not for: the report on the desk (server/office), the alarm at the end of the day (tick.py).
Source: R-DEC-21; promises F-52: also after an outage, for the last day whose list was due.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, select

from server.access.directory import Snapshot
from server.intake.references import load_settings
from server.intake.rules import Rules
from server.intake.surroundings import load_calendar, people_of
from server.intake.tables import due_item, status
from server.intake.waking import read_meta, write_meta
from server.ledger.calendar import day_of, local_time
from server.notify.inbox import Message, send
from server.notify.words import missed_patrols_words

RULE = "R-DEC-21"
PATROL = "R-DEC-06"
ONE_DAY = timedelta(days=1)


def list_missed_patrols(connection: Connection, rules: Rules, directory: Snapshot, now: datetime) -> None:
    """Send each project's list if its hour has come and it was not sent. A day without a missed patrol has none."""
    for project in sorted(directory.projects):
        settings = load_settings(connection, rules, directory, project)
        calendar = load_calendar(connection, settings, project)
        hour = time.fromisoformat(str(settings["dec.missed_list_at"]))
        listed_on = day_of(now, calendar)
        if now < local_time(listed_on, hour, calendar):
            listed_on -= ONE_DAY
        day = listed_on - ONE_DAY
        done = f"missed_patrols:{project}"
        if (last := read_meta(connection, done)) is not None and day.isoformat() <= last:
            continue
        message = _message(connection, directory, project, day, local_time(listed_on, hour, calendar), now)
        if message is not None:
            send(connection, message, now)
        write_meta(connection, done, day.isoformat())


def _message(
    connection: Connection, directory: Snapshot, project: str, day: date, due_at: datetime, now: datetime
) -> Message | None:
    rows = connection.execute(
        select(due_item.c.subject, due_item.c.area, due_item.c.unit_no, due_item.c.assigned_to)
        .join(status, status.c.subject == due_item.c.subject)
        .where(
            due_item.c.rule == PATROL,
            due_item.c.project == project,
            due_item.c.period == day.isoformat(),
            due_item.c.status == "overdue",
        )
        .order_by(due_item.c.area, status.c.unit_order, due_item.c.subject)
    ).all()
    supervisor = _supervisor(directory, project, now)
    if not rows or not supervisor:
        return None
    by_line: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in rows:
        by_line[row.area, row.assigned_to].append(row)
    title, text = missed_patrols_words(
        day,
        [
            (_area_name(directory, area), _display_name(directory, steward), [_unit(row) for row in missed])
            for (area, steward), missed in by_line.items()
        ],
    )
    return Message(
        user=supervisor,
        rule=RULE,
        subject=f"project:{project}",
        period=day.isoformat(),
        level=1,
        title=title,
        text=text,
        due_at=due_at,
        link="missed_patrols",
        items=tuple(row.subject for row in rows),
    )


def _supervisor(directory: Snapshot, project: str, now: datetime) -> str:
    areas = sorted(area.id for area in directory.areas_of(project))
    return next((user for area in areas if (user := people_of(directory, area, now).supervisor)), "")


def _unit(row: Any) -> str:
    return str(row.unit_no or row.subject)


def _area_name(directory: Snapshot, area: str) -> str:
    return directory.areas[area].name if area in directory.areas else area


def _display_name(directory: Snapshot, user: str) -> str:
    return directory.users[user].display_name if user in directory.users else user
