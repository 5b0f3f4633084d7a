"""Runs the application under uvicorn, and lets long-polls go when it is told to stop.

For: `serve` and `demo`. Not for: what is served (server/app).
"""

from __future__ import annotations

import contextlib
from types import FrameType

import uvicorn
from starlette.applications import Starlette

# Once told to stop: how long answers under way may take. Feeds are ended at once.
STOP_WITHIN_SECONDS = 5


class _Server(uvicorn.Server):
    """uvicorn waits for open requests before the lifespan ends; ours would wait for their next heartbeat."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        app: Starlette = self.config.app  # type: ignore[assignment]  # always handed over as an object
        app.state.services.store.end_feeds()
        super().handle_exit(sig, frame)


def run(app: Starlette, host: str, port: int) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status: 1 when the start failed, as with a taken port."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # addresses of requests name people's records (promises S-31)
        server_header=False,
        timeout_graceful_shutdown=STOP_WITHIN_SECONDS,
        timeout_keep_alive=75,  # longer than the phones' long-poll heartbeat
    )
    server = _Server(config)
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal again after a clean stop
        server.run()
    return 0 if server.started else 1
