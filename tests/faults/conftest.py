"""Characters of these stories: one demo server, a proxy before it, and a phone without a screen that is signed in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.demo_server import DemoServer, wait_until
from tests.faults.bare_phone import BarePhone, bare_phone, build_bare_phone
from tests.faults.day import FaultyDay
from tests.faults.proxy import Proxy

# A line is given up after half a minute of silence, a waiting one after 2.5 missed heartbeats; here sooner.
SHORTER_WAITS_MS = {30_000: 4_000, 37_500: 6_000}


@pytest.fixture(scope="session")
def phone_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_bare_phone(tmp_path_factory.mktemp("bare-phone"))


@pytest.fixture(scope="package")
def demo(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """Shared by all: what one test records is no other's business."""
    data = tmp_path_factory.mktemp("faults") / "data"
    shutil.copytree(demo_data, data)
    server = DemoServer(data)
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def proxy(demo: DemoServer) -> Iterator[Proxy]:
    with Proxy(demo.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def phone(phone_program: Path, proxy: Proxy) -> Iterator[BarePhone]:
    with bare_phone(phone_program, proxy.url, SHORTER_WAITS_MS) as phone:
        assert phone.signs_in() == {"ok": True}
        wait_until(phone.is_up_to_date, "the first sync")
        yield phone


@pytest.fixture(scope="module")
def whole_day(
    phone: BarePhone, demo: DemoServer, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> FaultyDay:
    day = FaultyDay(phone, demo, proxy, tmp_path_factory.mktemp("photos"))
    day.begins()
    return day


DayOf = Callable[[str, str], FaultyDay]


@pytest.fixture
def day_of(phone_program: Path, demo: DemoServer, proxy: Proxy, tmp_path: Path) -> Iterator[DayOf]:
    """Another steward's own phone, for what stays on it."""
    with ExitStack() as opened:

        def begin(user: str, area: str) -> FaultyDay:
            phone = opened.enter_context(bare_phone(phone_program, proxy.url, SHORTER_WAITS_MS))
            assert phone.signs_in(user) == {"ok": True}
            wait_until(phone.is_up_to_date, "the first sync")
            day = FaultyDay(phone, demo, proxy, tmp_path, user, area)
            day.begins()
            return day

        yield begin
        proxy.heal()


@pytest.fixture
def day(whole_day: FaultyDay) -> Iterator[FaultyDay]:
    """The day goes on from test to test; each leaves the line whole."""
    yield whole_day
    whole_day.proxy.heal()
