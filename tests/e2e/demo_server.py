"""The shipped server as its own process: started, stopped, killed and started again on the same data.

Not for: anything inside the process. Tests here see what a phone and an office see.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx2

from tests.pouchdb_server import PouchdbServer, free_port

PASSWORD = "xunlu-demo"
SITE = ZoneInfo("Asia/Shanghai")
START_LIMIT_SECONDS = 90


class DemoServer:
    """`xunlu demo --data DIR --port PORT`, keeping its port over restarts so that phones find it again.

    With `couchdb_url`: `xunlu serve` on these data, whose documents are kept there.
    """

    couchdb: PouchdbServer  # only on a CouchDB of its own

    def __init__(self, data: Path, couchdb_url: str | None = None) -> None:
        self.data = data
        self._settings = {"XUNLU_DATA": str(data)}
        if couchdb_url is not None:
            self._settings |= {"XUNLU_STORE": "couchdb", "XUNLU_COUCHDB_URL": couchdb_url}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._entry: tuple[str, ...] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log = data.parent / f"{data.name}.log"
        self._clients: list[OfficeClient] = []

    def run_as(self, module: str, *options: str) -> None:
        """Start it by a module of the tests instead, which composes the shipped server in its own way."""
        self._entry = (module, *options)

    def start(self, hours_later: float = 0) -> None:
        """Start it, or start it with its clock moved: what a deadline does when it has passed."""
        where = ["--port", str(self.port)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("XUNLU_")}
        command = ["server", "demo", *where, "--data", str(self.data)]
        if self._entry is not None:
            command = [self._entry[0], *where, *self._entry[1:]]
            environment |= self._settings
        elif hours_later:
            command = ["tests.e2e.shifted_server", *where, "--hours", str(hours_later)]
            environment |= self._settings
        elif "XUNLU_STORE" in self._settings:
            command = ["server", "serve", *where]
            environment |= self._settings
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def office(self, username: str = "office1") -> OfficeClient:
        client = OfficeClient(self.url, username)
        self._clients.append(client)
        return client

    def close(self) -> None:
        """Kill the server and hang up every client."""
        self.kill()
        for client in self._clients:
            client.close()

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


@contextmanager
def on_couchdb(demo_in_couchdb: Path, folder: Path) -> Iterator[DemoServer]:
    """A server, not started yet, on a copy of the demo whose documents lie in a pouchdb-server of its own."""
    shutil.copytree(demo_in_couchdb, folder / "demo")
    couchdb = PouchdbServer(folder / "demo" / "couchdb", folder / "couchdb-work")
    couchdb.start()
    server = DemoServer(folder / "demo" / "data", couchdb.url)
    server.couchdb = couchdb
    try:
        yield server
    finally:
        server.close()
        couchdb.stop()


class OfficeClient:
    """Somebody at a desk with a plain HTTP client."""

    def __init__(self, url: str, username: str) -> None:
        self._http = httpx2.Client(base_url=url, timeout=30)
        answer = self._http.post("/api/session", json={"username": username, "password": PASSWORD})
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        answer = self._http.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Any) -> httpx2.Response:
        return self._http.post(path, json=body)

    def patch(self, path: str, body: Any) -> httpx2.Response:
        return self._http.patch(path, json=body)

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

    def violation(self, violation_id: str) -> dict[str, Any]:
        """The case as it stands in the queue of approvals."""
        return next(
            case for case in self.get("/api/approvals", limit=500)["items"] if case["id"] == violation_id
        )

    def wait_for_violation(self, decoration: str) -> dict[str, Any]:
        """The case that a phone reported at this decoration project, once it has arrived."""

        def arrived() -> dict[str, Any] | None:
            cases = self.get("/api/approvals", limit=500)["items"]
            return next(
                (
                    case
                    for case in cases
                    if case["fields"]["decoration_project"] == decoration and case["state"] == "submitted"
                ),
                None,
            )

        return wait_until(arrived, f"a violation of {decoration}")

    def decide(self, case: dict[str, Any], decision: str, in_days: int = 3) -> httpx2.Response:
        rectify_by = (datetime.now(SITE) + timedelta(days=in_days)).date().isoformat()
        body = {
            "decision": decision,
            "reason": "证据清楚，需恢复原状",
            "evidence_hash": case["evidence_hash"],
            **({"rectify_by": rectify_by, "clause": "第 12 条"} if decision == "confirm" else {}),
        }
        return self.post(f"/api/violations/{case['id']}/decision", body)

    def wait_for_inbox(self, rule: str, subject: str) -> list[dict[str, Any]]:
        """Reminders and alarms of a rule about a subject, once there is one."""

        def arrived() -> list[dict[str, Any]]:
            return [
                item
                for item in self.get("/api/inbox", limit=500)["items"]
                if item["rule"] == rule and (item["subject"] == subject or subject in item.get("items", []))
            ]

        return wait_until(arrived, f"{rule} about {subject} in the inbox")


T = TypeVar("T")


def wait_until(look: Callable[[], T | None], what: str, seconds: float = 60) -> T:
    """Look again and again until there is something: it happens in another process."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{what} did not come within {seconds:.0f} s")
