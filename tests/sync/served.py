"""The endpoint as its own process: `python -m tests.sync.served FOLDER [PORT]` prints its port when it answers.

`Served` starts, kills and restarts it from a test. A `Nursery` has everything loaded and forks it: a process of its own like any
other, whose start costs what opening the store costs, for tests that start it a hundred times.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import uvicorn

from sync.access import Action
from sync.http import create_app
from sync.sqlite import open_store
from tests.sync.people import House

EVERYTHING = {Action.READ, Action.PUSH}
AREA = "area-a1"
RESERVE_BYTES = 4 * 1024 * 1024


class Nursery:
    """Linux only: the end of somebody else's child is waited for by its pidfd."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.sync.served", "--nursery"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def bear(self, folder: Path, port: int) -> tuple[int, int]:
        """Start the endpoint on a folder; return its process id and its port."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{port} {folder}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line.strip(), "the served endpoint did not start"
        pid, _, answering = line.partition(" ")
        return int(pid), int(answering)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()


class Born:
    """An endpoint that a nursery forked, killed and restarted like a Served."""

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self.folder = folder
        self.port = 0
        self._nursery = nursery
        self._pid = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._pid, self.port = self._nursery.bear(self.folder, self.port)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told. Returns when the process is gone."""
        watch = os.pidfd_open(self._pid)
        signal.pidfd_send_signal(watch, signal.SIGKILL)
        select.select([watch], [], [], 30)
        os.close(watch)


class Served:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.sync.served", str(self.folder), str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the served endpoint did not start"
        self.port = int(line)

    def kill(self) -> None:
        """SIGKILL: nothing is flushed, nobody is told."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


class _Announcing(uvicorn.Server):
    prefix = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets
        print(f"{self.prefix}{sockets[0].getsockname()[1]}", flush=True)


async def _serve(folder: Path, port: int, prefix: str = "") -> None:
    store = open_store(folder, reserve_bytes=RESERVE_BYTES)
    if AREA not in await store.databases():
        await store.create(AREA)
    access = House({("steward1", AREA): EVERYTHING, ("office1", AREA): EVERYTHING})
    # Named as TCP: asyncio turns Nagle's algorithm off only for sockets that say so.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    config = uvicorn.Config(create_app(store, access), log_level="warning", access_log=False)
    server = _Announcing(config)
    server.prefix = prefix
    try:
        await server.serve(sockets=[listening])
    finally:
        await store.close()


def _run(folder: Path, port: int, prefix: str = "") -> None:
    factory = uvicorn.Config(app="").get_loop_factory()  # the loop that `xunlu serve` runs on
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(folder, port, prefix))


def _bear_on_demand() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead are buried by the system
    while line := os.read(0, 4096).decode():  # one at a time: the next comes when this one has answered
        port, _, folder = line.rstrip("\n").partition(" ")
        if os.fork() == 0:
            os.close(0)
            _run(Path(folder), int(port), f"{os.getpid()} ")
            os._exit(0)


if __name__ == "__main__":
    os.umask(0o077)
    if sys.argv[1] == "--nursery":
        _bear_on_demand()
    else:
        _run(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
