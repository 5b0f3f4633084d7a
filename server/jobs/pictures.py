"""Records with a picture that another record names already: found among what has arrived, and told to the supervisor.

For: `reuses_among(connection, news)`, and `message_of`, who is told of one and how.
Not for: what is a reuse (server/ledger/pictures.py), when it is looked for (alarms.py).
Source: R-X-27. A record that is earlier and arrives later makes the one that seemed first a reuse: then that one is told of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from server.access.directory import Snapshot
from server.catalogue.fields import Label
from server.intake.facts import fact_of
from server.intake.surroundings import people_of
from server.intake.tables import fact, fact_photo
from server.ledger.calendar import day_of
from server.ledger.clusters import unit_no_of
from server.ledger.model import Calendar, Fact
from server.ledger.pictures import COMPARED, Reuse, reuses
from server.notify.inbox import Message

REUSED_PICTURE = "R-X-27"
LEVEL = 3  # an alarm, as after a limit
MOST = 200  # records of one message
LOOKED_UP = 500
TITLE = Label("照片重复使用：自动预警", "Alarm: a photo was used twice")
TEXT = Label(
    "这条记录的照片在更早的记录中已用过，请核实是否按时到场。",
    "A photo of this record stands in an earlier record already; please check that the visit took place.",
)


def reuses_among(connection: Connection, news: ColumnElement[bool]) -> list[Reuse]:
    """Return the reuses of pictures that facts of the condition `news` name, oldest first."""
    joined = fact_photo.join(fact, fact.c.id == fact_photo.c.fact_id)
    arrived = select(fact_photo.c.sha256).select_from(joined).where(news)
    several = (
        select(fact_photo.c.sha256)
        .where(fact_photo.c.sha256.in_(arrived))
        .group_by(fact_photo.c.sha256)
        .having(func.count() > 1)
    )
    ids: set[str] = set()
    for sha256 in connection.scalars(several).all():
        naming = select(fact.c.id).select_from(joined).where(fact_photo.c.sha256 == sha256)
        earliest = naming.order_by(fact.c.performed_at, fact.c.id).limit(COMPARED + 1)
        ids |= {*connection.scalars(earliest), *connection.scalars(naming.where(news))}
    return reuses(_families(connection, ids)) if len(ids) > 1 else []


def message_of(reuse: Reuse, directory: Snapshot, calendar: Calendar, now: datetime) -> Message | None:
    """Return what to tell of it and whom: the supervisor, or the manager of what a supervisor recorded."""
    record = reuse.fact
    people = people_of(directory, record.area, now)
    user = people.manager if record.author == people.supervisor else people.supervisor
    if not user:
        return None
    mark = hashlib.sha256(record.id.encode()).hexdigest()[:8]
    return Message(
        user=user,
        rule=REUSED_PICTURE,
        subject=record.subject,
        period=f"{day_of(record.performed_at, calendar).isoformat()}-{mark}",
        level=LEVEL,
        title=TITLE,
        text=TEXT,
        due_at=record.performed_at,
        area=record.area,
        unit_no=unit_no_of(record) or None,
        link=record.subject,
        items=(record.id, *reuse.of)[:MOST],
    )


def _families(connection: Connection, ids: set[str]) -> Iterator[Fact]:
    """Yield the facts, and whatever they correct or withdraw, or is corrected or withdrawn by."""
    read: dict[str, Any] = {}
    wanted = set(ids)
    while wanted:
        found: list[Any] = []
        listed = sorted(wanted)
        for start in range(0, len(listed), LOOKED_UP):
            found += _near(connection, listed[start : start + LOOKED_UP])
        read |= {row.id: row for row in found}
        # What stands beside these is read by the next turn: a correction of a correction.
        about = {name for row in found for name in (row.id, row.amends, row.voids) if name}
        wanted = about - ids
        ids = ids | about
    yield from (fact_of(row) for row in read.values())


def _near(connection: Connection, ids: Sequence[str]) -> Sequence[Any]:
    about = or_(fact.c.id.in_(ids), fact.c.amends.in_(ids), fact.c.voids.in_(ids))
    return connection.execute(select(fact).where(about)).all()
