"""Every main screen, phone and desk, as somebody meets it who cannot see well, cannot read small print, or is attacked by text.

For: axe without a serious finding; nothing wider than the screen at 360 px and twice the letters; no jump of the first screen;
text that looks like script shown as text. Nothing here may break the content security policy either (conftest.py).
Not for: what the screens do (test_spine.py). Source: issue "The steward's phone"; promises S-17; WCAG 2.1 A and AA.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import DESK, PHONE
from tests.e2e.demo_server import DemoServer
from tests.e2e.people import Desk, Steward

AXE = Path(__file__).parents[2] / "pwa" / "node_modules" / "axe-core" / "axe.min.js"
HOSTILE = '<img src=x onerror="window.executed=1"><script>window.executed=1</script>\'"`${window.executed=1}'
SERIOUS = """
async () => {
  const found = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations'] })
  return found.violations
    .filter((one) => one.impact === 'serious' || one.impact === 'critical')
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`)
}
"""
# What Android's text size does to a page laid out in rem.
TWICE = """
() => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('html { font-size: 200% }')
  document.adoptedStyleSheets = [sheet]
}
"""
# What sticks out of the screen, unless it lies in something that scrolls or is cut on purpose.
TOO_WIDE = """
() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 5)
  .map((one) => `${one.tagName}.${one.className} ${Math.round(one.getBoundingClientRect().right)}`)
"""
JUMPS = """
window.jumped = 0
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.jumped += one.value
}).observe({ type: 'layout-shift', buffered: true })
"""
MOST_JUMP = 0.1
PHONE_TABS = ("units", "records", "me")
BOARDS = ("approvals", "due", "missed", "held", "phones", "grid", "inbox")


@pytest.fixture(scope="module")
def shown(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """One server for all of these: they look, and what they record nobody else counts."""
    data = tmp_path_factory.mktemp("shown") / "data"
    shutil.copytree(demo_data, data)
    server = DemoServer(data)
    server.start()
    yield server
    server.close()


def test_phone_screens_can_be_read_by_everybody(
    shown: DemoServer, context_of: Callable[[dict[str, Any]], BrowserContext]
) -> None:
    context = context_of(PHONE)
    context.add_init_script(JUMPS)
    phone = context.new_page()
    with_axe(context)
    phone.goto(shown.url)
    expect(phone.get_by_test_id("sign-in-username")).to_be_visible()
    found = {"sign-in": findings(phone)}
    steward = Steward(phone, shown)
    steward.signs_in()
    steward.sees_today()
    found["today"] = findings(phone)
    steward.can_work_offline()
    phone.reload()
    steward.sees_today()
    assert phone.evaluate("window.jumped") < MOST_JUMP

    for name, reached in phone_screens(steward, shown):
        reached()
        found[name] = findings(phone)

    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.soak)])
def test_on_a_narrow_phone_with_letters_twice_as_large_nothing_sticks_out(
    shown: DemoServer, context_of: Callable[[dict[str, Any]], BrowserContext], language: str
) -> None:
    phone = context_of({**PHONE, "viewport": {"width": 360, "height": 740}}).new_page()
    steward = Steward(phone, shown)
    steward.signs_in()
    steward.sees_today()
    found = {}
    phone.evaluate(f"localStorage.setItem('xunlu.language', '{language}')")
    for name, reached in phone_screens(steward, shown):
        reached()
        phone.evaluate(TWICE)
        found[name] = phone.evaluate(TOO_WIDE)

    assert {name: problems for name, problems in found.items() if problems} == {}


def test_desk_screens_can_be_read_by_everybody(
    shown: DemoServer, context_of: Callable[[dict[str, Any]], BrowserContext]
) -> None:
    context = context_of(DESK)
    with_axe(context)
    page = context.new_page()
    desk = Desk(page, shown)
    desk.signs_in("manager1")
    expect(page.locator('[data-testid^="desk-nav-"]').first).to_be_visible()
    found = {}
    boards = [
        one.get_attribute("data-testid") or "" for one in page.locator('[data-testid^="desk-nav-"]').all()
    ]
    for board in boards:
        page.get_by_test_id(board).click()
        page.wait_for_load_state("networkidle")
        found[board] = findings(page)

    assert len(boards) >= 5
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_text_that_looks_like_script_is_shown_as_text(
    shown: DemoServer,
    context_of: Callable[[dict[str, Any]], BrowserContext],
    photos: Callable[[int], list[Path]],
) -> None:
    """In what a phone records and syncs, in the reason of a decision, in a file's name."""
    phone = context_of(PHONE).new_page()
    steward = Steward(phone, shown)
    steward.signs_in("steward2")
    steward.sees_today()
    subject = steward.subjects_to_do("patrol")[0]
    named = [
        one.rename(one.with_name(f"<img src=x onerror=window.executed=1>{one.name}")) for one in photos(4)
    ]
    steward.fills_in_a_patrol_with_a_violation(subject, named[:2], named[2:])
    phone.get_by_test_id("violation-place").fill(HOSTILE)
    phone.get_by_test_id("violation-description").fill(HOSTILE)
    steward.saves()
    steward.everything_is_received()
    case = shown.office("supervisor1").wait_for_violation(subject)

    page = context_of(DESK).new_page()
    desk = Desk(page, shown)
    desk.signs_in("supervisor1")
    desk.goes_to("approvals")
    desk.opens_case(case["id"])
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    desk.confirms(HOSTILE, in_days=3)
    page.goto(f"{shown.url}/desk/violation/{case['id']}")
    expect(page.get_by_text(HOSTILE).first).to_be_attached()
    steward.opens(f"/violation/{case['id']}")
    expect(phone.get_by_test_id("violation-decision")).to_contain_text(HOSTILE, timeout=60_000)
    expect(phone.get_by_text(HOSTILE).first).to_be_visible()
    phone.goto(f"{shown.url}/inbox")
    phone.goto(f"{shown.url}/records")

    assert [one.evaluate("window.executed ?? 0") for one in (phone, page)] == [0, 0]


def phone_screens(steward: Steward, server: DemoServer) -> Iterator[tuple[str, Callable[[], object]]]:
    """The main screens beside today, and how to come to each."""
    phone = steward.page
    steward.opens("/")
    steward.sees_today()
    patrol = steward.subjects_to_do("patrol")[0]
    content = phone.locator("#content")

    def at(path: str, seen: str) -> Callable[[], object]:
        def reach() -> None:
            phone.goto(f"{server.url}{path}")
            expect(content.locator(seen).first).to_be_visible()

        return reach

    yield "today", at("/", '[data-testid="today-row"]')
    for tab in PHONE_TABS:
        yield tab, at(f"/{tab}", ".card, a, li")
    yield "the unit card", at("/units/unit:demo-1-1-101", "h2")
    yield "the truth panel", at("/sync", ".card")
    yield "the inbox", at("/inbox", ".card, li, h2")
    yield "a decoration", at(f"/decoration/{patrol}", "h2")
    yield "the patrol's form", at(f"/decoration/{patrol}/patrol", '[data-testid="all-normal"]')
    yield "a form of the catalogue", at("/new/vacancy_check?subject=unit:demo-1-1-101", "fieldset, label")


def with_axe(context: BrowserContext) -> None:
    context.add_init_script(AXE.read_text(encoding="utf-8"))


def findings(page: Page) -> list[str]:
    problems: list[str] = page.evaluate(SERIOUS)
    return problems
