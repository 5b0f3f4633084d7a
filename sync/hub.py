"""Waking those who wait for a change.

For: long-polls and the journal's follower: each waiter is one entry here and one future, never a thread.
Not for: finding out what changed (the waiter asks the store again).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from types import TracebackType


class Hub:
    """Thread-safe. Topics are database names; ANYTHING hears of every change in the store."""

    ANYTHING = ""

    def __init__(self) -> None:
        self._lock = (
            threading.RLock()
        )  # `close` may be called by a signal's handler, in the middle of anything
        self._listeners: dict[str, set[Listener]] = {}
        self.is_closed = False
        self.published = (
            0  # how often; what was read at one count is what everyone woken until then may be told
        )

    def listen(self, topic: str) -> Listener:
        """Start listening before asking the store, so that no change falls between."""
        return Listener(self, topic)

    def publish(self, topics: Iterable[str]) -> None:
        """Wake the listeners of these topics. Called by the writer after every commit, from any thread."""
        with self._lock:
            self.published += 1
            heard = [x for topic in {*topics, self.ANYTHING} for x in self._listeners.get(topic, ())]
        _wake(heard)

    def recheck(self) -> None:
        """Wake everyone so that rights are judged again at once, as after taking a right away."""
        with self._lock:
            heard = [x for listeners in self._listeners.values() for x in listeners]
        _wake(heard)

    def close(self) -> None:
        """End all feeds, now and from now on. Call it when shutdown begins: servers wait for open requests."""
        self.is_closed = True
        self.recheck()

    @property
    def waiting(self) -> int:
        with self._lock:
            return sum(len(listeners) for listeners in self._listeners.values())

    def _add(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.setdefault(listener.topic, set()).add(listener)

    def _remove(self, listener: Listener) -> None:
        with self._lock:
            listeners = self._listeners.get(listener.topic)
            if listeners is not None:
                listeners.discard(listener)
                if not listeners:
                    del self._listeners[listener.topic]


class Listener:
    """Use as a context manager inside a running event loop."""

    __slots__ = ("_heard", "_hub", "_waiting", "loop", "topic")

    def __init__(self, hub: Hub, topic: str) -> None:
        self._hub = hub
        self.topic = topic
        self._heard = False
        self._waiting: asyncio.Future[None] | None = None
        self.loop: asyncio.AbstractEventLoop

    def __enter__(self) -> Listener:
        self.loop = asyncio.get_running_loop()
        self._hub._add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hub._remove(self)

    @property
    def is_over(self) -> bool:
        return self._hub.is_closed

    async def wait(self, timeout_seconds: float) -> bool:
        """Return True as soon as something was heard since the last wait (or the hub closed), False after the time."""
        if not self._heard and not self._hub.is_closed:
            self._waiting = self.loop.create_future()
            timer = self.loop.call_later(timeout_seconds, self._stop_waiting)
            try:
                await self._waiting
            finally:
                timer.cancel()
                self._waiting = None
        heard, self._heard = self._heard, False
        return heard or self._hub.is_closed

    def hear(self) -> None:
        """Runs in the listener's loop."""
        self._heard = True
        self._stop_waiting()

    def _stop_waiting(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def _wake(listeners: Iterable[Listener]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Listener]] = {}
    for listener in listeners:
        by_loop.setdefault(listener.loop, []).append(listener)
    for loop, group in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_hear_all, group)


def _hear_all(listeners: list[Listener]) -> None:
    for listener in listeners:
        listener.hear()
