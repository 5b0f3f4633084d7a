"""Answers of our server, or in its name, that say not now or not this (promises F-16, F-17, F-18)."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from tests.faults.proxy import Call, Fault


async def unauthorized(call: Call) -> None:
    body = b'{"error":"unauthorized","reason":"Sign in again","code":"not_signed_in"}'
    await call.answer(call.marked(401, body))


async def forbidden(call: Call) -> None:
    body = b'{"error":"forbidden","reason":"Not yours","code":"forbidden"}'
    await call.answer(call.marked(403, body))


async def internal_error(call: Call) -> None:
    await call.answer(call.marked(500, b'{"error":"internal","reason":"internal","code":"internal"}'))


def busy(status: int, retry_after_seconds: int) -> Fault:
    async def meet(call: Call) -> None:
        body = b'{"error":"busy","reason":"busy","code":"busy"}'
        wait = ("Retry-After", str(retry_after_seconds))
        await call.answer(call.marked(status, body, "application/json", wait))

    return meet


def too_many(status: int, most: int) -> tuple[Fault, Callable[[Call], bool]]:
    """More than `most` documents in one push are refused whole: the fault, and which calls meet it."""

    async def meet(call: Call) -> None:
        body = b'{"error":"too_large","reason":"too large","code":"too_large"}'
        await call.answer(call.marked(status, body))

    def is_meant(call: Call) -> bool:
        return call.path.endswith("/_bulk_docs") and len(orjson.loads(call.body)["docs"]) > most

    return meet, is_meant
