"""What the document store must hold for the directory as it stands: databases, and the catalogue in each project.

For: `prepare`, at start and whenever the directory changes: `xunlu area add` beside a running server works at once.
Not for: the directory itself (server/access/administration).
"""

from __future__ import annotations

import asyncio
import itertools
import logging

from sqlalchemy.exc import SQLAlchemyError

from server.access.administration import open_offices
from server.catalogue.documents import catalogue_documents, duty_document
from server.catalogue.phrases import phrase_document
from server.services import Services
from sync.couchdb.errors import CouchRefused
from sync.errors import DatabaseExists, SyncError

log = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 1.0  # feeds are cut within two seconds (promises S-04)
NOT_ALL = -1  # of no directory: something is missing that an administrator has to make
TRY_AGAIN_LOOKS = 30


async def prepare(services: Services) -> int:
    """Make what is missing; return the directory's version that this holds for, or NOT_ALL. Safe to repeat."""
    await asyncio.to_thread(open_offices, services.engine, at=services.clock.now())
    directory = await asyncio.to_thread(services.directory.current)
    there = set(await services.store.databases())
    for entry in directory.databases.values():
        if entry.is_open and entry.name not in there and await _make(services, entry.name):
            there.add(entry.name)
    for project in directory.projects:
        if directory.project_database(project) not in there:
            continue  # our account may not make it
        database = services.store.database(directory.project_database(project))
        await database.publish(
            [*catalogue_documents(project), phrase_document(project), duty_document(project)]
        )
    is_whole = all(entry.name in there for entry in directory.databases.values() if entry.is_open)
    return directory.version if is_whole else NOT_ALL


async def _make(services: Services, database: str) -> bool:
    """Whether it is there then. One that our account may not make must not keep the others from being served."""
    try:
        await services.store.create(database)
    except DatabaseExists:
        return True
    except CouchRefused:
        log.error(
            "document database %s cannot be made by our account: an administrator runs xunlu couchdb init --admin",
            database,
        )
        return False
    log.info("document database made name=%s", database)
    return True


class DirectoryFollower:
    """Prepares again when the directory has changed, in this process or in a command beside it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        version = await prepare(self._services)
        self._task = asyncio.create_task(self._follow(version), name="directory")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _follow(self, version: int) -> None:
        for look in itertools.count(1):
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            try:
                await self._services.access.notice_changes()  # a right may be gone: open feeds ask again
                newest = self._services.directory.recent().version
                if newest != version and (version != NOT_ALL or look % TRY_AGAIN_LOOKS == 0):
                    version = await prepare(self._services)
            except (SyncError, SQLAlchemyError) as error:
                log.error(
                    "document databases not prepared cause=%r; next try in %.0f s", error, LOOK_EVERY_SECONDS
                )
