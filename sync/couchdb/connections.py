"""HTTP/1.1 connections to one server: few, used again, each with one question at a time.

For: `Connections.ask`. A general client cost more processor time for each request than all that this store does with it
    (0.65 ms against 0.1 ms), and every request of a phone is one or two of these.
Not for: feeds (client.py follows them), trying again, what an answer means (client.py).
Source: RFC 9112; httptools, which parses the answers.

An answer that has no length ends with its connection, and is not told apart from one that was cut: it counts as cut.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import urlsplit

import httptools


class Cut(Exception):
    """The connection ended before the answer did, or what came was no HTTP."""


class NotConnected(Exception):
    """No connection could be made: nothing was asked."""


class Answer(NamedTuple):
    status: int
    content: bytes


class Connections:
    """Belongs to one event loop. `headers` go with every request."""

    def __init__(
        self,
        base: str,
        account: tuple[str, str] | None,
        headers: Mapping[str, str],
        most: int,
        connect_seconds: float,
    ) -> None:
        parts = urlsplit(base)
        assert parts.hostname is not None
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host, self._port = parts.hostname, parts.port or (443 if self._tls else 80)
        self._path = parts.path
        every = {"Host": parts.netloc, **headers}
        if account is not None:
            every["Authorization"] = "Basic " + base64.b64encode(":".join(account).encode()).decode()
        self._head = "".join(f"{name}: {value}\r\n" for name, value in every.items())
        self._connect_seconds = connect_seconds
        self._places = asyncio.Semaphore(most)
        self._idle: list[_Connection] = []

    async def ask(self, method: str, target: str, body: bytes | None, silence_seconds: float) -> Answer:
        """Raises Cut, NotConnected, and TimeoutError after a silence of that length, or when no connection becomes free."""
        head = f"{method} {self._path}{target} HTTP/1.1\r\n{self._head}"
        if body is not None:
            head += f"Content-Length: {len(body)}\r\n"
        if self._places.locked():
            await asyncio.wait_for(self._places.acquire(), silence_seconds)
        else:
            await self._places.acquire()
        try:
            connection = self._take() or await self._connect()
            answer = await connection.ask(f"{head}\r\n".encode(), body or b"", silence_seconds)
            if connection.is_usable:
                self._idle.append(connection)
            return answer
        finally:
            self._places.release()

    def close(self) -> None:
        """What is being asked ends with Cut when its connection is used again; nothing more is sent."""
        for connection in self._idle:
            connection.end()
        self._idle.clear()

    def _take(self) -> _Connection | None:
        while self._idle:
            connection = self._idle.pop()  # the one used last: the others may end
            if connection.is_usable:
                return connection
        return None

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await loop.create_connection(
                    lambda: _Connection(loop), self._host, self._port, ssl=self._tls
                )
        except (OSError, TimeoutError) as error:
            raise NotConnected from error
        return connection


class _Connection(asyncio.Protocol):
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None
        self._heard_at = 0.0
        self._timer: asyncio.TimerHandle

    @property
    def is_usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, head: bytes, body: bytes, silence_seconds: float) -> Answer:
        assert self._transport is not None
        self._answer, self._body = self._loop.create_future(), []
        self._heard_at = self._loop.time()
        self._timer = self._loop.call_later(silence_seconds, self._look, silence_seconds)
        try:
            self._transport.writelines([head, body])
            return await self._answer
        except BaseException:
            self.end()  # the answer may still come, and nobody is to take it for the next one
            raise
        finally:
            self._timer.cancel()
            self._answer = None

    def end(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _look(self, silence_seconds: float) -> None:
        if self._answer is None or self._answer.done():
            return
        left = self._heard_at + silence_seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look, silence_seconds)
        else:
            self._answer.set_exception(TimeoutError(f"silent for {silence_seconds:.1f} s"))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are none by name

    def data_received(self, data: bytes) -> None:
        self._heard_at = self._loop.time()
        if self._answer is None or self._answer.done():
            self.end()  # nothing was asked
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(Cut(f"no HTTP: {error}"))
            self.end()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(Cut(repr(error) if error else "the connection ended"))

    # What httptools tells.

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        assert self._answer is not None
        assert self._transport is not None
        if not self._parser.should_keep_alive():
            self._transport.close()
        if not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), b"".join(self._body)))
