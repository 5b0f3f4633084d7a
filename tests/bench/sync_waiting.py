"""Thousands of phones that only wait at the server, in a process of their own.

For: `Waiting`, which opens their long-polls and tells when each of one database's phones heard of a write.
    `python -m tests.bench.sync_waiting PLAN` is that process; PLAN is JSON.
Not for: phones that work (sync_phones).
Source: CouchDB documentation, "/{db}/_changes", feed=longpoll.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from tests.bench.sync_server import raise_file_limit
from tests.sync.people import bearer

AT_ONCE = 500  # lines that are being opened at the same time


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    port: int
    databases: dict[str, int]  # how many wait at each
    heartbeat_seconds: int = 15  # the PWA's own


class Waiting:
    """All of them wait when this is made."""

    def __init__(self, plan: WaitingPlan) -> None:
        command = [sys.executable, "-m", "tests.bench.sync_waiting", json.dumps(asdict(plan))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._read() == "waiting", "they could not all begin to wait"

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def watch(self, database: str) -> None:
        """From now on note who hears of something at `database`."""
        self._write(database)
        assert self._read() == "watching"

    def heard(self) -> list[float]:
        """When each of them had its whole answer, by time.perf_counter (one clock for all processes).

        They wait again when this returns: a real phone first fetches what it was told of, so none asks again before all heard.
        """
        times: list[float] = json.loads(self._read())
        return times

    def beats(self) -> int:
        """How many heartbeats have come so far."""
        self._write("?")
        return int(self._read())

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the waiting phones failed; what they said is above"
        return line.strip()


class _Phone(asyncio.Protocol):
    """A long-poll as small as it gets: 20,000 of these share one process."""

    __slots__ = ("_head", "_room", "_text", "_transport", "database", "is_waiting")

    def __init__(self, room: _Room, database: str, device: str) -> None:
        self._room = room
        self.database = database
        self._head = f"Host: x\r\nAuthorization: {bearer('steward1', device)['Authorization']}\r\n\r\n"
        self._text = b""
        self.is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._ask("now")

    def data_received(self, data: bytes) -> None:
        if self.is_waiting and data == b"1\r\n\n\r\n":
            self._room.beats += 1
            return
        self._text += data
        if not self._text.startswith(b"HTTP/1.1 200"[: len(self._text)]):
            self._room.fail(f"the server would not let one wait: {self._text[:300]!r}")
        if not self.is_waiting and b'{"results":[' in self._text:
            self.is_waiting = True
            self._room.waits()
        if self._text.endswith(b"0\r\n\r\n"):
            self.is_waiting = False
            self._room.hears(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._room.is_over:
            self._room.fail(f"the server hung up on one that waited: {self._text[-300:]!r} {exc!r}")

    def ask_again(self) -> None:
        since = self._text.rpartition(b'"last_seq":"')[2].partition(b'"')[0].decode()
        self._text = b""
        self._ask(since)

    def _ask(self, since: str) -> None:
        path = f"/db/{self.database}/_changes?feed=longpoll&heartbeat={self._room.heartbeat_ms}&limit=1&since={since}"
        self._transport.write(f"GET {path} HTTP/1.1\r\n{self._head}".encode())


class _Room:
    def __init__(self, plan: WaitingPlan) -> None:
        self.heartbeat_ms = plan.heartbeat_seconds * 1000
        self.beats = 0
        self.is_over = False
        self._plan = plan
        self._missing = sum(plan.databases.values())
        self._all_wait = asyncio.Event()
        self._watched = ""
        self._heard: list[tuple[float, _Phone]] = []

    def waits(self) -> None:
        self._missing -= 1
        if self._missing == 0:
            self._all_wait.set()
            if self._heard:
                print(json.dumps([at for at, _ in self._heard]), flush=True)
                self._heard = []

    def fail(self, why: str) -> None:
        """End this process: an error raised in a callback of the event loop would only be printed, 20,000 times."""
        print(why, file=sys.stderr, flush=True)
        os._exit(1)

    def hears(self, phone: _Phone) -> None:
        if phone.database != self._watched:
            self.fail(f"woken for nothing at {phone.database}")
        self._heard.append((time.perf_counter(), phone))
        if len(self._heard) == self._plan.databases[phone.database]:
            self._missing = len(self._heard)
            for _, heard in self._heard:
                heard.ask_again()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(AT_ONCE)

        async def enter(database: str, number: int) -> None:
            async with gate:
                await loop.create_connection(
                    lambda: _Phone(self, database, f"idle{number}"), "127.0.0.1", self._plan.port
                )

        names = [name for name, count in self._plan.databases.items() for _ in range(count)]
        await asyncio.gather(*(enter(name, number) for number, name in enumerate(names)))
        await self._all_wait.wait()
        print("waiting", flush=True)
        while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
            if line == "?":
                print(self.beats, flush=True)
            else:
                self._watched = line
                print("watching", flush=True)
        self.is_over = True


if __name__ == "__main__":
    raise_file_limit()
    asyncio.run(_Room(WaitingPlan(**json.loads(sys.argv[1]))).run())
