"""Bringing what the read model says to the phones: statuses and inbox documents that are not published yet.

For: `publish_pending(engine, store, directory)`. A kill at any point repeats harmlessly: an unchanged body keeps its revision.
Not for: deciding what to say (folding.py, server/jobs).
Source: docs/architecture.md section 1 (`publish`) and section 5.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, and_, delete, select, update

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


@dataclass(frozen=True, slots=True)
class Pending:
    """A document to be published, and how to note that it is."""

    key: str
    database: str | None  # None: its addressee has no database
    document: JsonObject
    done: Callable[[Connection], Any]


async def publish_pending(engine: Engine, store: Store, directory: Snapshot) -> None:
    """Publish everything that is not. What cannot be published is logged and does not hold up the rest (I8)."""
    for find in (_withdrawals, _statuses, _notices):
        after = ""
        while page := await asyncio.to_thread(_page, engine, find, directory, after):
            for database, group in groupby(page, key=lambda one: one.database):
                await _make_database(store, directory, database)
                published = await _publish(store, database, list(group))
                if published:
                    await asyncio.to_thread(_note, engine, published)
            after = max(one.key for one in page)


def _page(
    engine: Engine,
    find: Callable[[Connection, Snapshot, str], Iterable[Pending]],
    directory: Snapshot,
    after: str,
) -> list[Pending]:
    with engine.connect() as connection:
        return sorted(find(connection, directory, after), key=lambda one: (one.database or "", one.key))


async def _make_database(store: Store, directory: Snapshot, database: str | None) -> None:
    """A user or an area that was added while the server runs has its database from the first document on."""
    entry = None if database is None else directory.databases.get(database)
    if entry is None or not entry.is_open or entry.name in await store.databases():
        return
    try:
        await store.create(entry.name)
        log.info("document database made name=%s", entry.name)
    except DatabaseExists:
        pass
    except CouchRefused:  # an administrator has to make it; what is for the other databases goes out
        log.error("document database %s cannot be made: xunlu couchdb init --admin", entry.name)


async def _publish(store: Store, database: str | None, pending: Sequence[Pending]) -> list[Pending]:
    """Return those that are published, or can never be."""
    if database is None:
        for one in pending:
            log.error("not published id=%s: its addressee has no database", one.document["_id"])
        return []
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
    with writing(engine) as connection:
        for one in published:
            one.done(connection)


def _withdrawals(connection: Connection, directory: Snapshot, after: str) -> Iterable[Pending]:
    rows = connection.execute(
        select(withdrawal)
        .where(withdrawal.c.subject > after)
        .order_by(withdrawal.c.subject, withdrawal.c.database)
        .limit(BATCH)
    )
    for row in rows:
        here = and_(withdrawal.c.subject == row.subject, withdrawal.c.database == row.database)
        document: JsonObject = {"_id": f"status:{row.subject}", "_deleted": True}
        yield Pending(row.subject, row.database, document, _executing(delete(withdrawal).where(here)))


def _statuses(connection: Connection, directory: Snapshot, after: str) -> Iterable[Pending]:
    rows = connection.execute(
        select(status.c.subject, status.c.database, status.c.body)
        .where(status.c.published.is_(False), status.c.subject > after)
        .order_by(status.c.subject)
        .limit(BATCH)
    )
    for row in rows:
        # Only if nobody has written another body meanwhile.
        same = and_(status.c.subject == row.subject, status.c.body == row.body)
        yield Pending(
            row.subject, row.database, row.body, _executing(update(status).where(same).values(published=True))
        )


def _notices(connection: Connection, directory: Snapshot, after: str) -> Iterable[Pending]:
    rows = connection.execute(
        select(notice.c.id, notice.c.user, notice.c.body)
        .where(notice.c.published.is_(False), notice.c.id > after)
        .order_by(notice.c.id)
        .limit(BATCH)
    )
    for row in rows:
        same = and_(notice.c.id == row.id, notice.c.body == row.body)
        yield Pending(
            row.id,
            _database_of(directory, row.user),
            row.body,
            _executing(update(notice).where(same).values(published=True)),
        )


def _database_of(directory: Snapshot, user: str) -> str | None:
    try:
        return directory.user_database(user)
    except KeyError:
        return None


def _executing(statement: Any) -> Callable[[Connection], Any]:
    return lambda connection: connection.execute(statement)
