"""Answers as CouchDB gives them.

For: JSON bodies, errors, and answers that are written while they are read.
Not for: which headers the application adds (the application's).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from sync.errors import (
    MethodNotAllowed,
    StorageFull,
    StoreBroken,
    StoreClosed,
    StoreUnreadable,
    SyncError,
    Unauthorized,
)

RETRY_AFTER_SECONDS = "5"
_JSON_HEADERS = ((b"cache-control", b"no-store"), (b"content-type", b"application/json"))


def json_answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return raw_answer(orjson.dumps(value), status, headers)


def raw_answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`body` is JSON already. Nothing is for a browser's cache on a shared phone (promises S-28)."""
    return whole_answer(body + b"\n", status, headers)


def whole_answer(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """The same for a body that has its last line end: a large one is not copied for it."""
    return _JsonAnswer(body, status, headers or {})


class _JsonAnswer(Response):
    """Its headers are bytes from the start: they are nearly the same each time."""

    def __init__(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [*_JSON_HEADERS, (b"content-length", b"%d" % len(body))]
        for name, value in headers.items():
            self.raw_headers.append((name.lower().encode("latin-1"), value.encode("latin-1")))


def error_answer(error: SyncError) -> Response:
    headers = {}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allowed
    elif isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"  # "Basic" would make browsers ask for a password
    elif isinstance(error, (StorageFull, StoreBroken, StoreClosed, StoreUnreadable)):
        headers["Retry-After"] = RETRY_AFTER_SECONDS
    return json_answer(error.body(), error.status, headers)


class StreamedAnswer(Response):
    """A body that is written piece by piece; writing stops when the client has gone."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], media_type: str = "application/json") -> None:
        super().__init__(None, 200, {"Cache-Control": "no-store"}, media_type)
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        start: Message = {"type": "http.response.start", "status": self.status_code, "headers": headers}
        writing = asyncio.ensure_future(self._write(start, send))
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not writing.done():
                writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await leaving
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await writing
            await self._pieces.aclose()

    async def _write(self, start: Message, send: Send) -> None:
        await send(start)
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
