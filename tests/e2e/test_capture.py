"""Evidence on the phone: shots with stamp and position, marks on a copy, a signature, a cleared browser.

The camera is Chromium's own fake device, the clearing is what a browser does to a site.
Told by `make soak`; what of it needs no browser is told every time by pwa/tests/store and pwa/tests/capture.
Source: promises F-05; domain 4.4 photo; R-X-27, R-X-29.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Geolocation, Page, expect

from tests.e2e.conftest import PHONE
from tests.e2e.demo_server import DemoServer
from tests.e2e.people import Steward
from tests.e2e.phone_memory import memory_of

QUESTIONS = ("valves_closed", "main_switch_off", "windows_closed_at_exit")
HERE: Geolocation = {"latitude": 31.2304, "longitude": 121.4737, "accuracy": 12}
pytestmark = pytest.mark.soak


@pytest.fixture(scope="module")
def site(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    data = tmp_path_factory.mktemp("capture") / "data"
    shutil.copytree(demo_data, data)
    server = DemoServer(data)
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(**PHONE, permissions=["camera", "geolocation"], geolocation=HERE)
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def steward(context: BrowserContext, site: DemoServer) -> Steward:
    steward = Steward(context.new_page(), site)
    steward.signs_in()
    steward.sees_today()
    return steward


@pytest.fixture
def disk(context: BrowserContext, steward: Steward) -> Iterator[CDPSession]:
    session = context.new_cdp_session(steward.page)
    yield session
    session.detach()


def vacant_units(steward: Steward) -> list[str]:
    steward.goes_to_today()
    expect(steward.open_rows("vacancy").first).to_be_visible()
    return steward.subjects_to_do("vacancy")


def opens_check(steward: Steward, unit: str) -> Page:
    page = steward.page
    steward.opens(f"/new/vacancy_check?subject={unit}")
    page.get_by_test_id("photo-input-camera").click()
    return page


def shoots(page: Page, count: int) -> None:
    for number in range(count):
        page.get_by_test_id("camera-shutter").click()
        expect(page.locator(".count")).to_contain_text(str(number + 1))
    page.get_by_test_id("camera-done").click()
    expect(page.get_by_test_id("photo-thumb")).to_have_count(count)


def answers(page: Page) -> None:
    page.get_by_test_id("all-normal").click()
    for question in QUESTIONS:
        page.get_by_test_id(f"field-{question}-true").click()


def photos_of(site: DemoServer, unit: str) -> list[dict[str, Any]]:
    found = site.office("manager1").records("vacancy_check", q=unit.removeprefix("unit:demo-"))
    newest = max(found, key=lambda row: row["performed_at"])
    photos = site.office("manager1").get(f"/api/records/vacancy_check/{newest['id']}")["record"]["photos"]
    return [dict(photo) for photo in photos]


def signs(page: Page) -> None:
    pad = page.get_by_test_id("signature-pad").bounding_box()
    assert pad is not None
    for stroke in range(2):
        for step in range(12):
            x = pad["x"] + pad["width"] * (0.25 + 0.25 * stroke + 0.015 * step)
            y = pad["y"] + pad["height"] * (0.5 + 0.2 * math.sin(step))
            page.mouse.move(x, y)
            if step == 0:
                page.mouse.down()
        page.mouse.up()


def test_a_shot_carries_its_stamp_and_by_consent_its_position_and_marks_go_onto_a_copy(
    steward: Steward, site: DemoServer
) -> None:
    unit = vacant_units(steward)[0]
    page = opens_check(steward, unit)
    expect(page.get_by_test_id("camera-stamp")).to_contain_text(unit.removeprefix("unit:demo-"))
    page.get_by_test_id("position-chip").click()
    page.get_by_test_id("position-agree").click()
    page.get_by_test_id("camera-shutter").click()
    expect(page.get_by_test_id("position-chip")).to_contain_text("±12")
    page.get_by_test_id("camera-last").click()
    page.get_by_test_id("camera-retake").click()
    shoots(page, 1)

    page.get_by_test_id("photo-thumb").click()
    page.get_by_test_id("photo-annotate").click()
    canvas = page.get_by_test_id("annotate-canvas").bounding_box()
    assert canvas is not None
    page.mouse.move(canvas["x"] + 60, canvas["y"] + 60)
    page.mouse.down()
    page.mouse.move(canvas["x"] + 200, canvas["y"] + 160)
    page.mouse.up()
    page.get_by_test_id("annotate-save").click()
    expect(page.get_by_test_id("photo-thumb")).to_have_count(2)
    answers(page)
    steward.saves()
    steward.everything_is_received()

    original, copy = photos_of(site, unit)
    assert copy["copy_of"] == original["sha256"]
    assert original["watermark_text"].endswith(original["sha256"][:6].upper())
    assert original["source"] == "camera"
    assert original["bytes"] <= 400_000
    assert original["gps"] == {"lat": HERE["latitude"], "lon": HERE["longitude"], "accuracy_m": 12}


def test_a_signature_is_a_photo_that_says_whose_it_is_and_a_refusal_is_none(steward: Steward) -> None:
    page = steward.page
    steward.opens("/new/key_entrustment?subject=unit:demo-1-1-101")
    page.get_by_test_id("signature-open").click()
    page.get_by_test_id("signature-done").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择身份")
    page.get_by_test_id("signer-role-owner").click()
    page.get_by_test_id("signer-name").fill("张三")
    signs(page)
    page.get_by_test_id("signature-undo").click()
    signs(page)
    page.get_by_test_id("signature-done").click()
    expect(page.get_by_test_id("signature-signed")).to_contain_text("张三（业主）")

    page.get_by_test_id("signature-open").click()
    page.get_by_test_id("signature-cannot").click()
    page.get_by_test_id("signer-role-tenant").click()
    page.get_by_test_id("signer-name").fill("李四")
    page.get_by_test_id("unsigned-refused").click()
    page.get_by_test_id("unsigned-reason").fill("不同意，已当面读给对方听")
    page.get_by_test_id("signature-done").click()

    expect(page.get_by_test_id("signature-signed").nth(1)).to_contain_text("拒绝签字")


COMPLAINT = {"text": "楼上漏水三天没有人来", "wish": "今天有人来看"}
ANSWERS = ("channel-home", "class-general", "cause-indoor_repair", "scope-own")


def test_who_complains_signs_what_was_taken_down_or_the_steward_says_why_not(
    steward: Steward, site: DemoServer
) -> None:
    unit = vacant_units(steward)[0]
    for is_signed in (True, False):
        page = steward.page
        steward.opens(f"/new/complaint?subject={unit}")
        for field, words in COMPLAINT.items():
            page.get_by_test_id(f"field-{field}").fill(words)
        for answer in ANSWERS:
            page.get_by_test_id(f"field-{answer}").click()
        page.get_by_test_id("signature-open").click()
        if not is_signed:
            page.get_by_test_id("signature-cannot").click()
            page.get_by_test_id("unsigned-refused").click()
            page.get_by_test_id("unsigned-reason").fill("只肯口头说")
        page.get_by_test_id("signer-role-owner").click()
        page.get_by_test_id("signer-name").fill("张三")
        if is_signed:
            signs(page)
        page.get_by_test_id("signature-done").click()
        expect(page.get_by_test_id("signature-signed")).to_have_count(1)
        steward.saves()
    steward.everything_is_received()

    office = site.office("manager1")
    taken = [id for id in memory_of(steward.page).records if id.startswith("complaint:")]
    facts = [fact for id in taken for fact in office.get(f"/api/records/complaint/{id}")["facts"]]
    photos = [photo for fact in facts for photo in fact["photos"]]
    assert sorted((photo["kind"], photo["signer"].get("unsigned")) for photo in photos) == [
        ("document", "refused"),
        ("signature", None),
    ]

    steward.opens(f"/new/repair_order?subject={unit}")
    expect(steward.page.get_by_test_id("signature-open")).to_be_visible()


def test_a_cleared_browser_names_what_was_lost_to_the_steward_and_the_office(
    steward: Steward, site: DemoServer, disk: CDPSession
) -> None:
    unit = vacant_units(steward)[1]
    page = opens_check(steward, unit)
    page.context.set_offline(True)
    shoots(page, 1)
    answers(page)
    steward.saves()
    expect(page.get_by_test_id("truth-badge")).to_contain_text("1 条待发")
    page.goto("about:blank")
    page.context.set_offline(False)
    disk.send("Storage.clearDataForOrigin", {"origin": site.url, "storageTypes": "indexeddb"})

    steward.signs_in()

    page.get_by_test_id("lost-banner").click()
    expect(page.get_by_test_id("lost-record")).to_have_count(1)
    expect(page.get_by_test_id("lost-photo")).to_have_count(1)
    expect(page.get_by_test_id("lost-told")).to_contain_text("办公室已经知道")
    told = [loss for row in site.office("manager1").get("/api/phones")["items"] for loss in row["lost"]]
    assert {loss["id"] for loss in told} == {
        page.get_by_test_id(name).get_attribute("data-id") for name in ("lost-record", "lost-photo")
    }
