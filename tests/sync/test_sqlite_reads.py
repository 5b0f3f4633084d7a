"""What the embedded store's reads cost nobody: counting what lies behind, and one read for many who wait."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from sync.database import BEGINNING
from sync.sqlite import SqliteStore, behind, reads
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("seed", range(4))
async def test_what_lies_behind_is_exact_from_any_place_at_any_time(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(behind, "MAX_KEPT", 8)
    dice = random.Random(seed)
    area, other = store.database("area-a1"), store.database("area-b")
    past: dict[str, list[str]] = {}
    seen = [BEGINNING]
    for step in range(60):
        doc_id = dice.choice([*past, f"d{step}", f"d{step}"])
        past[doc_id] = [f"{len(past.get(doc_id, [])) + 1}-{step}", *past.get(doc_id, [])]
        await area.push([edit(doc_id, *past[doc_id], deleted=dice.random() < 0.2)], STEWARD)
        await other.push([edit(doc_id, f"1-{step}")], STEWARD)
        seen.append(await dice.choice([area, other]).current_sequence())
        since = dice.choice(seen)
        for limit in (1, 3, 1000):
            page = await area.changes(since, limit)
            left = (await area.changes(page.last_seq, 1000)).changes
            assert page.pending == len(left) == await area.pending(page.last_seq)
            some = await area.changes(since, limit, doc_ids=list(past)[:3])
            assert some.pending == len((await area.changes(some.last_seq, 1000)).changes)
        assert await area.pending(since) == len((await area.changes(since, 1000)).changes)


async def test_one_read_serves_all_who_ask_the_same_at_a_time(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    read = reads.changes

    def counted(*asked: Any) -> reads.Page:
        nonlocal count
        count += 1
        return read(*asked)

    monkeypatch.setattr(reads, "changes", counted)
    area = store.database("area-a1")
    await area.push([edit("a", "1-a")], STEWARD)

    leaving = asyncio.ensure_future(area.changes(BEGINNING, 10))
    await asyncio.sleep(0)
    leaving.cancel()
    pages = await asyncio.gather(*(area.changes(BEGINNING, 10) for _ in range(100)))
    assert count == 1
    assert {page.changes[0].id for page in pages} == {"a"}

    await area.push([edit("b", "1-b")], STEWARD)
    assert len((await area.changes(BEGINNING, 10)).changes) == 2


async def test_what_was_read_before_a_write_is_not_told_after_it(store: SqliteStore) -> None:
    area = store.database("area-a1")
    for step in range(30):
        early = asyncio.ensure_future(area.changes(BEGINNING, 1000))
        await area.push([edit(f"d{step}", "1-a")], STEWARD)
        late = await area.changes(BEGINNING, 1000)
        assert len(late.changes) == step + 1
        assert len((await early).changes) in (step, step + 1)
