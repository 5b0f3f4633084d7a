"""A phone's first sync over a slow line, in a real Chromium. `python -m tests.bench first`.

For: how long the PWA's own pull takes for 2,000 documents into an empty IndexedDB, compressed answers, with the settings it
    ships with; and stock PouchDB 9 beside it. The line: a round trip of 60 ms, 10 Mbit/s each way (slow_line).
Not for: signing in and drawing the first list (phone.py).
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.bench.figures import Figure, middle
from tests.bench.slow_line import BITS_PER_SECOND, ROUND_TRIP_SECONDS, SlowLine
from tests.bench.sync_line import Line
from tests.bench.sync_records import batches, bulk_docs, records
from tests.bench.sync_server import Server
from tests.e2e.conftest import LAUNCH

PWA = Path(__file__).parents[2] / "pwa"
DOCUMENTS = 2_000
DATABASE = "area-a1"
TIMES = 3
STOCK_BATCHES = (100, 1_000)  # PouchDB's own choice, and the best it does


def first_figures(folder: Path) -> Iterator[Figure]:
    script = build_page(folder / "page")
    where = f"{1000 * ROUND_TRIP_SECONDS:.0f} ms round trip, {BITS_PER_SECOND / 1e6:.0f} Mbit/s"
    with Server(folder / "store", DATABASE) as server, SlowLine(server.port) as line:
        asyncio.run(_fill(server))
        with sync_playwright() as playwright:
            yield from _measured(playwright.chromium.launch(**LAUNCH), line, script, where)


def _measured(browser: Browser, line: SlowLine, script: str, where: str) -> Iterator[Figure]:
    with browser:
        seconds = [_sync(browser, line, script, "own") for _ in range(TIMES)]
        carried = line.carried_bytes()
        what = f"first sync of {DOCUMENTS:,} documents, {where}"
        yield Figure(f"{what}: the PWA's pull (median of {TIMES})", middle(seconds), "s", 3)
        yield Figure(f"{what}: bytes on the line", carried / TIMES / 1024, "KiB")
        for size in STOCK_BATCHES:
            stock = _sync(browser, line, script, "stock", size)
            yield Figure(f"{what}: stock PouchDB 9, batches of {size:,}", stock, "s")


def build_page(folder: Path) -> str:
    """The measuring page's script, made of the PWA's source as it is now."""
    command = ["node", "node_modules/vite/bin/vite.js", "build", "--logLevel", "error"]
    where = ["--config", "tests/line/vite.config.ts", "--outDir", str(folder), "--emptyOutDir"]
    built = subprocess.run([*command, *where], cwd=PWA, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    return (folder / "first-sync.js").read_text(encoding="utf-8")


def _sync(browser: Browser, line: SlowLine, script: str, which: str, *options: Any) -> float:
    """On a phone that has never been here: nothing stored, no connection open."""
    with browser.new_context() as phone:
        page = phone.new_page()
        page.route("**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
        page.goto(f"{line.url}/measured")
        page.unroute_all()  # from here on nobody stands between the page and the line
        page.evaluate(script)
        call = f"(given) => firstSync.{which}(...given)"
        told = page.evaluate(call, [DATABASE, "steward1@phone", *options])
        assert told["documents"] == DOCUMENTS, told
        return float(told["seconds"])


async def _fill(server: Server) -> None:
    line = await Line.open(server.port)
    for batch in batches(records(DOCUMENTS, 1), 500):
        await line.expect(201, "POST", f"/db/{DATABASE}/_bulk_docs", bulk_docs(batch))
    line.close()
