"""What a steward, a supervisor and an office worker do, in their own words.

For: keeping the stories readable. Not for: assertions about the product; those stand in the stories.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Protocol

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.e2e.demo_server import PASSWORD, SITE, DemoServer

PATROL_ITEMS = (
    "finished_product_protection",
    "rubbish_piling",
    "working_hours",
    "walls",
    "waterproofing",
    "guard_rail",
    "terrace_balcony_alteration",
    "installations",
)


class Reached(Protocol):
    """Where a phone finds the app: the server itself, or what stands before it."""

    @property
    def url(self) -> str: ...


class Steward:
    """Somebody on rounds, with a phone."""

    def __init__(self, page: Page, demo: Reached) -> None:
        self.page = page
        self._demo = demo

    def signs_in(self, username: str = "steward1", password: str = PASSWORD) -> None:
        self.page.goto(self._demo.url)
        self.page.get_by_test_id("sign-in-username").fill(username)
        self.page.get_by_test_id("sign-in-password").fill(password)
        self.page.get_by_test_id("sign-in-submit").click()

    def sees_today(self) -> None:
        expect(self.page.get_by_test_id("today-list")).to_be_visible()
        expect(self.open_rows("patrol").first).to_be_visible()

    def can_work_offline(self) -> None:
        """Wait until the service worker serves the app: from then on a reload needs no network."""
        wait_for_service_worker(self.page)

    def comes_to_work(self, username: str = "steward1") -> None:
        """Signs in and sees today's list; from then on the network may go."""
        self.signs_in(username)
        self.sees_today()
        self.can_work_offline()

    def open_rows(self, kind: str) -> Locator:
        return self.page.locator(
            f'[data-testid="today-group-{kind}"] [data-testid="today-row"]:not([data-done="true"])'
        )

    def subjects_to_do(self, kind: str) -> list[str]:
        return subjects_of(self.open_rows(kind))

    def has_done(self, kind: str, subject: str) -> None:
        """Others are still to do. The list is made anew a moment after a record is saved."""
        expect(self.open_rows(kind).first).to_be_visible()
        expect(self.open_rows(kind).and_(self.page.locator(f'[data-subject="{subject}"]'))).to_have_count(0)

    def opens(self, path: str) -> None:
        self.page.goto(f"{self._demo.url}{path}")

    def patrols(self, subject: str, photos: list[Path]) -> None:
        """The eight items, all normal, with photos; saved when the phone says so."""
        self.fills_in_a_patrol(subject, photos)
        self.saves()

    def fills_in_a_patrol(self, subject: str, photos: list[Path]) -> None:
        self.opens(f"/decoration/{subject}/patrol")
        self.page.get_by_test_id("photo-input").first.set_input_files(photos)
        expect(self.page.get_by_test_id("photo-thumb")).to_have_count(len(photos))
        self.page.get_by_test_id("all-normal").click()
        self.says_how_open_violations_stand()

    def patrols_and_stops_a_violation(self, subject: str, photos: list[Path], evidence: list[Path]) -> None:
        self.fills_in_a_patrol_with_a_violation(subject, photos, evidence)
        self.saves()

    def fills_in_a_patrol_with_a_violation(
        self, subject: str, photos: list[Path], evidence: list[Path]
    ) -> None:
        page = self.page
        self.opens(f"/decoration/{subject}/patrol")
        page.get_by_test_id("photo-input").first.set_input_files(photos)
        expect(page.get_by_test_id("photo-thumb")).to_have_count(len(photos))
        page.get_by_test_id("all-normal").click()
        self.says_how_open_violations_stand()
        page.get_by_test_id("violation-add").click()
        page.get_by_test_id("violation-category-wall_removal").click()
        page.get_by_test_id("violation-severity-general").click()
        page.get_by_test_id("violation-place").fill("主卧与客厅之间")
        page.get_by_test_id("violation-description").fill("正在拆除非承重隔墙，未报备")
        page.get_by_test_id("violation-stopped").click()
        page.get_by_test_id("violation-how-persuaded").click()
        page.get_by_test_id("violation-photo-input").set_input_files(evidence)
        expect(page.get_by_test_id("photo-thumb")).to_have_count(len(photos) + len(evidence))

    def says_how_open_violations_stand(self) -> None:
        for violation in self.page.get_by_test_id("progress").all():
            violation.get_by_test_id("progress-text").fill("正在恢复，明天完工")

    def goes_to_today(self) -> None:
        self.opens("/")
        expect(self.page.get_by_test_id("today-list")).to_be_visible()

    def subjects_done(self, kind: str) -> list[str]:
        rows = self.page.locator(
            f'[data-testid="today-group-{kind}"] [data-testid="today-row"][data-done="true"]'
        )
        expect(rows.first).to_be_attached()
        return subjects_of(rows)

    def sees_counts(self, saved: int, photos_saved: int) -> None:
        self.page.get_by_test_id("truth-badge").click()
        expect(self.page.get_by_test_id("sync-saved")).to_contain_text(str(saved))
        expect(self.page.get_by_test_id("sync-photos-saved")).to_contain_text(str(photos_saved))

    def checks_a_vacant_unit(self, unit: str, photos: list[Path]) -> None:
        page = self.page
        self.opens(f"/new/vacancy_check?subject={unit}")
        page.get_by_test_id("photo-input").first.set_input_files(photos)
        expect(page.get_by_test_id("photo-thumb")).to_have_count(len(photos))
        page.get_by_test_id("all-normal").click()
        for question in ("valves_closed", "main_switch_off", "windows_closed_at_exit"):
            page.get_by_test_id(f"field-{question}-true").click()
        self.saves()

    def airs(self, unit: str) -> None:
        page = self.page
        self.opens(f"/new/airing?subject={unit}")
        opened = datetime.now(SITE) - timedelta(minutes=45)
        page.get_by_test_id("airing-by-hand").click()
        page.get_by_test_id("field-opened_at").fill(opened.strftime("%Y-%m-%dT%H:%M"))
        page.get_by_test_id("field-closed_at-now").click()
        for question in ("weather_ok", "closed_confirmed"):
            page.get_by_test_id(f"field-{question}-true").click()
        self.saves()

    def visits_for_fees_and_gets_a_promise(self, household: str, in_days: int) -> None:
        self.fills_in_a_fee_visit(household, (datetime.now(SITE) + timedelta(days=in_days)).date())
        self.saves()

    def fills_in_a_fee_visit(self, household: str, follow_up: date) -> None:
        page = self.page
        self.opens(f"/new/fee_visit?subject={household}")
        day = follow_up.isoformat()
        page.get_by_test_id("field-measure-home_visit").click()
        page.get_by_test_id("field-outcome-promised").click()
        page.get_by_test_id("field-promise_date").fill(day)
        page.get_by_test_id("field-arrears_reason-forgot").click()
        page.get_by_test_id("field-next_action_at").fill(day)

    def saves(self) -> None:
        self.page.get_by_test_id("save").click()
        expect(self.page.get_by_test_id("saved-toast").first).to_contain_text("已存本机")

    def everything_is_received(self, timeout_ms: int = 60_000) -> None:
        expect(self.page.get_by_test_id("truth-badge")).to_contain_text("已全部送达", timeout=timeout_ms)


