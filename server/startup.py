"""What the document store must hold for the directory as it stands: databases, and the catalogue in each project.

For: `prepare`, at start and whenever the directory changes: `xunlu area add` beside a running server works at once.
Not for: the directory itself (server/access/administration).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from sqlalchemy.exc import SQLAlchemyError

from server.catalogue.documents import catalogue_documents
from server.catalogue.phrases import phrase_document
from server.services import Services
from sync.errors import DatabaseExists, SyncError

log = logging.getLogger(__name__)
LOOK_EVERY_SECONDS = 1.0  # feeds are cut within two seconds (promises S-04)


async def prepare(services: Services) -> int:
    """Make what is missing; return the directory's version that this holds for. Safe to repeat."""
    directory = await asyncio.to_thread(services.directory.current)
    there = set(await services.store.databases())
    for entry in directory.databases.values():
        if entry.is_open and entry.name not in there:
            with contextlib.suppress(DatabaseExists):
                await services.store.create(entry.name)
                log.info("document database made name=%s", entry.name)
    for project in directory.projects:
        database = services.store.database(directory.project_database(project))
        await database.publish([*catalogue_documents(project), phrase_document(project)])
    return directory.version


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
        while True:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            try:
                await self._services.access.notice_changes()  # a right may be gone: open feeds ask again
                if self._services.directory.recent().version != version:
                    version = await prepare(self._services)
            except (SyncError, SQLAlchemyError) as error:
                log.error(
                    "document databases not prepared cause=%r; next try in %.0f s", error, LOOK_EVERY_SECONDS
                )
