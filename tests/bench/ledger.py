"""What the ledger costs at the size of a large project: making it again, a tick with nothing due, one fact arriving.

For: `ledger_figures`. `XUNLU_BENCH_FULL=1` goes on to 100,000 and 500,000 facts, a year of 5,000 units.
Not for: HTTP or phones (tests/bench/office.py, phone.py).
Each size has a process of its own, so that its memory is its own. Processor time is what the bars are about; on a machine that
is busy with other things it grows too, by half and more, and the wall clock beside it shows that. Every photo that a
fact names counts as stored.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, cast

import orjson
from sqlalchemy import func, select, update

from server.access import administration
from server.catalogue.subjects import subjects_of
from server.database import writing
from server.demo.build import StoryClock
from server.intake.rules import CatalogueRules
from server.intake.service import Intake
from server.intake.tables import due_item, status
from server.jobs.service import Jobs
from server.ledger.model import Context, Fact, Status
from server.opening import close_services, open_services
from server.receipts import receipt_hash
from server.services import Services
from server.settings import Settings
from server.startup import prepare
from sync.database import Edit, Pusher
from sync.revisions import Revision
from tests.bench.figures import Figure, middle
from tests.bench.ledger_facts import AREAS, PROJECT, facts, places, steward_of

END = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday, nine in the morning at the site
GROWTH = (12_500, 25_000, 50_000)
FULL = (100_000, 500_000)
ARRIVING = 300
TICKS = 5
PASSWORD = "correct horse 楼"


def ledger_figures(folder: Path) -> Iterator[Figure]:
    """Measure each size; the bars are those of a year of facts, asked of every size."""
    sizes = (*GROWTH, *FULL) if os.environ.get("XUNLU_BENCH_FULL") == "1" else GROWTH
    for size in sizes:
        data = folder / str(size)
        _child("fill", data, size)
        measured = _child("measure", data, size)
        yield from _figures_of(size, measured)


def _figures_of(size: int, measured: dict[str, float]) -> Iterator[Figure]:
    def named(what: str) -> str:
        return f"ledger: {size:,} facts, {what}"

    dues = measured["due_items"]
    yield Figure(
        named(f"{dues:,.0f} due items, rebuild, processor time"), measured["rebuild_seconds"], "s", 600
    )
    yield Figure(named("the same by the wall clock"), measured["rebuild_wall_seconds"], "s")
    per = 10_000 * measured["rebuild_seconds"] / size
    yield Figure(named("the same for every 10,000 facts"), per, "s")
    yield Figure(named("memory at its peak"), measured["peak_mib"], "MiB", 1024)
    yield Figure(named("a tick when nothing is due, processor time"), measured["tick_ms"], "ms", 200)
    yield Figure(
        named("one fact arrives, processor time, 99th percentile"), measured["arrival_p99_ms"], "ms", 20
    )
    yield Figure(named("the same, median"), measured["arrival_median_ms"], "ms")
    yield Figure(named("folds for one fact"), measured["folds"], "folds")
    yield Figure(named("folds for one fact of subjects it does not touch"), measured["other_folds"], "folds")


def _child(what: str, data: Path, size: int) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.ledger", what, str(data), str(size)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


class CountingRules(CatalogueRules):
    """The shipped rules; the subjects folded are written down."""

    def __init__(self) -> None:
        self.folded: list[str] = []

    def fold(self, subject: str, facts: Sequence[Fact], context: Context) -> Status | None:
        self.folded.append(subject)
        return super().fold(subject, facts, context)


class AllStored:
    """Evidence in which every photo is."""

    def has(self, sha256: str) -> bool:
        return True


async def fill(data: Path, size: int) -> dict[str, float]:
    """Write the project and its facts into an embedded store, as they arrived; nothing is folded."""
    clock = StoryClock(END - timedelta(days=800))
    services = open_services(Settings.from_environ({"XUNLU_DATA": str(data)}), clock)
    try:
        _make_people(services)
        await prepare(services)
        directory = services.directory.current()
        for area in AREAS:
            documents = [one for one in places(END) if one["area"] == area]
            await services.store.database(directory.area_database(area)).publish(documents)
        for at, documents in facts(size, END):
            clock.reach(at)
            await _push(services, documents)
    finally:
        await close_services(services)
    return {}


async def measure(data: Path, size: int) -> dict[str, float]:
    """Rebuild, tick, and take more facts; return the figures by name."""
    clock = StoryClock(END)
    opened = open_services(Settings.from_environ({"XUNLU_DATA": str(data)}), clock)
    rules = CountingRules()
    evidence = cast(Any, AllStored())
    intake = Intake(opened.engine, opened.store, opened.directory, evidence, rules, clock)
    services = replace(opened, intake=intake)
    try:
        began, by_the_wall = time.process_time(), time.monotonic()
        await intake.rebuild()
        found = {"rebuild_seconds": time.process_time() - began, "rebuild_folds": len(rules.folded)}
        found["rebuild_wall_seconds"] = time.monotonic() - by_the_wall
        with services.engine.connect() as connection:
            for name, table in (("due_items", due_item), ("statuses", status)):
                found[name] = connection.scalar(select(func.count()).select_from(table)) or 0
        if os.environ.get("XUNLU_BENCH_TELL"):
            print(found, file=sys.stderr)
        found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found |= await _tick(services)
        found |= await _arrive(services, rules, size)
    finally:
        await close_services(opened)
    return found


async def _tick(services: Services) -> dict[str, float]:
    jobs = Jobs(services)
    with writing(services.engine) as connection:  # a running server has sent long ago what was due until now
        told = update(due_item).where(due_item.c.next_level_at <= services.clock.now())
        connection.execute(told.values(next_level_at=None))
    await jobs.tick()  # wakes what the past has left
    times = []
    for _ in range(TICKS):
        began = time.process_time()
        await jobs.tick()
        times.append(1000 * (time.process_time() - began))
    return {"tick_ms": middle(times)}


async def _arrive(services: Services, rules: CountingRules, size: int) -> dict[str, float]:
    """Facts of one more day, each taken, folded and published before the next one comes."""
    (_, documents), *_ = list(islice(_more(size), 1))
    chosen = documents[:: max(1, len(documents) // ARRIVING)][:ARRIVING]
    times, folds, others = [], 0, 0
    for document in chosen:
        await _push(services, [document])
        rules.folded.clear()
        began = time.process_time()
        await services.intake.catch_up(60)
        times.append(1000 * (time.process_time() - began))
        folds += len(rules.folded)
        others += len(set(rules.folded) - set(subjects_of(document)))
        if os.environ.get("XUNLU_BENCH_TELL"):
            print(f"{times[-1]:8.1f} ms {document['type']} {rules.folded}", file=sys.stderr)
    times.sort()
    return {
        "arrival_p99_ms": times[len(times) * 99 // 100],
        "arrival_median_ms": middle(times),
        "folds": folds / len(chosen),
        "other_folds": others / len(chosen),
    }


def _more(size: int) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
    """The last day of the same story, its facts under names of their own and without what opens a case."""
    *_, (at, documents) = facts(size, END)
    renamed = [
        document | {"_id": f"{document['_id']}N"}
        for document in documents
        if document["subject"] != document["_id"]
    ]
    yield at, renamed


async def _push(services: Services, documents: Sequence[dict[str, Any]]) -> None:
    directory = services.directory.recent()
    for area in AREAS:
        edits = []
        for document in documents:
            if document["area"] == area:
                revision = Revision(1, receipt_hash(document)[:32])
                body = {name: value for name, value in document.items() if name != "_id"}
                edits.append(Edit(document["_id"], (revision,), False, orjson.dumps(body)))
        if edits:
            database = services.store.database(directory.area_database(area))
            await database.push(edits, Pusher(None, None))


def _make_people(services: Services) -> None:
    engine, at = services.engine, services.clock.now()
    administration.add_project(engine, PROJECT, "大项目", at=at)
    people = {"supervisor": "cs_supervisor", "manager": "project_manager"}
    for area in AREAS:
        administration.add_area(engine, area, PROJECT, f"片区{area}", at=at)
        people[steward_of(area)] = "steward"
    for user, role in people.items():
        administration.add_user(engine, user, f"{user}姓名", PASSWORD, at=at)
        administration.grant_role(engine, user, role, PROJECT, at=at)
    for area in AREAS:
        administration.grant_area(engine, steward_of(area), area, at=at)


if __name__ == "__main__":
    work = {"fill": fill, "measure": measure}[sys.argv[1]]
    print(json.dumps(asyncio.run(work(Path(sys.argv[2]), int(sys.argv[3])))))
