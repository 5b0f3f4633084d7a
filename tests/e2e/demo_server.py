"""The shipped server as its own process: started, stopped, killed and started again on the same data.

Not for: anything inside the process. Tests here see what a phone and an office see.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2

PASSWORD = "xunlu-demo"
START_LIMIT_SECONDS = 90


class DemoServer:
    """`xunlu demo --data DIR --port PORT`, keeping its port over restarts so that phones find it again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.parent / f"{data.name}.log"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", "demo", "--port", str(self.port), "--data", str(self.data)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={key: value for key, value in os.environ.items() if not key.startswith("XUNLU_")},
                start_new_session=True,
            )
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def office(self, username: str = "office1") -> OfficeClient:
        return OfficeClient(self.url, username)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            self._process.wait(timeout=5)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=5)
            raise AssertionError(
                f"the server did not stop within 20 s of {number.name}\n{self.log()[-4000:]}"
            ) from None
        finally:
            self._process = None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                raise AssertionError(f"the server ended before it was ready\n{self.log()[-4000:]}")
            try:
                if httpx2.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.05)  # another process: there is no event to wait for
        raise AssertionError(f"the server was not ready within {START_LIMIT_SECONDS} s\n{self.log()[-4000:]}")


class OfficeClient:
    """Somebody at a desk with a plain HTTP client."""

    def __init__(self, url: str, username: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=30)
        answer = self._http.post("/api/session", json={"username": username, "password": PASSWORD})
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **query: Any) -> Any:
        answer = self._http.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any) -> httpx2.Response:
        return self._http.post(path, json=body)

    def raw(self, path: str, **query: Any) -> httpx2.Response:
        return self._http.get(path, params=query)

    def records(self, record_type: str, **query: Any) -> list[dict[str, Any]]:
        """Every record of a register, page after page."""
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(200):
            page = self.get(
                f"/api/records/{record_type}", limit=500, **query, **({"cursor": cursor} if cursor else {})
            )
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items
        raise AssertionError("the register never ended")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
