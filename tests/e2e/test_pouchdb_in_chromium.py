"""Stock PouchDB 9 with IndexedDB, in a page of a real Chromium, replicates with the served endpoint.

Not for: the PWA (test_spine.py), PouchDB in Node (tests/sync/test_pouchdb.py).
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page

from tests.sync.people import OPERATOR
from tests.sync.served import AREA, Served

ROOT = Path(__file__).parents[2]
POUCH = ROOT / "tests" / "sync" / "pouch"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (ROOT / "pwa" / "node_modules" / "pouchdb-core").is_dir(),
    reason="needs node and the PWA's packages: run `npm ci` in pwa/",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path / "store")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(phone: Page, server: Served, tmp_path: Path) -> Page:
    """A page at the server's own address, which is where a page must be to speak to it."""
    script = tmp_path / "pouchdb.js"
    subprocess.run(["node", str(POUCH / "bundle.mjs"), str(script)], check=True, timeout=60)
    address = f"{server.url}/page"
    phone.route(address, lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
    phone.goto(address)
    phone.add_script_tag(path=script)
    phone.add_script_tag(path=POUCH / "page.js")
    opening = "([database, authorization]) => story.open(database, authorization)"
    assert phone.evaluate(opening, [AREA, OPERATOR["Authorization"]]) == "idb"
    return phone


def write(server: Served, doc_id: str, n: int) -> None:
    answer = httpx2.put(f"{server.url}/{AREA}/{doc_id}", json={"n": n}, headers=OPERATOR)
    assert answer.status_code == 201


def test_a_page_with_pouchdb_keeps_in_step_whatever_happens(page: Page, server: Served) -> None:
    for n in range(60):
        write(server, f"patrol:office-{n}", n)
    told: dict[str, Any] = page.evaluate("story.once()")
    assert told["up"] == {
        "docs_read": 60, "docs_written": 60, "doc_write_failures": 0, "ok": True, "errors": 0,
    }  # fmt: skip
    assert (told["down"]["docs_written"], told["again"]["docs_written"], told["office"]) == (60, 0, 7)

    assert page.evaluate("story.follow()")
    write(server, "patrol:office-live", 5)
    assert page.evaluate("story.arrives('patrol:office-live')") == 5

    server.kill()
    page.evaluate("story.write('patrol:page-meanwhile', 6)")
    server.start()
    write(server, "patrol:office-meanwhile", 7)
    assert page.evaluate("story.reaches('patrol:page-meanwhile')") == 6
    assert page.evaluate("story.arrives('patrol:office-meanwhile')") == 7
    assert page.evaluate("story.isFollowing()")

    assert page.evaluate("story.attachments()") == {
        "up": 1, "down": 1, "n": 2, "whole": True, "length": 70_000, "note": "阳台漏水", "same": True,
    }  # fmt: skip
