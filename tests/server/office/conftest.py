"""The company whose office these tests ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.access import administration
from server.clock import FixedClock
from tests.server.office.world import NOW, Company


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def company(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    hashed = administration.hash_password("correct horse 楼")
    monkeypatch.setattr(administration, "hash_password", lambda password: hashed)
    company = Company(tmp_path, clock)
    yield company
    company.close()
