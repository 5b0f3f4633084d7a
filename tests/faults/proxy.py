"""A proxy between phones and the shipped server that can do anything to a call.

For: `Proxy`, on a loopback port with a thread of its own. Unless a fault was armed for a call it passes it on unchanged;
    long-polls are passed on as they come.
Not for: what the faults are (strangers, lines, refusals, rows).
Source: RFC 9112 sections 2, 6 and 7.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

Headers = tuple[tuple[str, str], ...]
_MOST_HEAD_BYTES = 2**18
_BREAKS = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Headers
    body: bytes  # as it travels: perhaps compressed, never in chunks

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def without(self, *names: str) -> Reply:
        unwanted = {name.lower() for name in names}
        return replace(self, headers=tuple(pair for pair in self.headers if pair[0].lower() not in unwanted))

    def having(self, name: str, value: str) -> Reply:
        kept = self.without(name)
        return replace(kept, headers=(*kept.headers, (name, value)))

    def wire(self, *, in_chunks: bool = False) -> bytes:
        """Whole, with the length announced or in two chunks."""
        kept = self.without("content-length", "transfer-encoding", "connection")
        how = "Transfer-Encoding: chunked" if in_chunks else f"Content-Length: {len(self.body)}"
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in kept.headers), how]
        body = self.body
        if in_chunks:
            half = len(body) // 2
            pieces = [piece for piece in (body[:half], body[half:]) if piece]
            body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


@dataclass
class Call:
    """One request of a phone, and its line."""

    method: str
    path: str  # with its query
    head: bytes
    body: bytes
    proxy: Proxy
    chance: random.Random
    _line: asyncio.StreamWriter

    def header(self, name: str) -> str | None:
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return None

    async def ask(self, head: bytes | None = None) -> Reply:
        """What the server answers; asked as often as this is called."""
        self.proxy.requests[f"{self.method} {self.path.partition('?')[0]}"] += 1
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.proxy.to_port, limit=_MOST_HEAD_BYTES
        )
        try:
            writer.write((head or self.head) + self.body)
            reply = await _read_reply(reader, self.method)
        finally:
            writer.close()
        self.proxy.epoch = reply.header("x-xunlu-epoch") or self.proxy.epoch
        return reply

    async def answer(self, reply: Reply) -> None:
        await self.send(reply.wire())

    async def send(self, data: bytes) -> None:
        self._line.write(data)
        await self._line.drain()

    def hang_up(self) -> None:
        """Properly, or as a lost line does."""
        if self.chance.random() < 0.5:
            self._line.transport.abort()
        else:
            self._line.close()

    async def hung_up(self) -> None:
        """Until the phone has had enough."""
        await self._line.wait_closed()

    def marked(
        self, status: int, body: bytes = b"", kind: str = "application/json", *more: tuple[str, str]
    ) -> Reply:
        """An answer that the server could have given."""
        marks = (("X-Xunlu-Epoch", self.proxy.epoch), ("X-Xunlu-Echo", self.header("x-xunlu-nonce") or ""))
        return Reply(status, (("Content-Type", kind), *marks, *more), body)


Fault = Callable[[Call], Awaitable[None]]
Meant = Callable[[Call], bool]


@dataclass
class Armed:
    fault: Fault
    meant: Meant
    times: int
    met: int = field(default=0)


class Proxy:
    def __init__(self, to_port: int, seed: int = 1) -> None:
        self.to_port = to_port
        self.port = 0
        self.epoch = ""
        self.requests: Counter[str] = Counter()  # that reached the server
        self.last_answer: tuple[str, Reply] | None = None  # what was given to a call before, and its path
        self.waiting_lines = self.most_waiting_lines = 0  # long-polls open now, and at most at once
        self.broken: list[BaseException] = []  # what went wrong here: always a fault of a test
        self._chance = random.Random(seed)
        self._armed: list[Armed] = []
        self._serving: set[asyncio.Task[None] | None] = set()  # asyncio itself holds a handler weakly
        self._loop = asyncio.new_event_loop()
        self._is_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fault-proxy")

    def __enter__(self) -> Proxy:
        self._thread.start()
        assert self._is_up.wait(10), "the proxy did not come up"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def arm(self, fault: Fault, meant: Meant, times: int = 1) -> Armed:
        """The next `times` calls that are meant meet this fault."""
        armed = Armed(fault, meant, times)
        self._armed = [*self._armed, armed]
        return armed

    def heal(self) -> None:
        self._armed = []

    def _fault_for(self, call: Call) -> Fault | None:
        for armed in self._armed:
            if armed.met < armed.times and armed.meant(call):
                armed.met += 1
                return armed.fault
        return None

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_MOST_HEAD_BYTES)
        server = self._loop.run_until_complete(listening)
        self.port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        self._loop.run_forever()
        server.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._serving.add(task)
        try:
            with contextlib.suppress(*_BREAKS):  # phones hang up when they like
                while not writer.is_closing():
                    await self._one(reader, writer)
        except asyncio.CancelledError:
            return  # the proxy is being taken away; asyncio's streams complain of handlers that end cancelled
        except BaseException as error:
            self.broken.append(error)
            raise
        finally:
            self._serving.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        call = Call(method, path, head, b"", self, random.Random(self._chance.random()), writer)
        call.body = await reader.readexactly(int(call.header("content-length") or 0))
        fault = self._fault_for(call)
        if fault is not None:
            await fault(call)
        elif "feed=longpoll" in path:
            self.waiting_lines += 1
            self.most_waiting_lines = max(self.most_waiting_lines, self.waiting_lines)
            try:
                await self._pass_on(call, reader, writer)
            finally:
                self.waiting_lines -= 1
        else:
            reply = await call.ask()
            self.last_answer = (path, reply)
            await call.answer(reply)

    async def _pass_on(self, call: Call, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Byte by byte as it comes; both lines end together."""
        upward, to_server = await asyncio.open_connection("127.0.0.1", self.to_port)
        to_server.write(call.head)
        phone_left = asyncio.create_task(reader.read(1))  # nobody asks twice on a line that waits
        try:
            while True:
                heard = asyncio.create_task(upward.read(65536))
                await asyncio.wait((heard, phone_left), return_when=asyncio.FIRST_COMPLETED)
                if not heard.done():
                    heard.cancel()
                    break
                piece = heard.result()
                writer.write(piece)
                await writer.drain()
                if not piece or piece.endswith(b"0\r\n\r\n"):
                    break
        finally:
            phone_left.cancel()
            to_server.close()
            writer.close()


async def _read_reply(reader: asyncio.StreamReader, method: str) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    reply = Reply(int(first.split(" ")[1]), headers, b"")
    if method == "HEAD" or reply.status in (204, 304):
        return reply
    if (reply.header("transfer-encoding") or "").lower() == "chunked":
        return replace(reply, body=await _read_chunks(reader))
    return replace(reply, body=await reader.readexactly(int(reply.header("content-length") or 0)))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readline()
    return b"".join(parts)
