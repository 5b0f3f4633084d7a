"""When the SQL database finds no room on the disk: the reserve is given up, and who asked is told to ask again.

For: `heed_full_disk` at start, `sql_error` as an answer.
Not for: the documents' own disk (sync/sqlite/space.py), which the reserve belongs to: both lie in one data directory.
Source: promises F-33.
"""

from __future__ import annotations

import logging

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.requests import Request
from starlette.responses import Response

from server.apsw_dbapi import DiskFull
from server.errors import ServerBusy
from server.http.answers import error_response
from sync.database import Store

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 2


def heed_full_disk(engine: Engine, store: Store) -> None:
    """From now on a full disk met by the SQL database gives up the reserve: the next sign-in or receipt finds room."""

    def note(context: ExceptionContext) -> None:
        if isinstance(context.original_exception, DiskFull):
            store.note_full()

    event.listen(engine, "handle_error", note)


async def sql_error(request: Request, error: Exception) -> Response:
    """Nothing of the request was stored. Anything but the disk is a fault of ours and is raised again."""
    if not isinstance(error, OperationalError):
        raise error
    log.error("SQL database failed cause=%r", error.orig)
    if isinstance(error, DBAPIError) and isinstance(error.orig, DiskFull):
        reason = "服务器磁盘已满, 本次没有保存; 请稍后再试。The server's disk is full. Nothing was stored; try again."
    else:
        reason = "服务器的数据库没有回应; 请稍后再试。The server's database does not answer. Try again later."
    return error_response(ServerBusy(reason, retry_after_seconds=RETRY_AFTER_SECONDS))
