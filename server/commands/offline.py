"""Commands that need the document store to themselves: the server must not run on the same data meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.opening import close_services, open_services
from server.services import Services
from server.settings import Settings
from server.startup import prepare

T = TypeVar("T")


def with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Open the installation that the environment names, run `work`, close it again.

    Raises sync.errors.StoreUnfit when a server has the data directory open.
    """

    async def run() -> T:
        services = await asyncio.to_thread(open_services, Settings.from_environ(os.environ))
        try:
            await prepare(services)
            return await work(services)
        finally:
            await close_services(services)

    return asyncio.run(run())
