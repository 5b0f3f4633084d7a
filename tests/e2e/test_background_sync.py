"""The app is closed before there is a network: its service worker sends what waits, and gives way to a page that opens.

The real worker in Chromium, woken as its browser wakes it; all calls that a page may interrupt, eight times each, in `make soak`.
What else may come between: pwa/tests/sync/background-send.test.ts.
Source: the issue "The steward's phone"; promises I1, I5, I9, F-08.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import PHONE
from tests.e2e.demo_server import DemoServer, wait_until
from tests.e2e.people import Steward, go_offline, go_online
from tests.e2e.phone_memory import KeptRecord, memory_of
from tests.e2e.shell_server import ShellServer
from tests.e2e.woken_worker import SEND_TAG, WokenWorker
from tests.faults import lines
from tests.faults.proxy import Proxy
from tests.faults.trials import CALLS

Photos = Callable[[int], list[Path]]
ContextOf = Callable[[dict[str, Any]], BrowserContext]
NO_PAGE = None
# The calls of the way out, in its order.
INTERRUPTED = ("me", "revs_diff", "bulk_docs", "receipts", "create_upload", "patch_upload")
TAGS = "async () => (await navigator.serviceWorker.ready).sync.getTags()"
# A worker that does not give way would hang for the 30 s after which any silent line is given up.
LESS_THAN_SILENCE_MS = 25_000


@pytest.fixture
def proxy(demo: DemoServer) -> Iterator[Proxy]:
    with Proxy(demo.port) as proxy:
        yield proxy


@pytest.mark.parametrize(
    "trials", [(NO_PAGE, "patch_upload"), pytest.param((NO_PAGE, *INTERRUPTED) * 8, marks=pytest.mark.soak)]
)
@pytest.mark.timeout(1200)
def test_what_was_recorded_offline_arrives_once_without_a_page_and_with_one_that_opens_meanwhile(
    demo: DemoServer, proxy: Proxy, phone: Page, photos: Photos, trials: tuple[str | None, ...]
) -> None:
    """Where a page opens, the worker hangs in that call: done by the server and never answered."""
    context = phone.context
    office = Office(demo)
    steward = Steward(phone, proxy)
    steward.comes_to_work()
    browser = WokenWorker(context, proxy.url)
    subjects = steward.subjects_to_do("patrol")
    for number, call in enumerate(trials):
        subject = subjects[number % len(subjects)]
        go_offline(context)
        taken = photos(3)
        record = recorded(steward, subject, taken)
        # The page asked to have it sent, and the browser goes on asking: the page led, so nothing was sent so far.
        wait_until(lambda steward=steward: SEND_TAG in steward.page.evaluate(TAGS), "the registered sync")
        steward.page.close()
        assert not office.has(record)
        hanging = None if call is NO_PAGE else proxy.arm(lines.silent, CALLS[call])
        go_online(context)

        browser.has_a_network()
        if hanging is None:
            wait_until(lambda record=record: office.has_all_of(record), "the record and its photos")
        else:
            wait_until(lambda hanging=hanging: hanging.met == 1, f"the worker's {call}")
        steward = Steward(context.new_page(), proxy)
        steward.goes_to_today()

        steward.everything_is_received(timeout_ms=LESS_THAN_SILENCE_MS)
        assert memory_of(steward.page).is_all_received()
        assert subject in steward.subjects_done("patrol")
        office.has_once(record, taken)
    assert proxy.broken == []


def test_a_worker_that_cannot_send_is_installed_and_opens_the_app_all_the_same(
    tmp_path: Path, context_of: ContextOf
) -> None:
    """The code that sends is in the worker's own file; it must not matter to the shell whether it can run."""
    shell = ShellServer(tmp_path)
    worker = shell.files / "sw.js"
    broken = "delete self.IDBDatabase; delete self.indexedDB; delete self.BroadcastChannel;\n"
    worker.write_text(broken + worker.read_text(encoding="utf-8"), encoding="utf-8")
    shell.start()
    try:
        phone = context_of(PHONE).new_page()
        steward = Steward(phone, shell)
        steward.opens("/")
        steward.can_work_offline()
        WokenWorker(phone.context, shell.url).has_a_network()
        go_offline(phone.context)

        phone.reload()

        expect(phone.get_by_test_id("sign-in-username")).to_be_visible()
    finally:
        shell.stop()


def recorded(steward: Steward, subject: str, photos: list[Path]) -> KeptRecord:
    """One patrol; what the phone has of it."""
    known = memory_of(steward.page).records.keys()
    steward.patrols(subject, photos)
    (new,) = (record for id, record in memory_of(steward.page).records.items() if id not in known)
    assert new.state == "saved"
    return new


class Office:
    """What it has of one steward's patrols. Signed in once: each time takes as long as a password should."""

    def __init__(self, demo: DemoServer) -> None:
        self._register = demo.office("supervisor1")
        self._steward = demo.office("steward1")

    def has(self, record: KeptRecord) -> bool:
        return record.id in self._patrols()

    def has_all_of(self, record: KeptRecord) -> bool:
        if not self.has(record):
            return False
        shown = self._register.get(f"/api/records/{record.type}/{record.id}")["photos"]
        stored = {photo["sha256"] for photo in shown if photo["fact"] == record.id and photo["stored"]}
        return stored == set(record.photos)

    def has_once(self, record: KeptRecord, photos: list[Path]) -> None:
        """One record in one revision, each photo byte for byte."""
        assert self._patrols().count(record.id) == 1
        rows = self._steward.get("/db/area-a1/_changes", style="all_docs")["results"]
        revisions = [change["rev"] for row in rows if row["id"] == record.id for change in row["changes"]]
        assert revisions == [record.rev]
        taken = {hashlib.sha256(path.read_bytes()).hexdigest(): path.read_bytes() for path in photos}
        assert taken.keys() == set(record.photos)
        for sha256, content in taken.items():
            assert self._register.raw(f"/media/photos/{sha256}", view="original").content == content

    def _patrols(self) -> list[str]:
        return [str(row["id"]) for row in self._register.records("decoration_patrol", author="steward1")]
