"""What is recorded in confidence is read by those it is for, and by nobody else: in register, record, photo, held and replica."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from server.access import administration
from server.access.person import Person
from server.access.rights import rights_of
from server.access.server_access import SERVER_MADE, ServerAccess
from server.http.operations import routes
from server.intake.record import record_fact
from server.office.routes import COMPONENTS, operations
from tests.server.intake.conftest import anyio_backend, identity
from tests.server.intake.papers import PROJECT
from tests.server.intake.world import LONG_AGO, World

__all__ = ["anyio_backend", "identity"]
pytestmark = pytest.mark.anyio
SECRET = "canary-confidential"
PHOTO = "c" * 64
CASE = "conduct_case:01KAJ4C2X9V7Q0W3Z5B8N6M1TD"


@pytest.fixture
async def world(tmp_path: Path, identity: Path) -> AsyncIterator[World]:
    world = await World(tmp_path / "data", identity).open()
    for user, role in (("hr1", "hr_admin"), ("leader1", "company_leader")):
        administration.add_user(world.engine, user, user, "correct horse 楼", at=LONG_AGO)
        administration.grant_role(world.engine, user, role, PROJECT, at=LONG_AGO)
    administration.open_offices(world.engine, at=LONG_AGO)
    for entry in world.directory.current().databases.values():
        if entry.name not in await world.store.databases():
            await world.store.create(entry.name)
    await world.intake.start()
    yield world
    await world.close()


def person(world: World, user: str) -> Person:
    found = world.directory.current().person(user, world.clock.now(), "desk", "s")
    assert found is not None
    return found


async def report(world: World, by: str = "steward1") -> None:
    recorded = await record_fact(
        world.services,
        {
            "type": "conduct_case", "area": "a1", "_id": CASE,
            "body": {"kind": "gratuities", "staff": SECRET, "facts": SECRET},
            "photos": [{"sha256": PHOTO, "bytes": 9, "mime": "image/jpeg", "kind": "document", "source": "camera",
                        "taken_at": "2026-11-23T09:00:00+08:00"}],
        },
        person(world, by),
    )  # fmt: skip
    assert recorded.state == "accepted"


def asking(world: World) -> TestClient:
    async def identify(connection: HTTPConnection) -> Person:
        return person(world, connection.headers["X-As"])

    return TestClient(Starlette(routes=routes(operations(world.services), identify, COMPONENTS)))


def answers(client: TestClient, user: str) -> list[Any]:
    paths = (
        "/api/records/conduct_case", f"/api/records/conduct_case/{CASE}", "/api/records/conduct_case_step",
        "/api/records/conduct_case?format=xlsx", "/api/held", "/api/due", "/api/due?rule=R-BI-12",
        f"/api/records/conduct_case/{CASE.replace(':', '%3A')}",
    )  # fmt: skip
    return [client.get(path, headers={"X-As": user}) for path in paths]


async def test_a_report_is_seen_by_those_who_look_into_it_and_by_nobody_else(world: World) -> None:
    await report(world)
    with asking(world) as client:
        for user in ("hr1", "leader1"):
            register = client.get("/api/records/conduct_case", headers={"X-As": user}).json()
            assert [item["id"] for item in register["items"]] == [CASE]
            record = client.get(f"/api/records/conduct_case/{CASE}", headers={"X-As": user}).json()
            assert record["facts"][0]["body"]["facts"] == SECRET
            assert [due["rule"] for due in record["due"]] == ["R-BI-12"]
        for user in ("steward1", "steward2", "supervisor1", "manager1", "office1"):
            for answer in answers(client, user):
                assert SECRET.encode() not in answer.content
                assert CASE.encode() not in answer.content
                assert answer.status_code in (200, 403, 404)


async def test_no_phone_and_no_one_at_all_replicates_it(world: World) -> None:
    await report(world)
    snapshot = world.directory.current()
    for name in await world.store.databases():
        documents = await world.store.database(name).list_documents(with_content=True, limit=1000)
        holds = any(SECRET.encode() in (row.content or b"") for row in documents)
        assert holds == (name == snapshot.office_database(PROJECT))
    for user in ("steward1", "supervisor1", "manager1", "hr1", "leader1"):
        assert snapshot.office_database(PROJECT) not in rights_of(snapshot, user, world.clock.now()).databases


async def test_its_photo_is_for_the_same_eyes(world: World) -> None:
    await report(world)
    access = ServerAccess(world.services)
    seen = {
        user: await access.may_view(person(world, user), PHOTO, "preview")
        for user in ("hr1", "leader1", "steward1", "steward2", "supervisor1", "office1")
    }
    assert seen == {
        "hr1": True, "leader1": True, "steward1": True,  # its author
        "steward2": False, "supervisor1": False, "office1": False,
    }  # fmt: skip


async def test_whoever_reported_it_does_not_sanction_it(world: World) -> None:
    administration.grant_role(world.engine, "leader1", "office_viewer", PROJECT, at=LONG_AGO)
    await report(world, by="leader1")
    steps = (
        ("hr1", {"to": "investigating", "investigator": "hr1"}),
        ("hr1", {"to": "found", "findings": "属实"}),
        ("leader1", {"to": "sanctioned", "sanction": "fine"}),
    )
    for user, body in steps:
        step = {"type": "conduct_case_step", "area": "a1", "subject": CASE, "body": body}
        await record_fact(world.services, step, person(world, user))
    with asking(world) as client:
        record = client.get(f"/api/records/conduct_case/{CASE}", headers={"X-As": "hr1"}).json()
    assert record["record"]["state"] == "found"
    assert [held["type"] for held in record["held"]] == ["conduct_case_step"]


def test_a_device_is_never_let_push_it() -> None:
    assert {"conduct_case", "conduct_case_step", "incentive"} <= SERVER_MADE
