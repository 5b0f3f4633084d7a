"""Characters of the stories about rights: a project with two areas, its people, and the service they sign in to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine
from starlette.requests import HTTPConnection

from server.access import administration
from server.access.directory import Directory
from server.access.service import AccessService
from server.clock import FixedClock
from server.database import create_tables, open_engine
from server.services import Services
from server.settings import Operator, Settings

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # nine in the morning at the site
PASSWORD = "correct horse 楼"
SECRET = "s" * 40
Result = TypeVar("Result")


@dataclass
class Feeds:
    """What access needs of the document store, and how often it was told to judge its feeds again."""

    epoch: str = "epoch-1"
    rechecks: int = 0

    def recheck_access(self) -> None:
        self.rechecks += 1


class Office:
    """The server's access part, as requests meet it; each call is one request."""

    def __init__(self, engine: Engine, settings: Settings, clock: FixedClock, feeds: Feeds) -> None:
        self.engine = engine
        self.settings = settings
        self.clock = clock
        self.feeds = feeds
        self.restart()

    def restart(self) -> None:
        """A new process on the same data."""
        self.directory = Directory(self.engine)
        self.access = AccessService(self.engine, self.directory, self.settings, self.clock, self.feeds)
        self.services = Services(
            settings=self.settings,
            clock=self.clock,
            engine=self.engine,
            store=self.feeds,  # type: ignore[arg-type]
            evidence=None,  # type: ignore[arg-type]
            directory=self.directory,
            access=self.access,
            intake=None,  # type: ignore[arg-type]
        )

    def sign_in(
        self,
        name: str = "steward1",
        password: str = PASSWORD,
        device: str | None = None,
        mark: str | None = None,
    ) -> Any:
        return run(self.access.sign_in(name, password, device, mark))

    def refresh(self, token: str, proof: str | None = None) -> Any:
        return run(self.access.refresh(token, proof))

    def who(self, access_token: str) -> Any:
        return run(self.access.identify(with_header(f"Bearer {access_token}")))

    def later(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def change(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """An administrator's command, in another process."""
        return function(self.engine, *arguments, at=self.clock.now(), **named)


_runner: list[asyncio.Runner] = []


@pytest.fixture(autouse=True)
def one_loop() -> Iterator[None]:
    with asyncio.Runner() as runner:
        _runner.append(runner)
        yield
        _runner.pop()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    return _runner[-1].run(work)


def with_header(*values: str) -> HTTPConnection:
    headers = [(b"authorization", value.encode("latin-1")) for value in values]
    return HTTPConnection({"type": "http", "method": "GET", "path": "/api/me", "headers": headers})


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MONDAY)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path / 'server.sqlite'}")
    create_tables(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def office(engine: Engine, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Office:
    """steward1 answers for a1, steward2 for a2; supervisor1 sees both, viewer1 reads, admin1 administers."""
    hashed = administration.hash_password(PASSWORD)
    monkeypatch.setattr(administration, "hash_password", lambda password: hashed)
    at = clock.now() - timedelta(days=60)
    administration.add_project(engine, "demo", "示范", at=at)
    for area in ("a1", "a2"):
        administration.add_area(engine, area, "demo", area.upper(), at=at)
    for user, role in (
        ("steward1", "steward"),
        ("steward2", "steward"),
        ("supervisor1", "cs_supervisor"),
        ("viewer1", "office_viewer"),
        ("admin1", "admin"),
    ):
        administration.add_user(engine, user, user.title(), PASSWORD, at=at)
        administration.grant_role(engine, user, role, "demo", at=at)
    administration.grant_area(engine, "steward1", "a1", at=at)
    administration.grant_area(engine, "steward2", "a2", at=at)
    monkeypatch.undo()
    settings = Settings(
        data=tmp_path,
        store="sqlite",
        database_url="",
        media=tmp_path / "media",
        secret=SECRET,
        operator=Operator("op", "operator-password"),
    )
    return Office(engine, settings, clock, Feeds())
