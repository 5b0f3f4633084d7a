"""A phone's first sync, and one that finds nothing new, in a real Chromium. `python -m tests.bench first`.

For: how long the PWA's own pull takes into an empty IndexedDB, compressed answers, documents sealed, with the settings it ships
    with: 2,000 documents over a slow line (60 ms round trip, 10 Mbit/s each way: slow_line), stock PouchDB 9 beside it, and 5,000
    without a brake. Then what a pull without news costs at 10,000 and at 60,000 documents.
Not for: signing in and drawing the first list (phone.py).
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.figures import Figure, middle
from tests.bench.slow_line import BITS_PER_SECOND, ROUND_TRIP_SECONDS, SlowLine
from tests.bench.sync_line import Line
from tests.bench.sync_records import batches, bulk_docs, records
from tests.bench.sync_server import Server
from tests.e2e.conftest import LAUNCH

PWA = Path(__file__).parents[2] / "pwa"
DOCUMENTS = 2_000
DATABASE = "area-a1"
LARGE = 5_000
IDLE_AT = (10_000, 60_000)
TIMES = 3
STOCK_BATCHES = (100, 1_000)  # PouchDB's own choice, and the best it does


def first_figures(folder: Path) -> Iterator[Figure]:
    script = build_page(folder / "page")
    where = f"{1000 * ROUND_TRIP_SECONDS:.0f} ms round trip, {BITS_PER_SECOND / 1e6:.0f} Mbit/s"
    with Server(folder / "store", DATABASE) as server, SlowLine(server.port) as line:
        asyncio.run(_fill(server))
        with sync_playwright() as playwright, playwright.chromium.launch(**LAUNCH) as browser:
            yield from _measured(browser, line, script, where)
            yield from _large_figures(browser, server, script)


def _measured(browser: Browser, line: SlowLine, script: str, where: str) -> Iterator[Figure]:
    seconds = [_sync(browser, line, script, "own") for _ in range(TIMES)]
    carried = line.carried_bytes()
    what = f"first sync of {DOCUMENTS:,} documents, {where}"
    yield Figure(f"{what}: the PWA's pull (median of {TIMES})", middle(seconds), "s", 3)
    yield Figure(f"{what}: bytes on the line", carried / TIMES / 1024, "KiB")
    for size in STOCK_BATCHES:
        stock = _sync(browser, line, script, "stock", size)
        yield Figure(f"{what}: stock PouchDB 9, batches of {size:,}", stock, "s")


def _large_figures(browser: Browser, server: Server, script: str) -> Iterator[Figure]:
    _fill_elsewhere(server, LARGE - DOCUMENTS, seed=2)
    with SlowLine(server.port, 0, 1e9) as line:  # only counts
        with browser.new_context() as phone:
            page = _measuring_page(phone.new_page(), f"http://127.0.0.1:{server.port}", script)
            first = _told(page, "own", LARGE)
            yield Figure(f"first sync of {LARGE:,} documents, no brake: the PWA's pull", first, "s", 6)
        there = LARGE
        with browser.new_context() as phone:
            page = _measuring_page(phone.new_page(), line.url, script)
            for documents in IDLE_AT:
                _fill_elsewhere(server, documents - there, seed=documents)
                there = documents
                page.evaluate("(given) => firstSync.own(...given)", [DATABASE, "steward1@phone"])
                before = line.carried_bytes()
                seconds = [_told(page, "again", 0) for _ in range(TIMES)]
                what = f"sync without news at {documents:,} documents"
                yield Figure(f"{what} (median of {TIMES})", middle(seconds), "s", 1)
                yield Figure(f"{what}: bytes", (line.carried_bytes() - before) / TIMES / 1024, "KiB", 5)


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
        page = _measuring_page(phone.new_page(), line.url, script)
        return _told(page, which, DOCUMENTS, *options)


def _measuring_page(page: Page, url: str, script: str) -> Page:
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    page.goto(f"{url}/measured")
    page.unroute_all()  # from here on nobody stands between the page and the line
    page.evaluate(script)
    return page


def _told(page: Page, which: str, documents: int, *options: Any) -> float:
    call = f"(given) => firstSync.{which}(...given)"
    told = page.evaluate(call, [DATABASE, "steward1@phone", *options])
    assert told["documents"] == documents, told
    return float(told["seconds"])


def _fill_elsewhere(server: Server, count: int, seed: int) -> None:
    """Playwright keeps an event loop running in this thread."""
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(lambda: asyncio.run(_fill(server, count, seed))).result()


async def _fill(server: Server, count: int = DOCUMENTS, seed: int = 1) -> None:
    line = await Line.open(server.port)
    for batch in batches(records(count, seed), 500):
        await line.expect(201, "POST", f"/db/{DATABASE}/_bulk_docs", bulk_docs(batch))
    line.close()
