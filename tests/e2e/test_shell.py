"""What a phone keeps of the app: its build's own files and nothing else, whole versions, and gone when the operator says so.

Not for: records and photos, which none of this touches. Source: promises S-27, D15; issue "The steward's phone".
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from starlette.responses import RedirectResponse, Response

from tests.e2e.conftest import PHONE
from tests.e2e.demo_server import wait_until
from tests.e2e.people import wait_for_service_worker
from tests.e2e.shell_server import ShellServer

PORTAL = "<!doctype html><title>Wi-Fi</title><script>window.portal = true</script>please sign in"
# Every file kept, with its bytes' hash, so that Python can compare it with the build.
KEPT = """
async () => {
  const found = []
  for (const name of await caches.keys()) {
    const cache = await caches.open(name)
    for (const request of await cache.keys()) {
      const bytes = await (await cache.match(request)).arrayBuffer()
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-384', bytes))
      found.push([new URL(request.url).pathname, `sha384-${btoa(String.fromCharCode(...hash))}`])
    }
  }
  return found
}
"""
LEAVE_NOTHING = """
async () => {
  for (const registration of await navigator.serviceWorker.getRegistrations()) await registration.unregister()
  for (const name of await caches.keys()) await caches.delete(name)
}
"""
# Ask for the worker and hear whether it was installed.
ASK_FOR_WORKER = """
async () => {
  let registration = await navigator.serviceWorker.getRegistration()
  try {
    if (registration) await registration.update()
    else {
      const ours = trustedTypes.createPolicy('xunlu-scripts', { createScriptURL: (address) => address })
      registration = await navigator.serviceWorker.register(ours.createScriptURL('/sw.js'), { updateViaCache: 'none' })
    }
  } catch (error) {
    if (error.message.includes('TrustedScriptURL')) throw error
    return false
  }
  const worker = registration.installing
  if (worker === null) return (registration.waiting ?? registration.active) !== null
  return new Promise((resolve) => {
    const look = () => {
      if (worker.state !== 'installing') resolve(worker.state !== 'redundant')
    }
    worker.addEventListener('statechange', look)
    look()
  })
}
"""
LIES: dict[str, Callable[[bytes], Response]] = {
    "a portal's page": lambda _: Response(PORTAL, media_type="text/html"),
    "a portal's page called a script": lambda _: Response(PORTAL, media_type="text/javascript"),
    "a portal's redirect": lambda _: RedirectResponse("/portal.html"),
    "half of it": lambda content: Response(content[: len(content) // 2], media_type="text/javascript"),
    "another script": lambda content: Response(
        content + b";window.portal=true", media_type="text/javascript"
    ),
    "nothing": lambda _: Response(b"", media_type="text/javascript"),
    "an error": lambda _: Response(PORTAL, 503, media_type="text/html"),
}


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[ShellServer]:
    server = ShellServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visitor(context_of: Callable[[dict[str, Any]], BrowserContext]) -> Page:
    return context_of(PHONE).new_page()


@pytest.mark.parametrize("installs", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_nothing_but_the_builds_own_files_is_ever_kept(
    shell: ShellServer, visitor: Page, installs: int
) -> None:
    chance = random.Random(27)
    listed = shell.listed()
    # A page of ours that starts nothing by itself: each round asks for the worker once and hears how that ended.
    (shell.files / "blank.html").write_text("<!doctype html><title>blank</title>", encoding="utf-8")

    tools = visitor.context.new_cdp_session(visitor)

    for _ in range(installs):
        path = chance.choice(sorted(listed))
        kind = chance.choice(sorted(LIES))
        content = (shell.files / path.lstrip("/")).read_bytes()
        shell.lie = _lies_about(path, LIES[kind](content))
        tools.send("Network.clearBrowserCache")
        visitor.goto(f"{shell.url}/blank.html")
        visitor.evaluate(LEAVE_NOTHING)
        assert visitor.evaluate(ASK_FOR_WORKER) is False, (path, kind)
        wrong = [(name, hash_) for name, hash_ in visitor.evaluate(KEPT) if listed.get(name) != hash_]
        assert wrong == [], (path, kind)

    shell.lie = lambda path: None
    visitor.goto(f"{shell.url}/blank.html")
    assert visitor.evaluate(ASK_FOR_WORKER) is True
    assert dict(visitor.evaluate(KEPT)) == listed


def test_a_newer_version_comes_whole_or_not_at_all_and_within_one_launch(
    shell: ShellServer, visitor: Page
) -> None:
    installed(shell, visitor)
    old = shell.listed()
    shell.release("second")
    shell.lie = lambda path: Response(PORTAL, media_type="text/html") if path == "/index.html" else None

    visitor.reload()
    visitor.evaluate(ASK_FOR_WORKER)
    assert visitor.locator('meta[name="build"]').count() == 0
    assert all(old[path] == hash_ for path, hash_ in visitor.evaluate(KEPT))

    # The line is well again. Nobody is signed in, so nobody has to be asked.
    shell.lie = lambda path: None
    visitor.reload()
    expect(visitor.locator('meta[name="build"]')).to_have_attribute("content", "second")
    assert wait_until(lambda: dict(visitor.evaluate(KEPT)) == shell.listed(), "the newer files alone")
    visitor.context.set_offline(True)
    visitor.reload()
    expect(visitor.get_by_test_id("sign-in-username")).to_be_visible()
    assert visitor.locator('meta[name="build"]').get_attribute("content") == "second"


def test_the_off_switch_clears_the_app_in_one_launch_and_leaves_what_was_recorded(
    shell: ShellServer, visitor: Page
) -> None:
    installed(shell, visitor)
    names = visitor.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)")
    assert "xunlu" in names

    shell.off_switch.touch()
    visitor.reload()

    gone = "async () => (await caches.keys()).length + (await navigator.serviceWorker.getRegistrations()).length === 0"
    assert wait_until(lambda: visitor.evaluate(gone), "the worker's leaving")
    assert names == visitor.evaluate("async () => (await indexedDB.databases()).map((one) => one.name)")
    visitor.reload()
    expect(visitor.get_by_test_id("sign-in-username")).to_be_visible()
    assert visitor.evaluate(gone), "nothing is installed while the order stands"

    shell.off_switch.unlink()
    installed(shell, visitor)
    assert dict(visitor.evaluate(KEPT)) == shell.listed()


def test_a_worker_that_answers_nobody_is_replaced_by_one_that_leaves(
    shell: ShellServer, visitor: Page
) -> None:
    broken = """
        self.addEventListener('install', () => self.skipWaiting())
        self.addEventListener('fetch', (event) => event.respondWith(new Response('broken')))
    """
    (shell.files / "blank.html").write_text("<!doctype html><title>blank</title>", encoding="utf-8")
    (shell.files / "sw.js").write_text(broken, encoding="utf-8")
    visitor.goto(f"{shell.url}/blank.html")
    assert visitor.evaluate(ASK_FOR_WORKER) is True
    visitor.reload()
    expect(visitor.locator("body")).to_have_text("broken")

    shell.off_switch.touch()
    visitor.reload()  # the launch: its page is broken still, but the browser looks for a newer worker

    gone = "async () => (await navigator.serviceWorker.getRegistrations()).length === 0"
    assert wait_until(lambda: visitor.evaluate(gone), "the broken worker's leaving")
    visitor.goto(f"{shell.url}/blank.html")
    expect(visitor).to_have_title("blank")


def test_the_app_can_be_put_on_the_home_screen(shell: ShellServer, visitor: Page) -> None:
    installed(shell, visitor)
    tools = visitor.context.new_cdp_session(visitor)

    manifest = tools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
    problems = tools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Playwright's contexts are private windows, where nothing can be installed; everything else counts.
    assert {one["errorId"] for one in problems} <= {"in-incognito"}
    icons = visitor.evaluate(
        """async () => {
          const manifest = await (await fetch('/manifest.webmanifest')).json()
          const icons = [...manifest.icons, ...manifest.shortcuts.flatMap((one) => one.icons)]
          return Promise.all(icons.map(async (icon) => {
            const picture = await createImageBitmap(await (await fetch(icon.src)).blob())
            return [icon.sizes, `${picture.width}x${picture.height}`, icon.purpose ?? 'any']
          }))
        }"""
    )
    assert all(declared == real for declared, real, _ in icons)
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= {
        (real, purpose) for _, real, purpose in icons
    }


def _lies_about(path: str, lie: Response) -> Callable[[str], Response | None]:
    """A portal in the way that gives this answer to one path and has a page of its own."""
    return {path: lie, "/portal.html": Response(PORTAL)}.get


def installed(shell: ShellServer, visitor: Page) -> None:
    visitor.goto(shell.url)
    expect(visitor.get_by_test_id("sign-in-username")).to_be_visible()
    wait_for_service_worker(visitor)
