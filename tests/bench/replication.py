"""What replication costs: pushing and pulling patrol records, beside a bare insert loop of the same run.

For: figures that mean something on a noisy machine: a ratio to a ceiling, and the server's own CPU.
Not for: correctness (tests/sync).
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Any

import apsw
import orjson

from tests.bench.server_process import Served

DOCUMENTS = 10_000
BATCH = 100
DATABASE = "bench"


def records(count: int) -> list[dict[str, Any]]:
    """Patrol records of about 1 KiB with random ids and revision hashes."""
    items = [{"code": f"item_{n}", "result": "normal", "note": "巡查正常，无异常情况"} for n in range(8)]
    return [
        {
            "_id": f"decoration_patrol:{secrets.token_hex(13).upper()}",
            "_rev": f"1-{secrets.token_hex(16)}",
            "type": "decoration_patrol",
            "author": "steward1",
            "photos": [{"sha256": secrets.token_hex(32), "bytes": 312345}],
            "body": {"stage": "paint", "items": items},
        }
        for _ in range(count)
    ]


def insert_loop(folder: Path, documents: list[dict[str, Any]]) -> float:
    """Documents per second of a bare loop: one table, WAL, FULL, one commit a batch. The ceiling."""
    db = apsw.Connection(str(folder / "ceiling.sqlite"))
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"):
        db.execute(statement).fetchall()
    db.execute("CREATE TABLE doc (id TEXT PRIMARY KEY, content BLOB)").fetchall()
    rows = [(document["_id"], orjson.dumps(document)) for document in documents]
    started = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        with db:
            db.executemany("INSERT INTO doc VALUES (?, ?)", rows[start : start + BATCH])
    took = time.perf_counter() - started
    db.close()
    return len(rows) / took


def push(server: Served, documents: list[dict[str, Any]]) -> tuple[float, float]:
    """(documents per second, server CPU in ms per 1,000), `_bulk_docs` in batches of 100."""
    bodies = [
        orjson.dumps({"new_edits": False, "docs": documents[start : start + BATCH]})
        for start in range(0, len(documents), BATCH)
    ]
    with server.client() as client:
        client.put(f"/db/{DATABASE}").raise_for_status()
        cpu, started = server.cpu_seconds(), time.perf_counter()
        for body in bodies:
            headers = {"Content-Type": "application/json"}
            client.post(f"/db/{DATABASE}/_bulk_docs", content=body, headers=headers).raise_for_status()
        took, cpu = time.perf_counter() - started, server.cpu_seconds() - cpu
    return len(documents) / took, cpu / len(documents) * 1e6


def pull(server: Served, batch: int) -> float:
    """Server CPU in ms per 1,000 documents, `_changes` and `_bulk_get` in batches."""
    since, pulled, cpu = "0", 0, server.cpu_seconds()
    with server.client() as client:
        while True:
            query = {"since": since, "limit": str(batch), "style": "all_docs"}
            page = client.get(f"/db/{DATABASE}/_changes", params=query).json()
            if not page["results"]:
                break
            wanted = [{"id": row["id"], "rev": row["changes"][0]["rev"]} for row in page["results"]]
            answer = client.post(f"/db/{DATABASE}/_bulk_get?revs=true", json={"docs": wanted})
            pulled += len(answer.json()["results"])
            since = page["last_seq"]
    return (server.cpu_seconds() - cpu) / pulled * 1e6


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}"
