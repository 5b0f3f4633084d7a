"""A process that is killed at a chosen step.

For: stories of kills. `Killed` passes through everything that catches errors, as a kill does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Killed(BaseException):
    """The process ends here: nothing catches it."""


class DyingStore:
    """The store, until the process dies at a chosen step of publishing."""

    def __init__(self, store: Any, step: str) -> None:
        self._store = store
        self._step = step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def database(self, name: str) -> Any:
        return DyingDatabase(self._store.database(name), self._step)


class DyingDatabase:
    def __init__(self, database: Any, step: str) -> None:
        self._database = database
        self._step = step

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def publish(self, documents: Any) -> Any:
        if self._step == "before publishing":
            raise Killed
        revisions = await self._database.publish(documents)
        if self._step == "after publishing":
            raise Killed
        return revisions

    async def record(self, *arguments: Any) -> Any:
        if self._step == "before recording":
            raise Killed
        revision = await self._database.record(*arguments)
        if self._step == "after recording":
            raise Killed
        return revision


class DyingRules:
    def __init__(self, rules: Any) -> None:
        self._rules = rules

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rules, name)

    def fold(self, subject: str, facts: Any, context: Any) -> Any:
        raise Killed


def dying_at(step: str) -> Callable[[Any], Any]:
    return lambda store: DyingStore(store, step)
