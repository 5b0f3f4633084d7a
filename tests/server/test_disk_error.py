"""The server after a flush that failed: it takes nothing, says so, starts again by itself, and has all it acknowledged.

Source: promises F-34.
"""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

WITHIN_SECONDS = 60
OPERATOR = {"Authorization": "Basic " + base64.b64encode(b"op:secret-of-op").decode()}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNLU_")}
    environment |= {"XUNLU_DATA": str(tmp_path / "data"), "XUNLU_OPERATOR": "op:secret-of-op"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.server.failing_disk", "serve", "--port", str(port)],
            env=environment,
            stderr=log,
        )
    yield process, f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=20)


def wait_for(what: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + WITHIN_SECONDS
    while not what():
        assert time.monotonic() < ends_at, f"not within {WITHIN_SECONDS} s"
        time.sleep(0.05)  # a phone that tries again


def status(http: httpx2.Client, method: str, path: str) -> int:
    try:
        return http.request(method, path, json={} if method == "PUT" else None).status_code
    except httpx2.TransportError:
        return 0


def test_it_starts_again_by_itself_and_has_what_it_acknowledged(
    server: tuple[subprocess.Popen[bytes], str],
) -> None:
    process, url = server
    with httpx2.Client(base_url=url, timeout=10, headers=OPERATOR) as http:
        wait_for(lambda: status(http, "GET", "/readyz") == 200)
        assert status(http, "PUT", "/db/area-a1") == 201
        assert status(http, "PUT", "/db/area-a1/kept") == 201
        epoch = http.get("/db/").json()["uuid"]

        process.send_signal(signal.SIGUSR1)
        wait_for(lambda: status(http, "PUT", f"/db/area-a1/{time.monotonic_ns()}") == 503)
        unready = status(http, "GET", "/readyz")
        wait_for(lambda: status(http, "PUT", "/db/area-a1/later") == 201)

        assert unready in (503, 0)  # told, or starting again already
        assert process.poll() is None
        assert http.get("/db/area-a1/kept").status_code == 200
        assert http.get("/db/").json()["uuid"] == epoch
        assert status(http, "GET", "/readyz") == 200
