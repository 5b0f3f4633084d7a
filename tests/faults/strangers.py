"""Answers that are not our server's answer to this call (promises F-13, D3)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from tests.faults.proxy import Call, Reply

_PORTAL = "<!doctype html><title>免费无线网络</title><p>请先登录 Sign in to this network</p>".encode()


async def portal_page(call: Call) -> None:
    """200, and a page that wants a sign-in of its own."""
    await call.answer(Reply(200, (("Content-Type", "text/html; charset=utf-8"),), _PORTAL))


async def portal_redirect(call: Call) -> None:
    await call.answer(
        Reply(302, (("Location", "http://127.0.0.1:9/portal"), ("Content-Type", "text/html")), _PORTAL)
    )


async def portal_json(call: Call) -> None:
    """Even in JSON, and saying that all is well."""
    body = b'{"ok":true,"results":[],"items":[],"photos":[],"last_seq":0}'
    await call.answer(Reply(200, (("Content-Type", "application/json"),), body))


async def kept_answer(call: Call) -> None:
    """A proxy's kept copy: our server's answer, once, to somebody else."""
    head = re.sub(rb"(?i)(x-xunlu-nonce:)[^\r]*", rb"\1 somebody-elses", call.head)
    await call.answer(await call.ask(head))


async def stripped_headers(call: Call) -> None:
    """A proxy that lets pass only headers it knows."""
    await call.answer((await call.ask()).without("X-Xunlu-Epoch", "X-Xunlu-Echo"))


async def another_calls_answer(call: Call) -> None:
    """Two answers change places on the way."""
    reply = await call.ask()
    before = call.proxy.last_answer
    await call.answer(reply if before is None else before[1])


async def another_installation(call: Call) -> None:
    """The same software, another company's: it echoes, it has an epoch, and knows nobody of ours."""
    reply = call.marked(401, b'{"error":"unauthorized","reason":"Sign in","code":"not_signed_in"}')
    await call.answer(reply.having("X-Xunlu-Epoch", "0" * 32))


async def another_epoch(call: Call) -> None:
    """Done and answered, under the name of a server that was restored."""
    await call.answer((await call.ask()).having("X-Xunlu-Epoch", "f" * 32))


async def gateway_page(call: Call) -> None:
    """502 of a proxy that cannot reach us, with its own page."""
    await call.answer(Reply(502, (("Content-Type", "text/html"),), b"<h1>Bad Gateway</h1>"))


async def asked_twice(call: Call) -> None:
    """A proxy that repeats a request it thought lost; the phone gets the second answer."""
    await call.ask()
    await call.answer(await call.ask())


async def asked_again_later(call: Call) -> None:
    """The repeated request arrives behind later ones."""
    reply = await call.ask()
    await call.answer(reply)
    await asyncio.sleep(0.3)
    await call.ask()


async def nothing_in_it(call: Call) -> None:
    """Everything as it should be, but the body is gone."""
    await call.answer(replace((await call.ask()).without("Content-Encoding"), body=b""))
