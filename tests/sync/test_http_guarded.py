"""What nobody may do by any door of the protocol: win over the server, fill the store with refusals, read on after the right is
gone, get in what is not strict JSON.

Source: promises D2, D10, D12, S-02, S-04 to S-09.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from sync.access import Action
from sync.database import Known
from sync.http import SyncLimits, create_app
from sync.sqlite import SqliteStore
from sync.sqlite.database import SqliteDatabase
from tests.sync.people import OPERATOR, House, bearer
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
DB = "/area-a1"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def everyone(store: SqliteStore, house: House, limits: SyncLimits) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=create_app(store, house, limits))
    async with httpx2.AsyncClient(transport=transport, base_url="http://xunlu.test") as client:
        yield client


def related(document: bytes) -> tuple[dict[str, str], bytes]:
    body = b"--b\r\nContent-Type: application/json\r\n\r\n" + document + b"\r\n--b--"
    return {"Content-Type": 'multipart/related; boundary="b"'}, body


async def test_no_door_lets_a_steward_win_over_the_server(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    area = store.database("area-a1")
    await area.publish([{"_id": "status:u", "state": "open"}])
    await area.publish([{"_id": "status:u", "state": "held"}])
    true = (await phone.get(f"{DB}/status:u", params={"revs": "true"})).json()
    ids = true["_revisions"]["ids"]
    forged: list[dict[str, Any]] = [
        {"_rev": "3-" + "f" * 32},
        {"_rev": "2147483647-" + "f" * 32},
        {"_rev": true["_rev"]},
        {"_rev": "1-" + "f" * 32},
        {"_revisions": {"start": 3, "ids": ["f" * 32, *ids]}},
        {"_revisions": {"start": 9, "ids": ["f" * 32, "e" * 32]}},
        {"_revisions": {"start": 3, "ids": ["f" * 32, *ids]}, "_deleted": True},
        {"_rev": "1-" + "f" * 32, "_deleted": True},
    ]
    before = (await phone.get(f"{DB}/_changes", params={"style": "all_docs", "include_docs": "true"})).json()

    for members in forged:
        document = {"_id": "status:u", "state": "done", "author": "steward1", **members}
        bulk = await phone.post(f"{DB}/_bulk_docs", json={"docs": [document], "new_edits": False})
        replicated = await phone.put(f"{DB}/status:u", params={"new_edits": "false"}, json=document)
        by_hand = await phone.put(f"{DB}/status:u", json=document)
        posted = await phone.post(DB, json=document)
        answers = [bulk.json()[0], replicated.json(), by_hand.json(), posted.json()]
        assert all(answer.get("ok") is None or answer["rev"] == true["_rev"] for answer in answers), members
    edits = [
        await phone.delete(f"{DB}/status:u", params={"rev": true["_rev"]}),
        await phone.put(f"{DB}/status:u/note", params={"rev": true["_rev"]}, content=b"x"),
        await phone.delete(f"{DB}/status:u/note", params={"rev": true["_rev"]}),
        await phone.put(f"{DB}/status:u", headers=related(b"{}")[0], content=related(b"{}")[1]),
    ]
    assert [answer.status_code for answer in edits] == [403] * 4

    after = await phone.get(f"{DB}/_changes", params={"style": "all_docs", "include_docs": "true"})
    assert after.json() == before
    shown = await phone.get(f"{DB}/status:u", params={"conflicts": "true", "deleted_conflicts": "true"})
    assert shown.json() == {"_id": "status:u", "_rev": true["_rev"], "state": "held"}
    assert [leaf["ok"]["state"] for leaf in (await phone.get(f"{DB}/status:u?open_revs=all")).json()] == [
        "held"
    ]


async def test_what_is_set_aside_is_shown_by_no_door(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    document = {"_id": "patrol:1", "_rev": "1-a", "author": "someone else", "text": "CANARY"}
    row = (await phone.post(f"{DB}/_bulk_docs", json={"docs": [document], "new_edits": False})).json()[0]
    assert row["code"] == "author"

    asked = [
        await phone.get(f"{DB}/patrol:1"),
        await phone.get(f"{DB}/patrol:1", params={"rev": "1-a"}),
        await phone.get(f"{DB}/patrol:1", params={"open_revs": "all"}),
        await phone.get(f"{DB}/patrol:1", params={"open_revs": '["1-a"]'}),
        await phone.get(f"{DB}/_changes", params={"include_docs": "true", "style": "all_docs"}),
        await phone.get(f"{DB}/_all_docs", params={"include_docs": "true"}),
        await phone.post(f"{DB}/_all_docs", params={"include_docs": "true"}, json={"keys": ["patrol:1"]}),
        await phone.post(f"{DB}/_bulk_get", json={"docs": [{"id": "patrol:1", "rev": "1-a"}]}),
    ]
    assert not [answer.text for answer in asked if "CANARY" in answer.text]
    diff = await phone.post(f"{DB}/_revs_diff", json={"patrol:1": ["1-a"]})
    assert diff.json() == {"patrol:1": {"missing": ["1-a"]}}
    assert [entry.body["text"] for entry in await store.journal(0, 9)] == ["CANARY"]


async def test_refusals_are_limited_by_person_over_databases_and_devices(
    everyone: httpx2.AsyncClient, house: House, store: SqliteStore
) -> None:
    house.rights["steward1", "area-b"] = {Action.PUSH}
    house.rights["guest", "area-a1"] = {Action.READ, Action.PUSH}

    async def refused(who: dict[str, str], database: str, number: int) -> str:
        document = {"_id": f"patrol:{number}", "_rev": "1-a", "author": "other"}
        body = {"docs": [document], "new_edits": False}
        answer = await everyone.post(f"/{database}/_bulk_docs", headers=who, json=body)
        return str(answer.json()[0]["code"])

    mine = [bearer("steward1", "phone-1"), bearer("steward1", "phone-2")]
    codes = [await refused(mine[n % 2], ("area-a1", "area-b")[n % 2], n) for n in range(7)]
    assert codes == ["author"] * 5 + ["held_full"] * 2
    assert await refused(mine[0], "area-a1", 0) == "author"  # sent again: it is there already
    assert await refused(bearer("guest"), "area-a1", 9) == "author"
    assert len(await store.journal(0, 99)) == 6

    good = {"_id": "patrol:good", "_rev": "1-a", "author": "steward1"}
    answer = await everyone.post(
        f"{DB}/_bulk_docs", headers=mine[0], json={"docs": [good], "new_edits": False}
    )
    assert answer.json()[0]["ok"] is True


async def test_one_record_takes_only_so_many_versions_from_a_phone(
    phone: httpx2.AsyncClient, office: httpx2.AsyncClient
) -> None:
    """Each conflicting edit makes the next one dearer, for everyone who writes."""
    versions = [{"_id": "patrol:1", "_rev": f"1-{n:032x}", "author": "steward1", "n": n} for n in range(100)]
    body = {"docs": versions, "new_edits": False}
    rows = (await phone.post(f"{DB}/_bulk_docs", json=body)).json()
    again = (await phone.post(f"{DB}/_bulk_docs", json=body)).json()
    other = (await phone.put(f"{DB}/patrol:2", json={"n": 1})).json()
    late = {"docs": [{**versions[0], "_rev": "1-late"}], "new_edits": False}

    assert [row.get("code") for row in rows] == [None] * 32 + ["too_many_versions"] * 68
    assert again == rows
    assert {row["error"] for row in rows[32:]} == {"forbidden"}
    assert other["ok"]
    assert (await office.post(f"{DB}/_bulk_docs", json=late)).json()[0]["ok"]
    refused = await phone.put(f"{DB}/patrol:1", params={"new_edits": "false"}, json=versions[99])
    assert (refused.status_code, refused.json()["code"]) == (403, "too_many_versions")


@pytest.mark.parametrize("feed", ["normal", "longpoll", "continuous", "eventsource"])
@pytest.mark.parametrize("waits", [False, True])
async def test_a_right_taken_away_while_an_answer_is_put_together_counts(
    phone: httpx2.AsyncClient,
    store: SqliteStore,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    feed: str,
    waits: bool,
) -> None:
    """And what was not sent is not behind the reader when he may read again."""
    known = SqliteDatabase.known

    async def look_and_lose_the_right(self: SqliteDatabase, doc_id: str) -> Known | None:
        house.rights["steward1", "area-a1"] = {Action.PUSH}
        return await known(self, doc_id)

    params = {"feed": feed, "include_docs": "true", "conflicts": "true", "timeout": "200"}
    area = store.database("area-a1")
    waiting = None
    if waits and feed != "normal":
        waiting = asyncio.create_task(phone.get(f"{DB}/_changes", params=params))
        while not store.hub.waiting:  # noqa: ASYNC110 - the hub tells nobody who waits
            await asyncio.sleep(0)
    monkeypatch.setattr(SqliteDatabase, "known", look_and_lose_the_right)
    await area.push([edit("secret", "1-a")], STEWARD)
    answer = await (phone.get(f"{DB}/_changes", params=params) if waiting is None else waiting)

    assert "secret" not in answer.text
    monkeypatch.undo()
    house.rights["steward1", "area-a1"] = {Action.READ}
    last = f"0-{store.epoch}"
    if answer.status_code == 200 and feed != "eventsource":
        assert f'"last_seq":"{last}"' in answer.text
    again = await phone.get(f"{DB}/_changes", params={"since": last})
    assert [row["id"] for row in again.json()["results"]] == ["secret"]


NOT_STRICT = {
    "not JSON": b"{",
    "NaN": b'{"n":NaN}',
    "infinite": b'{"n":1e999}',
    "unsafe number": b'{"n":9007199254740993}',
    "key twice": b'{"n":1,"n":1}',
    "key twice, escaped": b'{"n":1,"\\u006e":1}',
    "lone surrogate": b'{"n":"\\ud800"}',
    "NUL": b'{"n":"\\u0000"}',
    "not UTF-8": b'{"n":"\xff"}',
    "byte order mark": b'\xef\xbb\xbf{"n":1}',
    "deep": b'{"n":' + b"[" * 40 + b"]" * 40 + b"}",
    "prototype": b'{"__proto__":{}}',
    "comment": b'{"n":1}//',
    "two values": b"{}{}",
}
PLACES = [
    ("POST", "", b"%b"),
    ("PUT", "/x", b"%b"),
    ("PUT", "/x?new_edits=false", b"%b"),
    ("PUT", "/_local/x", b"%b"),
    ("POST", "/_bulk_docs", b'{"docs":[%b]}'),
    ("POST", "/_bulk_docs", b'{"docs":[{"_id":"good"},%b],"new_edits":true}'),
    ("POST", "/_bulk_get", b'{"docs":[%b]}'),
    ("POST", "/_revs_diff", b'{"x":[%b]}'),
    ("POST", "/_missing_revs", b'{"x":[%b]}'),
    ("POST", "/_all_docs", b'{"keys":[],"more":%b}'),
    ("POST", "/_changes", b'{"doc_ids":[],"more":%b}'),
    ("PUT", "/_revs_limit", b"%b"),
]


@pytest.mark.parametrize("what", NOT_STRICT)
async def test_what_is_not_strict_json_gets_in_by_no_door(
    everyone: httpx2.AsyncClient, store: SqliteStore, what: str
) -> None:
    for method, path, around in PLACES:
        for who in (bearer("steward1"), OPERATOR):
            body = around % NOT_STRICT[what]
            answer = await everyone.request(method, DB + path, headers={**who, **JSON}, content=body)
            expected = (400, 403) if "_revs_limit" in path else (400,)
            assert answer.status_code in expected, (method, path, answer.text)
            assert set(answer.json()) >= {"error", "reason"}
    headers, body = related(NOT_STRICT[what])
    answer = await everyone.put(f"{DB}/x", headers={**OPERATOR, **headers}, content=body)
    assert answer.status_code == 400
    assert await store.journal(0, 10) == []
    assert (await everyone.get(f"{DB}/_local/x", headers=OPERATOR)).status_code == 404


async def test_an_empty_body_is_no_document(everyone: httpx2.AsyncClient, store: SqliteStore) -> None:
    for method, path, _ in PLACES:
        if path != "/_changes":  # there, everything may stand in the address
            answer = await everyone.request(method, DB + path, headers={**OPERATOR, **JSON}, content=b"")
            assert (path, answer.status_code, answer.json()["error"]) == (path, 400, "bad_request")
    assert await store.journal(0, 10) == []


@pytest.mark.parametrize(
    ("method", "path", "around"), [x for x in PLACES if x[1] != "/_revs_limit"], ids=lambda x: str(x)[:30]
)
async def test_too_large_a_body_is_413_at_every_door(
    everyone: httpx2.AsyncClient, store: SqliteStore, method: str, path: str, around: bytes
) -> None:
    body = around % (b'{"text":"' + b"x" * 210_000 + b'"}')
    for who in (bearer("steward1"), OPERATOR):
        answer = await everyone.request(method, DB + path, headers={**who, **JSON}, content=body)
        assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert await store.journal(0, 10) == []
