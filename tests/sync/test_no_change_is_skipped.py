"""Readers that follow every kind of feed while several write, and meanwhile the server dies, end with all there is.

Source: promises F-27 (a sequence becomes visible in commit order), F-31.
A tenth in `make test`, the full count in `make soak`.
"""

from __future__ import annotations

import contextlib
import json
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.sync.people import OPERATOR
from tests.sync.served import AREA, Served

FEED = f"/{AREA}/_changes"
SHARED = [f"status:{n}" for n in range(6)]
CUT = (httpx2.TransportError, json.JSONDecodeError)  # the server went away, perhaps in mid-answer


class Writer(threading.Thread):
    """Pushes new records, and edits what others edit too, so that leaves come and documents change their place."""

    def __init__(self, name: str, url: str, batches: int, after_each: Callable[[], None]) -> None:
        super().__init__(name=name)
        self._url, self._batches, self._after_each = url, batches, after_each
        self._dice = random.Random(name)
        self.latest: dict[str, str] = {}

    def run(self) -> None:
        with httpx2.Client(base_url=self._url, headers=OPERATOR, timeout=30) as client:
            for batch in range(self._batches):
                documents = [{"_id": f"patrol:{self.name}-{batch}-{n}", "_rev": "1-a"} for n in range(3)]
                shared = self._dice.choice(SHARED)
                generation = int(self.latest.get(shared, "0-").partition("-")[0]) + 1
                past = [f"{self.name}{n}" for n in range(generation, 0, -1)]
                self.latest[shared] = f"{generation}-{past[0]}"
                edit = {"_id": shared, "_revisions": {"start": generation, "ids": past}, "n": batch}
                self._push(client, [*documents, edit])
                self._after_each()

    def _push(self, client: httpx2.Client, documents: list[dict[str, Any]]) -> None:
        """Again and again until it is acknowledged, as a phone does."""
        while True:
            with contextlib.suppress(httpx2.TransportError):
                answer = client.post(f"/{AREA}/_bulk_docs", json={"docs": documents, "new_edits": False})
                assert answer.status_code == 201
                assert all(row.get("ok") for row in answer.json())
                return


class Reader(threading.Thread):
    """Follows one kind of feed from where it was; keeps what it was told last of each document."""

    def __init__(self, feed: str, url: str) -> None:
        super().__init__(name=feed)
        self.feed = feed
        self._url = url
        self._dice = random.Random(feed)
        self.told: dict[str, list[str]] = {}
        self.since = "0"
        self.restarts = 0
        self.end: str | None = None  # where to stop, once nobody writes any more

    def run(self) -> None:
        follow = {"continuous": self._lines, "eventsource": self._lines}.get(self.feed, self._pages)
        with httpx2.Client(base_url=self._url, headers=OPERATOR, timeout=30) as client:
            while self.end is None or self.since != self.end:
                with contextlib.suppress(*CUT):
                    follow(client)
                self.restarts += 1

    def _pages(self, client: httpx2.Client) -> None:
        limit = {"limit": str(self._dice.randint(1, 9))} if self.feed == "normal" else {}
        params = {"feed": self.feed, "style": "all_docs", "since": self.since, "timeout": "200", **limit}
        answer = client.get(FEED, params=params).json()
        for row in answer["results"]:
            self._take(row)
        self.since = answer["last_seq"]

    def _lines(self, client: httpx2.Client) -> None:
        """Breaks off after some lines, and goes on from the last one it took."""
        left = self._dice.randint(1, 40)
        params = {"feed": self.feed, "style": "all_docs", "since": self.since, "timeout": "200"}
        with client.stream("GET", FEED, params=params) as answer:
            for line in answer.iter_lines():
                row = line.removeprefix("data: ")
                if row.startswith('{"seq"'):
                    change = json.loads(row)
                    self._take(change)
                    self.since = change["seq"]
                    left -= 1
                if left == 0:
                    return

    def _take(self, row: dict[str, Any]) -> None:
        self.told[row["id"]] = [change["rev"] for change in row["changes"]]


def follow_while_writing(server: Served, batches: int, kills: int) -> None:
    written = threading.Semaphore(0)
    writers = [Writer(f"w{n}", server.url, batches, written.release) for n in range(4)]
    feeds = ("normal", "longpoll", "longpoll", "continuous", "continuous", "eventsource")
    readers = [Reader(feed, server.url) for feed in feeds]
    for thread in (*writers, *readers):
        thread.start()
    for _ in range(kills):
        for _ in range(4 * batches // (kills + 1)):
            written.acquire()
        server.kill()
        server.start()
    for writer in writers:
        writer.join()
    with httpx2.Client(base_url=server.url, headers=OPERATOR, timeout=30) as client:
        everything = client.get(FEED, params={"style": "all_docs"}).json()
    for reader in readers:
        reader.end = everything["last_seq"]
    for reader in readers:
        reader.join()

    stored = {row["id"]: [change["rev"] for change in row["changes"]] for row in everything["results"]}
    assert len(stored) == 4 * 3 * batches + len({doc_id for writer in writers for doc_id in writer.latest})
    for writer in writers:
        for doc_id, rev in writer.latest.items():
            assert rev in stored[doc_id]
    for reader in readers:
        assert reader.told == stored, reader.name
        assert reader.restarts > 1


def test_readers_of_every_feed_miss_nothing_that_is_written_meanwhile(tmp_path: Path) -> None:
    server = Served(tmp_path)
    server.start()
    follow_while_writing(server, batches=40, kills=0)
    server.stop()


def test_readers_of_every_feed_miss_nothing_when_the_server_is_killed(tmp_path: Path) -> None:
    server = Served(tmp_path)
    server.start()
    follow_while_writing(server, batches=40, kills=2)
    server.stop()


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [0, 40])
def test_readers_of_every_feed_miss_nothing_for_long(tmp_path: Path, kills: int) -> None:
    server = Served(tmp_path)
    server.start()
    follow_while_writing(server, batches=800, kills=kills)
    server.stop()
