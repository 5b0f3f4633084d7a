"""`make bench`: one run, one table: figure, bar, verdict.

Figures of one machine at one moment: the load is printed beside them. Ends with status 1 when a bar is missed.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench import phone, replication
from tests.bench.server_process import served
from tests.e2e.conftest import CHROMIUM, LAUNCH
from tests.e2e.demo_server import DemoServer


@dataclass(frozen=True)
class Figure:
    what: str
    value: float
    unit: str
    bar: float | None = None
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    def __str__(self) -> str:
        bar = "" if self.bar is None else f"{'≥' if self.at_least else '≤'} {self.bar:g} {self.unit}"
        verdict = "" if self.bar is None else "ok" if self.is_met else "MISSED"
        return f"{self.what:<58} {self.value:>9.2f} {self.unit:<8} {bar:<14} {verdict}"


def main() -> int:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="xunlu-bench-") as name:
        folder = Path(name)
        figures += _replication(folder)
        figures += _phone(folder)
    print(f"load average {replication.load()}")
    for figure in figures:
        print(figure)
    return int(not all(figure.is_met for figure in figures))


def _replication(folder: Path) -> list[Figure]:
    documents = replication.records(replication.DOCUMENTS)
    ceiling = replication.insert_loop(folder, documents)
    with served(folder) as server:
        speed, push_cpu = replication.push(server, documents)
        pull_100 = replication.pull(server, 100)
        pull_1000 = replication.pull(server, 1000)
    return [
        Figure("bare insert loop, batches of 100", ceiling, "docs/s"),
        Figure("push 10,000 documents, batches of 100, one client", speed, "docs/s"),
        Figure("  of the insert loop", speed / ceiling * 100, "%", 35, at_least=True),
        Figure("  server CPU per 1,000", push_cpu, "ms", 80),
        Figure("pull in batches of 100, server CPU per 1,000", pull_100, "ms", 40),
        Figure("pull in batches of 1,000, server CPU per 1,000", pull_1000, "ms", 28),
    ]


def _phone(folder: Path) -> list[Figure]:
    if CHROMIUM is None:
        print("no Chromium here: the phone is not measured")
        return []
    demo = DemoServer(folder / "demo")
    started = time.perf_counter()
    demo.start()
    built = time.perf_counter() - started
    photos = folder / "photos"
    photos.mkdir()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**LAUNCH)
            list_seconds = phone.sign_in_to_list(browser, demo)
            save_ms = phone.save_with_two_photos(browser, demo, photos)
            browser.close()
    finally:
        demo.close()
    return [
        Figure("demo project built and served", built, "s"),
        Figure("sign-in to today's list, cold phone, demo area", list_seconds, "s", 3),
        Figure("save a patrol with two photos until 已存本机", save_ms, "ms", 300),
    ]


if __name__ == "__main__":
    sys.exit(main())
