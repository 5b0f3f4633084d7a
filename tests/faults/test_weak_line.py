"""A phone that was without a network all day, and then has a weak one that breaks again and again.

Told by `make soak` (some minutes, most of it the line's own slowness).
Source: promises F-10, F-42, I1, I7; bars of the issue "The steward's phone".
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.bench.slow_line import SlowLine
from tests.e2e.demo_server import DemoServer, wait_until
from tests.e2e.pictures import Camera
from tests.faults.bare_phone import bare_phone
from tests.faults.day import FaultyDay
from tests.faults.proxy import Proxy
from tests.faults.upload_meter import UploadMeter

RECORDS = 100
PHOTOS_EACH = 5
LARGE = 12  # of all photos; the others are small, so that the story ends in minutes
WEAK_BITS_PER_SECOND = 256_000
CUT_AFTER_SECONDS = (5, 20)
CHUNK_BYTES = 256 * 1024  # pwa/src/sync/tus.ts
NUDGE_EVERY_SECONDS = 1
LIMIT_SECONDS = 1_800


@pytest.mark.soak
@pytest.mark.timeout(3_600)
def test_five_hundred_photos_arrive_over_a_weak_line_and_a_cut_costs_one_piece_at_most(
    phone_program: Path, demo: DemoServer, proxy: Proxy, tmp_path: Path
) -> None:
    meter = UploadMeter()
    small, large = Camera((96, 72), seed=1), Camera((1600, 1200), seed=2)
    chance = random.Random(3)
    with (
        SlowLine(demo.port, listen=meter.connection) as line,
        bare_phone(phone_program, line.url) as phone,
    ):
        assert phone.signs_in() == {"ok": True}
        wait_until(phone.is_up_to_date, "the first sync")
        day = FaultyDay(phone, demo, proxy, tmp_path)
        day.begins()
        line.go_down()
        taken = [(large if number < LARGE else small).shoots() for number in range(RECORDS * PHOTOS_EACH)]
        chance.shuffle(taken)
        for at in range(0, len(taken), PHOTOS_EACH):
            day.saves([day.visit("decoration_patrol", taken[at : at + PHOTOS_EACH])])
        assert phone.stands().photos_waiting == len(taken)

        line.carries(WEAK_BITS_PER_SECOND)
        line.come_up()
        began = time.monotonic()
        cuts = 0
        next_cut = began + chance.uniform(*CUT_AFTER_SECONDS)
        next_nudge = began
        while not (standing := phone.stands()).is_all_received():
            now = time.monotonic()
            assert now - began < LIMIT_SECONDS, f"not all arrived: {standing.photos_waiting} photos wait"
            if now > next_cut and standing.photos_waiting > 0:
                line.cut()
                cuts += 1
                next_cut = now + chance.uniform(*CUT_AFTER_SECONDS)
            if now > next_nudge:  # the browser of a phone whose line came back says so
                phone.tells_the_worker(kind="nudge", reason="online")
                next_nudge = now + NUDGE_EVERY_SECONDS
            time.sleep(0.2)  # another process: there is no event to wait for

        total = sum(map(len, taken))
        again = meter.carried - total
        print(
            f"\n{len(taken)} photos, {total / 1e6:.1f} MB, in {time.monotonic() - began:.0f} s with {cuts} cuts:"
            f" {again} bytes sent again, {again / max(1, cuts) / 1024:.0f} KiB a cut"
        )
        assert cuts > 0
        assert 0 <= again <= cuts * CHUNK_BYTES
        day.nothing_was_lost_doubled_or_claimed()
