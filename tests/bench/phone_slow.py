"""A slow phone with a full area: 5,000 documents on it, its processor slowed to a quarter.

For: opening the app, a form and the camera, saving with three photos, scrolling a thousand rows, each by the browser's own clock.
Not for: syncing (sync_first.py). Chromium slows the page's thread; the sync worker runs at full speed.
Source: the bars of the issue "The steward's phone".
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

from tests.bench.figures import Figure, middle
from tests.bench.office import facts_again
from tests.bench.phone import SAVE_SCRIPT
from tests.e2e.conftest import PHONE
from tests.e2e.demo_server import DemoServer, wait_until
from tests.e2e.people import Steward
from tests.e2e.pictures import draw_photo

DOCUMENTS = 5_000
BATCH = 100
SLOWED = 4
ROWS = 1_000
TURNS = 3

# Milliseconds from the address to the first row that can be worked on, noted before anything else runs.
_OPENED = """
addEventListener('DOMContentLoaded', () => {
  const look = () => {
    if (window.firstRow === undefined && document.querySelector('[data-testid="today-row"]')) window.firstRow = performance.now()
  }
  new MutationObserver(look).observe(document.documentElement, { subtree: true, childList: true })
})
"""
# How many pieces of the largest copy lie ready for the next start (pwa/src/sync/shelf.ts).
_SHELVED = """
async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  let most = 0
  for (const { name } of (await indexedDB.databases()).filter(({ name }) => name.startsWith('_pouch_'))) {
    const database = await done(indexedDB.open(name))
    const keys = await done(database.transaction('local-store').objectStore('local-store').getAllKeys())
    database.close()
    const pieces = keys.filter((key) => key.startsWith('_local/xunlu-shelf-')).length
    if (keys.includes('_local/xunlu-shelf')) most = Math.max(most, pieces)
  }
  return most
}
"""
# A second without a long task: everything on the phone has been read, and nobody waits for anything.
_AT_REST = """
() => new Promise((resolve) => {
  let timer = setTimeout(resolve, 1_000)
  new PerformanceObserver(() => {
    clearTimeout(timer)
    timer = setTimeout(resolve, 1_000)
  }).observe({ type: 'longtask' })
})
"""
# Milliseconds from a tap until what it asks for stands and is drawn; not until what the app itself does after that.
_UNTIL_DRAWN = """
([tapped, awaited]) => new Promise((resolve) => {
  const target = document.querySelector(tapped)
  const began = performance.now()
  new MutationObserver((_, observer) => {
    if (!document.querySelector(awaited)) return
    observer.disconnect()
    requestAnimationFrame(() => {
      const drawn = new MessageChannel()
      drawn.port1.onmessage = () => resolve(performance.now() - began)
      drawn.port2.postMessage(null)
    })
  }).observe(document.body, { subtree: true, childList: true, attributes: true })
  target.click()
})
"""
_FORM = '[data-testid="record-form"]:not([aria-busy="true"]) [data-testid="all-normal"]'
_SCROLL = """
() => new Promise((resolve) => {
  let longest = 0
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) longest = Math.max(longest, one.duration)
  }).observe({ type: 'longtask' })
  scrollTo(0, 0)
  const step = () => {
    scrollBy(0, 600)
    if (scrollY + innerHeight < document.documentElement.scrollHeight - 2) return requestAnimationFrame(step)
    setTimeout(() => resolve(longest), 200)
  }
  requestAnimationFrame(step)
})
"""


def slow_phone_figures(browser: Browser, demo: DemoServer, folder: Path) -> Iterator[Figure]:
    count = fill(demo)
    context = browser.new_context(**PHONE)
    context.set_default_timeout(120_000)
    context.add_init_script(_OPENED)
    try:
        page = context.new_page()
        steward = Steward(page, demo)
        steward.signs_in()
        expect(page.locator('#content[data-ready="true"]')).to_be_attached(timeout=120_000)
        steward.can_work_offline()
        # Nobody ends the first day in the second in which its sync ended.
        wait_until(
            lambda: page.evaluate(_SHELVED) >= DOCUMENTS // 250,
            "the copy of the area is ready for the next start",
        )
        page.close()
        opened = []
        for _ in range(TURNS):
            page = context.new_page()
            opened.append(_open(page, demo))
            page.close()  # its own reading would slow the next one
        yield Figure(
            f"slow phone: cold open to today's list, {count} documents (median of {TURNS})",
            middle(opened) / 1000, "s", 2.5,
        )  # fmt: skip
        page = context.new_page()
        _open(page, demo)
        steward = Steward(page, demo)
        patrols = page.locator('[data-testid="today-group-patrol"] [data-testid="today-row"]')
        expect(patrols.nth(TURNS - 1)).to_be_attached(timeout=60_000)  # the list is drawn group by group
        subjects = [row.get_attribute("data-subject") or "" for row in patrols.all()[:TURNS]]
        early = [_open_form(page, demo, subject, at_rest=False) for subject in subjects]
        forms = [(_open_form(page, demo, subject, at_rest=True), _open_camera(page)) for subject in subjects]
        yield Figure(
            f"slow phone: tap until a patrol's form stands (median of {TURNS})",
            middle([ms for ms, _ in forms]), "ms", 150,
        )  # fmt: skip
        yield Figure(
            f"slow phone: the same in the second in which the app was opened (median of {TURNS})",
            middle(early), "ms", None,
        )  # fmt: skip
        yield Figure(
            f"slow phone: tap until the camera can shoot (median of {TURNS})",
            middle([ms for _, ms in forms]), "ms", 500,
        )  # fmt: skip
        yield Figure(
            f"slow phone: save a patrol with three photos until 已存本机 (median of {TURNS})",
            middle([_save(steward, folder, subject) for subject in subjects]), "ms", 500,
        )  # fmt: skip
        rows, longest = _scroll(page, demo)
        yield Figure(f"slow phone: longest task while {rows} rows are scrolled", longest, "ms", 100)
    finally:
        context.close()


def fill(demo: DemoServer) -> int:
    """Records of the demo's first steward until the area holds as many documents. Returns how many there are."""
    steward = demo.office("steward1")
    there = steward.get("/db/area-a1")["doc_count"]
    facts = list(islice(facts_again(steward), max(0, DOCUMENTS - there)))
    for at in range(0, len(facts), BATCH):
        answer = steward.post("/db/area-a1/_bulk_docs", {"new_edits": False, "docs": facts[at : at + BATCH]})
        assert answer.status_code == 201, answer.text
    return int(steward.get("/db/area-a1")["doc_count"])


