"""Reminders and escalations: who is told about a duty, at which level, once.

For: `remind(connection, …)`, one batch in the caller's transaction: the message and the level it marks are one commit.
Not for: when the tick comes (service.py), the morning list of missed patrols (missed.py), words (server/notify).
Two at once, a restart, a clock that jumps: each meets the rows as the last commit left them, and ids are deterministic.
Source: R-GEN-10, R-DEC-11, R-FEE-11; promises D14, F-52; docs/architecture.md, "Due items and inbox".
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from server.access.directory import Snapshot
from server.intake.due_rows import OPEN_DUE, due_item_of, next_level, note_levels
from server.intake.references import load_settings
from server.intake.rules import Rules
from server.intake.surroundings import load_calendar, people_of, people_of_project
from server.intake.tables import due_item, status
from server.ledger.calendar import day_of
from server.ledger.model import Calendar, DueItem, People
from server.ledger.rules import due_rule
from server.notify.inbox import Message, extend, send, send_all, sent_items
from server.notify.words import REMINDERS, Told, words_of

log = logging.getLogger(__name__)

BATCH = 500


@dataclass(frozen=True, slots=True)
class Step:
    """A level that has come for a duty, and whom it is for."""

    user: str
    level: int
    row: Any  # of due_item
    calendar: Calendar


def remind(
    connection: Connection, rules: Rules, directory: Snapshot, now: datetime, limit: int = BATCH
) -> int:
    """Send what has come due for open duties, oldest first; return how many duties were looked at."""
    rows = connection.execute(
        select(due_item)
        .where(due_item.c.next_level_at <= now, due_item.c.status.in_(sorted(OPEN_DUE)))
        .order_by(due_item.c.next_level_at, due_item.c.id)
        .limit(limit)
    ).all()
    calendars: dict[str, Calendar] = {}
    grouped: dict[tuple[str, str, str, int], list[Step]] = defaultdict(list)
    single: list[Step] = []
    done: list[tuple[DueItem, int, datetime | None]] = []
    for row in rows:
        if row.project not in calendars:
            settings = load_settings(connection, rules, directory, row.project)
            calendars[row.project] = load_calendar(connection, settings, row.project)
        calendar = calendars[row.project]
        item = due_item_of(row)
        levels = rules.levels(item, calendar)
        passed = [level for level, at in levels if level > row.escalation_level and at <= now]
        reached = max(passed, default=row.escalation_level)
        people = (
            people_of(directory, row.area, now)
            if row.area
            else people_of_project(directory, row.project, now)
        )
        for user, level in addressees(passed, row, people):
            step = Step(user, level, row, calendar)
            if due_rule(row.rule, row.period).bundled:
                grouped[user, row.rule, row.period, level].append(step)
            else:
                single.append(step)
        done.append((item, reached, next_level(levels, reached)))
    promised = _promised(connection, [step.row for step in single])
    send_all(connection, [_about_one(step, promised.get(step.row.id), now) for step in single], now)
    note_levels(connection, done)
    for steps in grouped.values():
        _send_group(connection, steps, now)
    return len(rows)


def addressees(passed: Sequence[int], row: Any, people: People) -> list[tuple[str, int]]:
    """Whom the levels that have passed since the last time are for. `row`: of due_item.

    A reminder is worth nothing once a later level has come. Alarms go up the line, so each person gets the highest that
    is theirs: after an outage nobody is left out, and nobody is told twice.
    """
    if not passed:
        return []
    alarms = [level for level in passed if level not in REMINDERS]
    if not alarms:
        chosen = {row.assigned_to: max(passed)}
    else:
        declared = due_rule(row.rule, row.period)
        third, fourth = people.of(declared.escalates_to), people.of(declared.escalates_again_to)
        chosen = {}
        for level in sorted(alarms):
            chosen[third if level == 3 else fourth] = level
    if "" in chosen:
        log.error("nobody to tell level=%d assigned_to=%s", chosen.pop(""), row.assigned_to)
    return sorted(chosen.items())


def _about_one(step: Step, promised_fen: int | None, now: datetime) -> Message:
    row = step.row
    told = Told(
        period=row.period,
        due_at=row.due_at,
        time_zone=step.calendar.time_zone,
        today=day_of(now, step.calendar),
        unit_nos=(row.unit_no or row.subject,),
        promised_fen=promised_fen,
    )
    title, text = words_of(row.rule, step.level, told)
    return Message(
        user=step.user,
        rule=row.rule,
        subject=row.subject,
        period=row.period,
        level=step.level,
        title=title,
        text=text,
        due_at=row.due_at,
        area=row.area,
        unit_no=row.unit_no,
        link=row.subject,
    )


def _send_group(connection: Connection, steps: Sequence[Step], now: datetime) -> None:
    """One message for all; subjects that come to the same level later are added to it."""
    message = _about_many(connection, [step.row.subject for step in steps], steps[0], now)
    before = sent_items(connection, message.id)
    if before is None:
        send(connection, message, now)
    elif not set(message.items or ()) <= set(before):
        together = [*before, *(message.items or ())]
        extend(connection, _about_many(connection, together, steps[0], now), now)


def _about_many(connection: Connection, subjects: Sequence[str], step: Step, now: datetime) -> Message:
    rows = connection.execute(
        select(status.c.subject, status.c.unit_no, status.c.area)
        .where(status.c.subject.in_(sorted(set(subjects))))
        .order_by(status.c.unit_order, status.c.subject)
    ).all()
    row = step.row
    told = Told(
        period=row.period,
        due_at=row.due_at,
        time_zone=step.calendar.time_zone,
        today=day_of(now, step.calendar),
        unit_nos=tuple(one.unit_no or one.subject for one in rows),
    )
    title, text = words_of(row.rule, step.level, told)
    areas = {one.area for one in rows}
    return Message(
        user=step.user,
        rule=row.rule,
        subject=f"user:{step.user}",
        period=row.period,
        level=step.level,
        title=title,
        text=text,
        due_at=row.due_at,
        area=areas.pop() if len(areas) == 1 else None,
        items=tuple(one.subject for one in rows),
    )


def _promised(connection: Connection, rows: Sequence[Any]) -> dict[str, int]:
    """The amount promised for the very day of a duty, by the duty's id, where one was."""
    periods = {(row.subject, row.period): row.id for row in rows if row.rule == "R-FEE-11"}
    subjects = sorted({subject for subject, _ in periods})
    found: dict[str, int] = {}
    if not subjects:
        return found
    asked = select(status.c.subject, status.c.body).where(status.c.subject.in_(subjects))
    for subject, body in connection.execute(asked):
        promise = body.get("fields", {}).get("promise")
        if isinstance(promise, dict) and (subject, promise.get("date")) in periods:
            amount = promise.get("amount_fen")
            if isinstance(amount, int):
                found[periods[subject, promise["date"]]] = amount
    return found
