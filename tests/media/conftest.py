"""Characters of the media tests: a store on a real folder, an application around it, and photographs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Mount
from starlette.testclient import TestClient

from media import EvidenceStore, MediaLimits, Unauthorized, create_app
from media.store import Evidence


@dataclass(frozen=True)
class Person:
    name: str


@dataclass
class Door:
    """Who may do what: the `Person` header names the caller."""

    hidden: set[str] = field(default_factory=set)
    readers: set[str] = field(default_factory=lambda: {"steward1", "steward2"})

    async def identify(self, connection: HTTPConnection) -> Person:
        name = connection.headers.get("person")
        if name is None:
            raise Unauthorized
        return Person(name)

    def may_upload(self, caller: Person) -> bool:
        return caller.name in self.readers

    async def may_view(self, caller: Person, sha256: str, view: str) -> bool:
        return sha256 not in self.hidden


@dataclass
class Hands:
    """A moving clock for the expiration of uploads."""

    at: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_time(self, by: timedelta) -> None:
        self.at += by


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def store(tmp_path: Path, clock: Hands) -> EvidenceStore:
    return EvidenceStore(tmp_path / "media", now=clock)


@pytest.fixture
def door() -> Door:
    return Door()


@pytest.fixture
def told() -> list[Evidence]:
    """What the application around media was told is stored."""
    return []


@pytest.fixture
def office(store: EvidenceStore, door: Door, told: list[Evidence]) -> Iterator[TestClient]:
    async def on_stored(evidence: Evidence) -> None:
        told.append(evidence)

    app = Starlette(
        routes=[Mount("/media", create_app(store, door, on_stored, limits=MediaLimits(max_open_uploads=5)))]
    )
    with TestClient(app, headers={"person": "steward1"}) as client:
        yield client


@pytest.fixture
def take_photo() -> Callable[..., bytes]:
    def take(width: int = 640, height: int = 480, form: str = "JPEG", **options: object) -> bytes:
        noise = Image.frombytes("RGB", (40, 30), os.urandom(40 * 30 * 3)).resize((width, height))
        out = BytesIO()
        noise.save(out, form, **options)
        return out.getvalue()

    return take


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
