"""`make bench`: one run, one table: figure, bar, verdict. Ends with status 1 when a bar is missed.

Figures of one machine at one moment: the load is printed with them, from before the run and from after.
`python -m tests.bench NAME…` runs single groups; `--json FILE` also writes the figures there, one JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.couchdb import couchdb_figures
from tests.bench.figures import Figure, table
from tests.bench.ledger import ledger_figures
from tests.bench.office import build_figures, intake_figures, page_figures
from tests.bench.phone import phone_figures
from tests.bench.phone_slow import slow_phone_figures
from tests.bench.sync_bulk import bulk_figures
from tests.bench.sync_first import first_figures
from tests.bench.sync_idle import idle_figures
from tests.bench.sync_small import small_figures
from tests.e2e.conftest import CHROMIUM, LAUNCH
from tests.e2e.demo_server import DemoServer


def demo_figures(folder: Path) -> Iterator[Figure]:
    """The whole server with its demo project: phones in a real Chromium, the office's pages, facts taken in."""
    yield from build_figures(folder / "data")
    demo = DemoServer(folder / "data")
    demo.start()
    try:
        if has_chromium("the phone"):
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(**LAUNCH)
                yield from phone_figures(browser, demo, folder)
                browser.close()
        yield from page_figures(demo)
        yield from intake_figures(demo)
    finally:
        demo.close()


def slow_figures(folder: Path) -> Iterator[Figure]:
    """A phone with a full area and a quarter of the speed."""
    if not has_chromium("the slow phone"):
        return
    list(build_figures(folder / "data"))
    demo = DemoServer(folder / "data")
    demo.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**LAUNCH)
            yield from slow_phone_figures(browser, demo, folder)
            browser.close()
    finally:
        demo.close()


def line_figures(folder: Path) -> Iterator[Figure]:
    if has_chromium("the first sync"):
        yield from first_figures(folder)


def has_chromium(what: str) -> bool:
    if CHROMIUM is None:
        print(f"no Chromium here: {what} is not measured", file=sys.stderr)
    return CHROMIUM is not None


GROUPS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "bulk": bulk_figures,
    "small": small_figures,
    "idle": idle_figures,
    "first": line_figures,
    "couchdb": couchdb_figures,
    "demo": demo_figures,
    "slow": slow_figures,
    "ledger": ledger_figures,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="NAME", help=f"{', '.join(GROUPS)}; none: all of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    asked = parser.parse_args()
    if unknown := set(asked.groups) - set(GROUPS):
        parser.error(f"no group is called {', '.join(sorted(unknown))}; there are {', '.join(GROUPS)}")
    load = os.getloadavg()[0]
    figures: list[Figure] = []
    for name in asked.groups or GROUPS:
        with tempfile.TemporaryDirectory(prefix="xunlu-bench-") as folder:
            for figure in GROUPS[name](Path(folder)):
                print(f"measured: {figure.what}", file=sys.stderr)
                figures.append(figure)
    loads = f"load {load:.1f} before, {os.getloadavg()[0]:.1f} after"
    print(f"\nXunlu on {os.cpu_count()} cores, Python {sys.version.split()[0]}, {loads}\n")
    print(table(figures))
    if asked.json:
        lines = (json.dumps(asdict(one) | {"verdict": one.verdict}, ensure_ascii=False) for one in figures)
        asked.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(any(one.is_missed for one in figures))


if __name__ == "__main__":
    sys.exit(main())
