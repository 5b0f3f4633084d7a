"""Where a new message also goes, beside the inbox: one delivery for each place, planned once for ever.

For: `plan(connection, directory, now)`, one batch in the caller's transaction.
Not for: sending (courier.py). The ids of deliveries follow from message and place, so planning twice makes nothing twice.
A message is offered outside for a day: what was made before that, in a long outage, waits in the inbox alone.
Source: promises I5, D14; docs/notifying.md.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from server.access.directory import Snapshot
from server.intake.tables import notice
from server.notify.choices import NEVER, after_quiet, choice_of
from server.notify.outward import LASTS, TEST_NOTICE
from server.notify.tables import channel, delivery, planned_notice, push_subscription

BATCH = 500
KEPT = timedelta(days=30)
DEFAULT_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Place:
    """One place that a message goes to, and the first instant at which it may."""

    kind: str
    id: str
    not_before: datetime


def plan(connection: Connection, directory: Snapshot, now: datetime, limit: int = BATCH) -> int:
    """Plan the deliveries of messages not looked at yet; return how many messages were."""
    rows = connection.execute(
        select(notice.c.id, notice.c.user, notice.c.body)
        .outerjoin(planned_notice, planned_notice.c.notice == notice.c.id)
        .where(planned_notice.c.notice.is_(None), notice.c.sent_at > now - LASTS)
        .order_by(notice.c.sent_at, notice.c.id)
        .limit(limit)
    ).all()
    for row in rows:
        connection.execute(insert(planned_notice).values(notice=row.id, at=now))
        for place in _places(connection, directory, row, now):
            add_delivery(connection, row.id, row.user, place, now)
    return len(rows)


def plan_test(connection: Connection, kind: str, place: str, user: str, now: datetime) -> str:
    """Plan a test message to one channel, as often as it is asked for; return the delivery's id."""
    return add_delivery(
        connection, f"{TEST_NOTICE}:{now.isoformat()}", user, Place(kind, place, now), now, True
    )


def forget(connection: Connection, now: datetime) -> None:
    """Old deliveries go: nobody asks after them, and no message that old is planned again."""
    connection.execute(delete(delivery).where(delivery.c.made_at < now - KEPT))
    connection.execute(delete(planned_notice).where(planned_notice.c.at < now - KEPT))


def add_delivery(
    connection: Connection, notice_id: str, user: str, place: Place, now: datetime, is_test: bool = False
) -> str:
    """Write one delivery unless it is there; return its id."""
    delivery_id = hashlib.sha256(f"{notice_id}|{place.kind}|{place.id}".encode()).hexdigest()
    # What was planned before is the same message to the same place.
    with contextlib.suppress(IntegrityError), connection.begin_nested():
        connection.execute(
            insert(delivery).values(
                id=delivery_id,
                notice=notice_id,
                kind=place.kind,
                place=place.id,
                user=user,
                state="waiting",
                attempts=0,
                made_at=now,
                next_try_at=place.not_before,
                is_test=is_test,
            )
        )
    return delivery_id


def project_and_zone(directory: Snapshot, area: str | None, user: str) -> tuple[frozenset[str], str]:
    """The projects a message is about, and the zone its hours are told in."""
    if area is not None and area in directory.areas:
        projects = frozenset({directory.areas[area].project})
    else:
        projects = directory.projects_of(user)
    zones = sorted(directory.projects[one].time_zone for one in projects if one in directory.projects)
    return projects, zones[0] if zones else DEFAULT_ZONE


def _places(connection: Connection, directory: Snapshot, row: Any, now: datetime) -> Iterator[Place]:
    level = int(row.body["level"])
    choice = choice_of(connection, row.user)
    projects, zone = project_and_zone(directory, row.body.get("area"), row.user)
    at = after_quiet(choice, now, zone)
    if level >= choice.push_from_level:
        for one in connection.execute(
            select(push_subscription.c.id)
            .where(push_subscription.c.user == row.user, push_subscription.c.ended_at.is_(None))
            .order_by(push_subscription.c.id)
        ):
            yield Place("webpush", one.id, at)
    for one in connection.execute(
        select(channel.c.id, channel.c.kind, channel.c.from_level)
        .where(channel.c.project.in_(sorted(projects)), channel.c.ended_at.is_(None))
        .order_by(channel.c.id)
    ):
        if one.kind == "sms":
            if (
                choice.sms_number is not None
                and choice.sms_from_level < NEVER
                and level >= choice.sms_from_level
            ):
                yield Place("sms", one.id, at)
        elif level >= one.from_level:
            yield Place(one.kind, one.id, at)
