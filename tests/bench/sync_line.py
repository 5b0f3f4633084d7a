"""A connection that costs the measuring side little: requests are ready bytes, answers are cut out of the stream.

For: `Line`, one HTTP/1.1 connection in an event loop. Not for: anything but the servers measured here.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import orjson

from tests.sync.people import bearer


class Answer(NamedTuple):
    status: int
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


class Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def open(cls, port: int, device: str = "phone", more: str = "", token: str | None = None) -> Line:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        token = token or bearer("steward1", device)["Authorization"]
        head = f"Host: x\r\nAuthorization: {token}\r\nContent-Type: application/json\r\n{more}"
        return cls(reader, writer, head.encode())

    async def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        self._writer.write(
            b"%b %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b"
            % (method.encode(), path.encode(), self._head, len(body), body)
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return Answer(status, await self._chunks())
        at = head.index(b"content-length:") + 15
        return Answer(status, await self._reader.readexactly(int(head[at : head.index(b"\r\n", at)])))

    async def expect(self, status: int, method: str, path: str, body: bytes = b"") -> Answer:
        answer = await self.ask(method, path, body)
        assert answer.status == status, (method, path, answer.status, answer.body[:300])
        return answer

    async def _chunks(self) -> bytes:
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        self._writer.close()
