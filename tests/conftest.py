"""What every test may use: the demo project as a folder, made once; whoever changes it works on a copy."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server.demo.build import build_demo
from server.settings import Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser stories last: Playwright keeps an event loop running in this thread until the run ends."""
    items.sort(key=lambda item: "tests/e2e/" in item.nodeid)


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("demo") / "data"
    settings = Settings.from_environ({"XUNLU_DATA": str(data)})
    with ThreadPoolExecutor(1) as elsewhere:  # a loop of Playwright's may be running in this thread
        elsewhere.submit(lambda: asyncio.run(build_demo(settings))).result()
    return data
