"""Jobs: the server's heart-beat. APScheduler only ticks; what is to be done is found in tables.

For: `start`, `stop`, and `tick`, which tests and commands call themselves.
Not for: what a tick sends (tick.py, missed.py, alarms.py) or folds (server/intake).
A tick that is missed delays and never loses; two at once, here or in another process, do each thing once.
Source: promises D14, F-40, F-52; APScheduler 3 user guide, "Missed job executions and coalescing".
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from media import sweep
from server.database import writing
from server.errors import NotCaughtUp
from server.jobs.alarms import raise_alarms
from server.jobs.missed import list_missed_patrols
from server.jobs.tick import BATCH, remind
from server.jobs.upkeep import Upkeep
from server.notify import plan
from server.notify.courier import BATCH as DELIVERIES
from server.notify.courier import Courier

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from server.access.directory import Snapshot
    from server.intake.rules import Rules
    from server.services import Services

log = logging.getLogger(__name__)

TICK_SECONDS = 5
CATCH_UP_SECONDS = 60
DELIVERY_ROUNDS = 20
TIDY_SECONDS = 600
SWEEP_HOUR_UTC = 19  # 03:00 in Shanghai: nobody is on a round


class Jobs:
    def __init__(self, services: Services, courier: Courier | None = None) -> None:
        """Without a courier messages stay in the inbox."""
        self._services = services
        self._courier = courier
        self._scheduler: AsyncIOScheduler | None = None
        self._watch: asyncio.Task[None] | None = None
        self._ticking = asyncio.Lock()
        self._delivering = asyncio.Lock()
        self._upkeep = Upkeep(services)

    async def start(self) -> None:
        if self._scheduler is not None:
            raise RuntimeError("jobs are running already")
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        scheduler.add_job(
            self.tick, "interval", seconds=TICK_SECONDS, id="tick", next_run_time=datetime.now(UTC)
        )
        if self._courier is not None:
            scheduler.add_job(self.deliver, "interval", seconds=TICK_SECONDS, id="deliver")
        scheduler.add_job(self.sweep, "cron", hour=SWEEP_HOUR_UTC, id="sweep")
        scheduler.add_job(self._upkeep.tidy, "interval", seconds=TIDY_SECONDS, id="tidy")
        scheduler.add_job(
            self._upkeep.verify, "cron", day_of_week="sat", hour=SWEEP_HOUR_UTC, minute=30, id="verify"
        )
        scheduler.start()
        self._scheduler = scheduler
        self._watch = asyncio.create_task(self._keep_ticking(scheduler), name="jobs-watch")

    async def stop(self) -> None:
        """End after the tick in hand. Safe to repeat."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        if self._scheduler is not None:
            self._scheduler.remove_all_jobs()
            await self._upkeep.stop()
            async with self._ticking, self._delivering:  # what is in hand ends first
                self._scheduler.shutdown(wait=False)
            self._scheduler = None

    async def tick(self) -> None:
        """Wake what time has changed, then send what has come due. Safe to repeat at any moment."""
        async with self._ticking:
            services = self._services
            now = services.clock.now()
            try:
                # What has arrived counts before anybody is reminded of it.
                await services.intake.catch_up(timeout_seconds=CATCH_UP_SECONDS)
            except NotCaughtUp:
                log.warning("tick put off: intake has not caught up; next try in %d s", TICK_SECONDS)
                return
            await services.intake.wake_due(now)
            directory = await asyncio.to_thread(services.directory.current)
            rules = services.intake.rules
            while (
                await services.intake.exclusively(
                    lambda connection: remind(connection, rules, directory, now)
                )
                == BATCH
            ):
                pass
            await services.intake.exclusively(
                lambda connection: tell_of_the_day(connection, rules, directory, now)
            )

    async def deliver(self) -> None:
        """Bring new messages to robots, gateways and browsers too. Apart from the tick: no slow robot delays a duty."""
        if self._courier is None:
            return
        async with self._delivering:
            while await asyncio.to_thread(self._plan) == plan.BATCH:
                pass
            for _ in range(DELIVERY_ROUNDS):
                if await self._courier.deliver() < DELIVERIES:
                    break

    def _plan(self) -> int:
        services = self._services
        directory = services.directory.current()
        with writing(services.engine) as connection:
            return plan.plan(connection, directory, services.clock.now())

    async def sweep(self) -> None:
        """Once a day: expired uploads, what became of old messages, and photos whose arrival was not noted."""
        services = self._services
        removed = await asyncio.to_thread(sweep, services.evidence, services.clock.now())
        log.info("uploads swept removed=%d", removed)
        await asyncio.to_thread(self._forget_deliveries)
        await services.intake.check_photos()

    def _forget_deliveries(self) -> None:
        with writing(self._services.engine) as connection:
            plan.forget(connection, self._services.clock.now())

    async def _keep_ticking(self, scheduler: AsyncIOScheduler) -> None:
        """APScheduler waits for a time on the wall clock: a clock put back by hours would stop it for hours (F-40)."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            bring_forward(scheduler, datetime.now(UTC))


def tell_of_the_day(connection: Connection, rules: Rules, directory: Snapshot, now: datetime) -> None:
    """What is told once: the morning's list, and alarms of several records, late photos and silent phones."""
    list_missed_patrols(connection, rules, directory, now)
    raise_alarms(connection, rules, directory, now)


def bring_forward(scheduler: AsyncIOScheduler, now: datetime) -> None:
    """Let a tick that is further away than two ticks come now."""
    for job in (scheduler.get_job("tick"), scheduler.get_job("deliver")):
        if job is not None and job.next_run_time > now + timedelta(seconds=2 * TICK_SECONDS):
            log.warning("the clock was put back: %s brought forward from %s", job.id, job.next_run_time)
            job.modify(next_run_time=now)
