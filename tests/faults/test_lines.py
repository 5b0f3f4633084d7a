"""Every fault on every call of the shipped phone: all arrives once, and the badge never lies.

Counts: `make test` lets each fault meet one call (23 trials, and 240 in pwa/tests/sync/substituted-replies.test.ts),
`make soak` every call ten times over (some 2,000). The same in a browser, a few of each: tests/e2e/test_faulty_lines.py.
Source: promises F-13 to F-15, F-19, F-20, G5, I9.
"""

from __future__ import annotations

import pytest

from tests.faults.day import FaultyDay
from tests.faults.lines import silent_half_way
from tests.faults.proxy import Fault
from tests.faults.trials import (
    BROKEN,
    CALLS,
    SILENT,
    STRANGERS,
    WITH_ROWS,
    WRONG_ROWS,
    every_trial,
    run_trial,
    some_trials,
)  # fmt: skip

KINDS = [
    pytest.param(STRANGERS, tuple(CALLS), id="an answer that is not our server's"),
    pytest.param(BROKEN, tuple(CALLS), id="a line that breaks"),
    pytest.param(WRONG_ROWS, WITH_ROWS, id="rows that are not what was asked"),
]


@pytest.mark.parametrize(("faults", "calls"), KINDS)
def test_all_arrives_once_and_is_not_called_received_before(
    day: FaultyDay, faults: tuple[Fault, ...], calls: tuple[str, ...]
) -> None:
    for number, (fault, call) in enumerate(some_trials(faults, calls, of_each=1)):
        run_trial(day, fault, call, times=1 + number % 2)

    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    ("faults", "calls"), [*KINDS, pytest.param(SILENT, tuple(CALLS), id="a line that falls silent")]
)
def test_all_arrives_once_whatever_meets_whatever_call(
    day: FaultyDay, faults: tuple[Fault, ...], calls: tuple[str, ...]
) -> None:
    for number, (fault, call) in enumerate(every_trial(faults, calls) * 10):
        run_trial(day, fault, call, times=1 + number % 2)

    day.nothing_was_lost_doubled_or_claimed()


def test_an_answer_that_stops_half_way_on_an_open_line_is_given_up(day: FaultyDay) -> None:
    run_trial(day, silent_half_way, "bulk_docs", times=1)

    day.nothing_was_lost_doubled_or_claimed()
