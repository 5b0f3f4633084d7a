"""One trial: record, let one call meet one fault once or twice, have the line whole again, and see everything arrive.

For: every fault on every call, on whatever phone. Not for: the judgement at the end of the day (day.py).
Source: promises F-13 to F-15, F-19, F-20, D3, G5.
"""

from __future__ import annotations

import random
from itertools import product

from tests.e2e.demo_server import wait_until
from tests.faults import lines, refusals, rows, strangers
from tests.faults.day import FaultyDay
from tests.faults.proxy import Call, Fault, Meant

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
SILENT: tuple[Fault, ...] = (lines.silent, lines.silent_half_way)
WRONG_ROWS: tuple[Fault, ...] = (
    rows.one_short, rows.each_twice, rows.in_another_order, rows.without_ids, rows.no_rows,
)  # fmt: skip
WITH_ROWS = ("revs_diff", "bulk_docs", "receipts", "changes", "bulk_get")
# A stranger with our name that says no to a refresh, or to a token just renewed, is believed: the password is asked for,
# and nothing is lost (the story of the session that ends). Here it says no once, to anything else.
SIGNS_OUT = {(strangers.another_installation, "refresh")}
SAYS_NO_ONCE = strangers.another_installation
WITHIN_SECONDS = 40

Trial = tuple[Fault, str]


def every_trial(faults: tuple[Fault, ...], calls: tuple[str, ...]) -> list[Trial]:
    return [one for one in product(faults, calls) if one not in SIGNS_OUT]


def some_trials(faults: tuple[Fault, ...], calls: tuple[str, ...], of_each: int) -> list[Trial]:
    """Each fault on `of_each` calls, and each call about as often as the others."""
    order = random.Random(20_261_125).sample(calls, len(calls))
    chosen = [
        (fault, order[(of_each * number + turn) % len(order)])
        for number, fault in enumerate(faults)
        for turn in range(of_each)
    ]
    return [one for one in chosen if one not in SIGNS_OUT]


def run_trial(day: FaultyDay, fault: Fault, name: str, times: int) -> None:
    """Record, meet the fault, be healed, and have everything received."""
    if name == "refresh":
        day.proxy.arm(refusals.unauthorized, _with_the_old_token(), times=10**6)
    armed = day.proxy.arm(fault, CALLS[name], 1 if fault is SAYS_NO_ONCE else times)
    if name == "me":
        day.phone.tells_the_worker(kind="session_changed")
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
