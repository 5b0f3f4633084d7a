"""The shipped app in a real browser, with a tab beside it in which the shipped store records visits by the hundred.

For: `BrowserPhone`. Filling in a form takes a second each; saving, sending and the badge are the shipped code.
Not for: filling in forms (tests/e2e), or judging what came of it (day.py).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Page, Route

from tests.faults.bare_phone import saved_records, sendable, standing_of
from tests.faults.phone import Given, SavedRecord, Standing

ALL_RECEIVED = "已全部送达"
SIGN_IN_AGAIN = "需要登录"

# Notes each time the badge begins to say that all was received, by the clock that server and phone share here.
_WATCH = """
(words) => {
  window.saidAllReceived = []
  let before = false
  const look = () => {
    const now = document.querySelector('[data-testid="truth-badge"]')?.textContent.includes(words) ?? false
    if (now && !before) window.saidAllReceived.push(Date.now())
    before = now
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
}
"""


class BrowserPhone:
    """A page that is signed in and shows the list of the day, and a tab beside it that records visits."""

    def __init__(self, page: Page, program: Path) -> None:
        self.page = page
        page.evaluate(_WATCH, ALL_RECEIVED)
        self._beside = page.context.new_page()
        self._beside.route("**/*", _blank)
        self._beside.goto(
            urljoin(page.url, "/healthz/beside")
        )  # the service worker keeps off the server's paths
        self._beside.unroute_all()
        self._beside.evaluate((program / "page.js").read_text(encoding="utf-8"))
        self._beside.evaluate("async () => { window.obey = await besideTheApp.startPage() }")
        page.bring_to_front()

    def saves(self, given: list[Given]) -> list[SavedRecord]:
        return saved_records(self._orders("save", records=[sendable(one) for one in given]))

    def tells_the_worker(self, **message: Any) -> None:
        self._orders("tell", message=message)

    def stands(self) -> Standing:
        badge = self.page.get_by_test_id("truth-badge").text_content() or ""
        told = standing_of(self._orders("stands"))
        return replace(told, says_all_received=ALL_RECEIVED in badge, needs_password=SIGN_IN_AGAIN in badge)

    def said_all_received_at_ms(self) -> list[float]:
        said: list[float] = self.page.evaluate("saidAllReceived")
        return said

    def _orders(self, order: str, **more: Any) -> Any:
        return self._beside.evaluate("(order) => window.obey(order)", {"do": order, **more})


def _blank(route: Route) -> None:
    route.fulfill(content_type="text/html", body="<!doctype html>")
