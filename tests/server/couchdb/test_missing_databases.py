"""A server whose account may make no databases at its CouchDB serves those that are there (promises S-37, I8).

The store is the embedded one, told to refuse: pouchdb-server ends when it is asked for a database without the right to it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from server.access import administration
from server.clock import FixedClock
from server.database import writing
from server.intake.publishing import publish_pending
from server.intake.tables import notice
from server.opening import close_services, open_services
from server.services import Services
from server.settings import Settings
from server.startup import NOT_ALL, prepare
from sync.couchdb.errors import CouchRefused
from tests.server.couchdb.conftest import PASSWORD, make_people

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    settings = Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data")})
    make_people(settings)
    services = open_services(settings, FixedClock(NOW))
    yield services
    await close_services(services)


async def refused(database: str) -> None:
    """As it is for an account of a CouchDB that is no server admin."""
    raise CouchRefused


async def test_an_area_without_a_database_keeps_nobody_else_waiting(
    services: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    version = await prepare(services)
    assert version == services.directory.current().version
    administration.add_area(services.engine, "e2", "yunqi", "西区", at=NOW)

    with monkeypatch.context() as again:
        again.setattr(services.store, "create", refused)
        assert await prepare(services) == NOT_ALL

    assert "area-e2" in caplog.text
    assert "xunlu couchdb init --admin" in caplog.text
    assert await prepare(services) == services.directory.current().version


async def test_what_is_for_a_missing_database_holds_up_nothing_else(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepare(services)
    administration.add_user(services.engine, "bai", "白", PASSWORD, at=NOW)
    monkeypatch.setattr(services.store, "create", refused)
    with writing(services.engine) as connection:
        for user in ("bai", "lin"):
            body = {"_id": f"reminder:{user}", "type": "reminder"}
            connection.execute(
                insert(notice).values(id=body["_id"], user=user, kind="reminder", body=body, sent_at=NOW)
            )

    await publish_pending(services.engine, services.store, services.directory.current())

    assert await services.store.database("user-lin").read("reminder:lin") is not None
