"""Whatever the server behind the CouchDB store answers: nothing acknowledged is lost, nothing is doubled, and it works again."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from sync.access import Action, Refusal
from sync.couchdb import CouchStore, client, open_store
from sync.couchdb.client import Address, CouchClient
from sync.couchdb.losses import forget_lost
from sync.database import BEGINNING, Database, JournalEntry, Outcome, Store, Wanted
from sync.errors import StorageFull, StoreBroken, SyncError
from sync.http import create_app
from sync.revisions import Revision
from tests.sync.couchdb.fault_proxy import (
    Answer,
    FaultProxy,
    Request,
    changed,
    cut_after,
    done_but_says,
    held,
    says,
)
from tests.sync.people import House, bearer
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
AREA = "area-a1"
PATIENCE_SECONDS = 30  # for what is waited for; nothing takes so long
CONFLICT = {"error": "conflict", "reason": "Document update conflict."}
TROUBLE = {"error": "internal_server_error", "reason": "No DB shards could be opened."}


@pytest.fixture(autouse=True)
def _is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr("sync.couchdb.watch.POLL_SECONDS", 0.05)
    monkeypatch.setattr("sync.couchdb.watch.FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("sync.couchdb.follower.FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("sync.couchdb.follower.REST_SECONDS", 0)


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(url) as proxy:
        yield proxy


@pytest.fixture
async def store(proxy: FaultProxy, prefix: str, tmp_path: Path) -> AsyncIterator[CouchStore]:
    store = await opened(proxy.url, tmp_path / "journal", prefix)
    await store.create(AREA)
    yield store
    await store.close()


@pytest.fixture
def area(store: CouchStore) -> Database:
    return store.database(AREA)


async def opened(url: str, folder: Path, prefix: str) -> CouchStore:
    """Not in this loop, which serves the proxy."""
    return await asyncio.to_thread(open_store, url, folder, prefix=prefix)


async def journal(store: Store) -> list[JournalEntry]:
    return await store.journal(0, 10_000)


async def in_journal(store: Store, *expected: tuple[str, str]) -> list[JournalEntry]:
    """The journal once it holds so many entries; fails when they are others."""
    entries = await journal(store)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(entries) < len(expected):
            await store.wait_for_journal(entries[-1].seq if entries else 0, PATIENCE_SECONDS)
            entries = await journal(store)
    assert sorted((entry.id, entry.rev) for entry in entries) == sorted(expected)
    return entries


# Writing.


@pytest.mark.parametrize(
    "answer",
    [
        done_but_says(202, [{"ok": True, "id": "a", "rev": "1-a", "accepted": True}]),
        says(500, TROUBLE),
        says(503, TROUBLE),
        says(409, CONFLICT),
        says(429, TROUBLE),
        done_but_says(
            201, [{"id": "a", "rev": "1-a", "error": "internal_server_error", "reason": "timeout"}]
        ),
        cut_after(0),
        cut_after(0.6),
        says(200, b"<html>welcome to the hotel</html>"),
    ],
    ids=["202", "500", "503", "409", "429", "a row failed", "no answer", "half an answer", "another's page"],
)
class TestWriting:
    async def test_once_in_trouble_a_push_is_acknowledged_when_it_is_stored(
        self, proxy: FaultProxy, store: CouchStore, area: Database, answer: Answer
    ) -> None:
        fault = proxy.fail("POST", "_bulk_docs", answer, times=1)

        try:
            outcomes = await area.push([edit("a", "1-a", n=1)], STEWARD)
        except StoreBroken:  # a row that failed is not tried again here: the phone sends again
            outcomes = await area.push([edit("a", "1-a", n=1)], STEWARD)

        assert fault.met == 1
        assert outcomes[0] in (Outcome.STORED, Outcome.KNOWN)
        assert await area.read("a") == {"_id": "a", "_rev": "1-a", "n": 1}
        await in_journal(store, ("a", "1-a"))

    async def test_in_lasting_trouble_nothing_is_acknowledged_and_sending_again_is_right(
        self, proxy: FaultProxy, store: CouchStore, area: Database, answer: Answer
    ) -> None:
        proxy.fail("POST", "_bulk_docs", answer)

        for writing in (
            area.push([edit("a", "1-a", n=1), edit("b", "1-b")], STEWARD),
            area.publish([{"_id": "status:1", "n": 1}]),
            area.record({"_id": "f", "n": 1}, "office1", None),
        ):
            with pytest.raises(SyncError) as refused:
                await writing
            assert refused.value.status == 503
        proxy.heal()

        outcomes = await area.push([edit("a", "1-a", n=1), edit("b", "1-b")], STEWARD)
        published = await area.publish([{"_id": "status:1", "n": 1}])
        recorded = await area.record({"_id": "f", "n": 1}, "office1", None)

        assert set(outcomes) <= {Outcome.STORED, Outcome.KNOWN}
        entries = await in_journal(
            store, ("a", "1-a"), ("b", "1-b"), ("status:1", published[0]), ("f", recorded)
        )
        assert {entry.id: (entry.author, entry.device) for entry in entries} == {
            "a": ("steward1", "phone-1"), "b": ("steward1", "phone-1"), "status:1": (None, None), "f": ("office1", None),
        }  # fmt: skip


async def test_a_conflict_is_judged_again_by_what_is_there(proxy: FaultProxy, area: Database) -> None:
    first = (await area.publish([{"_id": "status:1", "n": 1}]))[0]

    async def another_is_faster(proxy: FaultProxy, request: Request) -> bytes | None:
        ids = ["f" * 32, first.partition("-")[2]]
        other = {"_id": "status:1", "_rev": f"2-{ids[0]}", "_revisions": {"start": 2, "ids": ids}, "n": 2}
        await proxy.forward(_with_body(request, {"docs": [other], "new_edits": False}))
        return await says(409, CONFLICT)(proxy, request)

    proxy.fail("POST", "_bulk_docs", another_is_faster, times=1)
    third = (await area.publish([{"_id": "status:1", "n": 3}]))[0]

    known = await area.known("status:1")
    assert known is not None
    assert [str(leaf.revision) for leaf in known.tree.leaves()] == [third]
    assert str(known.tree.history(known.tree.leaves()[0].revision)[1]) == "2-" + "f" * 32
    assert await area.read("status:1") == {"_id": "status:1", "_rev": third, "n": 3}


async def test_a_push_is_one_request_and_at_most_one_look_beside_it(
    proxy: FaultProxy, store: CouchStore, area: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.couchdb.losses.PAGE_PLACES", 0)  # looking for losses is not of the push

    def asked() -> list[str]:
        home = store.home(AREA)
        mine = [line.split("?")[0] for line in proxy.seen if home in line and line.startswith("POST")]
        proxy.seen.clear()
        return [line.rpartition("/")[2] for line in mine]

    edits = [edit(f"d{number}", "1-a", n=number) for number in range(100)]
    proxy.seen.clear()
    await area.push(edits, STEWARD)
    assert asked() == ["_bulk_docs"]
    await area.push(edits, STEWARD)
    assert asked() == ["_revs_diff"]
    await area.push([edit(f"d{number}", "2-b", "1-a") for number in range(100)], STEWARD)
    assert asked() == ["_revs_diff", "_bulk_docs"]


async def test_a_database_that_is_half_made_is_finished(proxy: FaultProxy, store: CouchStore) -> None:
    """Made at the server, and not registered: the process died in between, or the answer was lost."""
    proxy.fail("PUT", "area-new", done_but_says(202, {"ok": True}), times=1)

    await store.create("area-new")

    assert proxy.count("PUT /" + store.home("area-new")) == 2  # the second is answered 412: it is there
    assert await store.database("area-new").push([edit("a", "1-a")], STEWARD) == [Outcome.STORED]


async def test_checkpoints_survive_lost_answers(proxy: FaultProxy, area: Database) -> None:
    await area.write_local("steward1", "checkpoint", b'{"n":1}')
    proxy.fail("PUT", "_local", cut_after(0), times=1)

    await area.write_local("steward1", "checkpoint", b'{"n":2}')

    found = await area.read_local("steward1", "checkpoint")
    assert found is not None
    assert found[1] == b'{"n":2}'


async def test_what_was_refused_is_set_aside_once_whatever_is_answered(
    proxy: FaultProxy, store: CouchStore, area: Database
) -> None:
    refused = edit("a", "1-a", refusal=Refusal("author", "not yours"), n=1)
    proxy.fail("POST", "_held/_bulk_docs", done_but_says(202, []))
    with pytest.raises(StoreBroken):
        await area.push([refused], STEWARD)
    proxy.heal()

    assert await area.push([refused], STEWARD) == [Outcome.HELD]
    entries = await in_journal(store, ("a", "1-a"))
    assert entries[0].refusal == Refusal("author", "not yours")
    assert entries[0].author == "steward1"


# Reading.


@pytest.mark.parametrize("answer", [says(500, TROUBLE), says(503, TROUBLE), cut_after(0), cut_after(0.7)])
async def test_reading_goes_on_after_trouble(
    proxy: FaultProxy, store: CouchStore, area: Database, answer: Answer
) -> None:
    await area.push([edit(f"d{number}", "1-a", n=number) for number in range(5)], STEWARD)
    readings: list[tuple[str, str, Callable[[], Any]]] = [
        ("GET", "_changes", lambda: area.changes(BEGINNING, 10)),
        ("POST", "_bulk_get", lambda: area.look_up([Wanted("d1", (Revision.parse("1-a"),))])),
        (
            "POST",
            "_revs_diff",
            lambda: area.missing_revisions({"d1": [Revision.parse("1-a"), Revision.parse("1-b")]}),
        ),
        ("POST", "_all_docs", lambda: area.list_keys(["d1"], with_content=True)),
        ("GET", "/d1", lambda: area.read("d1")),
        ("POST", "_all_docs", lambda: store.journal(0, 100)),
    ]
    for method, target, read in readings:
        expected = await read()

        fault = proxy.fail(method, target, answer, times=1)
        assert await read() == expected
        assert fault.met == 1
        proxy.fail(method, target, answer)
        with pytest.raises(StoreBroken):
            await read()
        proxy.heal()


async def test_a_server_that_never_answers_is_given_up(
    proxy: FaultProxy, area: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.1)
    never = asyncio.Event()
    proxy.fail("POST", "_bulk_docs", held(never))

    with pytest.raises(StoreBroken):
        await area.push([edit("a", "1-a")], STEWARD)
    never.set()
    proxy.heal()

    assert (await area.push([edit("a", "1-a")], STEWARD))[0] in (Outcome.STORED, Outcome.KNOWN)


async def test_a_phone_is_told_to_come_again_and_never_shown_a_trace(
    proxy: FaultProxy, store: CouchStore
) -> None:
    house = House({("steward1", AREA): {Action.READ, Action.PUSH}})
    transport = httpx2.ASGITransport(app=create_app(store, house))
    fact = {"_id": "patrol:1", "_rev": "1-a", "author": "steward1"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://x", headers=bearer("steward1")
    ) as phone:
        proxy.fail("", "/", says(503, TROUBLE))
        proxy.faults[0].method = "POST"
        proxy.fail("GET", "/", says(200, {"not": "CouchDB's"}))
        pushed = await phone.post(f"/{AREA}/_bulk_docs", json={"docs": [fact], "new_edits": False})
        for path in ("", "/_changes", "/_all_docs", "/_local/x", "/_bulk_get", "/_revs_diff"):
            method = "POST" if path in ("/_bulk_get", "/_revs_diff") else "GET"
            body = {"docs": [{"id": "patrol:1"}]} if path == "/_bulk_get" else {"patrol:1": ["1-a"]}
            answer = await phone.request(method, f"/{AREA}{path}", json=body if method == "POST" else None)
            assert (path, answer.status_code) == (path, 503)
            assert answer.headers["retry-after"]
            assert answer.json()["error"] == "service_unavailable"
        proxy.heal()

        assert pushed.status_code == 503
        assert pushed.headers["retry-after"]
        again = await phone.post(f"/{AREA}/_bulk_docs", json={"docs": [fact], "new_edits": False})
        assert again.json() == [{"ok": True, "id": "patrol:1", "rev": "1-a"}]


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"<html>not here</html>"), (404, {"error": "not_found", "reason": "Database does not exist."})],
)
async def test_phones_are_not_told_that_a_database_is_gone_while_it_is_registered(
    proxy: FaultProxy, store: CouchStore, area: Database, status: int, body: object
) -> None:
    """Its files are missing at the nodes that are up, or something else answers for them."""
    await area.push([edit("a", "1-a")], STEWARD)
    for method in ("GET", "POST"):
        proxy.fail(method, f"/{store.home(AREA)}", says(status, body))

    for work in (area.info(), area.changes(BEGINNING, 10), area.push([edit("b", "1-b")], STEWARD)):
        with pytest.raises(StoreBroken):
            await work
    proxy.heal()

    assert await area.read("a") is not None
    assert AREA in await store.databases()


# Following.


async def test_rows_that_come_again_are_no_news(proxy: FaultProxy, store: CouchStore, area: Database) -> None:
    """As after a shard moved: the feed begins anew, and the node that answers lags behind."""
    await area.push([edit("a", "1-a"), edit("b", "1-b")], STEWARD)
    await area.push([edit("a", "2-a", "1-a")], STEWARD)
    before = await in_journal(store, ("b", "1-b"), ("a", "2-a"))

    def anew(request: Request) -> Request:
        target = re.sub("since=[^&]*", "since=0", request.target)
        return request._replace(target=target)

    def older(body: bytes) -> bytes:
        return body.replace(b'"2-a"', b'"1-a"')

    home = f"{proxy.upstream}/{store.home(AREA)}"
    rewound = proxy.fail("GET", f"{store.home(AREA)}/_changes?style", changed(anew, older))
    async with httpx2.AsyncClient(trust_env=False) as other:
        await other.put(f"{home}/c", json={})
        await in_journal(
            store, ("b", "1-b"), ("a", "2-a"), ("c", (await other.get(f"{home}/c")).json()["_rev"])
        )
        await other.put(f"{home}/d", json={})
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(entries := await journal(store)) < 4:
            await store.wait_for_journal(entries[-1].seq, PATIENCE_SECONDS)

    assert rewound.met >= 2
    assert [(entry.seq, entry.id) for entry in entries[:2]] == [(entry.seq, entry.id) for entry in before]
    assert [entry.id for entry in entries[2:]] == ["c", "d"]
    assert await area.push([edit("a", "2-a", "1-a")], STEWARD) == [Outcome.KNOWN]
    assert len(await journal(store)) == 4


async def test_a_revision_that_a_short_limit_forgot_is_no_loss(
    proxy: FaultProxy, store: CouchStore, area: Database
) -> None:
    """Others followed it further than `_revs_limit` remembers, before this process read of it."""
    await area.push([edit("a", "1-a")], STEWARD)
    proxy.fail("GET", f"{store.home(AREA)}/_changes", says(503, TROUBLE))
    later = {"_id": "a", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}}
    async with httpx2.AsyncClient(base_url=proxy.upstream, trust_env=False) as other:
        await other.post(f"/{store.home(AREA)}/_bulk_docs", json={"docs": [later], "new_edits": False})
    proxy.fail("POST", "_revs_diff", says(200, {"a": {"missing": ["1-a"]}}))
    client_of_it, homes = CouchClient(Address.parse(proxy.url)), (store.home, store.held_home)

    assert await forget_lost(client_of_it, store.journal_file, {AREA}, *homes) == 0
    await client_of_it.close()
    proxy.heal()

    await in_journal(store, ("a", "2-b"))


async def test_another_process_is_heard_of_over_one_connection(
    proxy: FaultProxy, store: CouchStore, prefix: str, tmp_path: Path
) -> None:
    for number in range(6):
        await store.create(f"area-{number}")
    await store.databases()
    async with asyncio.timeout(PATIENCE_SECONDS):
        await proxy.until_seen("feed=continuous", 2)  # first _db_updates, which this server has not
    other = await opened(proxy.upstream, tmp_path / "other", prefix)

    try:
        await other.create("area-made-elsewhere")
        await other.database("area-made-elsewhere").push([edit("a", "1-a")], STEWARD)
        await other.database("area-3").push([edit("b", "1-b")], STEWARD)

        entries = await in_journal(store, ("a", "1-a"), ("b", "1-b"))
        assert {(entry.database, entry.author, entry.device) for entry in entries} == {
            ("area-made-elsewhere", "steward1", "phone-1"), ("area-3", "steward1", "phone-1"),
        }  # fmt: skip
        assert proxy.most_feeds == 1
        await other.delete("area-made-elsewhere")
        with store.hub.listen("area-made-elsewhere") as listener:
            while "area-made-elsewhere" in await store.databases():
                assert await listener.wait(PATIENCE_SECONDS)
    finally:
        await other.close()


async def test_db_updates_name_the_databases_to_read(
    proxy: FaultProxy, store: CouchStore, tmp_path: Path, prefix: str
) -> None:
    """What CouchDB tells a server admin, spoken by the proxy: pouchdb-server has no _db_updates."""
    lines: asyncio.Queue[bytes] = asyncio.Queue()
    home = store.home(AREA)

    async def updates(_proxy: FaultProxy, _request: Request) -> bytes:
        line = await lines.get()
        return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + line

    proxy.fail("GET", "/_db_updates", updates)
    watching = await opened(proxy.url, tmp_path / "watching", prefix)
    await watching.databases()
    await store.database(AREA).push([edit("a", "1-a")], STEWARD)
    proxy.seen.clear()
    await lines.put(orjson.dumps({"db_name": home, "type": "updated", "seq": "5-g1AAA"}) + b"\n")

    await in_journal(watching, ("a", "1-a"))
    assert not watching_polls(watching)
    await watching.close()


async def test_dbs_info_is_asked_once_for_all_databases(
    proxy: FaultProxy, prefix: str, tmp_path: Path, store: CouchStore
) -> None:
    """CouchDB's _dbs_info, spoken by the proxy: pouchdb-server has none."""

    async def infos(proxy: FaultProxy, request: Request) -> bytes | None:
        rows = []
        for key in orjson.loads(request.body)["keys"]:
            whole = await proxy.forward(Request("GET", f"/{key}", [("host", "x")], b""))
            info = orjson.loads(whole.partition(b"\r\n\r\n")[2])
            rows.append({"key": key, "info": {**info, "update_seq": f"{info['update_seq']}-opaque"}})
        return await says(200, rows)(proxy, request)

    proxy.fail("POST", "/_dbs_info", infos)
    watching = await opened(proxy.url, tmp_path / "watching", prefix)
    await watching.databases()

    await store.database(AREA).push([edit("a", "1-a")], STEWARD)
    await in_journal(watching, ("a", "1-a"))

    assert proxy.count("POST /_dbs_info") >= 1
    await watching.close()


