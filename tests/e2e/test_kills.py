"""Server and browser killed at random moments of a day's work: nothing that was called saved is lost or doubled.

Counts: 20 kills of each in `make soak`, a few in `make test`. Source: promises I1, I2, I5, F-01, F-19, F-31.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Playwright

from tests.e2e.conftest import LAUNCH, PHONE
from tests.e2e.demo_server import DemoServer, wait_until
from tests.e2e.people import Steward

Photos = Callable[[int], list[Path]]
KILLS = 20 if os.environ.get("XUNLU_SOAK") else 4


@pytest.mark.timeout(1200)
def test_a_server_killed_at_any_moment_loses_and_doubles_nothing(
    demo: DemoServer, phone: Page, photos: Photos
) -> None:
    chance = random.Random(20_261_122)
    steward = Steward(phone, demo)
    steward.signs_in("steward1")
    steward.sees_today()
    subjects = steward.subjects_to_do("patrol")
    saved: list[Path] = []

    for round_ in range(KILLS):
        saved += _patrol(steward, subjects[round_ % len(subjects)], photos)
        phone.wait_for_timeout(
            chance.uniform(0, 1500)
        )  # the moment is the point: there is nothing to wait for
        demo.kill()
        demo.start()

    steward.everything_is_received(timeout_ms=120_000)
    _each_is_there_once(demo, saved)


@pytest.mark.timeout(1200)
def test_a_browser_killed_at_any_moment_loses_and_doubles_nothing(
    demo: DemoServer, playwright: Playwright, tmp_path: Path, photos: Photos
) -> None:
    chance = random.Random(20_261_123)
    profile = tmp_path / "profile"
    saved: list[Path] = []
    with _phone_on(playwright, profile) as page:
        steward = Steward(page, demo)
        steward.signs_in("steward1")
        steward.sees_today()
        steward.can_work_offline()
        subjects = steward.subjects_to_do("patrol")

    for round_ in range(KILLS):
        is_offline = round_ % 2 == 1
        if is_offline:
            demo.stop()
        with _phone_on(playwright, profile) as page:
            saved += _patrol(Steward(page, demo), subjects[round_ % len(subjects)], photos)
            page.wait_for_timeout(chance.uniform(0, 1500))
            _kill_browser(profile)
        if is_offline:
            demo.start()

    with _phone_on(playwright, profile) as page:
        steward = Steward(page, demo)
        steward.opens("/")
        steward.everything_is_received(timeout_ms=120_000)
    _each_is_there_once(demo, saved)


def _patrol(steward: Steward, subject: str, photos: Photos) -> list[Path]:
    """One patrol with a photo of its own, which tells it from all others; returns when it was called saved."""
    taken = photos(1)
    steward.patrols(subject, taken)
    return taken


def _each_is_there_once(demo: DemoServer, saved: list[Path]) -> None:
    office = demo.office("office1")
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in saved]

    def named() -> list[str]:
        patrols = office.records("decoration_patrol", author="steward1")
        return [photo["sha256"] for patrol in patrols for photo in patrol["photos"]]

    wait_until(lambda: set(hashes) <= set(named()), "every saved patrol")
    assert sorted(sha256 for sha256 in named() if sha256 in hashes) == sorted(hashes)
    for sha256, path in zip(hashes, saved, strict=True):
        original = demo.office("supervisor1").raw(f"/media/photos/{sha256}", view="original")
        assert original.content == path.read_bytes()


@contextmanager
def _phone_on(playwright: Playwright, profile: Path) -> Iterator[Page]:
    """A phone whose memory is the folder `profile`: what a kill leaves there is what it finds again."""
    context = playwright.chromium.launch_persistent_context(str(profile), **LAUNCH, **PHONE)
    context.set_default_timeout(20_000)
    try:
        yield context.pages[0]
    finally:
        with suppress(PlaywrightError):  # it may have been killed
            context.close()


def _kill_browser(profile: Path) -> None:
    """SIGKILL every process of the browser that uses `profile`."""
    killed = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # a process may end while we look
            if (
                str(profile).encode() in (entry / "cmdline").read_bytes()
                and b"chrom" in (entry / "cmdline").read_bytes()
            ):
                os.kill(int(entry.name), signal.SIGKILL)
                killed += 1
    assert killed, "no browser to kill"
