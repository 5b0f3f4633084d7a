"""What replication costs: pushing and pulling patrol records, beside a bare insert loop of the same run.

For: figures that mean something on a noisy machine: a ratio to a ceiling, and the server's own CPU.
Not for: correctness (tests/sync), or what the rest of the server makes of a record (office.py): the endpoint is alone here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import httpx2
import orjson

from tests.bench.figures import Figure
from tests.bench.stopwatch import Stopwatch
from tests.sync.people import bearer
from tests.sync.served import AREA, Served

DOCUMENTS = 10_000
BATCH = 100


def replication_figures(folder: Path) -> Iterator[Figure]:
    documents = records(DOCUMENTS)
    ceiling = insert_loop(folder, documents)
    served = Served(folder / "store")
    served.start()
    try:
        url = f"{served.url}/{AREA}"
        with httpx2.Client(base_url=url, headers=bearer("steward1"), timeout=60) as client:
            speed, push_cpu_ms = push(client, served.pid, documents)
            pull_cpu_ms = {batch: pull(client, served.pid, batch) for batch in (100, 1000)}
    finally:
        served.stop()
    yield Figure(f"bare insert loop, WAL and FULL, batches of {BATCH}", ceiling, "docs/s")
    yield Figure(f"push {DOCUMENTS} documents, batches of {BATCH}, one client", speed, "docs/s")
    yield Figure("  of the insert loop", speed / ceiling * 100, "%", 35, at_least=True)
    yield Figure("  server CPU per 1,000", push_cpu_ms, "ms", 80)
    for batch, bar in ((100, 40), (1000, 28)):
        yield Figure(f"pull in batches of {batch}, server CPU per 1,000", pull_cpu_ms[batch], "ms", bar)


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
    watch = Stopwatch()
    for start in range(0, len(rows), BATCH):
        with db:
            db.executemany("INSERT INTO doc VALUES (?, ?)", rows[start : start + BATCH])
    seconds = watch.seconds()
    db.close()
    return len(rows) / seconds


def push(client: httpx2.Client, pid: int, documents: list[dict[str, Any]]) -> tuple[float, float]:
    """(documents per second, server CPU in ms per 1,000), `_bulk_docs` in batches of 100."""
    bodies = [
        orjson.dumps({"new_edits": False, "docs": documents[start : start + BATCH]})
        for start in range(0, len(documents), BATCH)
    ]
    watch = Stopwatch(pid)
    for body in bodies:
        answer = client.post("/_bulk_docs", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 201, answer.text
        assert b'"error"' not in answer.content, answer.text
    return len(documents) / watch.seconds(), watch.cpu_seconds() / len(documents) * 1e6


def pull(client: httpx2.Client, pid: int, batch: int) -> float:
    """Server CPU in ms per 1,000 documents, `_changes` and `_bulk_get` in batches."""
    since, pulled, watch = "0", 0, Stopwatch(pid)
    while True:
        query = {"since": since, "limit": str(batch), "style": "all_docs"}
        page = client.get("/_changes", params=query).json()
        if not page["results"]:
            assert pulled == DOCUMENTS
            return watch.cpu_seconds() / pulled * 1e6
        wanted = [{"id": row["id"], "rev": row["changes"][0]["rev"]} for row in page["results"]]
        answer = client.post("/_bulk_get", params={"revs": "true"}, json={"docs": wanted})
        pulled += len(answer.json()["results"])
        since = page["last_seq"]
