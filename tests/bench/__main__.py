"""`make bench`: one run, one table: figure, bar, verdict. Ends with status 1 when a bar is missed.

Figures of one machine at one moment: the load is printed with them, from before the run.
`python -m tests.bench FILE` also writes them to FILE, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.figures import Figure, table
from tests.bench.office import build_figures, intake_figures, page_figures
from tests.bench.phone import phone_figures
from tests.bench.replication import replication_figures
from tests.e2e.conftest import CHROMIUM, LAUNCH
from tests.e2e.demo_server import DemoServer


def main() -> int:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="xunlu-bench-") as name:
        figures = []
        for figure in _measure(Path(name)):
            print(f"measured: {figure.what}", file=sys.stderr)
            figures.append(figure)
    print(f"\nXunlu on {os.cpu_count()} cores, Python {sys.version.split()[0]}, load {load:.1f}\n")
    print(table(figures))
    if len(sys.argv) > 1:
        lines = (json.dumps(asdict(one) | {"verdict": one.verdict}, ensure_ascii=False) for one in figures)
        Path(sys.argv[1]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(any(one.is_missed for one in figures))


def _measure(folder: Path) -> Iterator[Figure]:
    yield from replication_figures(folder)
    yield from build_figures(folder / "data")
    demo = DemoServer(folder / "data")
    demo.start()
    try:
        if CHROMIUM is None:
            print("no Chromium here: the phone is not measured", file=sys.stderr)
        else:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(**LAUNCH)
                yield from phone_figures(browser, demo, folder)
                browser.close()
        yield from page_figures(demo)
        yield from intake_figures(demo)
    finally:
        demo.close()


if __name__ == "__main__":
    sys.exit(main())
