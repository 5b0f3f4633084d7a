"""A steward who is moved to another area while offline, with work of before and after that on the phone.

The shipped phone before the shipped server. Every move has one record of each kind, a photo with the first; after every
second one two pushes end with a wrong answer, so that the phone comes to purge with all of it unsent.
Counts: promises give none; 20 moves in `make soak`, a tenth in `make test`. Source: promises F-22, F-23, I1, I3.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.access import administration
from server.database import open_engine
from server.settings import Settings
from tests.e2e.demo_server import DemoServer, wait_until
from tests.faults import lines, rows
from tests.faults.bare_phone import BarePhone
from tests.faults.conftest import DayOf
from tests.faults.day import FaultyDay
from tests.faults.proxy import Proxy
from tests.faults.trials import CALLS, WITHIN_SECONDS

STEWARD = "steward3"


@pytest.mark.parametrize("moves", [2, pytest.param(20, marks=pytest.mark.soak)])
@pytest.mark.timeout(1200)
def test_work_of_a_moved_steward_is_taken_or_held_in_plain_sight_and_the_old_area_leaves_only_then(
    day_of: DayOf, demo: DemoServer, proxy: Proxy, tmp_path: Path, moves: int
) -> None:
    here = day_of(STEWARD, "a3")
    phone = here.phone
    assert isinstance(phone, BarePhone)
    there = FaultyDay(phone, demo, proxy, tmp_path, "steward2", "a2")
    there.begins()
    taken, held = [], []

    for number in range(moves):
        proxy.arm(lines.broken_before_asking, lambda _: True, times=10**9)
        (before,) = here.records(1, with_photo=True)
        _move(demo, here.area, there.area)
        (after,) = here.saves([{**here.visit("airing"), "performedAt": _soon()}])
        proxy.heal()
        left, entered = f"area-{here.area}", f"area-{there.area}"
        if number % 2 == 1:
            _comes_to_purge_with_all_unsent(phone, proxy, entered)
            told = phone.tells_all()
            assert {one["id"]: one["state"] for one in told["items"]} == {
                **dict.fromkeys(held, "held"), before: "saved", after: "saved",
            }  # fmt: skip
            assert left in told["databases"], "purged before its records were received"
            proxy.heal()

        wait_until(lambda left=left: _is_purged(phone, left), f"the purge of {left}", WITHIN_SECONDS)

        taken.append((here.area, before))
        held.append(after)
        assert phone.stands().records == dict.fromkeys(held, "held")
        assert entered in phone.tells_all()["databases"]
        here, there = there, here

    reasons = phone.stands().reasons
    assert all("after_transfer" in reasons[id] and "调离" in reasons[id] for id in held)
    in_the_office = here.held_by_the_office()
    assert {id: in_the_office.get(id) for id in held} == dict.fromkeys(held, "after_transfer")
    for day in (here, there):
        day.arrived([id for area, id in taken if area == day.area])
        day.every_photo_is_there()
    assert proxy.broken == []


def _comes_to_purge_with_all_unsent(phone: BarePhone, proxy: Proxy, entered: str) -> None:
    """Two whole rounds, their pushes answered wrongly: one learns of the move, the next acts on it. A third begins."""
    proxy.arm(rows.no_rows, CALLS["bulk_docs"], times=2)
    third = proxy.arm(lines.broken_before_asking, CALLS["bulk_docs"], times=10**9)

    def is_there() -> bool:
        phone.tells_the_worker(kind="nudge", reason="online")
        return third.met > 0 and entered in phone.tells_all()["databases"]

    wait_until(is_there, "a round after the move", WITHIN_SECONDS)


def _is_purged(phone: BarePhone, database: str) -> bool:
    phone.tells_the_worker(kind="nudge", reason="online")
    told: dict[str, Any] = phone.tells_all()
    return database not in told["databases"] and all(one["state"] == "held" for one in told["items"])


def _move(demo: DemoServer, from_area: str, to_area: str) -> None:
    """As the office does it with `xunlu user grant`, while the server runs."""
    engine = open_engine(Settings.from_environ({"XUNLU_DATA": str(demo.data)}).database_url)
    now = datetime.now(UTC)
    administration.end_area(engine, STEWARD, from_area, at=now)
    administration.grant_area(engine, STEWARD, to_area, at=now)
    engine.dispose()


def _soon() -> str:
    """Records name whole seconds: one of this second could be of before the move."""
    return (datetime.now(UTC) + timedelta(seconds=2)).isoformat(timespec="milliseconds")
