"""Makes the demo project on an empty data directory, with the shipped parts and a clock of its own.

For: `build_demo`. Not for: what is in it (accounts, places, history).
Every fact goes the way any fact goes - document store, journal, intake, jobs - at the hour at which it happened,
so registers, due items and inboxes look as after thirty days of work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from random import Random

from sqlalchemy import select

from server.access import administration
from server.catalogue.reference import reference_document
from server.demo.accounts import ACCOUNTS, AREAS, PASSWORD, PROJECT, PROJECT_NAME
from server.demo.facts import Album, Pen, Written
from server.demo.history import Story
from server.demo.places import Place, make_places
from server.demo.telling import DAYS, SITE, Decided
from server.intake.decide import decide
from server.intake.tables import status
from server.jobs.service import Jobs
from server.opening import close_services, open_services
from server.services import Services
from server.settings import Settings
from server.startup import prepare

SEED = 20_261_122
_BEFORE_THE_STORY = timedelta(days=DAYS + 10)
Progress = Callable[[int], None]


class StoryClock:
    """The time at which the story is being told; monotonic time follows it."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    def reach(self, instant: datetime) -> None:
        self._now = max(self._now, instant.astimezone(UTC))


async def build_demo(
    settings: Settings, now: datetime | None = None, progress: Progress | None = None
) -> None:
    """Make the demo as of `now`; a percentage goes to `progress`. Raises what its parts raise."""
    now = now or datetime.now(UTC)
    report = progress or (lambda percent: None)
    clock = StoryClock(now - _BEFORE_THE_STORY)
    services = await asyncio.to_thread(open_services, settings, clock)
    try:
        await _build(services, clock, now, report)
    finally:
        await close_services(services)


async def _build(services: Services, clock: StoryClock, now: datetime, report: Progress) -> None:
    random = Random(SEED)
    await asyncio.to_thread(_people, services, clock.now())
    await prepare(services)
    report(5)
    places = make_places(random, now.astimezone(SITE).date())
    await _publish_places(services, places, now)
    report(15)
    album = Album(random, services.evidence)
    await asyncio.to_thread(album.fill)
    report(20)
    told = await asyncio.to_thread(Story(random, Pen(random, album), places, now).tell)
    # Intake does not follow along: it reads a day at once, whenever a tick or a decision asks for it.
    jobs = Jobs(services)
    days = [
        (day, list(group)) for day, group in groupby(told, key=lambda one: one.at.astimezone(SITE).date())
    ]
    for number, (day, happened) in enumerate(days, start=1):
        for one in happened:
            await _happen(services, clock, one)
        for hour in (9, 21):  # the morning's reminders and the evening's, as a running server sends them
            instant = datetime.combine(day, time(hour, 5), SITE) + timedelta(days=hour == 9)
            if instant < now:
                clock.reach(instant)
                await jobs.tick()
        report(20 + 75 * number // len(days))
    clock.reach(now)
    await jobs.tick()
    await services.intake.catch_up(timeout_seconds=120)
    report(100)


async def _happen(services: Services, clock: StoryClock, one: Written | Decided) -> None:
    clock.reach(one.at)
    if isinstance(one, Written):
        area = str(one.document["area"])
        database = services.store.database(services.directory.recent().area_database(area))
        await database.record(one.document, one.author, f"dev-{one.author}")
        return
    await services.intake.catch_up(timeout_seconds=60)
    person = services.directory.current().person("supervisor1", clock.now(), None, None)
    assert person is not None
    body = {
        "decision": one.decision,
        "reason": one.reason,
        "evidence_hash": _evidence_hash(services, one.violation),
    }
    if one.rectify_in_days is not None:
        day = one.at.astimezone(SITE).date() + timedelta(days=one.rectify_in_days)
        body |= {"rectify_by": day.isoformat(), "clause": "前期物业服务合同 第 12 条"}
    await decide(services, one.violation, body, person)


def _evidence_hash(services: Services, violation: str) -> str:
    with services.engine.connect() as connection:
        body = connection.execute(select(status.c.body).where(status.c.subject == violation)).scalar_one()
    return str(body["fields"]["evidence_hash"])


def _people(services: Services, at: datetime) -> None:
    engine = services.engine
    administration.add_project(engine, PROJECT, PROJECT_NAME, at=at)
    for area, name in AREAS.items():
        administration.add_area(engine, area, PROJECT, name, at=at)
    for account in ACCOUNTS:
        administration.add_user(engine, account.name, account.display_name, PASSWORD, at=at)
        for role in account.roles:
            administration.grant_role(engine, account.name, role, PROJECT, at=at)
        for area in account.areas:
            administration.grant_area(engine, account.name, area, at=at)


async def _publish_places(services: Services, places: list[Place], now: datetime) -> None:
    directory = services.directory.current()
    duties_from = (now.astimezone(SITE).date() - timedelta(days=DAYS)).isoformat()
    setting = reference_document("setting", PROJECT, None, {"key": "duties_from", "value": duties_from})
    await services.store.database(directory.project_database(PROJECT)).publish([setting])
    for area in AREAS:
        documents = [document for place in places if place.area == area for document in place.documents()]
        await services.store.database(directory.area_database(area)).publish(documents)
