"""The app's service worker as its browser wakes it, with or without a page of the app.

For: `WokenWorker`: a push that came, and a network that is there again.
Not for: what the worker does then; that stands in the stories.
Source: Chrome DevTools Protocol, domain ServiceWorker.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext

from tests.e2e.demo_server import wait_until

SEND_TAG = "xunlu-send"  # pwa/src/send-tag.ts


class WokenWorker:
    def __init__(self, context: BrowserContext, url: str) -> None:
        """`url`: where the app was installed from, without a path."""
        self._url = url
        self._page = context.new_page()  # of nobody: a page of the app would have a worker of its own
        self._tools = context.new_cdp_session(self._page)
        self._registration = self._find()

    def gets_a_push(self, text: str) -> None:
        """What the push service would do: wake the worker with the text it has decrypted."""
        self._wake("deliverPushMessage", data=text)

    def has_a_network(self, *, last_chance: bool = False) -> None:
        """The one-shot sync that a page registered."""
        self._wake("dispatchSyncEvent", tag=SEND_TAG, lastChance=last_chance)

    def _wake(self, how: str, **more: Any) -> None:
        self._tools.send(
            f"ServiceWorker.{how}", {"origin": self._url, "registrationId": self._registration, **more}
        )

    def _find(self) -> str:
        found: list[dict[str, Any]] = []
        self._tools.on(
            "ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"])
        )
        self._tools.send("ServiceWorker.enable")

        def look() -> str | None:
            self._page.evaluate("null")  # events are heard only while Playwright is asked something
            ours = (one for one in found if one["scopeURL"] == f"{self._url}/")
            return next((str(one["registrationId"]) for one in ours), None)

        return wait_until(look, "the worker's registration")
