"""Databases that replicate with each other over the protocol, cut off at random, end the same.

Source: promises I4; CouchDB Replication Protocol. The replicator here is written from that text alone and knows nothing of how
databases are kept.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from sync.access import Action
from sync.http import SyncLimits, create_app
from sync.sqlite import SqliteStore
from tests.sync.people import OPERATOR, House

pytestmark = pytest.mark.anyio
NAMES = ("area-p", "area-q", "area-r", "area-s")
IDS = [f"note:{n}" for n in range(8)]


class LineCut(Exception):
    pass


class Line:
    """A client whose requests fail now and then: before they arrive, or after they were answered."""

    def __init__(self, client: httpx2.AsyncClient, dice: random.Random) -> None:
        self._client = client
        self._dice = dice
        self.cut_share = 0.0

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        fate = self._dice.random()
        if fate < self.cut_share / 2:
            raise LineCut
        answer = await self._client.request(method, path, params=query, json=body)
        if fate < self.cut_share:
            raise LineCut
        if answer.status_code == 404:
            return None
        assert answer.status_code in (200, 201), answer.text
        return answer.json()


async def replicate(line: Line, source: str, target: str, dice: random.Random) -> None:
    """One run of the replication protocol, a few documents at a time."""
    checkpoint = f"{source}-to-{target}"
    kept = [await line.ask("GET", f"/{name}/_local/{checkpoint}") for name in (source, target)]
    known = [one["last_seq"] for one in kept if one is not None]
    since = known[0] if len(known) == 2 and known[0] == known[1] else "0"
    while True:
        limit = str(dice.randint(1, 5))
        page = await line.ask("GET", f"/{source}/_changes", since=since, style="all_docs", limit=limit)
        if not page["results"]:
            return
        revs = {row["id"]: [one["rev"] for one in row["changes"]] for row in page["results"]}
        diff = await line.ask("POST", f"/{target}/_revs_diff", revs)
        asked = [{"id": doc_id, "rev": rev} for doc_id, one in diff.items() for rev in one["missing"]]
        found = await line.ask("POST", f"/{source}/_bulk_get", {"docs": asked}, revs="true")
        docs = [row["ok"] for result in found["results"] for row in result["docs"]]
        assert len(docs) == len(asked)
        rows = await line.ask("POST", f"/{target}/_bulk_docs", {"docs": docs, "new_edits": False})
        assert all(row["ok"] for row in rows)
        since = page["last_seq"]
        for name in (target, source):
            await line.ask("PUT", f"/{name}/_local/{checkpoint}", {"last_seq": since})


async def edit(line: Line, name: str, dice: random.Random) -> None:
    """By hand, upon the winner or a loser; sometimes a deletion."""
    doc_id = dice.choice(IDS)
    now = await line.ask("GET", f"/{name}/{doc_id}", conflicts="true")
    named = {}
    if now is not None:
        named = {"_rev": dice.choice([now["_rev"], *now.get("_conflicts", [])])}
    gone = {"_deleted": True} if named and dice.random() < 0.2 else {}
    await line.ask("PUT", f"/{name}/{doc_id}", {**named, **gone, "n": dice.randrange(10**9)})


async def everything(line: Line, name: str) -> dict[str, Any]:
    found = {}
    for row in (await line.ask("GET", f"/{name}/_changes", style="all_docs"))["results"]:
        found[row["id"]] = await line.ask("GET", f"/{name}/{row['id']}", open_revs="all", revs="true")
    return found


@pytest.fixture
async def client(store: SqliteStore) -> AsyncIterator[httpx2.AsyncClient]:
    for name in NAMES:
        await store.create(name)
    house = House({("operator", name): {Action.READ, Action.PUSH} for name in NAMES})
    transport = httpx2.ASGITransport(app=create_app(store, house, SyncLimits(page_rows=3)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://x", headers=OPERATOR) as client:
        yield client


async def edit_apart_and_come_together(client: httpx2.AsyncClient, seed: int, steps: int) -> None:
    dice = random.Random(seed)
    line = Line(client, dice)
    line.cut_share = 0.15
    for _ in range(steps):
        try:
            if dice.random() < 0.5:
                await edit(line, dice.choice(NAMES), dice)
            else:
                source, target = dice.sample(NAMES, 2)
                await replicate(line, source, target, dice)
        except LineCut:
            continue

    line.cut_share = 0
    for _ in NAMES:  # around the ring, as often as it has members
        for place, source in enumerate(NAMES):
            await replicate(line, source, NAMES[(place + 1) % len(NAMES)], dice)
    first, *others = [await everything(line, name) for name in NAMES]
    assert len(first) == len(IDS)
    assert any(len(leaves) > 1 for leaves in first.values())
    assert others == [first] * 3


@pytest.mark.parametrize("seed", [1, 2])
async def test_what_was_edited_apart_is_the_same_everywhere_in_the_end(
    client: httpx2.AsyncClient, seed: int
) -> None:
    await edit_apart_and_come_together(client, seed, steps=120)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10, 60))
async def test_what_was_edited_apart_for_long_is_the_same_everywhere_in_the_end(
    client: httpx2.AsyncClient, seed: int
) -> None:
    await edit_apart_and_come_together(client, seed, steps=600)
