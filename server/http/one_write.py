"""Head and body of an answer leave in one write.

For: `OneWriteProtocol`, which the server runs instead of uvicorn's own. Not for: what answers hold (answers, edge).

uvicorn hands each part of an answer to the connection as it comes, so that a short answer costs two system calls, and wakes
its reader twice. Here the first part of a turn of the loop waits for a second one, and leaves at the end of the turn if
none comes: a feed's head does not wait for its first line.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class OneWriteProtocol(HttpToolsProtocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast("asyncio.Transport", _Joining(transport, self.loop)))


class _Joining:
    """The connection, but for when it writes."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._first: bytes | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._first is None:
            self._first = data
            self._loop.call_soon(self._let_go)
        else:
            first, self._first = self._first, None
            self._transport.writelines((first, data))

    def close(self) -> None:
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        if self._first is not None:
            first, self._first = self._first, None
            self._transport.write(first)