# Ends of processes.


async def test_our_end_in_the_middle_of_a_push_loses_and_doubles_nothing(
    proxy: FaultProxy, store: CouchStore, area: Database, prefix: str, tmp_path: Path
) -> None:
    reached, never = asyncio.Event(), asyncio.Event()
    proxy.fail("POST", "_bulk_docs", held(never, reached))
    pushing = asyncio.create_task(area.push([edit("a", "1-a", n=1)], STEWARD))
    await reached.wait()
    pushing.cancel()  # the server has it; this process never learns so
    await asyncio.gather(pushing, return_exceptions=True)
    await store.close()
    proxy.heal()

    again = await opened(proxy.url, tmp_path / "journal", prefix)
    entries = await in_journal(again, ("a", "1-a"))
    assert (entries[0].author, entries[0].device) == ("steward1", "phone-1")
    assert await again.database(AREA).push([edit("a", "1-a", n=1)], STEWARD) == [Outcome.KNOWN]
    assert await journal(again) == entries
    await again.close()

    anew = await opened(proxy.url, tmp_path / "journal-lost", prefix)
    found = await in_journal(anew, ("a", "1-a"))
    assert (
        found[0].seq > entries[0].seq
    )  # whoever followed the old journal reads it again, and misses nothing
    assert found[0].received_at == entries[0].received_at
    await anew.close()
    never.set()


async def test_a_full_disk_beside_the_server_acknowledges_nothing_and_passes(
    store: CouchStore, area: Database
) -> None:
    await area.push([edit("first", "1-a")], STEWARD)
    file = store.journal_file._db
    most = file.pragma("max_page_count")
    file.pragma("max_page_count", file.pragma("page_count"))
    edits = [edit(f"{number}-{'x' * 400}", "1-a") for number in range(40)]

    with pytest.raises(StorageFull):
        await area.push(edits, STEWARD)
    file.pragma("max_page_count", most)

    assert set(await area.push(edits, STEWARD)) <= {Outcome.STORED, Outcome.KNOWN}
    await in_journal(store, ("first", "1-a"), *((one.id, "1-a") for one in edits))


def _with_body(request: Request, value: object) -> Request:
    body = orjson.dumps(value)
    headers = [(name, text) for name, text in request.headers if name.lower() != "content-length"]
    return Request(request.method, request.target, [*headers, ("content-length", str(len(body)))], body)


def watching_polls(store: CouchStore) -> bool:
    assert store._session is not None
    return store._session.follower.watch.is_polling
