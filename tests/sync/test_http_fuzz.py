"""Whatever is sent to whatever address, the answer is a clear one, and nothing is kept that is not a sound document.

Source: promises G9 (0 answers of 5xx, 0 accepted but invalid), S-05, S-06.
A fiftieth in `make test`, the full count in `make soak`.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from sync import strict_json
from sync.access import Action
from sync.documents import check_id
from sync.http import SyncLimits, create_app
from sync.revisions import Revision
from sync.sqlite import SqliteStore
from tests.sync.people import OPERATOR, House, bearer

pytestmark = pytest.mark.anyio
METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "COPY", "PATCH", "OPTIONS"]
PLACES = [
    "_changes", "_revs_diff", "_missing_revs", "_bulk_docs", "_bulk_get", "_all_docs", "_ensure_full_commit", "_revs_limit",
    "_compact", "_local/c", "_local", "_design/x", "_security", "", "a", "b", "巡查/1", "a/p.txt", "b/x/y", "_x",
]  # fmt: skip
TEXTS = [
    "",
    "a",
    "true",
    "false",
    "null",
    "0",
    "-1",
    "1",
    "7",
    "9" * 30,
    "1-a",
    "2-b",
    "now",
    "\u0000",
    "ü\U0001f600",
    "x" * 600,
]
TEXTS += [
    '["1-a"]',
    '["x"]',
    "[]",
    "{}",
    '"a"',
    "[[[[",
    "1e999",
    "all",
    "all_docs",
    "longpoll",
    "continuous",
    "eventsource",
    "normal",
]
TEXTS += ["_doc_ids", "ok", "%00", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")]
PARAMETERS = [
    "rev", "revs", "revs_info", "open_revs", "conflicts", "deleted_conflicts", "latest", "meta", "attachments", "atts_since",
    "local_seq", "new_edits", "batch", "feed", "since", "limit", "style", "include_docs", "descending", "heartbeat", "timeout",
    "doc_ids", "filter", "key", "keys", "startkey", "endkey", "inclusive_end", "skip", "update_seq", "last-event-id",
]  # fmt: skip
BODIES: list[Any] = [
    {
        "docs": [{"_id": "a", "_rev": "1-a", "n": 1}, {"_id": "b", "_revisions": {"start": 2, "ids": ["b", "a"]}}],
        "new_edits": False,
    },
    {"docs": [{"_id": "c", "n": 1}, {"n": 2}]},
    {"docs": [{"id": "a", "rev": "1-a", "atts_since": ["1-a"]}, {"id": "b"}]},
    {"docs": [{"_id": "a", "_attachments": {"p.txt": {"content_type": "text/plain", "data": "aGk="}}}]},
    {"a": ["1-a", "2-b"], "z": ["3-c"]},
    {"keys": ["a", "b", "z"], "doc_ids": ["a"]},
    {"_id": "a", "_rev": "1-a", "_deleted": False, "_attachments": {"p.txt": {"stub": True, "revpos": 1}}, "n": [1, {"m": None}]},
    1000,
]  # fmt: skip
EVIL: list[Any] = [
    None, True, -1, 0, 2**53, 2**63, 10**400, 1.5, "", "x" * 3000, "_x", "_design/x", "\u0000", [], {}, [[]], {"": 0},
    {"__proto__": 1}, {"_id": "_"}, {"_rev": "0-a"}, "1-", "99999999999-a", "md5-", {"stub": True}, {"follows": True},
    {"data": "="},
]  # fmt: skip
HEADERS = {
    "Accept": ["*/*", "application/json", "multipart/mixed", "multipart/related", "text/html;q=x", ""],
    "Accept-Encoding": ["gzip", "identity", "br", "gzip;q=0"],
    "Content-Type": ["application/json", "text/plain", 'multipart/related; boundary="b"', "multipart/related", "a" * 300, ""],
    "If-Match": ['"1-a"', "x", '""', "*"],
    "If-None-Match": ['"1-a"', "*", ",,"],
    "Range": ["bytes=0-1", "bytes=5-1", "bytes=-", "bytes=0-1,3-4", "lines=1", "bytes=99999-", "bytes=-0"],
    "Content-MD5": ["x", "XUFAKrxLKna5cZ2REBfFkg=="],
    "Last-Event-ID": ["7", "x"],
    "Content-Encoding": ["gzip", "identity"],
}  # fmt: skip


@pytest.fixture
async def client(store: SqliteStore) -> AsyncIterator[httpx2.AsyncClient]:
    house = House(
        {
            ("steward1", "area-a1"): {Action.READ, Action.PUSH},
            ("guest", "area-a1"): {Action.READ},
            ("mover", "area-a1"): {Action.PUSH},
        }
    )
    limits = SyncLimits(
        request_bytes=20_000, document_bytes=2000, rows=50, page_rows=3, attached_rows=2,
        feed_timeout_seconds=0.001, feed_seconds=0.002, held_documents=20,
    )  # fmt: skip
    # Anything the application raises fails the test, instead of becoming a 500.
    transport = httpx2.ASGITransport(app=create_app(store, house, limits), raise_app_exceptions=True)
    async with httpx2.AsyncClient(transport=transport, base_url="http://x", timeout=30) as client:
        yield client


def spoilt(dice: random.Random, value: Any) -> Any:
    """The same with one place in it changed."""
    if isinstance(value, dict) and value and dice.random() < 0.8:
        name = dice.choice(sorted(value))
        if dice.random() < 0.15:
            return {**value, dice.choice(["_x", "_rev", "_id", "_deleted", "new"]): dice.choice(EVIL)}
        return {**value, name: spoilt(dice, value[name])}
    if isinstance(value, list) and value and dice.random() < 0.8:
        place = dice.randrange(len(value))
        return [*value[:place], spoilt(dice, value[place]), *value[place + 1 :]]
    return copy.deepcopy(dice.choice(EVIL))


def body_of(dice: random.Random) -> bytes:
    value = dice.choice(BODIES)
    for _ in range(dice.choice([0, 0, 1, 1, 2])):
        value = spoilt(dice, value)
    raw = json.dumps(value).encode()
    kind = dice.random()
    if kind < 0.15 and raw:
        place = dice.randrange(len(raw))
        raw = raw[:place] + bytes([dice.randrange(256)]) + raw[place + 1 :]
    elif kind < 0.2:
        raw = raw[: dice.randrange(len(raw) + 1)]
    elif kind < 0.25:
        raw = dice.randbytes(dice.randrange(40))
    elif kind < 0.35:
        raw = (
            b"--b\r\nContent-Type: application/json\r\n\r\n"
            + raw
            + dice.choice([b"\r\n--b--", b"", b"\r\n--b\r\n\r\nhi\r\n--b--"])
        )
    return raw


def request_of(dice: random.Random) -> tuple[str, str, dict[str, str], bytes | None]:
    database = dice.choice(["area-a1"] * 8 + ["area-b", "nope", "_users", "A", ""])
    place = dice.choice(PLACES)
    if dice.random() < 0.3:
        place = quote(place, safe="")
    elif dice.random() < 0.1:
        place = quote(dice.choice(TEXTS).encode(), safe="")
    asked = [(dice.choice(PARAMETERS), dice.choice(TEXTS)) for _ in range(dice.choice([0, 0, 1, 1, 2, 3]))]
    query = "&".join(f"{name}={quote(value.encode(), safe='')}" for name, value in asked)
    headers = dict(
        dice.choice([OPERATOR, OPERATOR, bearer("steward1"), bearer("guest"), bearer("mover"), {}])
    )
    headers["Content-Type"] = "application/json"
    for name in dice.sample(sorted(HEADERS), dice.choice([0, 0, 1, 2])):
        headers[name] = dice.choice(HEADERS[name])
    method = dice.choice(METHODS if dice.random() < 0.2 else METHODS[:4])
    if method == "DELETE" and not place:
        method = "GET"  # the database is to stay
    body = body_of(dice) if method in ("PUT", "POST") or dice.random() < 0.05 else None
    return method, f"/{database}/{place}?{query}", headers, body


async def send(client: httpx2.AsyncClient, seed: int, count: int) -> dict[int, int]:
    dice = random.Random(seed)
    seen: dict[int, int] = {}
    for number in range(count):
        method, address, headers, body = request_of(dice)
        answer = await client.request(method, address, headers=headers, content=body)
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        told = f"seed {seed}, request {number}: {method} {address} {headers} {body!r}: {answer.text[:300]}"
        assert answer.status_code < 500, told
        if answer.status_code >= 400 and method != "HEAD":
            assert set(answer.json()) >= {"error", "reason"}, told
    return seen


async def check_what_was_kept(store: SqliteStore) -> None:
    kept = await store.journal(0, 10**6)
    assert kept
    for entry in kept:
        strict_json.parse(json.dumps(entry.body).encode())
        check_id(entry.id)
        assert str(Revision.parse(entry.rev)) == entry.rev
        members = {name for name in entry.body if name.startswith("_")}
        assert members <= {"_id", "_rev", "_deleted", "_attachments"}, entry


@pytest.mark.parametrize("seed", [1, 2])
async def test_three_thousand_requests_are_answered_clearly(
    client: httpx2.AsyncClient, store: SqliteStore, seed: int
) -> None:
    seen = await send(client, seed, 1500)

    await check_what_was_kept(store)
    assert {200, 201, 400, 401, 403, 404, 405, 409, 415} <= set(seen)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10, 20))
async def test_a_hundred_and_fifty_thousand_requests_are_answered_clearly(
    client: httpx2.AsyncClient, store: SqliteStore, seed: int
) -> None:
    await send(client, seed, 15_000)

    await check_what_was_kept(store)
