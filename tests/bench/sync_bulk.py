"""Pushing, editing and pulling thousands of documents, next to a bare SQLite loop and an echo: `python -m tests.bench bulk`.

Every figure is the median of REPEATS runs, and its ceiling is taken right before it, so that a noisy machine matters less.
A push is two requests for each batch: `_revs_diff`, then `_bulk_docs`. The share of the insert loop is that of `_bulk_docs`,
which stores; beside it stands that of both together, and processor time is always that of both.
Not for: small syncs (sync_small), idle feeds (sync_idle).
"""

from __future__ import annotations

import asyncio
import gzip
import random
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import orjson
import uvicorn

from sync.sqlite.schema import FILE_NAME
from tests.bench.figures import Figure, middle
from tests.bench.sync_line import Line
from tests.bench.sync_records import Record, batches, bulk_docs, records, revs_diff
from tests.bench.sync_server import Server
from tests.sync.people import OPERATOR

DOCUMENTS = 10_000
BATCH = 100
CLIENTS = 8
REPEATS = 3
DATABASE = "area-a1"


def bulk_figures(folder: Path) -> Iterator[Figure]:
    runs: dict[str, list[float]] = {}
    for repeat in range(REPEATS):
        (folder / f"run{repeat}").mkdir()
        # The loop the server has too: what the sender spends is not the server's.
        with asyncio.Runner(loop_factory=uvicorn.Config(app="").get_loop_factory()) as runner:
            for name, value in runner.run(_run(folder / f"run{repeat}", repeat)).items():
                runs.setdefault(name, []).append(value)
    found = {name: middle(values) for name, values in runs.items()}
    yield Figure("ceiling: bare SQLite, WAL and FULL, 100 a commit", found["bare"], "docs/s")
    yield Figure("ceiling: echo of the push requests", found["echo"], "docs/s")
    for name, share, cpu in (("push, 1 client", 35, 80), ("push, 8 clients", 30, 90), ("updates", 30, 90)):
        yield Figure(f"sync: {name}", found[name], "docs/s")
        yield Figure(f"sync: {name}, of the insert loop", found[f"{name} share"], "%", share, True)
        yield Figure(f"sync: {name}, of it with `_revs_diff`", found[f"{name} both"], "%")
        yield Figure(f"sync: {name}, processor per 1,000", found[f"{name} cpu"], "ms", cpu)
    pulls: tuple[tuple[str, int | None], ...] = (
        ("pull by 100", 40), ("pull by 1,000", 28), ("pull by 1,000, 8 clients", 28), ("pull by 1,000, gzip", None),
    )  # fmt: skip
    for name, most in pulls:
        yield Figure(f"sync: {name}", found[name], "docs/s")
        yield Figure(f"sync: {name}, processor per 1,000", found[f"{name} cpu"], "ms", most)
    yield Figure("sync: disk per document with 3 revisions, compacted", found["disk"], "KiB", 1.6)


async def _run(folder: Path, seed: int) -> dict[str, float]:
    first, second = records(DOCUMENTS, seed * 10 + 1), records(DOCUMENTS, seed * 10 + 2)
    found = {"bare": _bare(folder / "bare.sqlite", first)}
    with Server(folder / "store", DATABASE) as server:
        found["echo"] = await _echo(server, first)
        await _push(server, found, "push, 1 client", first, 1)
        await _push(server, found, "push, 8 clients", second, CLIENTS)
        dice = random.Random(seed)
        edited = [one.edited(dice) for one in first]
        await _push(server, found, "updates", edited, 1)
        for name, size, clients, more in (
            ("pull by 100", 100, 1, ""),
            ("pull by 1,000", 1000, 1, ""),
            ("pull by 1,000, 8 clients", 1000, CLIENTS, ""),
            ("pull by 1,000, gzip", 1000, 1, "Accept-Encoding: gzip\r\n"),
        ):
            pulled = await _timed(server, _pull(server, size, clients, more))
            documents = 2 * clients * DOCUMENTS
            found[name] = documents / pulled.seconds
            found[f"{name} cpu"] = pulled.cpu_seconds * 1000 / (documents / 1000)
        # Every document three times, then only the last bodies.
        twice = [one.edited(dice) for one in edited]
        third = [one.edited(dice).edited(dice) for one in second]
        for edits in (twice, third):
            await _push(server, dict(found), "once more", edits, 1)
        await _compact(server)
    found["disk"] = (folder / "store" / FILE_NAME).stat().st_size / (2 * DOCUMENTS) / 1024
    return found


class _Spent(NamedTuple):
    seconds: float
    cpu_seconds: float  # of the server


