"""pouchdb-server from npm as a process of its own: a server of CouchDB's protocol that nobody here wrote.

For: `PouchdbServer(folder)`: start, kill and start again on the same files and port; `IS_HERE` tells whether npm has brought it.
Not for: Apache CouchDB (XUNLU_TEST_COUCHDB_URL).
"""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

_PROGRAM = Path(__file__).parent / "node_modules" / "pouchdb-server" / "bin" / "pouchdb-server"
IS_HERE = shutil.which("node") is not None and _PROGRAM.is_file()
START_SECONDS = 60


def free_port() -> int:
    """One that no outgoing connection is given meanwhile, so that a server that starts again finds it free again.

    Source: ip(7), `ip_local_port_range`: 32768 and above.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class PouchdbServer:
    """Its databases lie in `folder` (LevelDB), so that they outlive a kill; with `folder` None they are in memory."""

    def __init__(self, folder: Path | None, work: Path) -> None:
        self._folder, self._work = folder, work
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._work.mkdir(parents=True, exist_ok=True)
        place = ["--in-memory"]
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            place = ["--dir", str(self._folder)]
        command = ["node", str(_PROGRAM), "--host", "127.0.0.1", "--port", str(self.port), *place]
        with (self._work / "pouchdb-server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--no-stdout-logs", "--no-color"],
                cwd=self._work, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait_until_it_answers()

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < until:
            try:
                with urllib.request.urlopen(self.url, timeout=5):
                    return
            except OSError:
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"pouchdb-server did not start; see {self._work / 'pouchdb-server.log'}")
