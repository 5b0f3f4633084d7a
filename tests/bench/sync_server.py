"""The endpoint in a process of its own, for measuring: `python -m tests.bench.sync_server FOLDER DATABASE…`.

For: `Server`, which starts it and reads its processor time and memory from outside. Rights, review and trees are on, and
    every answer is marked as the whole server does it. `/echo` beside it answers a request with its own body: the most
    this HTTP server does on this machine. `/cpu` tells the processor time of the process, and of its writing thread alone.
Not for: correctness (tests/sync).
Source: proc(5), /proc/pid/stat and /proc/pid/status; pthread_getcpuclockid(3).
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

import sync.couchdb
from server.commands import collector
from server.http.edge import Edge
from server.http.one_write import OneWriteProtocol
from sync.access import Action, Caller, Refusal
from sync.database import Store
from sync.http import create_app
from sync.sqlite import open_store
from tests.sync.people import House

WRITING_THREAD = "sync-writer"  # as sync/sqlite/writer names it
COUCHDB = "XUNLU_BENCH_COUCHDB"
_TICKS = os.sysconf("SC_CLK_TCK")


class Office(House):
    """Anyone signed in reads and pushes; ownership is judged, and later generations are taken so that edits can be measured."""

    def permits(self, caller: Caller, database: str, action: Action) -> bool:
        return caller.is_operator or action is not Action.ADMIN

    def review(self, caller: Caller, database: str, document: Mapping[str, Any]) -> Refusal | None:
        refusal = super().review(caller, database, document)
        return None if refusal is not None and refusal.code == "generation" else refusal


class Server:
    def __init__(self, folder: Path, *databases: str, couchdb: tuple[str, str] | None = None) -> None:
        """`couchdb`: URL and prefix, to measure the store over that server."""
        command = [sys.executable, "-m", "tests.bench.sync_server", str(folder), *databases]
        environ = dict(os.environ) if couchdb is None else {**os.environ, COUCHDB: " ".join(couchdb)}
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, start_new_session=True, env=environ
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the measured server did not start"
        self.port = int(line)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_bytes(self) -> int:
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ValueError("the system does not tell the server's memory")

    def _end(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()


async def _echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")


async def _cpu(request: Request) -> Response:
    writing = sum(
        time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
        for thread in threading.enumerate()
        if thread.name == WRITING_THREAD and thread.ident is not None
    )
    return JSONResponse({"process_seconds": time.process_time(), "writing_seconds": writing})


def raise_file_limit() -> int:
    """Each open line is an open file: as many as the system lets us have. Returns how many that is."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


class _Announcing(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        collector.settle()  # as `xunlu serve` does
        assert sockets
        print(sockets[0].getsockname()[1], flush=True)


def _open(folder: Path) -> Store:
    if COUCHDB not in os.environ:
        return open_store(folder)
    url, prefix = os.environ[COUCHDB].split(" ")
    return sync.couchdb.open_store(url, folder, prefix=prefix)


async def _serve(folder: Path, databases: list[str]) -> None:
    store = _open(folder)
    for name in set(databases) - set(await store.databases()):
        await store.create(name)
    routes = [
        Mount("/db", create_app(store, Office())),  # looked at first, as in the whole server
        Route("/echo", _echo, methods=["POST"]),
        Route("/cpu", _cpu),
    ]
    app = Edge(Starlette(routes=routes), lambda: store.epoch)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=OneWriteProtocol,
        log_level="warning",
        access_log=False,
        backlog=4096,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=75,
    )
    try:
        await _Announcing(config).serve(sockets=[listening])
    finally:
        await store.close()


if __name__ == "__main__":
    raise_file_limit()
    factory = uvicorn.Config(app="").get_loop_factory()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(Path(sys.argv[1]), sys.argv[2:]))
