"""A server, or what stands before it, that says: not you, not now, not this, not so much.

Counts: `make test` a tenth of those in promises F-11, F-16 and G4; `make soak` all.
Source: promises F-11, F-16, F-17, F-18, I3, I9, G4.
"""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tests.e2e.demo_server import wait_until
from tests.faults import refusals
from tests.faults.bare_phone import BarePhone
from tests.faults.conftest import DayOf
from tests.faults.day import FaultyDay
from tests.faults.phone import Given, Standing
from tests.faults.proxy import Call, Meant
from tests.faults.trials import CALLS, WITHIN_SECONDS

IN_THE_MIDDLE = ("revs_diff", "bulk_docs", "receipts", "create_upload", "patch_upload", "changes")


@pytest.mark.parametrize("times", [20, pytest.param(200, marks=pytest.mark.soak)])
@pytest.mark.timeout(3600)
def test_a_session_that_ends_in_the_middle_stops_the_sending_only(day: FaultyDay, times: int) -> None:
    """F-16: from some call of a round on nothing is allowed any more; after the password everything goes on."""
    phone = day.phone
    assert isinstance(phone, BarePhone)
    for number in range(times):
        name = IN_THE_MIDDLE[number % len(IN_THE_MIDDLE)]
        over = day.proxy.arm(refusals.unauthorized, _from(name), times=10**6)
        day.records(1, with_photo=name.endswith("upload"))
        wait_until(lambda: phone.stands().needs_password, "the phone asks for the password", WITHIN_SECONDS)
        day.records(1)

        assert phone.stands().needs_password
        day.proxy.heal()
        assert phone.signs_in() == {"ok": True}
        day.everything_arrives(WITHIN_SECONDS, is_nudged=False)
        assert over.met > 1
    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.parametrize("name", IN_THE_MIDDLE)
def test_a_call_that_is_forbidden_for_a_while_is_made_again(day: FaultyDay, name: str) -> None:
    forbidden = day.proxy.arm(refusals.forbidden, CALLS[name], times=2)
    day.records(2, with_photo=name.endswith("upload"))

    wait_until(lambda: forbidden.met > 0, f"a call of {name}", WITHIN_SECONDS)
    day.everything_arrives(WITHIN_SECONDS)

    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.parametrize("status", [413, 415])
def test_a_push_too_large_for_the_way_goes_in_smaller_ones(day: FaultyDay, status: int) -> None:
    """F-17."""
    fault, is_meant = refusals.too_many(status, most=4)
    narrow = day.proxy.arm(fault, is_meant, times=10**6)
    day.records(30)

    day.everything_arrives(WITHIN_SECONDS, is_nudged=False)

    assert narrow.met >= 3  # 30, then two halves
    day.nothing_was_lost_doubled_or_claimed()


def test_a_record_too_large_for_the_server_needs_attention_and_holds_up_no_other(day_of: DayOf) -> None:
    """F-17."""
    day = day_of("steward2", "a2")
    large = day.visit("airing")
    large["body"]["remark"] = "满" * 500_000
    (too_large,) = day.phone.saves([large])
    good = day.records(20)

    standing = wait_until(lambda: _held(day, 1), "the verdict on the large record", WITHIN_SECONDS)

    assert standing.records == {too_large.id: "held"}
    assert "太大" in standing.reasons[too_large.id]
    assert not standing.says_all_received
    day.arrived(good)


@pytest.mark.parametrize(
    ("status", "times"),
    [(503, 2), pytest.param(429, 6, marks=pytest.mark.soak), pytest.param(502, 6, marks=pytest.mark.soak)],
)
@pytest.mark.timeout(600)
def test_a_busy_server_is_not_asked_more_than_it_can_bear(day: FaultyDay, status: int, times: int) -> None:
    """F-18."""
    before = day.proxy.requests.total()
    day.records(10)
    day.everything_arrives(WITHIN_SECONDS, is_nudged=False)
    _until_idle(day)
    normal = day.proxy.requests.total() - before
    storm = day.proxy.arm(
        refusals.busy(status, retry_after_seconds=1), lambda call: "longpoll" not in call.path, times
    )
    before = day.proxy.requests.total()
    day.records(10)
    day.everything_arrives(150, is_nudged=False)
    _until_idle(day)

    assert storm.met == times, "the phone met fewer refusals than stood ready"
    asked = day.proxy.requests.total() - before + storm.met
    assert asked < 3 * normal, f"{asked} calls where {normal} are enough"
    day.nothing_was_lost_doubled_or_claimed()


@pytest.mark.parametrize("rounds", [5, pytest.param(250, marks=pytest.mark.soak)])
@pytest.mark.timeout(3600)
def test_what_is_refused_is_shown_kept_and_held_and_holds_up_nothing(day_of: DayOf, rounds: int) -> None:
    """F-11, G4: of each four refused records, four are shown here and held there, each with its reason."""
    day = day_of("steward3", "a3")
    refused: list[str] = []
    good: list[str] = []
    began = 0.0
    for _ in range(rounds):
        refused += [one.id for one in day.phone.saves(_refused(day))]
        began = began or 1000 * time.time()
        good += day.records(2)

    standing = wait_until(lambda: _held(day, len(refused)), "every verdict", 60 + rounds)

    assert set(standing.records) == set(refused)
    assert all("|" in why or "。" in why for why in standing.reasons.values())
    assert len({why.partition(":")[0] for why in standing.reasons.values()}) == 4
    assert [at for at in day.phone.said_all_received_at_ms() if at > began] == []
    held = day.held_by_the_office()
    assert {id: held.get(id) for id in refused} == {
        id: why.partition(":")[0] for id, why in standing.reasons.items()
    }
    day.arrived(good)


def _held(day: FaultyDay, count: int) -> Standing | None:
    standing = day.phone.stands()
    states = Counter(standing.records.values())
    return standing if states == {"held": count} else None


def _until_idle(day: FaultyDay) -> None:
    phone = day.phone
    assert isinstance(phone, BarePhone)
    wait_until(lambda: phone.tells_all()["badge"]["phase"] == "idle", "the end of the round")


def _refused(day: FaultyDay) -> list[Given]:
    """By the push itself, by validation of the type and of a field, and by a rule about photos."""
    airing, patrol = day.visit("airing"), day.visit("decoration_patrol")
    return [{**airing, "area": "a1"}, {**airing, "type": "no_such_record"}, {**airing, "body": {}}, patrol]


def _from(name: str) -> Meant:
    """From the first call of that name on, every call but signing in."""
    begun: list[bool] = []

    def is_meant(call: Call) -> bool:
        if CALLS[name](call):
            begun.append(True)
        return bool(begun) and call.path != "/api/session"

    return is_meant
