"""A phone whose browser can be killed: what is on its disk is what it finds again.

For: `phone_on(...)`, `unwatched_phone_on(...)`, `browser_on(profile)` and `kill_browser(profile)`.
Not for: what must survive; that stands in the stories.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Playwright

from tests.e2e.conftest import LAUNCH, PHONE


@contextmanager
def phone_on(playwright: Playwright, profile: Path, *, is_cheap: bool = False) -> Iterator[Page]:
    """A phone whose memory is the folder `profile`. `is_cheap`: the browser tidies up as on a device with little memory."""
    launch = {**LAUNCH, "args": _arguments(is_cheap)}
    context = playwright.chromium.launch_persistent_context(str(profile), **launch, **PHONE)
    # A cold browser that first repairs what a kill left behind, on a machine that does other things too.
    context.set_default_timeout(60_000)
    try:
        yield context.pages[0]
    finally:
        with suppress(PlaywrightError):  # it may have been killed
            context.close()


@contextmanager
def unwatched_phone_on(profile: Path, url: str, *, is_cheap: bool = False) -> Iterator[int]:
    """The same phone in the steward's hand, opened at `url`. No Playwright is in it: for its inspector the page keeps the body of
    every request, which is memory that no phone takes. `is_cheap` also: page, worker and service worker share one process.
    Gives the browser's process."""
    width, height = PHONE["viewport"]["width"], PHONE["viewport"]["height"]
    look = [f"--window-size={width},{height}", f"--force-device-scale-factor={PHONE['device_scale_factor']}"]
    together = ["--renderer-process-limit=1"] if is_cheap else []
    options = ["--headless", *_arguments(is_cheap), *together, *look, f"--user-data-dir={profile}"]
    browser = subprocess.Popen(
        [LAUNCH["executable_path"], *options, url],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield browser.pid
    finally:
        browser.terminate()
        browser.wait()


def kill_browser(profile: Path) -> None:
    """SIGKILL the browser on `profile` with everything it started; returns when none of it is left."""
    browser = browser_on(profile)
    group = os.getpgid(browser)
    assert group == browser, "the browser leads no process group of its own; killing it would hit others"
    os.killpg(group, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _is_alive(browser):
        assert time.monotonic() < deadline, "the browser outlived SIGKILL"
        time.sleep(0.01)  # another process: there is no event to wait for


def browser_on(profile: Path) -> int:
    marks = (f"--user-data-dir={profile}".encode(), b"--type=")
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # a process may end while we look
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
            if marks[0] in words and not any(word.startswith(marks[1]) for word in words):
                return int(entry.name)
    raise AssertionError(f"no browser runs on {profile}")


def _arguments(is_cheap: bool) -> list[str]:
    return [*LAUNCH["args"], *(["--enable-low-end-device-mode"] if is_cheap else [])]


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