async def _timed(server: Server, work: Coroutine[Any, Any, None]) -> _Spent:
    cpu, began = server.cpu_seconds(), time.perf_counter()
    await work
    return _Spent(time.perf_counter() - began, server.cpu_seconds() - cpu)


def _bare(path: Path, items: list[Record]) -> float:
    rows = [(one.id, one.rev, orjson.dumps(one.body)) for one in items]
    db = apsw.Connection(str(path))
    db.pragma("journal_mode", "WAL")
    db.pragma("synchronous", "FULL")
    db.execute("CREATE TABLE doc (id TEXT PRIMARY KEY, rev TEXT NOT NULL, body BLOB NOT NULL) STRICT")
    began = time.perf_counter()
    for at in range(0, len(rows), BATCH):
        with db:
            db.executemany("INSERT INTO doc VALUES (?, ?, ?)", rows[at : at + BATCH])
    seconds = time.perf_counter() - began
    db.close()
    return len(rows) / seconds


async def _echo(server: Server, items: list[Record]) -> float:
    bodies = [bulk_docs(batch) for batch in batches(items, BATCH)]
    line = await Line.open(server.port)
    began = time.perf_counter()
    for body in bodies:
        await line.expect(200, "POST", "/echo", body)
    seconds = time.perf_counter() - began
    line.close()
    return len(items) / seconds


async def _push(
    server: Server, found: dict[str, float], name: str, items: list[Record], clients: int
) -> None:
    """As a replicator does, ask what is missing and send it; here all is asked first, so that each is timed alone."""
    lines = [await Line.open(server.port, device=f"phone{number}") for number in range(clients)]
    asking = [revs_diff(batch) for batch in batches(items, BATCH)]
    sending = [bulk_docs(batch) for batch in batches(items, BATCH)]

    async def ask(number: int) -> None:
        for body in asking[number::clients]:
            answer = await lines[number].expect(200, "POST", f"/db/{DATABASE}/_revs_diff", body)
            assert answer.body.count(b'"missing":') == BATCH, answer.body[:300]

    async def send(number: int) -> None:
        for body in sending[number::clients]:
            answer = await lines[number].expect(201, "POST", f"/db/{DATABASE}/_bulk_docs", body)
            assert answer.body.count(b'"ok":true') == answer.body.count(b'"id":') == BATCH, answer.body[:300]

    async def all_of(what: Callable[[int], Coroutine[Any, Any, None]]) -> None:
        await asyncio.gather(*(what(number) for number in range(clients)))

    asked, sent = await _timed(server, all_of(ask)), await _timed(server, all_of(send))
    for line in lines:
        line.close()
    found[name] = len(items) / sent.seconds
    found[f"{name} share"] = 100 * found[name] / found["bare"]
    found[f"{name} both"] = 100 * len(items) / (asked.seconds + sent.seconds) / found["bare"]
    found[f"{name} cpu"] = (asked.cpu_seconds + sent.cpu_seconds) * 1000 / (len(items) / 1000)


async def _pull(server: Server, size: int, clients: int, more: str) -> None:
    async def one(number: int) -> None:
        line = await Line.open(server.port, device=f"phone{number}", more=more)
        since: Any = "0"
        pulled = 0
        while True:
            path = f"/db/{DATABASE}/_changes?style=all_docs&limit={size}&since={since}"
            changes = _unpacked((await line.expect(200, "GET", path)).body)
            if not changes["results"]:
                break
            asked = [
                {"id": row["id"], "rev": each["rev"]} for row in changes["results"] for each in row["changes"]
            ]
            body = orjson.dumps({"docs": asked})
            answer = await line.expect(200, "POST", f"/db/{DATABASE}/_bulk_get?revs=true&latest=true", body)
            pulled += len(_unpacked(answer.body)["results"])
            since = changes["last_seq"]
        assert pulled == 2 * DOCUMENTS, pulled
        line.close()

    await asyncio.gather(*(one(number) for number in range(clients)))


def _unpacked(body: bytes) -> dict[str, list[dict[str, list[dict[str, str]]]]]:
    value: dict[str, list[dict[str, list[dict[str, str]]]]] = orjson.loads(
        gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    )
    return value


async def _compact(server: Server) -> None:
    operator = await Line.open(server.port, token=OPERATOR["Authorization"])
    await operator.expect(202, "POST", f"/db/{DATABASE}/_compact", b"{}")
    while (await operator.expect(200, "GET", f"/db/{DATABASE}")).json()["compact_running"]:  # noqa: ASYNC110
        await asyncio.sleep(0.1)  # another process: there is no event to wait for
    operator.close()
