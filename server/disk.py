"""When the disk is full or fails, beyond the documents: what gives up the reserve, what must not eat it, when writing ends.

For: `heed_disk` at start; `sql_error` as an answer; `RoomFirst` around what takes photos.
Not for: the documents' own disk (sync/sqlite/space.py), which the reserve belongs to: both lie in one data directory.
Source: promises F-33, F-34.
"""

from __future__ import annotations

import contextlib
import logging

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from media.errors import StorageFull
from media.tus import error_response
from server.apsw_dbapi import DiskFull, FlushFailed
from server.errors import ServerBusy
from server.http import answers
from sync.database import Store
from sync.errors import SyncError

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 2
FULL = "服务器磁盘已满, 本次没有保存; 请稍后再试。The server's disk is full. Nothing was stored; try again."


def heed_disk(engine: Engine, store: Store) -> None:
    """From now on a full disk met by the SQL database gives up the reserve: the next sign-in or receipt finds room.

    And a flush of it that failed ends all writing, until the process has started again.
    """

    def note(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, DiskFull):
            store.note_full()
        elif isinstance(context.original_exception, FlushFailed):
            log.critical(
                "a flush of the SQL database failed: no more writes cause=%r", context.original_exception
            )
            store.note_failed_flush()

    event.listen(engine, "handle_error", note)


class RoomFirst:
    """Refuses new bytes of photos while the disk is full: the reserve is for sign-in, receipts and mending."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self._app = app
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("POST", "PATCH") and self._store.is_full:
            with contextlib.suppress(SyncError):  # a store that is broken or closed says so itself
                await self._store.probe()
            if self._store.is_full:
                refused = StorageFull(FULL, {"Retry-After": str(RETRY_AFTER_SECONDS)})
                await error_response(refused)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def sql_error(request: Request, error: Exception) -> Response:
    """Nothing of the request was stored. Anything but the disk is a fault of ours and is raised again."""
    if not isinstance(error, OperationalError):
        raise error
    log.error("SQL database failed cause=%r", error.orig)
    if isinstance(error, DBAPIError) and isinstance(error.orig, DiskFull):
        reason = FULL
    else:
        reason = "服务器的数据库没有回应; 请稍后再试。The server's database does not answer. Try again later."
    return answers.error_response(ServerBusy(reason, retry_after_seconds=RETRY_AFTER_SECONDS))
