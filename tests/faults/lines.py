"""Lines that break, stall or crawl (promises F-15, F-19, F-20)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.faults.proxy import Call

_CRAWL_PIECES = 12
_CRAWL_SECONDS = 0.05


async def broken_before_asking(call: Call) -> None:
    call.hang_up()


async def answer_lost(call: Call) -> None:
    """The server did it, and nobody was told."""
    await call.ask()
    call.hang_up()


async def cut_with_length(call: Call) -> None:
    """At any byte, the head included, of an answer that said how long it is."""
    await _cut(call, in_chunks=False)


async def cut_in_chunks(call: Call) -> None:
    """At any byte of an answer that ends with its last chunk."""
    await _cut(call, in_chunks=True)


async def shortened(call: Call) -> None:
    """A proxy ended the answer early and set the length right: nothing but the content tells."""
    reply = await call.ask()
    kept = call.chance.randrange(len(reply.body)) if reply.body else 0
    await call.answer(replace(reply, body=reply.body[:kept]))


async def crawling(call: Call) -> None:
    """A few bytes at a time, and all of them in the end."""
    data = (await call.ask()).wire()
    step = max(1, -(-len(data) // _CRAWL_PIECES))
    for at in range(0, len(data), step):
        await call.send(data[at : at + step])
        await asyncio.sleep(_CRAWL_SECONDS)


async def silent(call: Call) -> None:
    """Taken in, done, and never answered: until the phone gives up."""
    await call.ask()
    await call.hung_up()


async def silent_half_way(call: Call) -> None:
    """Half of an answer, then nothing more on an open line."""
    data = (await call.ask()).wire()
    await call.send(data[: len(data) // 2])
    await call.hung_up()


async def _cut(call: Call, *, in_chunks: bool) -> None:
    data = (await call.ask()).wire(in_chunks=in_chunks)
    await call.send(data[: call.chance.randrange(len(data))])
    call.hang_up()
