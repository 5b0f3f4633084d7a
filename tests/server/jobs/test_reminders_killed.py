"""Reminders through SIGKILLs, outages and clocks that jump: nobody is missed, nobody is told twice.

Source: promises D14, F-40, F-52.
Every household has promised a payment: its duty escalates to the supervisor at the limit and to the manager a day later,
whatever happened to the server in between; reminders before the limit come once or, after an outage, not at all.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.server.intake import papers
from tests.server.intake.conftest import anyio_backend, identity
from tests.server.intake.world import MONDAY, World

__all__ = ["anyio_backend", "identity"]
SOAK = bool(os.environ.get("XUNLU_SOAK"))
pytestmark = pytest.mark.grows
HOUSEHOLDS, KILLS = (2500, 100) if SOAK else (125, 5)
DAYS = 42 if SOAK else 14  # promises are due on one of these
# Hours for which nobody starts the server again after a kill.
OUTAGES = (*[0] * 14, *[1] * 8, *[6] * 4, 24, 24, 168) if SOAK else (0, 0, 1, 6, 24, 168)
END = MONDAY + timedelta(days=DAYS + 10)


class Server:
    """The ticking process, killed and started again on the same data."""

    def __init__(self, data: Path, clock: Path) -> None:
        self._data, self._clock = data, clock
        self._process: subprocess.Popen[str] | None = None

    def is_at(self, now: datetime) -> None:
        waiting = self._clock.with_suffix(".new")
        waiting.write_text(now.isoformat())
        waiting.replace(self._clock)

    def start(self) -> None:
        self._process = self._popen()
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def tick(self, kill_after: float | None = None) -> bool:
        """Tick once, or be killed at some moment of it; return whether the tick ended."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        killer = None
        if kill_after is not None:
            killer = threading.Timer(kill_after, self._process.send_signal, [signal.SIGKILL])
            killer.start()
        self._process.stdin.write("tick\n")
        self._process.stdin.flush()
        ended = self._process.stdout.readline() == "ticked\n"
        if killer is not None:
            killer.join()
            self._close()
        return ended

    def second(self) -> subprocess.Popen[str]:
        """Another server on the same data, started by mistake."""
        return self._popen()

    def stop(self) -> None:
        if self._process is not None:
            self._close()

    def _popen(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.server.jobs.ticking", str(self._data), str(self._clock)]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def _close(self) -> None:
        assert self._process is not None
        self._process.communicate(timeout=60)  # ends its input
        self._process = None


def number(n: int) -> str:
    return f"{n // 100 + 1}-1-{n % 100 + 101}"


async def promise_everything(world: World) -> None:
    area = world.store.database(world.directory.current().area_database("a1"))
    await area.publish([papers.unit(number(n)) for n in range(HOUSEHOLDS)])
    await area.publish([papers.household(number(n)) for n in range(HOUSEHOLDS)])
    await area.publish([papers.debt(number(n), "2026-10", 180_000, "2026-10-28") for n in range(HOUSEHOLDS)])
    for n in range(HOUSEHOLDS):
        day = (MONDAY + timedelta(days=1 + n % DAYS)).date().isoformat()
        household = f"household:{papers.PROJECT}-{number(n)}-owner"
        await world.arrive(papers.promise(f"fee_visit:V{n:05}", household, MONDAY, day))


@pytest.fixture
def server(tmp_path: Path, identity: Path) -> Iterator[Server]:
    async def prepare() -> None:
        world = await World(tmp_path / "data", identity).open()
        await promise_everything(world)
        await world.close()

    asyncio.run(prepare())
    server = Server(tmp_path / "data", tmp_path / "clock")
    server.is_at(MONDAY)
    yield server
    server.stop()


def test_nobody_is_missed_and_nobody_is_told_twice(server: Server, tmp_path: Path) -> None:
    dice = random.Random(1)
    now, killed = MONDAY, 0
    server.start()
    while now < END or killed < KILLS:
        # So that kills come as long as there is somebody to be reminded.
        step = max(END - now, timedelta()) / max(1, 2 * (KILLS - killed))
        now = min(END, now + dice.choice([0.0, 0.1, 0.6, 1.3, 3.0]) * step)
        jump = dice.choice([0, 0, 0, -3, 3]) * timedelta(hours=1)
        server.is_at(now + jump)
        if killed < KILLS and dice.random() < 0.5:
            killed += 1
            # Some ticks take seconds: what is done first is cut off as well as what is done last.
            server.tick(kill_after=dice.uniform(0.0, dice.choice([0.1, 0.4, 3.0])))
            now += dice.choice(OUTAGES) * timedelta(hours=1) if now < END - timedelta(days=8) else timedelta()
            server.is_at(now)
            server.start()
        else:
            assert server.tick()
    server.is_at(END + timedelta(hours=4))
    assert server.tick()
    server.stop()

    told = asyncio.run(_inboxes(tmp_path / "read", tmp_path / "data"))

    assert killed == KILLS
    for n in range(HOUSEHOLDS):
        household = f"household:{papers.PROJECT}-{number(n)}-owner"
        assert told["supervisor1", household, 3] == 1, household
        assert told["manager1", household, 4] == 1, household
    assert set(told.values()) == {1}
    assert {user for user, _, level in told if level in (1, 2)} <= {"steward1"}


def test_a_second_server_on_the_same_data_does_not_start(server: Server) -> None:
    server.start()
    second = server.second()
    _, words = second.communicate(timeout=60)
    assert second.returncode == 1
    assert len(words.strip().splitlines()) == 1
    assert server.tick()


async def _inboxes(copy: Path, data: Path) -> Counter[tuple[str, str, int]]:
    """How often each person was told of each household's promise at each level: in the store, and never with two revisions."""
    world = await World(copy, data).open()
    found: Counter[tuple[str, str, int]] = Counter()
    for user in ("steward1", "supervisor1", "manager1"):
        for document in (await world.inbox(user)).values():
            if document["rule"] == "R-FEE-11":
                assert document["_rev"].startswith("1-"), document["_id"]
                found[user, document["subject"], document["level"]] += 1
    rows = Counter(row.id for row in world.notices() if row.body["rule"] == "R-FEE-11")
    assert set(rows.values()) == {1}
    assert sum(rows.values()) == sum(found.values())
    await world.close()
    return found
