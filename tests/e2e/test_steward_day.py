"""A steward's day in Chromium: what stands on today's list after a night without network, and the airing that runs on.

For: the list computed on the phone, one screen after the other by hand. One server and one phone for the whole module.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE
from tests.e2e.demo_server import PASSWORD, DemoServer
from tests.e2e.people import Steward, go_offline, go_online

pytestmark = (
    pytest.mark.soak
)  # a whole day by hand; the list itself is held by tests/vectors/limits.json in every run
DAY_MS = 24 * 3_600_000


@pytest.fixture(scope="module")
def server(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    data = tmp_path_factory.mktemp("steward-day") / "data"
    shutil.copytree(demo_data, data)
    server = DemoServer(data)
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def steward(server: DemoServer, browser: Browser) -> Iterator[Steward]:
    context = browser.new_context(**PHONE)
    context.set_default_timeout(30_000)
    steward = Steward(context.new_page(), server)
    steward.comes_to_work()
    yield steward
    context.close()


@pytest.fixture
def page(steward: Steward) -> Iterator[Page]:
    """The phone's screen, with a network at the beginning and at the end of every story."""
    yield steward.page
    go_online(steward.page.context)


def test_tomorrow_and_next_month_are_on_the_list_after_a_night_without_network(
    steward: Steward, page: Page
) -> None:
    go_offline(page.context)
    now = page.evaluate("Date.now()")
    sites = len(steward.subjects_to_do("patrol")) + done(page, "patrol")
    vacant = total(page, "vacancy")

    tomorrow = starts_at(page, now + DAY_MS)

    expect(page.get_by_test_id("glance-patrol")).to_contain_text(f"0/{sites}")
    assert tomorrow != ""

    starts_at(page, now + 31 * DAY_MS)

    expect(page.get_by_test_id("glance-vacancy")).to_contain_text("0/")
    assert total(page, "vacancy") >= vacant  # every vacant unit is due anew, and none was done
    starts_at(page, now)


def test_an_airing_runs_on_while_the_app_is_closed_and_says_when_it_is_long_enough(
    steward: Steward, page: Page
) -> None:
    unit = steward.subjects_to_do("vacancy")[-1]
    steward.opens(f"/new/airing?subject={unit}")
    page.get_by_test_id("airing-open-now").click()
    expect(page.get_by_test_id("airing-running")).to_be_visible()
    expect(page.get_by_test_id("airing-kept")).to_be_visible()

    steward.goes_to_today()
    bar = page.locator(f'[data-testid="airing-bar"][data-unit="{unit}"]')
    expect(bar).to_contain_text("还差 30 分钟")
    starts_at(page, page.evaluate("Date.now()") + 31 * 60_000)

    expect(bar).to_contain_text("可以关窗了")
    bar.click()
    expect(page.get_by_test_id("airing-running")).to_contain_text("31")


def test_the_month_the_help_cards_and_the_add_sheet_need_no_network(steward: Steward, page: Page) -> None:
    go_offline(page.context)

    page.get_by_test_id("tab-me").click()
    page.get_by_test_id("open-month").click()
    expect(page.get_by_test_id("measure-checks")).to_be_visible()
    page.get_by_test_id("tab-me").click()
    page.get_by_test_id("open-help").click()
    page.get_by_test_id("help-search").fill("承重")
    expect(page.get_by_test_id("help-forbidden_acts")).to_contain_text("承重")
    page.get_by_test_id("add").click()
    page.get_by_test_id("add-search").fill("报修")
    page.get_by_test_id("add-repair_order").click()
    page.get_by_test_id("subject-option").first.click()

    expect(page.get_by_test_id("save-bar")).to_have_attribute("data-missing", "kind")


def starts_at(page: Page, at_ms: float) -> str:
    """Open the app at another time of the phone's clock; it has no other clock without a network.

    After a night offline, and with a clock set back, it has locked itself.
    """
    page.clock.set_fixed_time(at_ms / 1000)  # seconds here, milliseconds on the page
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2])
    locked = page.get_by_test_id("lock-password")
    expect(page.get_by_test_id("today-list").or_(locked)).to_be_visible()
    if locked.is_visible():
        page.get_by_test_id("sign-in-password").fill(PASSWORD)
        page.get_by_test_id("lock-open").click()
    expect(page.get_by_test_id("today-list")).to_be_visible()
    expect(page.get_by_test_id("today-glance")).to_be_visible()
    return page.get_by_test_id("today-list").inner_text()


def done(page: Page, kind: str) -> int:
    return int(page.get_by_test_id(f"glance-{kind}").locator("b").inner_text().split("/")[0])


def total(page: Page, kind: str) -> int:
    return int(page.get_by_test_id(f"glance-{kind}").locator("b").inner_text().split("/")[1])
