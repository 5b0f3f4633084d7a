"""A `since` that was not given out here, now, is the beginning, whatever the feed: a reader meets things again and misses none.

Source: promises D4, F-26; docs of `sync.database`.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sync.http import SyncLimits, create_app
from sync.sqlite import SqliteStore, open_store
from tests.sync.people import House, bearer
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
FEED = "/area-a1/_changes"
FEEDS = ("normal", "longpoll", "continuous", "live", "eventsource")
FOREIGN = [
    "7", "-1", "abc", "[]", "{}", '""', "9" * 40, "5-" + "0" * 32, "g1AAAACbeJzLYWBgYM5gTmHgz8tPSTV0MDQy1zMAQsM", "0-", "١-",
]  # fmt: skip


async def push(store: SqliteStore, *ids: str) -> None:
    await store.database("area-a1").push([edit(doc_id, "1-a") for doc_id in ids], STEWARD)


def told(answer: httpx2.Response) -> tuple[list[str], list[str], str | None]:
    """Ids and sequences of an answer of any kind of feed, and where it ended."""
    rows: list[Any] = []
    for line in answer.text.splitlines():
        line = line.removeprefix("data: ").rstrip(",")
        if line.startswith('{"seq"'):
            rows.append(json.loads(line))
    if answer.headers["content-type"].startswith("text/event-stream"):
        return [row["id"] for row in rows], [row["seq"] for row in rows], None
    if answer.text.startswith('{"results"'):
        last = json.loads(answer.text)["last_seq"]
    else:
        last = json.loads(answer.text.splitlines()[-1])["last_seq"]
    return [row["id"] for row in rows], [row["seq"] for row in rows], last


async def ask(phone: httpx2.AsyncClient, feed: str, since: str) -> tuple[list[str], list[str], str | None]:
    answer = await phone.get(FEED, params={"feed": feed, "since": since, "timeout": "0"})
    assert answer.status_code == 200
    return told(answer)


@pytest.mark.parametrize("feed", FEEDS)
async def test_a_foreign_a_future_and_an_older_epochs_since_are_the_beginning(
    phone: httpx2.AsyncClient, store: SqliteStore, feed: str
) -> None:
    await push(store, "a", "b", "c")
    older = (await phone.get("/area-a1")).json()["update_seq"]
    await store.rotate_epoch()

    for since in [*FOREIGN, older, f"999999-{store.epoch}"]:
        ids, seqs, last = await ask(phone, feed, since)

        assert (since, ids) == (since, ["a", "b", "c"])
        assert all(seq.endswith(store.epoch) for seq in seqs)
        assert last in (None, seqs[-1])
    assert (await ask(phone, feed, seqs[1]))[0] == ["c"]


@pytest.mark.parametrize("feed", ["normal", "longpoll", "continuous"])
async def test_a_since_that_is_not_ours_is_never_given_back(
    phone: httpx2.AsyncClient, store: SqliteStore, feed: str
) -> None:
    """Given back, a future one would be believed as soon as the store has come that far, and skip what lies between."""
    for since in ("abc", "5-" + "0" * 32, f"999-{store.epoch}"):
        ids, _, last = await ask(phone, feed, since)

        assert (ids, last) == ([], f"0-{store.epoch}")
    filtered = {"filter": "_doc_ids", "doc_ids": '["nope"]', "feed": feed, "timeout": "0"}
    await push(store, "a")
    answer = await phone.get(FEED, params={**filtered, "since": f"999-{store.epoch}"})
    assert told(answer)[2] == (await phone.get("/area-a1")).json()["update_seq"]


@pytest.mark.parametrize("feed", ["longpoll", "continuous", "eventsource"])
async def test_an_open_feed_begins_again_when_the_epoch_turns(
    phone: httpx2.AsyncClient, store: SqliteStore, feed: str
) -> None:
    await push(store, "a", "b")
    params = {"feed": feed, "since": "now", "timeout": "300", "limit": "2"}
    waiting = asyncio.create_task(phone.get(FEED, params=params))
    while not store.hub.waiting:  # noqa: ASYNC110 - the hub tells nobody who waits
        await asyncio.sleep(0)

    await store.rotate_epoch()

    ids, seqs, _ = told(await waiting)
    assert ids == ["a", "b"]
    assert all(seq.endswith(store.epoch) for seq in seqs)


async def test_a_checkpoint_goes_with_its_epoch(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await phone.put("/area-a1/_local/c", json={"last_seq": "1"})
    assert (await phone.get("/")).json()["uuid"] == store.epoch
    before = store.epoch

    await store.rotate_epoch()

    assert (await phone.get("/area-a1/_local/c")).status_code == 404
    assert (await phone.get("/")).json()["uuid"] == store.epoch != before


async def test_a_database_made_anew_skips_nothing_for_who_knew_the_old_one(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await push(store, "a", "b")
    since = (await phone.get("/area-a1")).json()["update_seq"]
    await store.delete("area-a1")
    await store.create("area-a1")
    await push(store, "a", "z")

    for feed in FEEDS:
        assert (await ask(phone, feed, since))[0] == ["a", "z"]


async def test_a_since_outlives_a_restart(tmp_path: Path, house: House) -> None:
    since = ""
    for round_ in range(3):
        store = open_store(tmp_path / "store")
        if round_ == 0:
            await store.create("area-a1")
        transport = httpx2.ASGITransport(app=create_app(store, house, SyncLimits()))
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://x", headers=bearer("steward1")
        ) as phone:
            await push(store, f"d{round_}")
            answer = (await phone.get(FEED, params={"since": since})).json()
        assert [row["id"] for row in answer["results"]] == [f"d{round_}"]
        since = answer["last_seq"]
        await store.close()
