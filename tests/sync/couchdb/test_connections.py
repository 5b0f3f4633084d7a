"""Connections to the server are few, used again, and never mix up whose answer is whose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from sync.couchdb.connections import Answer, Connections, Cut, NotConnected

pytestmark = pytest.mark.anyio
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Far:
    """A server that does what `serve` says after each request; `asked` are the first lines of the requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.connections = 0
        self.open = 0
        self.most_open = 0
        self.serve: Serve = self.echo

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.answer(writer, self.asked[-1].split(" ")[1].encode())

    async def answer(self, writer: asyncio.StreamWriter, body: bytes, status: str = "200 OK") -> None:
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked.append(head.split("\r\n")[0])
                if "Content-Length: " in head:
                    await reader.readexactly(int(head.partition("Content-Length: ")[2].split("\r\n")[0]))
                await self.serve(reader, writer)
        except (asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()


@pytest.fixture
async def far() -> AsyncIterator[tuple[Far, Connections]]:
    far = Far()
    server = await asyncio.start_server(far.meet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    connections = Connections(f"http://127.0.0.1:{port}/under", ("me", "se:cret"), {"Accept": "x"}, 3, 5)
    yield far, connections
    connections.close()
    server.close()


async def test_a_connection_is_used_again(far: tuple[Far, Connections]) -> None:
    server, connections = far

    answers = [await connections.ask("GET", f"/{number}", None, 30) for number in range(5)]

    assert answers == [Answer(200, f"/under/{number}".encode()) for number in range(5)]
    assert server.connections == 1
    assert server.asked[0] == "GET /under/0 HTTP/1.1"


async def test_there_are_never_more_than_so_many(far: tuple[Far, Connections]) -> None:
    server, connections = far

    answers = await asyncio.gather(*(connections.ask("POST", f"/{n}", b"x" * 70_000, 30) for n in range(40)))

    assert [answer.content for answer in answers] == [f"/under/{n}".encode() for n in range(40)]
    assert server.most_open <= 3


async def test_answers_in_chunks_are_put_together(far: tuple[Far, Connections]) -> None:
    server, connections = far

    async def chunks(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in (
            b"HTTP/1.1 201 Created\r\nTransfer-Encod",
            b"ing: chunked\r\n\r\n3\r\nabc\r\n",
            b"2\r\nde\r\n0\r\n\r\n",
        ):
            writer.write(piece)
            await writer.drain()

    server.serve = chunks
    assert await connections.ask("GET", "/", None, 30) == Answer(201, b"abcde")
    assert await connections.ask("GET", "/", None, 30) == Answer(201, b"abcde")


async def test_a_connection_that_ended_while_idle_is_made_anew(far: tuple[Far, Connections]) -> None:
    server, connections = far
    ended = asyncio.Event()

    async def last(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.echo(reader, writer)
        writer.close()
        await writer.wait_closed()
        ended.set()

    server.serve = last
    await connections.ask("GET", "/a", None, 30)
    await ended.wait()
    await asyncio.sleep(0)  # our side hears of it in its next turn
    server.serve = server.echo

    try:
        answer = await connections.ask("GET", "/b", None, 30)
    except Cut:  # asked in the very moment of its end: whoever asks tries again
        answer = await connections.ask("GET", "/b", None, 30)
    assert answer.content == b"/under/b"
    assert server.connections == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"<html>no HTTP</html>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nno length",
    ],
)
async def test_what_is_no_whole_answer_is_cut(far: tuple[Far, Connections], sent: bytes) -> None:
    server, connections = far

    async def strange(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        writer.close()

    server.serve = strange
    with pytest.raises(Cut):
        await connections.ask("GET", "/", None, 30)
    server.serve = server.echo
    assert (await connections.ask("GET", "/after", None, 30)).content == b"/under/after"


async def test_silence_ends_a_question_and_its_late_answer_is_nobodys(far: tuple[Far, Connections]) -> None:
    server, connections = far
    go_on = asyncio.Event()

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla")
        await go_on.wait()
        writer.write(b"te")
        await writer.drain()

    server.serve = late
    with pytest.raises(TimeoutError):
        await connections.ask("GET", "/slow", None, 0.05)
    asking = asyncio.create_task(connections.ask("GET", "/given-up", None, 30))
    while len(server.asked) < 2:  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    go_on.set()
    server.serve = server.echo

    assert (await connections.ask("GET", "/next", None, 30)).content == b"/under/next"


async def test_what_nobody_asked_for_ends_the_connection(far: tuple[Far, Connections]) -> None:
    server, connections = far

    async def twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await server.answer(writer, b"asked")
        await server.answer(writer, b"not asked")

    server.serve = twice
    assert (await connections.ask("GET", "/", None, 30)).content == b"asked"
    server.serve = server.echo
    found = set()
    for _ in range(2):
        try:
            found.add((await connections.ask("GET", "/mine", None, 30)).content)
        except Cut:
            continue
    assert found == {b"/under/mine"}


async def test_nobody_there_is_told_as_such() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    with pytest.raises(NotConnected):
        await Connections(f"http://127.0.0.1:{port}", None, {}, 3, 5).ask("GET", "/", None, 30)
