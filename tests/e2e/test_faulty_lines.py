"""The shipped app behind a proxy that answers wrongly, cuts, crawls and refuses: all arrives once, and the badge never lies.

Each trial records visits, lets one call meet one fault once or twice, then the line is whole again. At the end the office
has every record once, in one revision, each photo byte for byte; and whenever the phone said 已全部送达 it was true.
Counts: `make soak` runs every fault on every call ten times over (1,860 trials), `make test` each fault once.
Substituted bodies at every call of the sync module, without a browser: pwa/tests/sync/substituted-replies.test.ts.
Source: promises F-13 to F-20, D1, D3, I9, G5.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo_server import PASSWORD, DemoServer, wait_until
from tests.e2e.people import Steward
from tests.faults import lines, refusals, rows, strangers
from tests.faults.phone import FaultyDay
from tests.faults.proxy import Call, Fault, Meant, Proxy

CALLS: dict[str, Meant] = {
    "me": lambda call: call.path == "/api/me",
    "refresh": lambda call: call.path == "/api/session/refresh",
    "revs_diff": lambda call: call.path.endswith("/_revs_diff"),
    "bulk_docs": lambda call: call.path.endswith("/_bulk_docs"),
    "receipts": lambda call: call.path == "/api/receipts",
    "changes": lambda call: "/_changes" in call.path and "feed=longpoll" not in call.path,
    "bulk_get": lambda call: "/_bulk_get" in call.path,
    "create_upload": lambda call: call.method == "POST" and call.path == "/media/uploads",
    "patch_upload": lambda call: call.method == "PATCH",
}
STRANGERS: tuple[Fault, ...] = (
    strangers.portal_page, strangers.portal_redirect, strangers.portal_json, strangers.kept_answer,
    strangers.stripped_headers, strangers.another_calls_answer, strangers.another_installation,
    strangers.another_epoch, strangers.gateway_page, strangers.nothing_in_it,
)  # fmt: skip
BROKEN: tuple[Fault, ...] = (
    lines.broken_before_asking, lines.answer_lost, lines.cut_with_length, lines.cut_in_chunks, lines.shortened,
    lines.crawling, strangers.asked_twice, strangers.asked_again_later,
)  # fmt: skip
WRONG_ROWS: tuple[Fault, ...] = (
    rows.one_short, rows.each_twice, rows.in_another_order, rows.without_ids, rows.no_rows,
)  # fmt: skip
WITH_ROWS = ("revs_diff", "bulk_docs", "receipts", "changes", "bulk_get")
# A stranger with our name that says no to a refresh, or to a token just renewed, is believed: the password is asked for,
# and nothing is lost (the story of the session that ends). Here it says no once, to anything else.
SIGNS_OUT = {(strangers.another_installation, "refresh")}
SAYS_NO_ONCE = strangers.another_installation
WITHIN_SECONDS = 40

everyday_and_soak = pytest.mark.parametrize(
    "repeats", [pytest.param(None, id="some"), pytest.param(10, id="all", marks=pytest.mark.soak)]
)
Trial = tuple[Fault, str]


@pytest.fixture
def proxy(demo: DemoServer) -> Iterator[Proxy]:
    with Proxy(demo.port) as proxy:
        yield proxy


@pytest.fixture
def day(demo: DemoServer, proxy: Proxy, phone: Page, tmp_path: Path) -> FaultyDay:
    phone.goto(proxy.url)
    phone.get_by_test_id("sign-in-username").fill("steward1")
    phone.get_by_test_id("sign-in-password").fill(PASSWORD)
    phone.get_by_test_id("sign-in-submit").click()
    Steward(phone, demo).sees_today()
    day = FaultyDay(phone, demo, proxy, tmp_path)
    day.begins()
    return day


@everyday_and_soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("faults", "calls"),
    [
        pytest.param(STRANGERS, tuple(CALLS), id="an answer that is not our server's"),
        pytest.param(BROKEN, tuple(CALLS), id="a line that breaks"),
        pytest.param(WRONG_ROWS, WITH_ROWS, id="rows that are not what was asked"),
    ],
)
def test_all_arrives_once_and_is_not_called_received_before(
    day: FaultyDay, faults: tuple[Fault, ...], calls: tuple[str, ...], repeats: int | None
) -> None:
    for number, (fault, call) in enumerate(_trials(faults, calls, repeats)):
        _trial(day, fault, call, times=1 if fault is SAYS_NO_ONCE else 1 + number % 2)

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
def test_a_session_that_ends_in_the_middle_stops_the_sending_only(day: FaultyDay, times: int) -> None:
    badge = day.page.get_by_test_id("truth-badge")
    for _ in range(times):
        over = day.proxy.arm(refusals.unauthorized, lambda call: call.path != "/api/session", times=10**6)
        day.records(2)
        expect(badge).to_contain_text("需要登录")
        day.records(2, with_photo=True)
        expect(badge).to_contain_text("需要登录")

        day.proxy.heal()
        day.page.get_by_test_id("password-open").click()
        day.page.get_by_test_id("sign-in-password").fill(PASSWORD)
        day.page.get_by_test_id("sign-in-submit").click()

        day.everything_arrives(30, is_nudged=False)
        assert over.met > 1
    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.parametrize("status", [413, pytest.param(415, marks=pytest.mark.soak)])
def test_a_push_too_large_for_the_way_goes_in_smaller_ones(day: FaultyDay, status: int) -> None:
    fault, is_meant = refusals.too_many(status, most=4)
    narrow = day.proxy.arm(fault, is_meant, times=10**6)
    day.records(30)

    day.everything_arrives(WITHIN_SECONDS, is_nudged=False)

    assert narrow.met >= 3  # 30, then two halves
    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.parametrize(
    ("status", "times"),
    [(503, 2), pytest.param(429, 6, marks=pytest.mark.soak), pytest.param(502, 6, marks=pytest.mark.soak)],
)
@pytest.mark.timeout(600)
def test_a_busy_server_is_not_asked_more_than_it_can_bear(day: FaultyDay, status: int, times: int) -> None:
    before = day.proxy.requests.total()
    day.records(10)
    day.everything_arrives(WITHIN_SECONDS, is_nudged=False)
    normal = day.proxy.requests.total() - before

    storm = day.proxy.arm(
        refusals.busy(status, retry_after_seconds=1), lambda call: "longpoll" not in call.path, times
    )
    before = day.proxy.requests.total()
    day.records(10)
    day.everything_arrives(150, is_nudged=False)

    assert storm.met == times
    assert day.proxy.requests.total() - before + storm.met < 3 * normal
    day.nothing_was_lost_doubled_or_claimed()


def _trials(faults: tuple[Fault, ...], calls: tuple[str, ...], repeats: int | None) -> list[Trial]:
    every = [one for one in product(faults, calls) if one not in SIGNS_OUT]
    if repeats is not None:
        return every * repeats
    # Each fault once, and as many different calls as there are.
    order = random.Random(20_261_125).sample(calls, len(calls))
    return [(fault, order[number % len(order)]) for number, fault in enumerate(faults)]


def _trial(day: FaultyDay, fault: Fault, name: str, times: int) -> None:
    """Record, meet the fault, be healed, and have everything received."""
    if name == "refresh":
        day.proxy.arm(refusals.unauthorized, _with_the_old_token(), times=10**6)
    armed = day.proxy.arm(fault, CALLS[name], times)
    if name == "me":
        day.tells_the_worker(kind="session_changed")
    day.records(2, with_photo=name.endswith("upload"))
    wait_until(lambda: armed.met > 0, f"a call of {name} for {fault}", WITHIN_SECONDS)
    day.everything_arrives(WITHIN_SECONDS)
    day.proxy.heal()


def _with_the_old_token() -> Meant:
    """Calls with the token that the phone has now: it must renew it, and must have the new one in the end.

    A phone that never asks again within 60 s of a lost renewal is asked for its password (promises S-13).
    """
    old: list[str | None] = []

    def is_meant(call: Call) -> bool:
        if not CALLS["revs_diff"](call):
            return False
        old.append(call.header("authorization"))
        return old[-1] == old[0]

    return is_meant
