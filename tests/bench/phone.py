"""What a steward waits for: the first list of the day, and "saved on this phone".

For: measuring both in a real Chromium, from the tap to the words on the screen, by the browser's own clock.
Not for: asserting; tests/e2e/test_bars.py does, generously.
Source: the bars of the issue "The spine".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.bench.figures import Figure, middle
from tests.e2e.conftest import PHONE
from tests.e2e.demo_server import PASSWORD, DemoServer
from tests.e2e.people import Steward
from tests.e2e.pictures import draw_photo

SIGN_IN_BAR_SECONDS = 3.0
SAVE_BAR_MS = 300.0

# One script per tap: what was seen when, in milliseconds after it.
_SIGN_IN = """
() => new Promise((resolve) => {
  const began = performance.now()
  const seen = {}
  const done = () => { if (seen.row !== undefined && seen.all !== undefined) resolve(seen) }
  const look = () => {
    if (seen.row === undefined && document.querySelector('[data-testid="today-row"]')) {
      seen.row = performance.now() - began
      done()
    }
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true })
  new BroadcastChannel('xunlu').onmessage = ({ data }) => {
    if (seen.all === undefined && data.kind === 'report' && data.report.firstSync.done) {
      seen.all = performance.now() - began
      done()
    }
  }
  document.querySelector('[data-testid="sign-in-submit"]').click()
})
"""
SAVE_SCRIPT = """
() => new Promise((resolve, reject) => {
  const began = performance.now()
  const isSaved = () => document.querySelector('[data-testid="saved-toast"]')?.textContent.includes('已存本机')
  if (isSaved()) return reject(new Error('something was saved before'))
  new MutationObserver((_, observer) => {
    if (!isSaved()) return
    observer.disconnect()
    resolve(performance.now() - began)
  }).observe(document.body, { subtree: true, childList: true, characterData: true })
  document.querySelector('[data-testid="save"]').click()
})
"""


@dataclass(frozen=True, slots=True)
class SignIn:
    first_rows_seconds: float  # from the tap until today's list has rows to work on
    whole_seconds: float  # until everything of the area is on the phone


def sign_in_cold(browser: Browser, demo: DemoServer, username: str = "steward1") -> SignIn:
    """Sign in on a phone that has never been here."""
    with _fresh_phone(browser) as page:
        page.goto(demo.url)
        page.get_by_test_id("sign-in-username").fill(username)
        page.get_by_test_id("sign-in-password").fill(PASSWORD)
        seen = page.evaluate(_SIGN_IN)
        return SignIn(seen["row"] / 1000, seen["all"] / 1000)


def save_times_ms(
    browser: Browser, demo: DemoServer, folder: Path, count: int, size_px: tuple[int, int]
) -> list[float]:
    """Save `count` patrols with two photos each, online, as the demo's first steward."""
    with _fresh_phone(browser) as page:
        steward = Steward(page, demo)
        steward.signs_in()
        steward.sees_today()
        subjects = steward.subjects_to_do("patrol")
        times = []
        for number in range(count):
            taken = [draw_photo(folder / f"{size_px[0]}-{number}-{index}.jpg", size_px) for index in range(2)]
            steward.fills_in_a_patrol(subjects[number % len(subjects)], taken)
            times.append(float(page.evaluate(SAVE_SCRIPT)))
        return times


def phone_figures(browser: Browser, demo: DemoServer, folder: Path) -> Iterator[Figure]:
    signed_in = [sign_in_cold(browser, demo) for _ in range(3)]
    yield Figure(
        "phone, cold: sign in until today's list can be worked on (median of 3)",
        middle([one.first_rows_seconds for one in signed_in]), "s", SIGN_IN_BAR_SECONDS,
    )  # fmt: skip
    yield Figure(
        "phone, cold: sign in until the whole area is on the phone (median of 3)",
        middle([one.whole_seconds for one in signed_in]), "s",
    )  # fmt: skip
    for size_px in ((1600, 1200), (4000, 3000)):
        times = save_times_ms(browser, demo, folder, 5, size_px)
        megabytes = (folder / f"{size_px[0]}-0-0.jpg").stat().st_size / 1e6
        yield Figure(
            f"phone: save a patrol with two photos of {megabytes:.1f} MB until 已存本机 (median of 5)",
            middle(times), "ms", SAVE_BAR_MS,
        )  # fmt: skip


@contextmanager
def _fresh_phone(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(**PHONE)
    context.set_default_timeout(30_000)
    try:
        yield context.new_page()
    finally:
        context.close()
