"""While a backlog is read nothing is folded; after it each subject is, once, and a kill in between loses none of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from server.intake import transactions
from server.intake.rules import CatalogueRules
from server.intake.tables import unfolded
from server.ledger.model import Context, Fact, Status
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio

D1 = "decoration_project:D1"
DAYS = 12


class Counting(CatalogueRules):
    def __init__(self) -> None:
        self.folded: Counter[str] = Counter()

    def fold(self, subject: str, facts: Sequence[Fact], context: Context) -> Status | None:
        self.folded[subject] += 1
        return super().fold(subject, facts, context)


async def story(world: World) -> None:
    await world.decoration(D1, days=DAYS + 1)
    for ago in range(DAYS, 0, -1):
        await world.arrive(papers.patrol(f"decoration_patrol:P{ago}", D1, MONDAY - timedelta(days=ago)))


async def test_a_backlog_is_folded_once_for_each_subject(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story(world)
    await world.intake.catch_up()
    at_once = await world.statuses()
    rules = Counting()
    world.rules = rules
    world.assemble()
    monkeypatch.setattr(transactions, "BATCH", 2)

    await world.intake.rebuild()

    assert rules.folded[D1] == 1
    assert await world.statuses() == at_once
    assert left(world) == 0


async def test_what_waits_to_be_folded_outlives_the_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story(world)
    monkeypatch.setattr(transactions, "BATCH", 2)

    def dies(self: Any) -> bool:
        raise ConnectionAbortedError

    with monkeypatch.context() as patch:
        patch.setattr(transactions.Transactions, "fold_unfolded", dies)
        with pytest.raises(ConnectionAbortedError):
            await world.intake._read_journal()
    assert left(world) > 0

    await world.restart()

    assert left(world) == 0
    found = await world.status(D1)
    assert found is not None
    assert found["fields"]["last_patrol_at"].startswith((MONDAY - timedelta(days=1)).date().isoformat())


def left(world: World) -> int:
    with world.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(unfolded)) or 0
