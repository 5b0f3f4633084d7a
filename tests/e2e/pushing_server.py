"""The shipped server, which also believes one push service on the loopback: a test's own.

For: `python -m tests.e2e.pushing_server --port PORT --push-service HOST:PORT`, run by test_push.py;
settings come from the environment.
Not for: anything else; the shipped server asks only the push services it knows (promises S-34).
"""

from __future__ import annotations

import argparse
import os
import sys

from server.app import create_app
from server.commands.serving import run
from server.notify import subscriptions, webpush
from server.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--push-service", required=True)
    asked = parser.parse_args()

    def problem(endpoint: str, more_hosts: tuple[str, ...] = ()) -> str | None:
        return webpush.endpoint_problem(endpoint, (*more_hosts, asked.push_service))

    subscriptions.endpoint_problem = problem  # type: ignore[attr-defined]
    return run(create_app(Settings.from_environ(os.environ)), "127.0.0.1", asked.port)


if __name__ == "__main__":
    sys.exit(main())
