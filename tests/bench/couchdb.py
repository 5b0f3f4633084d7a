"""Pushing and pulling through the CouchDB store, next to the same requests sent straight to its server.

`python -m tests.bench.couchdb` measures only this.

The server is the one of XUNLU_TEST_COUCHDB_URL, or a pouchdb-server with its databases in files. Both ways are measured in
turn, REPEATS times, and each figure is the median of the ratios, so that a noisy machine matters less. Rights and review are on.
Not for: the embedded store (sync_bulk).
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import orjson

from sync.couchdb.client import Address
from tests.bench.figures import Figure, middle, table
from tests.bench.sync_line import Line
from tests.bench.sync_records import Record, batches, bulk_docs, records, revs_diff
from tests.bench.sync_server import Server
from tests.pouchdb_server import IS_HERE, PouchdbServer

DOCUMENTS = 2_000
BATCH = 100
REPEATS = 5
DATABASE = "area-a1"
BAR = 1.3


def couchdb_figures(folder: Path) -> Iterator[Figure]:
    given = os.environ.get("XUNLU_TEST_COUCHDB_URL")
    if given is not None:
        yield from _figures(folder, given, "CouchDB")
    elif IS_HERE:
        second = PouchdbServer(folder / "second", folder / "second-work")
        second.start()
        try:
            yield from _figures(folder, second.url, "pouchdb-server")
        finally:
            second.stop()
    else:
        print("no CouchDB and no pouchdb-server here: the CouchDB store is not measured", file=sys.stderr)


def _figures(folder: Path, url: str, kind: str) -> Iterator[Figure]:
    found: dict[str, list[float]] = {}
    for repeat in range(REPEATS):
        for name, value in asyncio.run(_run(folder / f"run{repeat}", url, repeat)).items():
            found.setdefault(name, []).append(value)
    for name in ("push", "pull"):
        ratios = [
            ours / straight for ours, straight in zip(found[name], found[f"{name} straight"], strict=True)
        ]
        yield Figure(
            f"couchdb: {name} straight to {kind}", DOCUMENTS / middle(found[f"{name} straight"]), "docs/s"
        )
        yield Figure(f"couchdb: {name} through us", DOCUMENTS / middle(found[name]), "docs/s")
        yield Figure(f"couchdb: {name} through us, of the time straight", middle(ratios), "x", BAR)
        yield Figure(f"couchdb: {name}, our processor per 1,000", middle(found[f"{name} cpu"]), "ms")


async def _run(folder: Path, url: str, seed: int) -> dict[str, float]:
    """Seconds of each; which of the two goes first alternates."""
    items = records(DOCUMENTS, seed + 1)
    address, prefix = Address.parse(url), f"xb{uuid.uuid4().hex[:10]}"
    found: dict[str, float] = {}
    async with httpx2.AsyncClient(
        base_url=address.base, headers=_account(address), trust_env=False
    ) as straight:
        (await straight.put(f"/{prefix}-straight")).raise_for_status()
        try:
            with Server(folder, DATABASE, couchdb=(url, prefix)) as server:
                ours, theirs = f"/db/{DATABASE}", f"/{prefix}-straight"
                port, token = _port(address), _account(address).get("Authorization", "none")
                for name, work in (("push", _push), ("pull", _pull)):
                    for way in ("straight", "ours") if seed % 2 else ("ours", "straight"):
                        is_ours = way == "ours"
                        line = await (Line.open(server.port) if is_ours else Line.open(port, token=token))
                        cpu, began = server.cpu_seconds(), time.perf_counter()
                        await work(line, ours if is_ours else theirs, items)
                        found[name if is_ours else f"{name} straight"] = time.perf_counter() - began
                        if is_ours:
                            found[f"{name} cpu"] = (server.cpu_seconds() - cpu) * 1e6 / DOCUMENTS
                        line.close()
        finally:
            for name in (await straight.get("/_all_dbs")).json():
                if name.startswith(prefix):
                    await straight.delete(f"/{name}")
    return found


async def _push(line: Line, database: str, items: list[Record]) -> None:
    """As a replicator does: ask what is missing, then send it."""
    for batch in batches(items, BATCH):
        await line.expect(200, "POST", f"{database}/_revs_diff", revs_diff(batch))
        await line.expect(201, "POST", f"{database}/_bulk_docs", bulk_docs(batch))


async def _pull(line: Line, database: str, items: list[Record]) -> None:
    since, pulled = "0", 0
    while True:
        path = f"{database}/_changes?style=all_docs&limit={BATCH}&since={since}"
        changes = orjson.loads((await line.expect(200, "GET", path)).body)
        if not changes["results"]:
            break
        asked = [
            {"id": row["id"], "rev": each["rev"]} for row in changes["results"] for each in row["changes"]
        ]
        answer = await line.expect(
            200, "POST", f"{database}/_bulk_get?revs=true&latest=true", orjson.dumps({"docs": asked})
        )
        pulled += len(orjson.loads(answer.body)["results"])
        since = changes["last_seq"]
    assert pulled == len(items), pulled


def _account(address: Address) -> dict[str, str]:
    if address.account is None:
        return {}
    pair = base64.b64encode(f"{address.account}:{address.password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _port(address: Address) -> int:
    return int(address.base.rpartition(":")[2])


def main() -> int:
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="xunlu-bench-") as name:
        figures = list(couchdb_figures(Path(name)))
    print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after, {os.cpu_count()} cores\n")
    print(table(figures))
    return int(any(one.is_missed for one in figures))


if __name__ == "__main__":
    sys.exit(main())
