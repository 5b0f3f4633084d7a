"""Characters of the stories about intake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.server.intake.world import World, make_identity


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identity")
    make_identity(folder)
    return folder


@pytest.fixture
async def world(tmp_path: Path, identity: Path) -> AsyncIterator[World]:
    world = await World(tmp_path / "data", identity).open()
    yield world
    await world.close()
