"""Server and browser killed at random moments of a day's work: nothing that was called saved is lost or doubled.

What was saved is asked of the phone itself, the moment it said so. In the end the office must have exactly these
records, each once and in one revision, each naming its photos, each photo byte for byte.
Counts: 20 kills of each in `make soak`, a tenth in `make test`. Source: promises I1, I2, I5, F-01, F-09, F-19, F-31.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.e2e.demo_server import DemoServer, OfficeClient, wait_until
from tests.e2e.killed_phone import kill_browser, phone_on
from tests.e2e.people import Steward
from tests.e2e.phone_memory import KeptRecord, Memory, memory_of

Photos = Callable[[int], list[Path]]
KILLS = [2, pytest.param(20, marks=pytest.mark.soak)]
RECORDED_HERE = ("decoration_patrol", "violation", "vacancy_check", "fee_visit")


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.timeout(3600)
def test_a_server_killed_at_any_moment_loses_and_doubles_nothing(
    demo: DemoServer, phone: Page, photos: Photos, kills: int
) -> None:
    chance = random.Random(20_261_122)
    day = Day(Steward(phone, demo), photos)
    day.begins()
    before = _records_of_the_office(demo)
    interrupted = 0

    for round_ in range(kills):
        day.records(round_)
        phone.wait_for_timeout(chance.uniform(0, (200, 1200)[round_ % 2]))  # any moment of the sending
        demo.kill()
        interrupted += not day.notes().is_all_received()
        demo.start()

    day.steward.everything_is_received(timeout_ms=120_000)
    assert interrupted > 0, "every kill came after everything was received: nothing was tried"
    _each_is_there_once(demo, day, before)
    assert memory_of(phone).is_all_received()


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.timeout(3600)
def test_a_browser_killed_at_any_moment_loses_and_doubles_nothing(
    demo: DemoServer, playwright: Playwright, tmp_path: Path, photos: Photos, kills: int
) -> None:
    chance = random.Random(20_261_123)
    profile = tmp_path / "profile"
    before = _records_of_the_office(demo)
    day = Day(None, photos)
    with phone_on(playwright, profile) as page:
        day.goes_on_with(Steward(page, demo))
        day.begins()
        day.steward.can_work_offline()

    for round_ in range(kills):
        is_offline = round_ % 2 == 1
        if is_offline:
            demo.stop()
        with phone_on(playwright, profile) as page:
            day.goes_on_with(Steward(page, demo))
            day.records(round_)
            day.notes()
            page.wait_for_timeout(chance.uniform(0, 1000))  # any moment of the sending
            kill_browser(profile)
        if is_offline:
            demo.start()

    with phone_on(playwright, profile) as page:
        steward = Steward(page, demo)
        steward.opens("/")
        steward.everything_is_received(timeout_ms=120_000)
        assert memory_of(page).is_all_received()
    _each_is_there_once(demo, day, before)


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.timeout(3600)
def test_a_browser_killed_while_saving_keeps_the_records_or_the_draft_and_never_both(
    demo: DemoServer, playwright: Playwright, tmp_path: Path, photos: Photos, kills: int
) -> None:
    """A draft that outlives its records would be saved a second time; neither of them would be a lost hour."""
    chance = random.Random(20_261_124)
    profile = tmp_path / "profile"
    with phone_on(playwright, profile) as page:
        steward = Steward(page, demo)
        steward.comes_to_work()
        subjects = steward.subjects_to_do("patrol")
    demo.stop()
    known: set[str] = set()

    for round_ in range(kills):
        subject = subjects[round_ % len(subjects)]
        with phone_on(playwright, profile) as page:
            steward = Steward(page, demo)
            steward.fills_in_a_patrol_with_a_violation(subject, photos(1), photos(2))
            _until_drafts_hold(page, [3])
            page.get_by_test_id("save").click()
            page.wait_for_timeout(chance.uniform(0, 120))  # any moment of the saving
            kill_browser(profile)
        with phone_on(playwright, profile) as page:
            steward = Steward(page, demo)
            steward.goes_to_today()
            memory = memory_of(page)
            saved = sorted(record.type for id, record in memory.records.items() if id not in known)
            if memory.drafts:
                assert saved == []
                steward.opens(f"/decoration/{subject}/patrol")
                expect(page.get_by_test_id("photo-thumb")).to_have_count(3)
                page.get_by_test_id("draft-discard").click()
                _until_drafts_hold(page, [])
            else:
                assert saved == ["decoration_patrol", "violation"]
            known = set(memory.records)


@dataclass
class Day:
    """What the steward saved, as the phone itself knows it."""

    _steward: Steward | None
    _photos: Photos
    saved: dict[str, KeptRecord] = field(default_factory=dict)
    taken: dict[str, Path] = field(default_factory=dict)
    _duties: dict[str, list[str]] = field(default_factory=dict)
    _just_saved: tuple[list[str], list[Path]] = field(default=([], []))

    @property
    def steward(self) -> Steward:
        assert self._steward is not None
        return self._steward

    def goes_on_with(self, steward: Steward) -> None:
        self._steward = steward

    def begins(self) -> None:
        self.steward.signs_in("steward1")
        self.steward.sees_today()
        for kind in ("patrol", "vacancy", "fee"):
            expect(self.steward.open_rows(kind).first).to_be_visible()
            self._duties[kind] = list(dict.fromkeys(self.steward.subjects_to_do(kind)))

    def records(self, round_: int) -> None:
        """One visit: a patrol that finds a violation, a vacant unit, or a household in arrears, in turn."""
        kind = ("patrol", "vacancy", "fee")[round_ % 3]
        subject = self._duties[kind][(round_ // 3) % len(self._duties[kind])]
        if kind == "patrol":
            taken = self._photos(4)
            self.steward.patrols_and_stops_a_violation(subject, taken[:2], taken[2:])
            self._just_saved = (["decoration_patrol", "violation"], taken)
        elif kind == "vacancy":
            taken = self._photos(1)
            self.steward.checks_a_vacant_unit(subject, taken)
            self._just_saved = (["vacancy_check"], taken)
        else:
            self.steward.visits_for_fees_and_gets_a_promise(subject, in_days=2)
            self._just_saved = (["fee_visit"], [])

    def notes(self) -> Memory:
        """What the phone has of the visit it just called saved: the records, and by their hashes the photos."""
        memory = memory_of(self.steward.page)
        assert self.saved.keys() <= memory.records.keys(), "the phone forgot what it had saved"
        new = {id: record for id, record in memory.records.items() if id not in self.saved}
        types, photos = self._just_saved
        assert sorted(record.type for record in new.values()) == types
        taken = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in photos}
        assert sorted(sha256 for record in new.values() for sha256 in record.photos) == sorted(taken)
        self.saved |= new
        self.taken |= taken
        return memory


def _until_drafts_hold(page: Page, photos: list[int]) -> None:
    wait_until(lambda: list(memory_of(page).drafts.values()) == photos, f"drafts with {photos} photos")


def _records_of_the_office(demo: DemoServer) -> Counter[str]:
    office = demo.office("office1")
    return Counter(str(row["id"]) for kind in RECORDED_HERE for row in office.records(kind))


def _each_is_there_once(demo: DemoServer, day: Day, before: Counter[str]) -> None:
    wait_until(lambda: day.saved.keys() <= _records_of_the_office(demo).keys(), "every saved record")
    assert _records_of_the_office(demo) - before == Counter(day.saved.keys())
    _each_has_one_revision(demo.office("steward1"), day)
    office = demo.office("supervisor1")
    for record in day.saved.values():
        shown = office.get(f"/api/records/{record.type}/{record.id}")
        assert shown["held"] == []
        listed = {photo["sha256"]: photo["stored"] for photo in shown["photos"] if photo["fact"] == record.id}
        assert listed == dict.fromkeys(record.photos, True)
    for sha256, path in day.taken.items():
        assert office.raw(f"/media/photos/{sha256}", view="original").content == path.read_bytes()


def _each_has_one_revision(steward: OfficeClient, day: Day) -> None:
    """No retry and no restart made a second edit or a conflict of any record."""
    rows: list[dict[str, Any]] = steward.get("/db/area-a1/_changes", style="all_docs")["results"]
    revisions = [
        (row["id"], [change["rev"] for change in row["changes"]]) for row in rows if row["id"] in day.saved
    ]
    assert sorted(revisions) == sorted((record.id, [record.rev]) for record in day.saved.values())
