"""A steward lets the phone be told while the app is closed: from the button to the lock screen, and not after signing out.

The server, the encryption and the service worker are the shipped ones; of the push service only the post box is ours, and
Chromium is handed by its debugger what a push service would hand it.
Not for: quiet hours, retries, refusals (tests/server/notify).
Source: docs/notifying.md; promises S-28, S-31.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from server.catalogue.fields import Label
from server.database import open_engine, writing
from server.notify.inbox import Message, send
from server.notify.webpush import text_of
from server.settings import Settings
from tests.e2e.conftest import PHONE
from tests.e2e.demo_server import DemoServer, wait_until
from tests.e2e.people import Steward, wait_for_service_worker
from tests.e2e.woken_worker import WokenWorker
from tests.server.notify.post_box import PostBox
from tests.server.notify.test_webpush import Browser as Receiver

# The browser's half of a push service: what PushManager would answer, with keys that this test can read by.
PUSH_MANAGER = """
(given) => {
  let made = null
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0))
  PushManager.prototype.getSubscription = async () => made
  PushManager.prototype.subscribe = async (options) => {
    if (!options.userVisibleOnly) throw new DOMException('silent pushes are not allowed', 'NotAllowedError')
    const key = options.applicationServerKey
    made = {
      endpoint: given.endpoint,
      options: { applicationServerKey: bytes(key).buffer },
      toJSON: () => ({ endpoint: given.endpoint, keys: { p256dh: given.p256dh, auth: given.auth } }),
      unsubscribe: async () => { made = null; return true },
    }
    return made
  }
}
"""
SUBSCRIBED = (
    "async () => (await (await navigator.serviceWorker.ready).pushManager.getSubscription()) !== null"
)
SHOWN = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((one) => [one.title, one.body])"
TAP = """
async () => {
  const [notice] = await registration.getNotifications()
  dispatchEvent(new NotificationEvent('notificationclick', { notification: notice }))
}
"""


@pytest.fixture
def post_box() -> Iterator[PostBox]:
    box = PostBox()
    box.answer = lambda letter: (201, {}, b"")
    yield box
    box.close()


@pytest.fixture
def pushing(demo_data: Path, tmp_path: Path, post_box: PostBox) -> Iterator[DemoServer]:
    shutil.copytree(demo_data, tmp_path / "data")
    server = DemoServer(tmp_path / "data")
    server.run_as("tests.e2e.pushing_server", "--push-service", post_box.host)
    server.start()
    yield server
    server.close()


def test_a_closed_app_tells_of_a_duty_without_naming_anybody_until_the_steward_signs_out(
    pushing: DemoServer, post_box: PostBox, context_of: Callable[[dict[str, Any]], BrowserContext]
) -> None:
    receiver = Receiver()
    context = context_of(PHONE)
    context.grant_permissions(["notifications"], origin=pushing.url)
    keys = {
        "endpoint": f"{post_box.url}/push/1",
        "p256dh": text_of(receiver.public),
        "auth": text_of(receiver.secret),
    }
    context.add_init_script(f"({PUSH_MANAGER})({json.dumps(keys)})")
    phone = context.new_page()
    steward = Steward(phone, pushing)
    steward.comes_to_work()
    office = pushing.office("steward1")

    phone.get_by_test_id("tab-me").click()
    expect(phone.get_by_test_id("push-state")).to_contain_text("没有打开")
    phone.get_by_test_id("push-on").click()
    expect(phone.get_by_test_id("push-state")).to_contain_text("已打开")
    assert office.get("/api/notify/choice")["subscriptions"] == 1

    # A duty comes due; what the server sends, the push service cannot read, and Chromium's own worker shows.
    assert office.patch("/api/notify/choice", {"quiet_from": None, "quiet_to": None}).status_code == 200
    tell(pushing, "steward1")
    letter = wait_until(lambda: told_of(post_box, receiver, "alarm:R-DEC-11:violation:V1"), "the push")
    assert "3-1-502" not in letter
    WokenWorker(context, pushing.url).gets_a_push(letter)
    phone.bring_to_front()
    ((title, text),) = wait_until(lambda: phone.evaluate(SHOWN), "the notice")
    assert title == "违规审批超时"
    assert text.endswith("请打开巡录查看。")
    assert "3-1-502" not in text

    # A tap on it leads to the inbox, in the window that is open.
    context.service_workers[0].evaluate(TAP)
    expect(phone).to_have_url(f"{pushing.url}/inbox")

    phone.goto(f"{pushing.url}/me")
    wait_for_service_worker(phone)
    wait_until(lambda: phone.evaluate(SUBSCRIBED), "the subscription on the page that was opened anew")
    phone.on("dialog", lambda dialog: dialog.accept())
    phone.get_by_test_id("sign-out").click()
    expect(phone.get_by_test_id("sign-in-username")).to_be_visible()
    wait_until(lambda: not phone.evaluate(SUBSCRIBED), "the end of the subscription")


def tell(server: DemoServer, user: str) -> None:
    """Put an alarm about a violation into somebody's inbox, as a tick of the server does."""
    settings = Settings.from_environ({"XUNLU_DATA": str(server.data)})
    engine = open_engine(settings.database_url)
    now = datetime.now(UTC)
    message = Message(
        user=user, rule="R-DEC-11", subject="violation:V1", period="round-1", level=3,
        title=Label("违规审批超时: 3-1-502", "Violation not decided in time: 3-1-502"),
        text=Label("请决定。", "Please decide."), due_at=now, area="a1", unit_no="3-1-502",
    )  # fmt: skip
    with writing(engine) as connection:
        assert send(connection, message, now)
    engine.dispose()


def told_of(box: PostBox, receiver: Receiver, tag: str) -> str | None:
    """The opened text of the push about it; others may have come due meanwhile."""
    for letter in list(box.letters):
        message = receiver.read(letter)
        if str(message["tag"]).startswith(tag):
            return json.dumps(message, ensure_ascii=False)
    return None
