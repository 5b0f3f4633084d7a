"""A dry run of what a server took says what the server said: the same duties, the same alarms of several records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.catalogue.registry import RECORD_TYPES
from server.intake.tables import due_item, fact, reference
from server.jobs.service import Jobs
from server.ledger.reading import stamp
from server.simulation.lines import Raised
from server.simulation.reading import Arrival
from server.simulation.run import simulate
from tests.server.catalogue.examples import example
from tests.server.intake import papers
from tests.server.intake.world import LONG_AGO, World

pytestmark = pytest.mark.anyio
D1, D2 = "decoration_project:D1", "decoration_project:D2"


async def live_through(world: World) -> None:
    """Six days: patrols, one with an old picture, a violation nobody decides, three complaints of one cause, a late phone."""
    jobs = Jobs(world.services)
    for unit_no in ("3-1-602", "3-2-101", "3-3-101"):
        await world.publish(papers.unit(unit_no), papers.household(unit_no))
    await world.decoration(D1, days=2)
    await world.decoration(D2, "7-2-1103", "a2", days=1)
    late = papers.patrol("decoration_patrol:late", D2, world.clock.now(), "a2", author="steward2")
    for day in range(6):
        now = world.clock.now()
        patrol = papers.patrol(f"decoration_patrol:P{day}", D1, now)
        if day == 3:
            patrol["photos"] = papers.photos(["overview of decoration_patrol:P1"], "overview", now)
        await world.take(patrol)
        if day == 1:
            await world.take(papers.violation("violation:V", D1, now))
        for number, unit_no in enumerate(("3-1-602", "3-2-101", "3-3-101")):
            if day == number + 1:
                body = example(RECORD_TYPES["complaint"])["body"] | {
                    "cause": "pests",
                    "received_at": papers.text(now),
                }
                await world.take(
                    papers.fact(f"complaint:C{day}", f"household:demo-{unit_no}-owner", now, body)
                )
        if day == 4:
            await world.take(late)
        for _ in range(24):
            world.clock.advance(timedelta(hours=1))
            await jobs.tick()


def recorded(world: World) -> list[Arrival]:
    with world.engine.connect() as connection:
        places = [Arrival(LONG_AGO, body, 0) for body in connection.scalars(select(reference.c.body))]
        facts = connection.execute(select(fact.c.received_at, fact.c.document).order_by(fact.c.seq))
        return places + [Arrival(row.received_at, row.document, 0) for row in facts]


def duties(world: World) -> dict[tuple[str, ...], tuple[Any, ...]]:
    with world.engine.connect() as connection:
        return {
            (row.rule, row.subject, row.period): (
                row.status,
                stamp(row.due_at),
                row.assigned_to,
                row.satisfied_by,
            )
            for row in connection.execute(select(due_item))
        }


async def test_duties_and_alarms_come_out_as_they_did(world: World) -> None:
    await live_through(world)

    told = list(simulate(recorded(world), world.clock.now()))

    last: dict[tuple[str, ...], tuple[Any, ...]] = {}
    for line in [one.as_json() for one in told if not isinstance(one, dict | Raised)]:
        key = (str(line["rule"]), str(line["subject"]), str(line["period"]))
        last[key] = (line["status"], line["due_at"], line["assigned_to"], line["satisfied_by"])
    assert len(last) > 20
    assert last == duties(world)
    raised = {one.message.id for one in told if isinstance(one, Raised)}
    assert len(raised) == 2
    assert raised == {
        one.id for one in world.notices() if "R-CMP-17:project:demo:20" in one.id or "R-X-27" in one.id
    }
