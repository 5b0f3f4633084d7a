"""Upkeep that runs by itself: old bodies go every ten minutes, everything is verified once a week.

For: `tidy` and `verify`, ticked by the jobs; what the last verification found.
Not for: how a store drops bodies (sync/sqlite/compaction.py) or what is looked at (server/verification.py).
Source: promises F-38. Both may be broken off at any moment and go on, or begin anew, another time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from server.database import writing
from server.intake.waking import read_meta, write_meta
from server.verification import verify_installation
from sync.errors import StoreUnfit, SyncError

if TYPE_CHECKING:
    from server.services import Services

log = logging.getLogger(__name__)
_META = "verified"  # of meta: "<instant> <how much was damaged>"
_BREATH_SECONDS = 0.02  # after each piece, so that phones are answered meanwhile


@dataclass(frozen=True, slots=True)
class Verified:
    """How the last verification by the server itself ended."""

    at: datetime
    damaged: int


class Upkeep:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._running: set[asyncio.Task[None]] = set()
        self._is_stopping = False

    async def tidy(self) -> None:
        await self._run(self._services.store.tidy())

    async def verify(self) -> None:
        """Look through everything, slowly, and keep how it ended. `xunlu verify` then says what it is."""
        await self._run(asyncio.to_thread(self._verify))

    async def stop(self) -> None:
        self._is_stopping = True
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        try:
            await asyncio.wait({task})
        finally:
            self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            if not isinstance(error, (SyncError, StoreUnfit)):
                raise error
            log.warning("upkeep broke off cause=%r; it goes on another time", error)

    def _verify(self) -> None:
        damaged = sum(1 for _ in verify_installation(self._services.settings, self._stage))
        with writing(self._services.engine) as connection:
            write_meta(connection, _META, f"{self._services.clock.now().isoformat()} {damaged}")
        if damaged:
            log.critical(
                "verification found damage pieces=%d; run xunlu verify to see what and what to do", damaged
            )
        else:
            log.info("verification ended damaged=0")

    def _stage(self, name: str) -> _Breathing:
        return _Breathing(self)

    @property
    def is_stopping(self) -> bool:
        return self._is_stopping


class _Breathing:
    """Told how far it is; leaves time to others, and ends the work when the server does."""

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep

    def __call__(self, done: int, total: int) -> None:
        if self._upkeep.is_stopping:
            raise VerificationCutOff
        time.sleep(_BREATH_SECONDS)


class VerificationCutOff(SyncError):
    """The server is shutting down."""


def last_verified(connection: Connection) -> Verified | None:
    found = read_meta(connection, _META)
    if found is None:
        return None
    at, _, damaged = found.partition(" ")
    return Verified(datetime.fromisoformat(at), int(damaged))
