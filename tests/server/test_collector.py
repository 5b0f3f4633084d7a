"""A serving process does not look again and again at what it loaded at its start."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from uvicorn import Config

from server.commands import collector
from server.commands.serving import _Server


@pytest.fixture
def own_collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()


@pytest.mark.anyio
async def test_what_was_loaded_is_set_apart_once_the_server_has_started(own_collector: None) -> None:
    before = gc.get_freeze_count()
    listening = socket.create_server(("127.0.0.1", 0))
    server = _Server(Config(Starlette(), log_config=None))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)

    await server.startup(sockets=[listening])

    assert gc.get_freeze_count() > before + 1000
    assert gc.get_threshold()[0] == collector.YOUNG_OBJECTS
    await server.shutdown(sockets=[listening])
