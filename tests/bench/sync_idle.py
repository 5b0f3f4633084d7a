"""What phones cost that only wait, and what they do to those that work. `python -m tests.bench idle`.

For: memory of an idle long-poll, pushes of working phones beside all of them, and how fast one write reaches a thousand.
    As many wait as open files allow, 20,000 at most: the figures say how many. They wait as the PWA does, with heartbeats.
Not for: many syncs at once (sync_small).
Source: promises G12, F-25.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.sync_line import Line
from tests.bench.sync_phones import Plan, percentile, run_phones
from tests.bench.sync_records import batches, bulk_docs, records
from tests.bench.sync_server import Server, raise_file_limit
from tests.bench.sync_waiting import Waiting, WaitingPlan

MOST = 20_000
SPARE_FILES = 400  # what the server has open besides, working phones included
LISTENERS = 1_000  # at one database; the others are spread over databases of as many
WORKING = 50
SYNCS = 10
EVERY_SECONDS = 2.0
WRITES = 5
DOCUMENTS = 100


def idle_figures(folder: Path) -> Iterator[Figure]:
    count = min(MOST, raise_file_limit() - SPARE_FILES)
    idle = {f"area-idle{at}": min(LISTENERS, count - at) for at in range(0, count, LISTENERS)}
    working = [f"area-work{number}" for number in range(WORKING)]
    with Server(folder / "store", *idle, *working) as server:
        asyncio.run(_fill(server, [*idle, *working]))
        before = server.resident_bytes()
        with Waiting(WaitingPlan(server.port, idle)) as waiting:
            each = (server.resident_bytes() - before) / 1024 / count
            yield Figure(f"idle: resident, each of {count:,} long-polls", each, "KiB", 40)
            yield from _beside(server, waiting, working, count)
            yield from _reaching(server, waiting, next(iter(idle)))


def _beside(server: Server, waiting: Waiting, working: list[str], count: int) -> Iterator[Figure]:
    beats, cpu = waiting.beats(), 0.0

    def begin() -> None:
        nonlocal cpu
        cpu = server.cpu_seconds()

    plan = Plan(server.port, working, DOCUMENTS, WORKING, SYNCS, 7, EVERY_SECONDS)
    ran = run_phones(plan, begin)
    share = 100 * (server.cpu_seconds() - cpu) / ran.seconds
    beats = waiting.beats() - beats
    # One in 15 s each; half of that on a machine that is busy with other things.
    assert beats >= int(count * ran.seconds / 30), f"only {beats} heartbeats came in {ran.seconds:.0f} s"
    what = f"idle: {WORKING} working phones beside {count:,} waiting"
    yield Figure(f"{what}: their push, 99th percentile", 1000 * percentile(ran.pushes, 0.99), "ms", 500)
    yield Figure(f"{what}: server processor of one core", share, "%")


def _reaching(server: Server, waiting: Waiting, database: str) -> Iterator[Figure]:
    """From the moment the write is sent until a phone has its whole answer."""
    delays: list[float] = []
    cpu = server.cpu_seconds()
    for number in range(WRITES):
        waiting.watch(database)
        sent = asyncio.run(_push(server, database, number))
        delays += [heard - sent for heard in waiting.heard()]
    assert len(delays) == WRITES * LISTENERS, len(delays)
    cpu = 1000 * (server.cpu_seconds() - cpu) / WRITES
    what = f"idle: one write reaches {LISTENERS:,} who wait"
    yield Figure(f"{what}: median", 1000 * percentile(delays, 0.5), "ms")
    yield Figure(f"{what}: 99th percentile", 1000 * percentile(delays, 0.99), "ms", 500)
    yield Figure(f"{what}: server processor, until all wait again", cpu, "ms")


async def _push(server: Server, database: str, number: int) -> float:
    line = await Line.open(server.port)
    body = bulk_docs(records(1, 10**6 + number))
    sent = time.perf_counter()
    await line.expect(201, "POST", f"/db/{database}/_bulk_docs", body)
    line.close()
    return sent


async def _fill(server: Server, databases: list[str]) -> None:
    line = await Line.open(server.port)
    for number, name in enumerate(databases):
        for batch in batches(records(DOCUMENTS, number), 500):
            await line.expect(201, "POST", f"/db/{name}/_bulk_docs", bulk_docs(batch))
    line.close()
