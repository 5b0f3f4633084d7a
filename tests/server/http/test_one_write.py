"""An answer leaves in one write, a feed's head without waiting, and nothing is lost at the end of a connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from server.http.one_write import OneWriteProtocol

writes: list[int] = []  # how many bytes each took


class Counted:
    """A connection that notes how it is written to."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        writes.append(len(data))
        self._transport.write(data)

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        writes.append(sum(map(len, parts)))
        self._transport.writelines(parts)


class CountedProtocol(OneWriteProtocol):
    def connection_made(self, transport: Any) -> None:
        super().connection_made(Counted(transport))  # type: ignore[arg-type]


go_on = asyncio.Event()


async def _echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


async def _feed(request: Request) -> Response:
    async def lines() -> AsyncIterator[str]:
        await go_on.wait()
        for number in range(100):
            yield f"{number}\n"

    return StreamingResponse(lines())


@asynccontextmanager
async def line() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    writes.clear()
    go_on.clear()
    listening = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/echo", _echo, methods=["POST"]), Route("/feed", _feed)])
    config = uvicorn.Config(app, http=CountedProtocol, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        await server.shutdown(sockets=[listening])


async def answer_of(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(int(each[15:]) for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:"))
    return head, await reader.readexactly(size)


def asked(body: bytes, more: str = "") -> bytes:
    return f"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.mark.anyio
async def test_each_answer_is_one_write() -> None:
    async with line() as (reader, writer):
        sizes = []
        for body in (b"a", b"", b"b" * 3_000_000):
            writer.write(asked(body))
            head, echoed = await answer_of(reader)
            assert echoed == body
            sizes.append(len(head) + len(body))
        assert writes == sizes


@pytest.mark.anyio
async def test_answers_to_requests_sent_together_keep_their_order() -> None:
    async with line() as (reader, writer):
        writer.write(b"".join(asked(str(number).encode()) for number in range(20)))
        assert [(await answer_of(reader))[1] for _ in range(20)] == [str(n).encode() for n in range(20)]


@pytest.mark.anyio
async def test_the_head_of_a_feed_does_not_wait_for_its_lines_and_all_of_them_come() -> None:
    async with line() as (reader, writer):
        writer.write(b"GET /feed HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")
        go_on.set()
        chunks = (await reader.read()).split(b"\r\n")
        assert b"".join(chunks[1:-3:2]) == b"".join(b"%d\n" % number for number in range(100))
        assert chunks[-3:] == [b"0", b"", b""]


@pytest.mark.anyio
async def test_a_connection_that_is_closed_has_its_last_answer() -> None:
    async with line() as (reader, writer):
        writer.write(asked(b"last", "Connection: close\r\n"))
        assert (await reader.read()).endswith(b"\r\n\r\nlast")


@pytest.mark.anyio
async def test_what_is_no_request_is_told_so() -> None:
    async with line() as (reader, writer):
        writer.write(b"what?\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
