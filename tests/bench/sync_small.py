"""The small sync of a day's work: 20 documents up, 20 down, eleven requests. `python -m tests.bench small`.

For: what one costs, how many a second 200 phones get, and whether that depends on how much the databases hold.
    Processor time is the server's own (`/cpu`). What happens outside commits is all of it but the writing thread's: that
    thread does nothing but transactions, each ended by a commit.
Not for: thousands of documents (sync_bulk), phones that only wait (sync_idle).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx2

from tests.bench.figures import Figure, middle
from tests.bench.sync_line import Line
from tests.bench.sync_phone import REQUESTS
from tests.bench.sync_phones import Plan, Ran, percentile, run_phones
from tests.bench.sync_records import batches, bulk_docs, records
from tests.bench.sync_server import Server

ALONE = 100  # syncs of one phone
ECHOES = 500
BESIDE = 10_000  # documents it meets there
PHONES = 200
SYNCS = 3  # of each of them
SIZES = (1_000, 10_000, 100_000)
TURNS = 2  # one after the other for all; the best of each is compared, as a noisy machine only ever slows
DATABASES = 200
IN_EACH = 50


class _Measured(NamedTuple):
    ran: Ran
    cpu_ms: float  # of the server, a sync
    outside_ms: float  # of these, not in the writing thread


def small_figures(folder: Path) -> Iterator[Figure]:
    yield from _one_phone(folder / "one")
    turns: dict[str, list[_Measured]] = {}
    for turn in range(TURNS):
        for size in SIZES:
            one = _many(folder / f"{turn}-of-{size}", ["area-a1"], size)
            turns.setdefault(f"{size:,} documents", []).append(one)
        names = [f"area-{number}" for number in range(DATABASES)]
        one = _many(folder / f"{turn}-many", names, IN_EACH)
        turns.setdefault(f"{DATABASES} databases", []).append(one)
    found = {name: max(them, key=lambda one: one.ran.rate) for name, them in turns.items()}
    for name, one in found.items():
        what = f"small sync, {PHONES} phones at once, {name} (best of {TURNS})"
        yield Figure(what, one.ran.rate, "syncs/s", 100, at_least=True)
        yield Figure(f"{what}: 95th percentile", percentile(one.ran.each, 0.95), "s", 2)
        yield Figure(f"{what}: server processor", one.cpu_ms, "ms")
    rates = [one.ran.rate for one in found.values()]
    costs = [min(one.cpu_ms for one in them) for them in turns.values()]
    yield Figure("small sync: rates of these four apart by", 100 * (1 - min(rates) / max(rates)), "%", 20)
    yield Figure("small sync: processor of these four apart by", 100 * (1 - min(costs) / max(costs)), "%", 20)


def _one_phone(folder: Path) -> Iterator[Figure]:
    with Server(folder, "area-a1") as server:
        _fill(server, ["area-a1"], BESIDE)
        bare = REQUESTS * _echo_ms(server)
        found = _measure(server, Plan(server.port, ["area-a1"], BESIDE, 1, ALONE, 1))
    yield Figure(f"ceiling: {REQUESTS} requests answered by an echo: server processor", bare, "ms")
    what = f"small sync, one phone ({REQUESTS} requests)"
    yield Figure(f"{what}: server processor", found.cpu_ms, "ms", 10)
    yield Figure(f"{what}: of it outside commits", found.outside_ms, "ms", 3)
    yield Figure(f"{what}: from first request to last answer, median", 1000 * middle(found.ran.each), "ms")


def _echo_ms(server: Server) -> float:
    async def ask() -> None:
        line = await Line.open(server.port)
        for _ in range(ECHOES):
            await line.expect(200, "POST", "/echo", b"{}")
        line.close()

    before = _cpu(server)["process_seconds"]
    asyncio.run(ask())
    return 1000 * (_cpu(server)["process_seconds"] - before) / ECHOES


def _many(folder: Path, databases: list[str], documents: int) -> _Measured:
    with Server(folder, *databases) as server:
        _fill(server, databases, documents)
        return _measure(server, Plan(server.port, databases, documents, PHONES, SYNCS, documents))


def _measure(server: Server, plan: Plan) -> _Measured:
    before: list[dict[str, float]] = []
    ran = run_phones(plan, lambda: before.append(_cpu(server)))
    after = _cpu(server)
    spent = {name: 1000 * (after[name] - before[0][name]) / len(ran.each) for name in after}
    return _Measured(ran, spent["process_seconds"], spent["process_seconds"] - spent["writing_seconds"])


def _cpu(server: Server) -> dict[str, float]:
    told: dict[str, float] = httpx2.get(f"http://127.0.0.1:{server.port}/cpu", timeout=30).json()
    assert told["writing_seconds"] > 0, "the server has no thread that writes"
    return told


def _fill(server: Server, databases: list[str], documents: int) -> None:
    async def fill() -> None:
        line = await Line.open(server.port)
        for number, name in enumerate(databases):
            for batch in batches(records(documents, number), 500):
                await line.expect(201, "POST", f"/db/{name}/_bulk_docs", bulk_docs(batch))
        line.close()

    asyncio.run(fill())
