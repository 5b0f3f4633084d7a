"""Bringing what the read model says to the phones: statuses and inbox documents that are not published yet.

For: `publish_pending(engine, store, directory)`. A kill at any point repeats harmlessly: an unchanged body keeps its revision.
Not for: deciding what to say (folding.py, server/jobs).
Source: docs/architecture.md section 1 (`publish`) and section 5.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Connection, Engine, bindparam, delete, select, update

from server.access.directory import Snapshot
from server.database import writing
from server.intake.tables import notice, status, withdrawal
from server.ledger.model import JsonObject
from sync.couchdb.errors import CouchRefused
from sync.errors import DatabaseExists, NoSuchDatabase, StorageFull, StoreBroken, StoreClosed

if TYPE_CHECKING:
    from sync.database import Store

log = logging.getLogger(__name__)

BATCH = 500
_WAITING = select(
    select(withdrawal.c.subject).limit(1).scalar_subquery(),
    select(status.c.subject).where(status.c.published.is_(False)).limit(1).scalar_subquery(),
    select(notice.c.id).where(notice.c.published.is_(False)).limit(1).scalar_subquery(),
)
_STATUSES = (
    select(status.c.subject, status.c.database, status.c.body)
    .where(status.c.published.is_(False), status.c.subject > bindparam("after"))
    .order_by(status.c.subject)
    .limit(BATCH)
)
# Only if nobody has written another body meanwhile.
_PUBLISHED = (
    update(status)
    .where(status.c.subject == bindparam("about"), status.c.body == bindparam("said"))
    .values(published=True)
)
_SENT = (
    update(notice)
    .where(notice.c.id == bindparam("about"), notice.c.body == bindparam("said"))
    .values(published=True)
)
_WITHDRAWN = delete(withdrawal).where(
    withdrawal.c.subject == bindparam("about"), withdrawal.c.database == bindparam("in_database")
)


@dataclass(frozen=True, slots=True)
class Pending:
    """A document to be published, and how to note that it is."""

    key: str
    database: str
    document: JsonObject
    done: Any  # a statement, and the values it takes
    values: Mapping[str, Any]


Find: TypeAlias = Callable[[Connection, Snapshot, str], Iterable[Pending]]
FirstPages: TypeAlias = Sequence[tuple[Find, list[Pending]]]


def first_pages(connection: Connection, directory: Snapshot) -> FirstPages:
    """The beginning of everything that is not published, as `publish_pending` takes it: to be read where one reads anyway."""
    waiting = connection.execute(_WAITING).one()
    finders = (_withdrawals, _statuses, _notices)
    return [
        (find, _sorted(find(connection, directory, "")))
        for find, waits in zip(finders, waiting, strict=True)
        if waits is not None
    ]


async def publish_pending(
    engine: Engine, store: Store, directory: Snapshot, first: FirstPages | None = None
) -> None:
    """Publish everything that is not. What cannot be published is logged and does not hold up the rest (I8)."""
    if first is None:
        first = await asyncio.to_thread(_first_pages, engine, directory)
    for find, page in first:
        while page:
            published: list[Pending] = []
            for database, group in groupby(page, key=lambda one: one.database):
                await _make_database(store, directory, database)
                published += await _publish(store, database, list(group))
            if published:
                await asyncio.to_thread(_note, engine, published)
            if len(page) < BATCH:
                break
            page = await asyncio.to_thread(_page, engine, find, directory, max(one.key for one in page))


def _first_pages(engine: Engine, directory: Snapshot) -> FirstPages:
    with engine.connect() as connection:
        return first_pages(connection, directory)


def _page(engine: Engine, find: Find, directory: Snapshot, after: str) -> list[Pending]:
    with engine.connect() as connection:
        return _sorted(find(connection, directory, after))


def _sorted(found: Iterable[Pending]) -> list[Pending]:
    return sorted(found, key=lambda one: (one.database, one.key))


async def _make_database(store: Store, directory: Snapshot, database: str) -> None:
    """A user or an area that was added while the server runs has its database from the first document on."""
    entry = directory.databases.get(database)
    if entry is None or not entry.is_open or entry.name in await store.databases():
        return
    try:
        await store.create(entry.name)
        log.info("document database made name=%s", entry.name)
    except DatabaseExists:
        pass
    except CouchRefused:  # an administrator has to make it; what is for the other databases goes out
        log.error("document database %s cannot be made: xunlu couchdb init --admin", entry.name)


async def _publish(store: Store, database: str, pending: Sequence[Pending]) -> list[Pending]:
    """Return those that are published, or can never be."""
    try:
        await store.database(database).publish([one.document for one in pending])
    except NoSuchDatabase:
        log.error("not published database=%s documents=%d: no such database", database, len(pending))
        return []
    except (StorageFull, StoreBroken, StoreClosed):
        raise
    except Exception as error:
        if len(pending) == 1:
            log.exception("never published id=%s cause=%r", pending[0].document["_id"], error)
            return list(pending)
        done: list[Pending] = []
        for one in pending:
            done += await _publish(store, database, [one])
        return done
    return list(pending)


def _note(engine: Engine, published: Sequence[Pending]) -> None:
    """All of one page: they are noted by the same statement."""
    with writing(engine) as connection:
        connection.execute(published[0].done, [one.values for one in published])


def _withdrawals(connection: Connection, directory: Snapshot, after: str) -> Iterable[Pending]:
    rows = connection.execute(
        select(withdrawal)
        .where(withdrawal.c.subject > after)
        .order_by(withdrawal.c.subject, withdrawal.c.database)
        .limit(BATCH)
    )
    for row in rows:
        document: JsonObject = {"_id": f"status:{row.subject}", "_deleted": True}
        here = {"about": row.subject, "in_database": row.database}
        yield Pending(row.subject, row.database, document, _WITHDRAWN, here)


def _statuses(connection: Connection, directory: Snapshot, after: str) -> Iterable[Pending]:
    for row in connection.execute(_STATUSES, {"after": after}):
        said = {"about": row.subject, "said": row.body}
        yield Pending(row.subject, row.database, row.body, _PUBLISHED, said)


def _notices(connection: Connection, directory: Snapshot, after: str) -> Iterable[Pending]:
    """Those whose addressee has a database; the others wait, and are not read again and again."""
    waiting = notice.c.published.is_(False)
    users = sorted(one.of for one in directory.databases.values() if one.kind == "user" and one.is_open)
    if not after:
        strangers = select(notice.c.user).where(waiting, notice.c.user.not_in(users)).distinct()
        for user in connection.scalars(strangers):
            _tell_of_a_stranger(user, directory.version)
    rows = connection.execute(
        select(notice.c.id, notice.c.user, notice.c.body)
        .where(waiting, notice.c.user.in_(users), notice.c.id > after)
        .order_by(notice.c.id)
        .limit(BATCH)
    )
    for row in rows:
        said = {"about": row.id, "said": row.body}
        yield Pending(row.id, directory.user_database(row.user), row.body, _SENT, said)


@lru_cache(maxsize=1000)
def _tell_of_a_stranger(user: str, version: int) -> None:
    """Once for each state of the directory: a tick comes every few seconds."""
    log.error("inbox documents not published user=%s: the user has no database", user)
