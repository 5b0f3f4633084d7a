"""One phone's small sync: 20 changed documents up, 20 down, in eleven requests, each ready before the clock runs.

For: `Phone`, which is prepared once and then syncs as often as asked. What it edits is its own; what it fetches is what
    others wrote, from a place in the feed chosen by chance, so that databases keep their size while they are measured.
Not for: many phones at once (sync_phones).
Source: CouchDB Replication Protocol, from "Verify Peers" to "Record Replication Checkpoint".
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

import orjson

from tests.bench.sync_line import Line
from tests.bench.sync_records import bulk_docs, records, revs_diff

ROWS = 20
REQUESTS = 11
EDITS_OF_ONE = 4  # a record is edited this often at most: histories stay as short as real ones


@dataclass
class Phone:
    line: Line
    database: str
    name: str
    places: list[str]  # sequences that have at least ROWS documents of others behind them
    dice: random.Random
    pushes: list[float] = field(default_factory=list)  # how long each `_bulk_docs` took, seconds
    _ready: list[tuple[bytes, bytes]] = field(default_factory=list)
    _checkpoints: dict[str, str] = field(default_factory=dict)

    async def prepare(self, syncs: int) -> None:
        """Push what will be edited, write both checkpoints once, and make the bodies of `syncs` pushes."""
        rounds = -(-syncs // EDITS_OF_ONE)
        own = [records(ROWS, self.dice.getrandbits(40)) for _ in range(rounds)]
        for batch in own:
            await self.line.expect(201, "POST", f"/db/{self.database}/_bulk_docs", bulk_docs(batch))
        for at in range(syncs):
            batch = own[at % rounds] = [one.edited(self.dice) for one in own[at % rounds]]
            self._ready.append((revs_diff(batch), bulk_docs(batch)))
        for way in ("up", "down"):
            await self._put_checkpoint(way, "0")

    async def sync(self) -> None:
        line, path = self.line, f"/db/{self.database}"
        asked, sent = self._ready.pop(0)
        await line.expect(200, "GET", "/db/")
        end = (await line.expect(200, "GET", path)).json()["update_seq"]
        for way in ("up", "down"):
            await line.expect(200, "GET", f"{path}/_local/{self.name}-{way}")
        missing = (await line.expect(200, "POST", f"{path}/_revs_diff", asked)).json()
        assert len(missing) == ROWS, missing
        began = time.perf_counter()
        stored = (await line.expect(201, "POST", f"{path}/_bulk_docs", sent)).json()
        self.pushes.append(time.perf_counter() - began)
        assert sum(row.get("ok", False) for row in stored) == ROWS, stored
        await self._put_checkpoint("up", end)
        since = self.dice.choice(self.places)
        changes = await self._changes(since)
        assert len(changes["results"]) == ROWS, changes
        wanted = [{"id": row["id"], "rev": row["changes"][0]["rev"]} for row in changes["results"]]
        body = orjson.dumps({"docs": wanted})
        got = await line.expect(200, "POST", f"{path}/_bulk_get?revs=true&latest=true", body)
        assert got.body.count(b'"ok":') == ROWS, got.body[:300]
        await self._put_checkpoint("down", changes["last_seq"])
        await self._changes(end)

    async def _changes(self, since: str) -> dict[str, list[dict[str, list[dict[str, str]]]]]:
        path = f"/db/{self.database}/_changes?style=all_docs&limit={ROWS}&since={since}"
        found: dict[str, list[dict[str, list[dict[str, str]]]]] = (
            await self.line.expect(200, "GET", path)
        ).json()
        return found

    async def _put_checkpoint(self, way: str, seq: object) -> None:
        known = self._checkpoints.get(way)
        body = orjson.dumps({"last_seq": seq, "session_id": self.name} | ({"_rev": known} if known else {}))
        answer = await self.line.expect(201, "PUT", f"/db/{self.database}/_local/{self.name}-{way}", body)
        self._checkpoints[way] = answer.json()["rev"]


async def places_of(line: Line, database: str, documents: int) -> list[str]:
    """Every sequence of the first `documents` changes with ROWS more of them behind it."""
    changes = (await line.expect(200, "GET", f"/db/{database}/_changes?limit={documents}")).json()
    found = ["0", *(row["seq"] for row in changes["results"])]
    assert len(found) == documents + 1, len(found)
    return found[: documents + 1 - ROWS]
