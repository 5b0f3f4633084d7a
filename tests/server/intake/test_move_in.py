"""A move-in that is complete changes its unit by itself (R-MOV-06, R-MOV-08)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.server.intake import papers
from tests.server.intake.world import World

pytestmark = pytest.mark.anyio
UNIT, CASE = "unit:demo-3-1-502", "move_in_case:M1"
STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("papers_checked", {}),
    ("fees_taken", {"receipt_no": "R-1"}),
    ("agreements_signed", {"guide_given_at": "2026-11-20T09:00:00+08:00"}),
    ("forms_filled", {}),
    ("house_checked", {"defects": 0}),
    ("keys_handed", {"keys_handed": [{"name": "入户门钥匙", "count": 3}]}),
)


async def test_an_archived_move_in_takes_its_unit_out_of_the_register(world: World) -> None:
    vacant = {"status": "undelivered", "vacancy_kind": "undelivered", "vacant_from": "2026-10-01"}
    await world.publish(papers.unit("3-1-502", **vacant))
    at = world.clock.now() - timedelta(hours=20)
    steps = [papers.fact(CASE, UNIT, at, {"unit_id": UNIT, "owner": "林某"})]
    for number, (to, body) in enumerate(STEPS, 1):
        moment = at + timedelta(hours=number)
        signed = papers.photos([f"signed {number}"], "signature", moment)
        steps.append(
            papers.fact(f"move_in_case_step:{number}", CASE, moment, {"to": to} | body, photos=signed)
        )
    await world.take(*steps)
    before = await world.status(UNIT)

    done = {"to": "archived", "docs": ["owner_info_form"], "fee_start_on": "2026-12-01"}
    archived = papers.fact("move_in_case_step:9", CASE, at + timedelta(hours=9), done, author="supervisor1")
    await world.take(archived)
    after = await world.status(UNIT)

    assert before is not None
    assert after is not None
    assert (before["state"], before["fields"]["fee_start_on"]) == ("undelivered", None)
    assert (after["state"], after["fields"]["fee_start_on"]) == ("occupied", "2026-12-01")
