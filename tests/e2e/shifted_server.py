"""The shipped server with its clock moved: what happens when a deadline passes, without waiting for it.

For: `python -m tests.e2e.shifted_server --port PORT --hours N`, run by DemoServer; settings come from the environment.
Not for: a server whose clock jumps while it runs (tests/server/jobs).
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timedelta

from server.app import create_app
from server.clock import SystemClock
from server.commands.serving import run
from server.settings import Settings


class MovedClock(SystemClock):
    def __init__(self, by: timedelta) -> None:
        self._by = by

    def now(self) -> datetime:
        return super().now() + self._by


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--hours", type=float, required=True)
    asked = parser.parse_args()
    settings = Settings.from_environ(os.environ)
    return run(create_app(settings, MovedClock(timedelta(hours=asked.hours))), "127.0.0.1", asked.port)


if __name__ == "__main__":
    sys.exit(main())
