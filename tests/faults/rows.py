"""Answers whose rows are not what was asked for (promises F-14)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from tests.faults.proxy import Call, Fault


def _changed(change: Callable[[list[Any]], list[Any]]) -> Fault:
    async def meet(call: Call) -> None:
        reply = await call.ask()
        packed = reply.header("content-encoding") == "gzip"
        body = gzip.decompress(reply.body) if packed else reply.body
        if body[:1] in (b"{", b"["):
            body = orjson.dumps(_each_list(orjson.loads(body), change))
        await call.answer(replace(reply.without("Content-Encoding"), body=body))

    return meet


def _each_list(value: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    if isinstance(value, list):
        return change(value)
    if isinstance(value, dict):
        return {name: change(one) if isinstance(one, list) else one for name, one in value.items()}
    return value


def _nameless(rows: list[Any]) -> list[Any]:
    return [
        {key: value for key, value in row.items() if key != "id"} if isinstance(row, dict) else row
        for row in rows
    ]


one_short = _changed(lambda rows: rows[:-1])
each_twice = _changed(lambda rows: [*rows, *rows])
in_another_order = _changed(lambda rows: rows[::-1])
without_ids = _changed(_nameless)
no_rows = _changed(lambda _: [])
