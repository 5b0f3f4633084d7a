"""A replication server in a process of its own, whose CPU time can be read from outside.

For: the measurements of tests/bench. Not for: correctness (tests/sync).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

OPERATOR = ("bench", "bench-bench-bench")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Served:
    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url = url
        self._process = process

    def cpu_seconds(self) -> float:
        """User and system time of the server so far. Source: proc(5), fields 14 and 15 of stat."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=self.url, auth=OPERATOR, timeout=60)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """`xunlu serve` on an empty data directory, with the operator's door open."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNLU_")}
    environment |= {"XUNLU_DATA": str(folder / "data"), "XUNLU_OPERATOR": ":".join(OPERATOR)}
    command = [sys.executable, "-m", "server", "--log-level", "error", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment)
    try:
        server = Served(f"http://127.0.0.1:{port}", process)
        _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_ready(server: Served) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx2.get(f"{server.url}/readyz", timeout=2).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.05)  # another process: there is no event to wait for
    raise TimeoutError("the server was not ready within 60 s")
