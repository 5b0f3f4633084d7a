"""What waits: the line that waits for news, many tabs on one phone, and a phone that comes back after a long time.

All of it is in `make soak` only. Source: promises F-08, F-10, F-25, D16.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from server.errors import JsonValue
from server.receipts import receipt_hash, revision_of
from tests.e2e.demo_server import DemoServer, wait_until
from tests.faults import lines
from tests.faults.bare_phone import bare_phone
from tests.faults.conftest import SHORTER_WAITS_MS, DayOf
from tests.faults.day import FaultyDay
from tests.faults.proxy import Call, Fault, Proxy

TABS = 7
pytestmark = pytest.mark.soak


async def buffered(call: Call) -> None:
    """A proxy that keeps heartbeats and answer to itself."""
    await call.hung_up()


def is_long_poll(call: Call) -> bool:
    return "feed=longpoll" in call.path


@pytest.mark.parametrize(("fault", "record"), [(buffered, "0"), (lines.broken_before_asking, "1")])
def test_news_come_by_short_polls_where_no_line_may_wait(
    phone_program: Path, demo: DemoServer, proxy: Proxy, tmp_path: Path, fault: Fault, record: str
) -> None:
    """F-25."""
    with bare_phone(phone_program, proxy.url, SHORTER_WAITS_MS | {15_000: 1_000}) as phone:
        assert phone.signs_in() == {"ok": True}
        armed = proxy.arm(fault, is_long_poll, times=10**6)
        wait_until(lambda: armed.met > 0 and phone.is_up_to_date(), "a line that waits")
        day = FaultyDay(phone, demo, proxy, tmp_path)
        day.begins()
        before = phone.tells_all()["documents"]

        _record_elsewhere(demo, day, record)

        wait_until(lambda: phone.tells_all()["documents"] > before, "the other phone's record", 40)
        assert phone.stands().says_all_received
        assert armed.met <= 2  # and then not again for a while
    proxy.heal()


def test_of_seven_tabs_one_syncs_and_each_can_save(
    phone_program: Path, demo: DemoServer, proxy: Proxy, tmp_path: Path
) -> None:
    """F-08."""
    proxy.most_waiting_lines = proxy.waiting_lines
    open_before = proxy.waiting_lines
    with bare_phone(phone_program, proxy.url, SHORTER_WAITS_MS, TABS) as phone:
        assert phone.signs_in() == {"ok": True}
        asked = proxy.requests["GET /api/me"]
        wait_until(phone.is_up_to_date, "the first sync")
        day = FaultyDay(phone, demo, proxy, tmp_path)
        day.begins()
        for phone.tab in range(TABS):
            day.records(1)

        day.everything_arrives(40, is_nudged=False)

        for phone.tab in range(TABS):
            wait_until(lambda: phone.stands().is_all_received(), f"tab {phone.tab} says so")
        day.nothing_was_lost_doubled_or_claimed()
        assert proxy.requests["GET /api/me"] - asked <= 2
        assert proxy.most_waiting_lines <= open_before + 1


@pytest.mark.parametrize("records", [50, 500])
@pytest.mark.timeout(3600)
def test_two_weeks_of_work_without_a_line_all_arrive(day_of: DayOf, records: int) -> None:
    """F-10: every fifth record has no photo, each other one three or four, so that there are three times as many."""
    day = day_of("steward2", "a2")
    offline = day.proxy.arm(lines.broken_before_asking, lambda _: True, times=10**9)
    for number in range(records * 4 // 5):
        day.records(1, with_photo=True, photos=3 + (number % 4 > 0))
    ids = day.records(records // 5)
    assert len(day.saved) == records
    assert offline.met > 0
    assert set(ids) <= day.phone.stands().records.keys()

    day.proxy.heal()

    day.everything_arrives(60 + 4 * records)
    day.nothing_was_lost_doubled_or_claimed()


def _record_elsewhere(demo: DemoServer, day: FaultyDay, number: str) -> None:
    """The same steward, on another phone; each `number` another record."""
    given = day.visit("airing")
    fact: dict[str, JsonValue] = {
        "_id": "airing:01M8PZZZZZZZZZZZZZZZZZZZZ" + number,
        "type": "airing", "v": 1, "project": "demo", "area": "a1", "subject": given["subject"],
        "author": "steward1", "performed_at": "2026-11-30T10:00:00+08:00", "photos": [], "body": given["body"],
    }  # fmt: skip
    rev = revision_of(receipt_hash(fact))
    wire = fact | {"_rev": rev, "_revisions": {"start": 1, "ids": [rev[2:]]}}
    sent = demo.office("steward1").post("/db/area-a1/_bulk_docs", {"new_edits": False, "docs": [wire]})
    assert sent.status_code == 201, sent.text
