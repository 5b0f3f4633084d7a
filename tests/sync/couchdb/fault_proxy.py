"""A small proxy between the store and its server, that answers chosen requests as a cluster in trouble does.

For: `FaultProxy`: `proxy.faults` are asked about every request, first match first; what none wants goes through as it is.
Not for: line faults on the way of phones (tests/faults).
Every request has a connection of its own to the server, so that an answer ends where its connection ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson


class Request(NamedTuple):
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


Answer = Callable[
    ["FaultProxy", Request], Awaitable[bytes | None]
]  # None: the connection is cut without a word


@dataclass
class Fault:
    """For requests whose method and target hold these texts, `times` of them; `met` counts them."""

    method: str
    target: str
    answer: Answer
    times: int = 1_000_000
    met: int = 0

    def wants(self, request: Request) -> bool:
        return self.met < self.times and self.method == request.method and self.target in request.target


@dataclass
class FaultProxy:
    """Use as `async with FaultProxy(url) as proxy`."""

    upstream: str
    faults: list[Fault] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)  # "METHOD target" of each request
    open_feeds: int = 0  # continuous feeds that are open right now
    most_feeds: int = 0
    _server: asyncio.Server | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _busy: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def fail(self, method: str, target: str, answer: Answer, times: int = 1_000_000) -> Fault:
        fault = Fault(method, target, answer, times)
        self.faults.append(fault)
        return fault

    def heal(self) -> None:
        self.faults.clear()

    def count(self, text: str) -> int:
        return sum(text in line for line in self.seen)

    async def until_seen(self, text: str, times: int = 1) -> None:
        """Return when so many requests with this text have come."""
        async with self._news:
            await self._news.wait_for(lambda: self.count(text) >= times)

    async def __aenter__(self) -> FaultProxy:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def forward(self, request: Request) -> bytes:
        """The server's whole answer, head and body."""
        reader, writer = await self._ask(request)
        try:
            return await reader.read()
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._answer(await _read(reader), reader, writer)
        finally:
            self._busy.discard(task)
            writer.close()

    async def _answer(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async with self._news:
            self.seen.append(f"{request.method} {request.target}")
            self._news.notify_all()
        fault = next((one for one in self.faults if one.wants(request)), None)
        if fault is not None:
            fault.met += 1
            answer = await fault.answer(self, request)
            if answer is not None:
                writer.write(answer)
                await writer.drain()
            return
        if "feed=continuous" in request.target:
            await self._feed(request, reader, writer)
        else:
            await self._pass_on(request, writer)

    async def _feed(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Open until either end of it goes: the next line may be long in coming."""
        self.open_feeds += 1
        self.most_feeds = max(self.most_feeds, self.open_feeds)
        ends = [asyncio.ensure_future(self._pass_on(request, writer)), asyncio.ensure_future(reader.read(1))]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open_feeds -= 1
            for one in ends:
                one.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def _pass_on(self, request: Request, writer: asyncio.StreamWriter) -> None:
        upstream, asking = await self._ask(request)
        try:
            while piece := await upstream.read(65536):
                writer.write(piece)
                await writer.drain()
        finally:
            asking.close()

    async def _ask(self, request: Request) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self.upstream)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        head = [f"{request.method} {request.target} HTTP/1.1"]
        head += [f"{name}: {value}" for name, value in request.headers if name.lower() != "connection"]
        writer.write("\r\n".join([*head, "connection: close", "", ""]).encode() + request.body)
        await writer.drain()
        return reader, writer


async def _read(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in head[1:] if line)]
    length = int({name.lower(): value for name, value in headers}.get("content-length", "0"))
    return Request(method, target, headers, await reader.readexactly(length))


# What may be answered.


def says(status: int, value: object = None) -> Answer:
    """The request never reaches the server."""

    async def answer(_proxy: FaultProxy, _request: Request) -> bytes:
        return _written(status, value)

    return answer


def done_but_says(status: int, value: object = None) -> Answer:
    """The server does it, and the answer is another one."""

    async def answer(proxy: FaultProxy, request: Request) -> bytes:
        await proxy.forward(request)
        return _written(status, value)

    return answer


def cut_after(share: float) -> Answer:
    """The server does it, and the connection ends within the answer."""

    async def answer(proxy: FaultProxy, request: Request) -> bytes | None:
        whole = await proxy.forward(request)
        return whole[: int(len(whole) * share)] or None

    return answer


def changed(
    request_to: Callable[[Request], Request], answer_to: Callable[[bytes], bytes] = lambda body: body
) -> Answer:
    """Another question, and another body of the answer (JSON)."""

    async def answer(proxy: FaultProxy, request: Request) -> bytes:
        whole = await proxy.forward(request_to(request))
        head, _, body = whole.partition(b"\r\n\r\n")
        assert b" 200 " in head.split(b"\r\n")[0], head
        return _written(200, orjson.loads(answer_to(_unchunked(head, body))))

    return answer


def held(until: asyncio.Event, reached: asyncio.Event | None = None) -> Answer:
    """The server does it; the answer waits for an event."""

    async def answer(proxy: FaultProxy, request: Request) -> bytes:
        whole = await proxy.forward(request)
        if reached is not None:
            reached.set()
        await until.wait()
        return whole

    return answer


def _written(status: int, value: object) -> bytes:
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    head = [f"HTTP/1.1 {status} Xunlu", "content-type: application/json", "connection: close"]
    head += [f"content-length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body


def _unchunked(head: bytes, body: bytes) -> bytes:
    if b"transfer-encoding: chunked" not in head.lower():
        return body
    pieces = []
    while body:
        size, _, body = body.partition(b"\r\n")
        pieces.append(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return b"".join(pieces)
