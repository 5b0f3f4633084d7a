"""Answers are small for who takes gzip, and nothing waits inside them."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import httpx2
import pytest

from sync.http.compression import Compressed, takes_gzip
from sync.sqlite import SqliteStore
from tests.sync.people import bearer
from tests.sync.served import AREA, Served
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio


class Wire:
    """What left, message by message."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    async def __call__(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def bodies(self) -> list[bytes]:
        return [message["body"] for message in self.sent[1:]]


async def answer(*pieces: bytes, kind: str = "application/json") -> Wire:
    wire = Wire()
    send = Compressed(wire)
    length = [] if len(pieces) > 1 else [(b"content-length", b"%d" % len(pieces[0]))]
    headers = [(b"content-type", kind.encode()), *length]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for place, piece in enumerate(pieces):
        await send({"type": "http.response.body", "body": piece, "more_body": place < len(pieces) - 1})
    return wire


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("identity", False),
        ("", False),
        ("*", False),
        ("x-gzip-like", False),
    ],
)
def test_who_takes_gzip(header: str, takes: bool) -> None:
    assert takes_gzip({"type": "http", "headers": [(b"accept-encoding", header.encode())]}) is takes


async def test_every_piece_of_a_stream_can_be_read_when_it_arrives() -> None:
    pieces = [b'{"results":[\n', b"\n", b"\n", b"x" * 200_000, b"\n", b"y" * 65, b"\n],\n", b""]
    wire = await answer(*pieces)

    reading = zlib.decompressobj(31)
    for piece, sent in zip(pieces, wire.bodies, strict=True):
        assert reading.decompress(sent) == piece
    assert reading.eof
    assert gzip.decompress(b"".join(wire.bodies)) == b"".join(pieces)
    assert wire.headers[b"content-encoding"] == b"gzip"
    assert len(wire.bodies[1]) <= 6


async def test_a_whole_answer_is_packed_when_it_is_large_and_left_when_it_is_small() -> None:
    for size in (2000, 300_000):
        wire = await answer(b"z" * size)
        assert gzip.decompress(wire.bodies[0]) == b"z" * size
        assert wire.headers[b"content-length"] == b"%d" % len(wire.bodies[0])
        assert wire.headers[b"vary"] == b"Accept-Encoding"

    small = await answer(b"z" * 100)
    assert small.bodies == [b"z" * 100]
    assert b"content-encoding" not in small.headers


async def test_what_is_no_json_goes_as_it_is() -> None:
    wire = await answer(b"p" * 5000, kind="image/png")

    assert wire.bodies == [b"p" * 5000]
    assert b"content-encoding" not in wire.headers


async def test_documents_arrive_the_same_with_and_without(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    edits = [edit(f"d{n:03}", "1-a", text="巡查" * 100) for n in range(200)]
    await store.database("area-a1").push(edits, STEWARD)

    for path in ("_changes?include_docs=true", "_all_docs?include_docs=true", "_all_docs?limit=3"):
        plain, packed = [
            await phone.get(f"/area-a1/{path}", headers={"Accept-Encoding": encoding})
            for encoding in ("identity", "gzip")
        ]
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        if len(plain.content) > 1024:
            assert packed.headers["content-encoding"] == "gzip"
            assert packed.num_bytes_downloaded * 3 < len(plain.content)


def test_a_heartbeat_reaches_who_takes_gzip_before_anything_else_happens(served: Served) -> None:
    headers = {**bearer("steward1"), "Accept-Encoding": "gzip"}
    with httpx2.Client(base_url=served.url, headers=headers, timeout=30) as client:
        params = {"feed": "longpoll", "since": "now", "heartbeat": "100", "timeout": "10"}
        with client.stream("GET", f"/{AREA}/_changes", params=params) as feed:
            assert feed.headers["content-encoding"] == "gzip"
            pieces = feed.iter_text()
            told = ""
            while told.count("\n") < 3:
                told += next(pieces)
            httpx2.put(f"{served.url}/{AREA}/patrol:packed", json={"n": 1}, headers=bearer("steward1"))
            told += "".join(pieces)
    assert [row["id"] for row in json.loads(told)["results"]] == ["patrol:packed"]
