"""Pushing and pulling through the CouchDB store, next to the same requests sent straight to its server.

`python -m tests.bench.couchdb` measures only this.

The server is the one of XUNLU_TEST_COUCHDB_URL, or a pouchdb-server with its databases in files. Both ways take turns batch by
batch, REPEATS times, and each figure is of the median batch, so that a noisy machine matters less. Rights and review are on.
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
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
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
        yield from _figures(folder, given, "CouchDB", None)
    elif IS_HERE:
        second = PouchdbServer(folder / "second", folder / "second-work")
        second.start()
        try:
            yield from _figures(folder, second.url, "pouchdb-server", second.pid)
        finally:
            second.stop()
    else:
        print("no CouchDB and no pouchdb-server here: the CouchDB store is not measured", file=sys.stderr)


def _figures(folder: Path, url: str, kind: str, pid: int | None) -> Iterator[Figure]:
    runs = [asyncio.run(_run(folder / f"run{repeat}", url, repeat, pid)) for repeat in range(REPEATS)]
    for name in ("push", "pull"):
        ours, straight = (
            _Spent.all(run[name, True] for run in runs),
            _Spent.all(run[name, False] for run in runs),
        )
        yield Figure(f"couchdb: {name} straight to {kind}", BATCH / middle(straight.seconds), "docs/s")
        yield Figure(f"couchdb: {name} through us", BATCH / middle(ours.seconds), "docs/s")
        ratio = middle(ours.seconds) / middle(straight.seconds)
        yield Figure(f"couchdb: {name} through us, of the time straight", ratio, "x", BAR)
        yield Figure(f"couchdb: {name}, our processor per 1,000", middle(ours.our_cpu) * 1e6 / BATCH, "ms")
        if pid is not None:
            ratio = (sum(ours.our_cpu) + sum(ours.their_cpu)) / sum(straight.their_cpu)
            yield Figure(f"couchdb: {name}, processor of both, of straight", ratio, "x")


@dataclass
class _Spent:
    """Of each batch, in seconds: by the clock, and of our and the server's processor time."""

    seconds: list[float] = field(default_factory=list)
    our_cpu: list[float] = field(default_factory=list)
    their_cpu: list[float] = field(default_factory=list)

    @classmethod
    def all(cls, runs: Iterable[_Spent]) -> _Spent:
        together = cls()
        for run in runs:
            together.seconds += run.seconds
            together.our_cpu += run.our_cpu
            together.their_cpu += run.their_cpu
        return together


async def _run(folder: Path, url: str, seed: int, pid: int | None) -> dict[tuple[str, bool], _Spent]:
    """What each thing took, through us (True) and straight. `pid`: the server, when it runs here."""
    items = records(DOCUMENTS, seed + 1)
    address, prefix = Address.parse(url), f"xb{uuid.uuid4().hex[:10]}"
    headers = _account(address)
    async with httpx2.AsyncClient(base_url=address.base, headers=headers, trust_env=False) as admin:
        (await admin.put(f"/{prefix}-straight")).raise_for_status()
        try:
            with Server(folder, DATABASE, couchdb=(url, prefix)) as server:
                ours = _Way(await Line.open(server.port), f"/db/{DATABASE}")
                token = headers.get("Authorization", "none")
                straight = _Way(await Line.open(_port(address), token=token), f"/{prefix}-straight")
                return {
                    (name, way is ours): spent
                    for name, steps in (("push", _push), ("pull", _pull))
                    for way, spent in (
                        await _measure([ours, straight], steps, items, server.pid, pid)
                    ).items()
                }
        finally:
            for name in (await admin.get("/_all_dbs")).json():
                if name.startswith(prefix):
                    await admin.delete(f"/{name}")


@dataclass(frozen=True)
class _Way:
    line: Line
    database: str


_Steps = Callable[[_Way, list[Record]], AsyncIterator[None]]


async def _measure(
    ways: list[_Way], steps: _Steps, items: list[Record], our_pid: int, their_pid: int | None
) -> dict[_Way, _Spent]:
    """One batch straight, the same through us, and so on: what disturbs one disturbs the other."""
    going = {way: steps(way, items) for way in ways}
    spent = {way: _Spent() for way in ways}
    while going:
        for way in list(going):
            our_cpu, their_cpu, began = _cpu(our_pid), _cpu(their_pid), time.perf_counter()
            try:
                await anext(going[way])
            except StopAsyncIteration:
                del going[way]
                continue
            spent[way].seconds.append(time.perf_counter() - began)
            spent[way].our_cpu.append(_cpu(our_pid) - our_cpu)
            spent[way].their_cpu.append(_cpu(their_pid) - their_cpu)
        ways.reverse()
        going = {way: going[way] for way in ways if way in going}
    return spent


def _cpu(pid: int | None) -> float:
    """Seconds of processor time, to the microsecond. Source: Linux, sched-stats (/proc/pid/schedstat)."""
    if pid is None:
        return 0.0
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


async def _push(way: _Way, items: list[Record]) -> AsyncIterator[None]:
    """As a replicator does: ask what is missing, then send it."""
    for batch in batches(items, BATCH):
        await way.line.expect(200, "POST", f"{way.database}/_revs_diff", revs_diff(batch))
        await way.line.expect(201, "POST", f"{way.database}/_bulk_docs", bulk_docs(batch))
        yield


async def _pull(way: _Way, items: list[Record]) -> AsyncIterator[None]:
    since, pulled = "0", 0
    while True:
        path = f"{way.database}/_changes?style=all_docs&limit={BATCH}&since={since}"
        changes = orjson.loads((await way.line.expect(200, "GET", path)).body)
        if not changes["results"]:
            break
        asked = [
            {"id": row["id"], "rev": each["rev"]} for row in changes["results"] for each in row["changes"]
        ]
        path = f"{way.database}/_bulk_get?revs=true&latest=true"
        answer = await way.line.expect(200, "POST", path, orjson.dumps({"docs": asked}))
        pulled += answer.body.count(b'"_rev":')
        since = changes["last_seq"]
        yield
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
