"""Characters of the stories: a demo server, phones and desks in a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.demo_server import DemoServer
from tests.e2e.pictures import draw_photo

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}
DESK: dict[str, Any] = {
    "viewport": {"width": 1440, "height": 900},
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}
LAUNCH: dict[str, Any] = {
    "executable_path": CHROMIUM,
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
    ],
}


# A loaded machine only slows: how fast a screen comes is asked in tests/bench.
expect.set_options(timeout=20_000)

# Of the stories on a CouchDB, the one that every run tells; the others are told by `make soak`.
TOLD_ON_COUCHDB = "test_a_violation_found_without_network_is_decided_and_comes_back"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)
            if "test_spine_on_couchdb" in item.nodeid and not item.name.startswith(TOLD_ON_COUCHDB):
                item.add_marker(pytest.mark.soak)
            if CHROMIUM is None:
                item.add_marker(
                    pytest.mark.skip(
                        reason="no Chromium here: install the package 'chromium' to run the browser tests"
                    )
                )


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return LAUNCH


@pytest.fixture
def demo(demo_data: Path, tmp_path: Path) -> Iterator[DemoServer]:
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    server = DemoServer(data)
    server.start()
    yield server
    server.close()


@pytest.fixture
def context_of(browser: Browser) -> Iterator[Callable[[dict[str, Any]], BrowserContext]]:
    """Every story is also about this: nothing the app does by itself breaks its own content security policy (promises S-17)."""
    opened: list[BrowserContext] = []
    violations: list[str] = []

    def open_context(options: dict[str, Any]) -> BrowserContext:
        context = browser.new_context(**options)
        context.set_default_timeout(15_000)
        opened.append(context)
        watch_policy(context, violations)
        return context

    yield open_context
    for context in opened:
        context.close()
    assert violations == []


def watch_policy(context: BrowserContext, violations: list[str]) -> None:
    """Note what the content security policy forbade, on pages and in workers."""
    context.expose_binding("__forbidden", lambda source, what: violations.append(what))
    context.add_init_script(
        """addEventListener('securitypolicyviolation', (event) => {
          window.__forbidden(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`)
        })"""
    )
    context.on(
        "console",
        lambda message: (
            violations.append(message.text)
            if "Content Security Policy" in message.text or "TrustedScript" in message.text
            else None
        ),
    )


@pytest.fixture
def phone(context_of: Callable[[dict[str, Any]], BrowserContext]) -> Page:
    return context_of(PHONE).new_page()


@pytest.fixture
def desk(context_of: Callable[[dict[str, Any]], BrowserContext]) -> Page:
    return context_of(DESK).new_page()


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], list[Path]]:
    """Distinct photographs as files, as a phone's camera hands them over."""
    folder = tmp_path_factory.mktemp("photos")
    made = iter(range(1_000_000))

    def take(count: int) -> list[Path]:
        return [draw_photo(folder / f"photo-{next(made)}.jpg") for _ in range(count)]

    return take
