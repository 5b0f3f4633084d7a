"""The changes feed tells each replica what is new, and only what its user may still see."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest

from sync.access import Action
from sync.database import ChangesPage
from sync.sqlite import SqliteStore
from sync.sqlite.database import SqliteDatabase
from tests.sync.people import House
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
FEED = "/area-a1/_changes"


async def push(store: SqliteStore, *ids: str) -> None:
    await store.database("area-a1").push([edit(doc_id, "1-a", n=1) for doc_id in ids], STEWARD)


async def until_someone_waits(store: SqliteStore, count: int = 1) -> None:
    while store.hub.waiting < count:  # noqa: ASYNC110 - the hub tells nobody who waits
        await asyncio.sleep(0)


def lines(answer: httpx2.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.splitlines() if line]


async def test_a_long_feed_is_streamed_whole(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await push(store, *[f"d{n:03}" for n in range(95)])

    answer = (await phone.get(FEED, params={"include_docs": "true", "style": "all_docs"})).json()

    assert [row["id"] for row in answer["results"]] == [f"d{n:03}" for n in range(95)]
    assert answer["results"][7]["doc"] == {"_id": "d007", "_rev": "1-a", "n": 1}
    assert answer["results"][7]["changes"] == [{"rev": "1-a"}]
    assert answer["last_seq"] == answer["results"][-1]["seq"]
    assert answer["pending"] == 0
    assert (await phone.get(FEED, params={"since": answer["last_seq"]})).json()["results"] == []


async def test_a_feed_is_read_in_pages_of_any_size(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await push(store, *[f"d{n:03}" for n in range(95)])
    for limit, sizes in ((30, [30, 30, 30, 5]), (20, [20, 20, 20, 20, 15])):
        since, left = "0", 95
        for size in sizes:
            page = (await phone.get(FEED, params={"since": since, "limit": str(limit)})).json()
            left -= size
            assert (len(page["results"]), page["pending"]) == (size, left)
            since = page["last_seq"]
    assert len((await phone.get(FEED, params={"limit": "0"})).json()["results"]) == 1


@pytest.mark.parametrize("since", ["7", "5-" + "0" * 32, "abc", '"0"', "[]", "-1", ""])
async def test_a_foreign_since_is_answered_from_the_beginning(
    phone: httpx2.AsyncClient, store: SqliteStore, since: str
) -> None:
    await push(store, "a")

    assert len((await phone.get(FEED, params={"since": since})).json()["results"]) == 1


async def test_a_since_sent_as_json_is_understood(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await push(store, "a")
    last = (await phone.get(FEED)).json()["last_seq"]

    assert (await phone.get(FEED, params={"since": json.dumps(last)})).json()["results"] == []
    assert (await phone.get(FEED, params={"since": "now"})).json() == {
        "results": [],
        "last_seq": last,
        "pending": 0,
    }


async def test_changes_run_backwards_and_by_id(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await push(store, *[f"d{n:03}" for n in range(50)])

    back = (await phone.get(FEED, params={"descending": "true"})).json()
    one = (await phone.get(FEED, params={"descending": "true", "limit": "1"})).json()
    some = await phone.post(FEED, params={"filter": "_doc_ids"}, json={"doc_ids": ["d003", "d001", "nope"]})

    assert [row["id"] for row in back["results"]] == [f"d{n:03}" for n in reversed(range(50))]
    assert one["last_seq"] == one["results"][0]["seq"]
    assert [row["id"] for row in some.json()["results"]] == ["d001", "d003"]
    assert some.json()["last_seq"] == back["results"][0]["seq"]
    assert (await phone.get(FEED, params={"filter": "app/mine"})).status_code == 400
    assert (
        await phone.post(FEED, params={"filter": "_doc_ids"}, json={"doc_ids": "d001"})
    ).status_code == 400
    assert len((await phone.post(FEED, content=b"")).json()["results"]) == 50


async def test_leaves_and_conflicts_are_shown_when_asked_for(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    area = store.database("area-a1")
    await area.push([edit("a", "1-a"), edit("a", "1-b"), edit("a", "1-c", deleted=True)], STEWARD)
    await area.push([edit("gone", "1-a", deleted=True)], STEWARD)

    every = (await phone.get(FEED, params={"style": "all_docs"})).json()["results"]
    main = (await phone.get(FEED, params={"include_docs": "true", "conflicts": "true"})).json()["results"]

    assert [change["rev"] for change in every[0]["changes"]] == ["1-b", "1-a", "1-c"]
    assert every[1]["deleted"] is True
    assert main[0]["changes"] == [{"rev": "1-b"}]
    assert main[0]["doc"]["_conflicts"] == ["1-a"]
    assert main[1]["doc"] == {"_id": "gone", "_rev": "1-a", "_deleted": True}


async def test_a_longpoll_ends_with_the_first_change(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await push(store, "old")
    last = (await phone.get(FEED)).json()["last_seq"]
    waiting = asyncio.create_task(
        phone.get(FEED, params={"feed": "longpoll", "since": last, "heartbeat": "true"})
    )
    await until_someone_waits(store)

    await push(store, "new")

    answer = (await waiting).json()
    assert [row["id"] for row in answer["results"]] == ["new"]
    assert (await phone.get(FEED, params={"since": answer["last_seq"]})).json()["results"] == []
    assert store.hub.waiting == 0


async def test_a_longpoll_answers_at_once_when_there_is_something(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await push(store, "a")

    assert len((await phone.get(FEED, params={"feed": "longpoll"})).json()["results"]) == 1


async def test_silence_ends_a_longpoll_after_its_time(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await push(store, "a")
    last = (await phone.get(FEED)).json()["last_seq"]

    answer = await phone.get(FEED, params={"feed": "longpoll", "since": last, "timeout": "20"})

    assert answer.json() == {"results": [], "last_seq": last, "pending": 0}


async def test_a_continuous_feed_gives_a_line_for_each_change(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await push(store, "a", "b")
    waiting = asyncio.create_task(phone.get(FEED, params={"feed": "continuous", "limit": "4"}))
    await until_someone_waits(store)
    await push(store, "c")
    await push(store, "d", "e")

    rows = lines(await waiting)

    assert [row.get("id") for row in rows] == ["a", "b", "c", "d", None]
    assert rows[4]["last_seq"] == rows[3]["seq"]
    assert rows[4]["pending"] == 1


async def test_an_event_source_gives_an_event_for_each_change(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await push(store, "a", "b")

    answer = await phone.get(FEED, params={"feed": "eventsource", "timeout": "0"})

    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [
        dict(line.split(": ", 1) for line in event.splitlines())
        for event in answer.text.strip().split("\n\n")
    ]
    assert [json.loads(event["data"])["id"] for event in events] == ["a", "b"]
    resumed = await phone.get(
        FEED, params={"feed": "eventsource", "timeout": "0"}, headers={"Last-Event-ID": events[0]["id"]}
    )
    assert '"id":"b"' in resumed.text
    assert '"id":"a"' not in resumed.text


@pytest.mark.parametrize("feed", ["longpoll", "continuous", "eventsource"])
async def test_an_open_feed_ends_unserved_when_the_right_is_taken_away(
    phone: httpx2.AsyncClient, store: SqliteStore, house: House, feed: str
) -> None:
    waiting = asyncio.create_task(phone.get(FEED, params={"feed": feed, "heartbeat": "true"}))
    await until_someone_waits(store)

    house.rights["steward1", "area-a1"] = {Action.PUSH}
    await push(store, "secret")

    answer = await asyncio.wait_for(waiting, 2)
    assert "secret" not in answer.text
    assert f"0-{store.epoch}" in answer.text or feed == "eventsource"


@pytest.mark.parametrize("feed", ["normal", "longpoll", "continuous", "eventsource"])
@pytest.mark.parametrize("waits", [False, True])
async def test_a_right_taken_away_between_reading_and_writing_counts(
    phone: httpx2.AsyncClient,
    store: SqliteStore,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    feed: str,
    waits: bool,
) -> None:
    read = SqliteDatabase.changes

    async def read_and_lose_the_right(self: SqliteDatabase, *args: Any, **options: Any) -> ChangesPage:
        page = await read(self, *args, **options)
        if page.changes:
            house.rights.clear()
        return page

    monkeypatch.setattr(SqliteDatabase, "changes", read_and_lose_the_right)
    if waits and feed != "normal":
        waiting = asyncio.create_task(phone.get(FEED, params={"feed": feed, "heartbeat": "true"}))
        await until_someone_waits(store)
        await push(store, "secret")
        answer = await asyncio.wait_for(waiting, 5)
    else:
        await push(store, "secret")
        answer = await phone.get(FEED, params={"feed": feed, "timeout": "1000"})

    assert "secret" not in answer.text


async def test_taking_a_right_away_ends_the_feed_without_any_change(
    phone: httpx2.AsyncClient, store: SqliteStore, house: House
) -> None:
    waiting = asyncio.create_task(phone.get(FEED, params={"feed": "longpoll", "heartbeat": "true"}))
    await until_someone_waits(store)

    house.rights.clear()
    store.recheck_access()

    assert (await asyncio.wait_for(waiting, 2)).json()["results"] == []


async def test_feeds_end_when_the_database_goes_or_the_server_closes(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    params = {"feed": "longpoll", "heartbeat": "true"}
    waiting = asyncio.create_task(phone.get(FEED, params=params))
    await until_someone_waits(store)
    await store.delete("area-a1")
    assert (await asyncio.wait_for(waiting, 2)).json()["results"] == []

    await store.create("area-a1")
    waiting = asyncio.create_task(phone.get(FEED, params=params))
    await until_someone_waits(store)
    store.end_feeds()
    assert (await asyncio.wait_for(waiting, 2)).json()["results"] == []


async def test_a_thousand_waiters_are_all_woken_by_one_write(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    polls = [
        asyncio.create_task(phone.get(FEED, params={"feed": "longpoll", "heartbeat": "true"}))
        for _ in range(1000)
    ]
    await until_someone_waits(store, 1000)

    await push(store, "a")

    answers = await asyncio.gather(*polls)
    assert {answer.json()["results"][0]["id"] for answer in answers} == {"a"}


@pytest.mark.parametrize(
    "params",
    [
        {"feed": "loud"},
        {"style": "odd"},
        {"limit": "-1"},
        {"limit": "x"},
        {"heartbeat": "0"},
        {"heartbeat": "soon"},
        {"timeout": "1.5"},
        {"include_docs": "yes"},
        {"doc_ids": "[", "filter": "_doc_ids"},
    ],
    ids=str,
)
async def test_wrong_options_are_refused(phone: httpx2.AsyncClient, params: dict[str, str]) -> None:
    answer = await phone.get(FEED, params=params)

    assert (answer.status_code, answer.json()["error"]) == (400, "query_parse_error")
