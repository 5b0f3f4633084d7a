"""Readiness says why not, figures are there for Prometheus without a word about people, upkeep runs by itself.

Source: contract section 5; promises F-33, F-34, F-38.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from server import health
from server.jobs.service import Jobs
from server.jobs.upkeep import Upkeep, last_verified
from sync.sqlite import SqliteStore
from sync.sqlite.space import Space
from tests.server.intake import papers
from tests.server.intake.conftest import anyio_backend, identity, world
from tests.server.intake.world import MONDAY, World

__all__ = ["anyio_backend", "identity", "world"]
pytestmark = pytest.mark.anyio
P1, D1 = "decoration_patrol:01KAJ0000000000000000000P1", "decoration_project:01KAJ0000000000000000000D1"


@pytest.fixture
async def prober(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=Starlette(routes=health.routes(world.services)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://xunlu.test") as client:
        yield client


async def figures(prober: httpx2.AsyncClient) -> dict[str, float]:
    answer = await prober.get("/metrics")
    assert answer.status_code == 200
    return {
        sample.name
        + ("".join(sample.labels.values()) and f" {''.join(sample.labels.values())}"): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def sqlite(world: World) -> SqliteStore:
    assert isinstance(world.store, SqliteStore)
    return world.store


async def test_figures_tell_what_the_store_did(world: World, prober: httpx2.AsyncClient) -> None:
    before = await figures(prober)
    await world.arrive(papers.patrol(P1, D1, MONDAY))
    await world.push_refused(papers.patrol(P1[:-1] + "2", D1, MONDAY), "author")
    await world.document(P1)
    with world.store.database("area-a1").listen():
        after = await figures(prober)

    def grown(name: str) -> float:
        return after[f"xunlu_{name}"] - before[f"xunlu_{name}"]

    assert grown("documents_written_total") == 2
    assert grown("documents_read_total") == 1
    assert grown("commits_total") == grown("commit_seconds_count") == grown("writes_in_a_commit_count") == 2
    assert grown("commit_seconds_sum") > 0
    assert grown("writes_in_a_commit_bucket 1") == 2
    assert (grown("held_pushes"), grown("open_feeds")) == (1, 1)
    assert after["xunlu_wal_bytes"] > 0
    assert after["xunlu_disk_free_bytes"] > 0
    assert (after["xunlu_store_broken"], after["xunlu_disk_full"]) == (0, 0)


async def test_figures_name_nobody_and_no_place(world: World, prober: httpx2.AsyncClient) -> None:
    await world.intake.start()
    await world.take(papers.patrol(P1, D1, MONDAY))

    told = (await prober.get("/metrics")).text

    for word in ("steward", "supervisor", "area-", "a1", papers.PROJECT, "01KAJ", "3-1-502"):
        assert word not in told


async def test_a_full_disk_and_a_broken_one_are_told_and_a_healed_one_is_ready(
    world: World, prober: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await prober.get("/readyz")).status_code == 200

    sqlite(world)._space.note_full()
    with monkeypatch.context() as still:
        still.setattr(Space, "look_again", lambda self: None)
        is_full = await prober.get("/readyz")
        assert (await figures(prober))["xunlu_disk_full"] == 1
    healed = await prober.get("/readyz")
    sqlite(world).writer.is_broken = True
    broken = await prober.get("/readyz")

    assert (is_full.status_code, healed.status_code, broken.status_code) == (503, 200, 503)
    assert "磁盘已满" in is_full.json()["reason"]
    assert "disk is full" in is_full.json()["reason"]
    assert "停止写入" in broken.json()["reason"]
    assert int(broken.headers["retry-after"]) > 0
    assert (await figures(prober))["xunlu_store_broken"] == 1


async def test_the_server_verifies_itself_and_keeps_how_it_ended(
    world: World,
    prober: httpx2.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("server.jobs.upkeep._BREATH_SECONDS", 0)
    assert "xunlu_damaged" not in await figures(prober)
    await Upkeep(world.services).verify()
    whole = await figures(prober)
    photo = world.photo_arrives("spoiled")
    path = world.evidence.path(photo.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")

    await Upkeep(world.services).verify()

    assert (whole["xunlu_damaged"], whole["xunlu_verified_timestamp_seconds"]) == (0, MONDAY.timestamp())
    assert (await figures(prober))["xunlu_damaged"] == 1
    assert "run xunlu verify" in caplog.text
    assert photo.sha256 not in caplog.text


async def test_upkeep_ends_with_the_server_and_survives_a_store_that_takes_nothing(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    upkeep = Upkeep(world.services)
    verifying = asyncio.create_task(upkeep.verify())
    await asyncio.sleep(0)
    await upkeep.stop()
    await verifying
    with world.engine.connect() as connection:
        assert last_verified(connection) is None

    sqlite(world).writer.is_broken = True
    await Upkeep(world.services).tidy()
    assert "upkeep broke off" in caplog.text


async def test_jobs_tick_upkeep(world: World) -> None:
    jobs = Jobs(world.services)
    await jobs.start()
    try:
        assert jobs._scheduler is not None
        names = {job.id for job in jobs._scheduler.get_jobs()}
    finally:
        await jobs.stop()

    assert {"tidy", "verify"} <= names
