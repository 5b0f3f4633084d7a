"""Runs the application under uvicorn, lets long-polls go when it is told to stop, and starts again after a disk error.

For: `serve` and `demo`. Not for: what is served (server/app).
Source: promises F-34: after a failed flush only a process that opens the file anew may write.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from types import FrameType

import uvicorn
from starlette.applications import Starlette

from server.commands import collector
from server.http.one_write import OneWriteProtocol
from sync.database import Store

# Once told to stop: how long answers under way may take. Feeds are ended at once.
STOP_WITHIN_SECONDS = 5
LOOK_AT_STORE_SECONDS = 5  # a disk that fails again at once is met this often, not more

log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """uvicorn waits for open requests before the lifespan ends; ours would wait for their next heartbeat."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        collector.settle()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app: Starlette = self.config.app  # type: ignore[assignment]  # always handed over as an object
        app.state.services.store.end_feeds()
        super().handle_exit(sig, frame)


def run(app: Starlette, host: str, port: int) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status: 1 when the start failed, as with a taken port.

    Does not return when the store has stopped taking writes: the process then becomes a fresh one, under the same number.
    """
    store: Store = app.state.services.store

    async def look_at_store() -> None:
        if store.is_broken and not server.should_exit:
            log.critical("starting again, because the store stopped taking writes")
            store.end_feeds()
            server.should_exit = True

    config = uvicorn.Config(
        app,
        http=OneWriteProtocol,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # addresses of requests name people's records (promises S-31)
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        timeout_keep_alive=75,  # longer than the phones' long-poll heartbeat
        callback_notify=look_at_store,
        timeout_notify=LOOK_AT_STORE_SECONDS,
    )
    server = _Server(config)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal again after a clean stop
        server.run()
    if store.is_broken:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return 0 if server.started else 1
