"""Whatever is recorded about a case of any declared kind, in whatever order: one status, which time changes at wake_at only.

The stories are drawn from a seed: facts of every type that can be about the case, with any step and any answer, at any time.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.catalogue.fields import Field
from server.catalogue.lifecycle import JOINTLY
from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES
from server.catalogue.types import RecordType
from server.ledger.folds import fold
from server.ledger.model import Fact, Status, WeatherDay
from tests.server.catalogue.examples import value_of
from tests.server.ledger.site import UNIT, Site, at, document

SEEDS = range(6)
FACTS = 14
PEOPLE = ("steward1", "supervisor1", "manager1", "agent1")


def about(kind: str) -> list[RecordType]:
    touching = [each for each in RECORD_TYPES.values() if kind in each.may_be_about and each.name != kind]
    return sorted(touching, key=lambda each: each.name)


def body_of(declared: RecordType, draw: random.Random) -> dict[str, Any]:
    """Every field with some value it takes: what is not required is there half of the time."""
    return {
        each.name: drawn(each, draw)
        for each in declared.fields
        if not each.repeats_envelope and (each.required or draw.random() < 0.5)
    }


def drawn(field: Field, draw: random.Random) -> Any:
    if field.options is not None and field.kind == "enum":
        return draw.choice(field.options.values)
    if field.options is not None:
        return draw.sample(field.options.values, draw.randint(1, len(field.options.values)))
    if field.kind == "bool":
        return draw.random() < 0.5
    if field.kind == "datetime":
        return (at("03-01 08:00") + timedelta(minutes=draw.randrange(30 * 24 * 60))).isoformat()
    if field.kind == "date":
        return (at("03-01 08:00") + timedelta(days=draw.randrange(40))).date().isoformat()
    return value_of(field)


def story(kind: str, seed: int) -> Site:
    """Mostly steps that the life cycle offers; some of other records; some corrected or withdrawn; some late."""
    draw = random.Random(f"{kind}:{seed}")
    site = Site(
        weather=tuple(WeatherDay(at(f"03-{day:02d} 12:00").date(), draw.randrange(20)) for day in (5, 9, 20))
    )
    case = f"{kind}:C"
    site.record(kind, UNIT, "03-01 08:00", body_of(RECORD_TYPES[kind], draw), by="agent1", id=case)
    types = about(kind)
    cycle = LIFE_CYCLES[kind]
    state, when = cycle.initial, at("03-01 08:00")
    for number in range(FACTS):
        ways = [way for way in cycle.transitions if state in way.frm]
        way = draw.choice(ways) if ways and draw.random() < 0.8 else None
        if way is not None and way.by == JOINTLY:
            way = None
        declared = RECORD_TYPES[(way.by or cycle.step or "")] if way else draw.choice(types)
        body = body_of(declared, draw)
        if way is not None and way.by is None:
            body["to"], state = way.to, way.to
        if way is not None and way.when is not None:
            body[way.when.field] = draw.choice(way.when.values)
        when += timedelta(minutes=draw.randrange(1, 3 * 24 * 60))
        photos = [(f"{number:064x}", draw.choice(("signature", "after", "overview")))]
        fact = site.record(declared.name, case, "03-01 08:00", body, by=draw.choice(PEOPLE), photos=photos)
        late = timedelta(hours=draw.choice((0, 0, 1, 70)))
        site.facts[-1] = replace(fact, performed_at=when, received_at=when + late)
        if draw.random() < 0.1:
            target = draw.choice(site.facts)
            change: dict[str, Any] = {"amends": None, "voids": None}
            change["voids" if draw.random() < 0.5 else "amends"] = target.id
            changed = replace(
                target,
                id=f"{target.type}:X{number}",
                performed_at=when,
                received_at=when,
                **change,
            )
            site.facts.append(changed)
    return site


def folded(site: Site, case: str, now: Any, facts: list[Fact] | None = None) -> Status | None:
    return fold(case, site.facts if facts is None else facts, site.context(now))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", LIFE_CYCLES)
def test_the_order_of_arrival_and_repetition_make_no_difference(kind: str, seed: int) -> None:
    site, case = story(kind, seed), f"{kind}:C"
    draw = random.Random(seed)
    for now in ("03-02 10:00", "03-09 10:00", "04-20 10:00"):
        expected = folded(site, case, now)
        for _ in range(3):
            shuffled = draw.sample(site.facts, len(site.facts)) + draw.sample(site.facts, 3)
            found = folded(site, case, now, shuffled)
            assert (found is None) == (expected is None)
            if found is not None and expected is not None:
                assert document(found, now) == document(expected, now)
                assert found.wake_at == expected.wake_at


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", LIFE_CYCLES)
def test_nothing_changes_before_the_next_wake(kind: str, seed: int) -> None:
    site, case = story(kind, seed), f"{kind}:C"
    now = max(fact.received_at for fact in site.facts)
    for _ in range(8):
        status = folded(site, case, now)
        if status is None or status.wake_at is None:
            return
        assert status.wake_at > now
        just_before = min(status.wake_at - timedelta(seconds=1), now + timedelta(days=400))
        if just_before > now:
            again = folded(site, case, just_before)
            assert again is not None
            assert document(again, just_before) == document(status, now)
        now = status.wake_at


@pytest.mark.parametrize("kind", LIFE_CYCLES)
def test_stories_come_far_enough_to_say_something(kind: str) -> None:
    reached = set()
    for seed in range(40):
        status = folded(story(kind, seed), f"{kind}:C", "05-20 10:00")
        if status is not None:
            reached |= {entry.to_state for entry in status.history}
    assert len(reached & set(LIFE_CYCLES[kind].states.values)) >= min(3, len(LIFE_CYCLES[kind].states.values))
