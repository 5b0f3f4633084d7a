"""What `make bench` measures is measured right: the path from the tap to the words is whole and the clock runs.

Not for: the bars themselves. A loaded machine would miss them without any fault of ours, so they are read in
`make bench`; here a figure only has to be one, and not ten times its bar, which no load explains.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.bench.figures import Figure, table
from tests.bench.phone import SAVE_BAR_MS, SIGN_IN_BAR_SECONDS, save_times_ms, sign_in_cold
from tests.e2e.demo_server import DemoServer, wait_until


def test_a_cold_phone_comes_to_its_list_in_a_time_that_can_be_measured(
    demo: DemoServer, browser: Browser
) -> None:
    seen = sign_in_cold(browser, demo)

    assert 0 < seen.first_rows_seconds < 10 * SIGN_IN_BAR_SECONDS
    assert 0 < seen.whole_seconds < 10 * SIGN_IN_BAR_SECONDS


def test_a_save_with_two_photos_is_timed_and_is_a_real_save(
    demo: DemoServer, browser: Browser, tmp_path: Path
) -> None:
    office = demo.office("office1")
    before = {row["id"] for row in office.records("decoration_patrol", author="steward1")}

    times = save_times_ms(browser, demo, tmp_path, 2, (1600, 1200))

    assert len(times) == 2
    assert all(0 < time < 10 * SAVE_BAR_MS for time in times)
    arrived = wait_until(
        lambda: [
            row
            for row in office.records("decoration_patrol", author="steward1")
            if row["id"] not in before and len(row["photos"]) == 2
        ],
        "the first of the measured patrols",
    )
    assert arrived


def test_a_missed_bar_is_called_missed() -> None:
    slow = Figure("a save", 301, "ms", 300)
    fast = Figure("a push", 40, "%", 35, at_least=True)

    assert [slow.is_missed, fast.is_missed] == [True, False]
    assert table([slow, fast]).splitlines()[2:] == [
        "a save  301 ms  < 300 ms  MISSED",
        "a push  40.0 %  ≥ 35 %    met",
    ]