class Desk:
    """Somebody at a desk screen."""

    def __init__(self, page: Page, demo: DemoServer) -> None:
        self.page = page
        self._demo = demo

    def signs_in(self, username: str) -> None:
        self.page.goto(f"{self._demo.url}/desk")
        self.page.get_by_test_id("sign-in-username").fill(username)
        self.page.get_by_test_id("sign-in-password").fill(PASSWORD)
        self.page.get_by_test_id("sign-in-submit").click()

    def goes_to(self, board: str) -> None:
        self.page.get_by_test_id(f"desk-nav-{board}").click()

    def confirms(self, reason: str, in_days: int) -> str:
        """Confirm the open case; returns the date by which it is to be put right."""
        page = self.page
        day = (datetime.now(SITE) + timedelta(days=in_days)).date().isoformat()
        page.get_by_test_id("decision-confirm").click()
        page.get_by_test_id("decision-reason").fill(reason)
        page.get_by_test_id("decision-rectify-by").fill(day)
        with page.expect_response(lambda answer: answer.url.endswith("/decision")) as decided:
            page.get_by_test_id("decision-send").click()
        assert decided.value.status == 200, decided.value.text()
        return day

    def opens_case(self, violation: str) -> None:
        self.page.locator(f'[data-testid="approval-item"][data-id="{violation}"]').click()


def subjects_of(rows: Locator) -> list[str]:
    """All at one moment: the list may change between two looks."""
    subjects: list[str] = rows.evaluate_all("rows => rows.map((row) => row.dataset.subject ?? '')")
    return subjects


def wait_for_service_worker(page: Page) -> None:
    """Until the page is served by it. Playwright's own waiting would evaluate text, which the page forbids."""
    page.evaluate(
        """() => new Promise((resolve) => {
          const workers = navigator.serviceWorker
          const look = () => workers.controller && resolve(null)
          workers.addEventListener('controllerchange', look)
          look()
        })"""
    )


def go_offline(context: BrowserContext) -> None:
    context.set_offline(True)


def go_online(context: BrowserContext) -> None:
    context.set_offline(False)