def _open(page: Page, demo: DemoServer) -> float:
    _slow_down(page)
    page.goto(demo.url)
    page.wait_for_selector('[data-testid="today-row"]', state="attached")
    return float(page.evaluate("window.firstRow"))


def _open_form(page: Page, demo: DemoServer, subject: str, *, at_rest: bool) -> float:
    page.goto(f"{demo.url}/decoration/{subject}")
    link = f"""a[href="/decoration/{quote(subject, safe=":")}/patrol"]"""
    page.wait_for_selector(link)
    if at_rest:
        page.evaluate(_AT_REST)
    return float(page.evaluate(_UNTIL_DRAWN, [link, _FORM]))


def _open_camera(page: Page) -> float:
    """In the form that stands: Chromium's own fake device, opened without asking."""
    tapped, awaited = '[data-testid="photo-input-camera"]', '[data-testid="camera-shutter"]:not(:disabled)'
    milliseconds = float(page.evaluate(_UNTIL_DRAWN, [tapped, awaited]))
    page.get_by_test_id("camera-done").click()
    return milliseconds


def _save(steward: Steward, folder: Path, subject: str) -> float:
    photos = [draw_photo(folder / f"slow-{subject[-4:]}-{index}.jpg", (1600, 1200)) for index in range(3)]
    steward.fills_in_a_patrol(subject, photos)
    return float(steward.page.evaluate(SAVE_SCRIPT))


def _scroll(page: Page, demo: DemoServer) -> tuple[int, float]:
    page.goto(f"{demo.url}/records")
    rows = page.get_by_test_id("record-row")
    expect(rows.first).to_be_visible()
    for _ in range(ROWS // 50):
        if rows.count() >= ROWS:
            break
        page.locator("button.more").click()
    return rows.count(), float(page.evaluate(_SCROLL))


def _slow_down(page: Page) -> None:
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
