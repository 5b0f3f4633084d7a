"""Characters of the stories about outward messages: the project of intake's stories, a post box, and a courier."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from server.catalogue.fields import Label
from server.database import writing
from server.jobs.service import Jobs
from server.notify import channels
from server.notify.courier import Courier, courier_sinks
from server.notify.inbox import Message, send
from server.notify.webpush import VapidKey
from tests.server.intake.conftest import anyio_backend, identity, world
from tests.server.intake.papers import PROJECT
from tests.server.intake.world import World
from tests.server.notify.post_box import PostBox

__all__ = ["anyio_backend", "identity", "world"]


@pytest.fixture
def box() -> Iterator[PostBox]:
    box = PostBox()
    yield box
    box.close()


@pytest.fixture
def key(world: World) -> VapidKey:
    return VapidKey.in_folder(world.folder)


@pytest.fixture
def courier(world: World, key: VapidKey) -> Courier:
    return Courier(world.engine, world.directory, courier_sinks(key), world.clock, random.Random(1))


@pytest.fixture
def jobs(world: World, courier: Courier) -> Jobs:
    return Jobs(world.services, courier)


def add_channel(
    world: World, box: PostBox, kind: str, secret: str | None = None, from_level: int = 3, name: str = "robot"
) -> None:
    with writing(world.engine) as connection:
        channels.add_channel(
            connection, name, PROJECT, kind, f"{box.url}/{name}", secret, from_level, "zh",
            at=world.clock.now(), by="test",
        )  # fmt: skip


def tell(world: World, user: str, level: int = 3, subject: str = "violation:V1") -> None:
    """Put one message about a violation into somebody's inbox."""
    now = world.clock.now()
    message = Message(
        user=user, rule="R-DEC-11", subject=subject, period="round-1", level=level,
        title=Label("违规审批超时: 3-1-502", "Violation not decided in time: 3-1-502"),
        text=Label("请决定。", "Please decide."), due_at=now, area="a1", unit_no="3-1-502",
    )  # fmt: skip
    with writing(world.engine) as connection:
        assert send(connection, message, now)
