"""The shipped app behind a proxy that answers wrongly, cuts, crawls and refuses: all arrives once, and the badge never lies.

Each trial records visits, lets one call meet one fault once or twice, then the line is whole again. At the end the office
has every record once, in one revision, each photo byte for byte; and whenever the phone said 已全部送达 it was true.
Here are the faults that a browser has a part in. Every fault on every call, by the hundred, on the same phone without a
screen: tests/faults. Source: promises F-13 to F-20, D1, D3, I9, G5.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo_server import PASSWORD, DemoServer
from tests.e2e.people import Steward
from tests.faults import lines, refusals, rows, strangers
from tests.faults.bare_phone import build_bare_phone
from tests.faults.browser_phone import BrowserPhone
from tests.faults.day import FaultyDay
from tests.faults.proxy import Fault, Proxy
from tests.faults.trials import CALLS, Trial, run_trial

# Whatever depends on how a browser treats an answer; every fault on every call: tests/faults/test_lines.py.
IN_A_BROWSER: list[Trial] = [
    (strangers.portal_page, "bulk_docs"), (strangers.portal_redirect, "receipts"), (strangers.nothing_in_it, "bulk_get"),
    (lines.cut_with_length, "changes"), (lines.cut_in_chunks, "bulk_get"), (lines.answer_lost, "patch_upload"),
    (lines.crawling, "refresh"), (rows.one_short, "bulk_docs"),
]  # fmt: skip


@pytest.fixture
def proxy(demo: DemoServer) -> Iterator[Proxy]:
    with Proxy(demo.port) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def phone_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_bare_phone(tmp_path_factory.mktemp("bare-phone"))


@pytest.fixture
def day(demo: DemoServer, proxy: Proxy, phone: Page, phone_program: Path, tmp_path: Path) -> FaultyDay:
    phone.goto(proxy.url)
    phone.get_by_test_id("sign-in-username").fill("steward1")
    phone.get_by_test_id("sign-in-password").fill(PASSWORD)
    phone.get_by_test_id("sign-in-submit").click()
    Steward(phone, demo).sees_today()
    day = FaultyDay(BrowserPhone(phone, phone_program), demo, proxy, tmp_path)
    day.begins()
    return day


@pytest.mark.parametrize("repeats", [1, pytest.param(20, marks=pytest.mark.soak)])
@pytest.mark.timeout(3600)
def test_all_arrives_once_and_is_not_called_received_before(day: FaultyDay, repeats: int) -> None:
    for number, (fault, call) in enumerate(IN_A_BROWSER * repeats):
        run_trial(day, fault, call, times=1 + number % 2)

    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", [lines.silent, lines.silent_half_way])
def test_a_line_that_falls_silent_is_given_up_without_a_reload(day: FaultyDay, fault: Fault) -> None:
    armed = day.proxy.arm(fault, CALLS["bulk_docs"])
    day.records(2)

    day.everything_arrives(75, is_nudged=False)  # 30 s of silence, then by itself

    assert armed.met == 1
    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.soak)])
@pytest.mark.timeout(1200)
def test_a_session_that_ends_in_the_middle_stops_the_sending_only(
    day: FaultyDay, phone: Page, times: int
) -> None:
    badge = phone.get_by_test_id("truth-badge")
    for _ in range(times):
        over = day.proxy.arm(refusals.unauthorized, lambda call: call.path != "/api/session", times=10**6)
        day.records(2)
        expect(badge).to_contain_text("需要登录")
        day.records(2, with_photo=True)
        expect(badge).to_contain_text("需要登录")

        day.proxy.heal()
        phone.get_by_test_id("password-open").click()
        phone.get_by_test_id("sign-in-password").fill(PASSWORD)
        phone.get_by_test_id("sign-in-submit").click()

        day.everything_arrives(30, is_nudged=False)
        assert over.met > 1
    day.nothing_was_lost_doubled_or_claimed()
