"""The demo project as a folder, made once for all tests of a run: whoever changes it works on a copy."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from server.demo.build import build_demo
from server.settings import Settings


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("demo") / "data"
    asyncio.run(build_demo(Settings.from_environ({"XUNLU_DATA": str(data)})))
    return data
