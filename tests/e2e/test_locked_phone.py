"""A phone that locks itself, and one whose project demands a PIN: what was typed and what is unsent is there when it opens.

For: both in a browser, by hand, with the phone's clock moved. Not for: the rule itself (pwa/tests/vault/lock.test.ts).
Source: promises S-29, D13, F-09; R-X-31.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo_server import PASSWORD, DemoServer, wait_until
from tests.e2e.people import Desk, Steward, go_offline, go_online
from tests.e2e.phone_memory import memory_of

Photos = Callable[[int], list[Path]]
HOUR_SECONDS = 3_600
PIN = "280461"
LAST_DRAFT = """
async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const database = await done(indexedDB.open('xunlu'))
  const drafts = await done(database.transaction('drafts').objectStore('drafts').getAll())
  database.close()
  return drafts.map((draft) => draft.updatedAt).sort().at(-1) ?? ''
}
"""


@pytest.mark.timeout(300)
def test_a_night_offline_in_a_drawer_locks_and_the_password_opens_it_there(
    demo: DemoServer, phone: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.comes_to_work()
    go_offline(phone.context)
    first, second = steward.subjects_to_do("patrol")[:2]
    steward.patrols(first, photos(1))
    steward.fills_in_a_patrol(second, photos(1))
    unsent = set(memory_of(phone).records)
    is_kept_as_draft(phone)

    in_the_morning(phone, hours=13)
    expect(phone.get_by_test_id("lock-password")).to_be_visible()
    assert phone.get_by_test_id("today-list").count() == 0
    gives_password(phone, "not it")
    expect(phone.get_by_role("alert")).to_contain_text("还可以试 9 次")
    gives_password(phone, PASSWORD)

    expect(phone.get_by_test_id("photo-thumb")).to_have_count(1)
    expect(phone.get_by_test_id("save-bar")).to_contain_text("可以保存")
    steward.saves()
    assert unsent < set(memory_of(phone).records)
    go_online(phone.context)
    steward.everything_is_received()
    in_the_morning(phone, hours=13 + 80)
    steward.goes_to_today()  # the office answers: nobody is asked


@pytest.mark.timeout(300)
def test_a_project_that_demands_a_pin_gets_one_before_anything_else_and_nothing_typed_is_lost(
    demo: DemoServer, phone: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.comes_to_work()
    go_offline(phone.context)
    first, second = steward.subjects_to_do("patrol")[:2]
    steward.patrols(first, photos(1))
    steward.fills_in_a_patrol(second, photos(1))
    is_kept_as_draft(phone)
    demands_a_pin(demo)

    go_online(phone.context)
    phone.reload()

    expect(phone.get_by_test_id("pin-demand")).to_be_visible(timeout=30_000)
    phone.keyboard.press("Escape")
    phone.keyboard.press("Escape")
    expect(phone.get_by_test_id("pin-demand")).to_be_visible()
    gives_pin(phone, PIN)
    gives_pin(phone, "111111")
    expect(phone.get_by_test_id("pin-problem")).to_contain_text("两次不一样")
    gives_pin(phone, PIN)
    gives_pin(phone, PIN)
    expect(phone.get_by_test_id("pin-demand")).to_have_count(0)

    expect(phone.get_by_test_id("photo-thumb")).to_have_count(1)
    expect(phone.get_by_test_id("save-bar")).to_contain_text("可以保存")
    steward.saves()
    steward.everything_is_received()
    steward.opens("/me")
    expect(phone.get_by_test_id("pin-pad")).to_be_visible()
    gives_pin(phone, PIN)
    expect(phone.get_by_test_id("pin-settings")).to_contain_text("不能取消")


def is_kept_as_draft(phone: Page) -> None:
    """One change more, and wait until a draft is on the disk that was written after all before it."""
    since = phone.evaluate("new Date().toISOString()")
    phone.locator('[data-testid^="stage-"]').first.click()
    wait_until(lambda: phone.evaluate(LAST_DRAFT) >= since, "the draft on the disk")


def in_the_morning(phone: Page, hours: float) -> None:
    """Open the app so much later, where it was; the phone has no other clock."""
    now = phone.evaluate("Date.now()")
    phone.clock.set_fixed_time(now / 1000 + hours * HOUR_SECONDS)
    phone.reload()


def gives_password(phone: Page, password: str) -> None:
    phone.get_by_test_id("sign-in-password").fill(password)
    phone.get_by_test_id("lock-open").click()


def gives_pin(phone: Page, pin: str) -> None:
    for digit in pin:
        phone.get_by_test_id(f"pin-{digit}").click()


def demands_a_pin(demo: DemoServer) -> None:
    demo.stop()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XUNLU_")}
    words = ("setting", "set", "phone.pin_required", "true", "--project", "demo")
    subprocess.run(
        [sys.executable, "-m", "server", *words],
        env=environment | {"XUNLU_DATA": str(demo.data)},
        check=True,
        timeout=60,
    )
    demo.start()


@pytest.mark.timeout(300)
def test_a_phone_reported_lost_shows_nothing_after_its_next_contact_and_loses_nothing(
    demo: DemoServer, phone: Page, desk: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.comes_to_work()
    steward.everything_is_received()
    go_offline(phone.context)
    steward.patrols(steward.subjects_to_do("patrol")[0], photos(1))
    (unsent,) = [id for id, record in memory_of(phone).records.items() if record.state == "saved"]

    admin = Desk(desk, demo)
    admin.signs_in("admin1")
    admin.goes_to("phones")
    desk.get_by_test_id("phone-end").click()
    desk.get_by_test_id("phone-end-sure").click()
    expect(desk.get_by_test_id("phone-row")).to_contain_text("已报失停用")
    go_online(phone.context)
    phone.reload()

    expect(phone.get_by_test_id("sign-in-username")).to_be_visible(timeout=30_000)
    assert memory_of(phone).records == {}
    steward.signs_in("steward2")
    steward.sees_today()
    steward.everything_is_received()
    office = demo.office("supervisor1")
    # Whoever found the phone may have recorded with it: the supervisor decides.
    held = wait_until(
        lambda: [row for row in office.get("/api/held", limit=50)["items"] if row["id"] == unsent],
        "the patrol of the lost phone, under its steward's name",
    )
    assert [(row["author"], row["code"]) for row in held] == [("steward1", "device_revoked")]
