"""`python -m tests.server.jobs.ticking DATA CLOCK`: the server's reminders as a process, which ticks at each line it is sent.

CLOCK is a file with the instant it is, so that a test moves time and the process may be killed at any moment. It says `ready`
when it has started and `ticked` after each tick; it stops when its input ends.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from server.jobs.service import Jobs
from server.opening import close_services, open_services
from server.settings import Settings
from server.startup import prepare
from sync.errors import StoreUnfit


class FileClock:
    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text()).astimezone(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


async def _serve(data: Path, clock: FileClock) -> None:
    services = open_services(Settings.from_environ({"XUNLU_DATA": str(data)}), clock)
    await prepare(services)
    await services.intake.start()
    jobs = Jobs(services)
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        await jobs.tick()
        print("ticked", flush=True)
    await services.intake.stop()
    await close_services(services)


if __name__ == "__main__":
    try:
        asyncio.run(_serve(Path(sys.argv[1]), FileClock(Path(sys.argv[2]))))
    except StoreUnfit as error:
        sys.exit(str(error))
