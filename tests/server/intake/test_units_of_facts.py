"""A fact keeps the unit that it is about, whatever else counts it."""

from __future__ import annotations

import pytest

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.subjects import subjects_of
from tests.server.catalogue.examples import example
from tests.server.intake import papers
from tests.server.intake.world import World

pytestmark = pytest.mark.anyio


async def test_a_duty_of_the_area_does_not_take_the_unit_from_the_facts_it_counts(world: World) -> None:
    await world.publish(papers.unit("3-1-502"), papers.household("3-1-502"))
    told = example(RECORD_TYPES["resident_visit"])
    visit = papers.fact(
        "resident_visit:V1",
        "household:demo-3-1-502-owner",
        world.clock.now(),
        told["body"],
        photos=told["photos"],
    )
    assert "area:a1:R-VIS-02" in subjects_of(visit)

    await world.take(visit)

    assert world.fact_row("resident_visit:V1").held_code is None
    assert world.fact_row("resident_visit:V1").unit == "unit:demo-3-1-502"
