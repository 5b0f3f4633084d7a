"""What the whole server costs: facts taken in and folded, and the pages the office reads.

For: measuring the shipped server as its own process, over HTTP.
Not for: the replication endpoint alone (tests/bench/sync_bulk, sync_small, sync_idle), or phones (tests/bench/phone).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from ulid import ULID

from server.receipts import receipt_hash, revision_of
from tests.bench.figures import Figure, middle
from tests.bench.stopwatch import Stopwatch
from tests.e2e.demo_server import SITE, DemoServer, OfficeClient

REGISTERS = (
    "decoration_project", "violation", "unit", "household", "decoration_patrol", "vacancy_check", "fee_visit",
)  # fmt: skip
RECORDED_OFFLINE = (
    "decoration_patrol",
    "vacancy_check",
    "airing",
)  # a fee visit names days that must lie ahead
FACTS = 1000
BATCH = 50  # what a phone sends at once
PAGE = 100
TIMES = 15


def build_figures(data: Path) -> Iterator[Figure]:
    """Make the demo in `data`, which then serves the other figures."""
    watch = Stopwatch()
    command = [sys.executable, "-m", "server", "--log-level", "warning", "demo", "--build-only", "--data"]
    built = subprocess.run([*command, str(data)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    yield Figure("demo: make 600 units with 30 days of history", watch.seconds(), "s")


def intake_figures(demo: DemoServer) -> Iterator[Figure]:
    """Push a thousand facts like those of the demo, until the server has given a receipt for each."""
    steward = demo.office("steward1")
    facts = list(islice(facts_again(steward), FACTS))
    watch = Stopwatch(demo.pid)
    for at in range(0, len(facts), BATCH):
        answer = steward.post("/db/area-a1/_bulk_docs", {"new_edits": False, "docs": facts[at : at + BATCH]})
        assert answer.status_code == 201, answer.text
        assert not any("error" in row for row in answer.json()), answer.text
    pushed = watch.seconds()
    for at in range(0, len(facts), 200):
        _receipts(steward, facts[at : at + 200])
    yield Figure(f"server: {FACTS} facts stored, {BATCH} a request, per fact", 1000 * pushed / FACTS, "ms")
    yield Figure(
        "server: stored, validated, folded and receipted, per fact", 1000 * watch.seconds() / FACTS, "ms"
    )
    yield Figure("server: the same, processor time per 1,000 facts", watch.cpu_seconds() * 1000 / FACTS, "s")


def page_figures(demo: DemoServer) -> Iterator[Figure]:
    """The first page of each register, as a supervisor asks for it."""
    supervisor = demo.office("supervisor1")
    for register in REGISTERS:
        times = []
        for _ in range(TIMES):
            watch = Stopwatch()
            page = supervisor.get(f"/api/records/{register}", limit=PAGE)
            times.append(1000 * watch.seconds())
        what = f"/api/records/{register}: {len(page['items'])} of {page['total']} (median of {TIMES})"
        yield Figure(what, middle(times), "ms")


def facts_again(steward: OfficeClient) -> Iterator[dict[str, Any]]:
    """Facts of the demo's first steward, recorded again now, each under a name of its own."""
    every = steward.get("/db/area-a1/_all_docs", include_docs="true")["rows"]
    known = [row["doc"] for row in every if row["id"].partition(":")[0] in RECORDED_OFFLINE]
    now = datetime.now(SITE).isoformat(timespec="seconds")
    for fact in cycle(known):
        again = {name: value for name, value in fact.items() if not name.startswith("_")}
        again |= {"_id": f"{fact['type']}:{ULID()}", "performed_at": now}
        revision = revision_of(receipt_hash(again))
        yield again | {"_rev": revision, "_revisions": {"start": 1, "ids": [revision[2:]]}}


def _receipts(steward: OfficeClient, facts: list[dict[str, Any]]) -> None:
    items = [{"id": one["_id"], "rev": one["_rev"], "hash": receipt_hash(one)} for one in facts]
    answer = steward.post("/api/receipts", {"items": items, "photos": []})
    assert answer.status_code == 200, answer.text
    states = {row["state"] for row in answer.json()["items"]}
    assert states == {"accepted"}, states
