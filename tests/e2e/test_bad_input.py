"""Bad input meets a clear message, and nothing is half done: at the phone's screen and at the server's door.

Not for: the command line (tests/server/test_cli.py), every route with every kind of nonsense (tests/api/test_schema.py).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from playwright.sync_api import Page, expect
from ulid import ULID

from server.access.tokens import AccessTokens
from server.receipts import receipt_hash, revision_of
from tests.e2e.demo_server import PASSWORD, SITE, DemoServer, OfficeClient
from tests.e2e.people import Steward
from tests.e2e.phone_memory import memory_of, put_forged_tokens

Photos = Callable[[int], list[Path]]
DOORS = ("/api/me", "/api/records/unit", "/db/area-a1", "/db/area-a1/_changes", "/media/photos/" + "0" * 64)


def test_a_wrong_password_is_said_in_chinese_and_the_name_stays(demo: DemoServer, phone: Page) -> None:
    steward = Steward(phone, demo)
    steward.signs_in(password="not-the-password")

    expect(phone.get_by_text("用户名或密码不对")).to_be_visible()
    expect(phone.get_by_test_id("sign-in-username")).to_have_value("steward1")
    expect(phone.get_by_test_id("today-list")).to_have_count(0)

    phone.get_by_test_id("sign-in-password").fill(PASSWORD)
    phone.get_by_test_id("sign-in-submit").click()
    steward.sees_today()


def test_the_same_picture_twice_breaks_no_screen(demo: DemoServer, phone: Page, photos: Photos) -> None:
    """In two places of one form, and in two records of one unit."""
    broken: list[str] = []
    phone.on("pageerror", lambda error: broken.append(str(error)))
    steward = Steward(phone, demo)
    steward.signs_in()
    steward.sees_today()
    unit = steward.subjects_to_do("vacancy")[0]
    picture = photos(1)

    steward.opens(f"/new/complaint?subject={unit}")
    for count, kind in enumerate(("overview", "detail"), start=1):
        phone.get_by_test_id(f"photo-kind-{kind}").click()
        phone.get_by_test_id("photo-input").first.set_input_files(picture)
        expect(phone.get_by_test_id("photo-thumb")).to_have_count(count)

    for _ in range(2):
        steward.checks_a_vacant_unit(unit, picture)
    steward.opens(f"/units/{unit}")
    strip = phone.locator(".card", has=phone.get_by_role("heading", name="历史记录"))
    expect(strip.get_by_role("link", name="空置房巡检")).not_to_have_count(0)
    assert broken == []


def test_a_session_the_server_does_not_know_costs_no_record(
    demo: DemoServer, phone: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.signs_in()
    steward.sees_today()
    subject = steward.subjects_to_do("patrol")[0]
    put_forged_tokens(phone)

    steward.patrols(subject, photos(1))
    phone.get_by_test_id("password-open").click()
    password = phone.get_by_test_id("sign-in-password")
    password.fill("not-the-password")
    phone.get_by_test_id("sign-in-submit").click()
    expect(phone.get_by_text("用户名或密码不对")).to_be_visible()
    waiting = [record for record in memory_of(phone).records.values() if record.state == "saved"]
    assert [record.type for record in waiting] == ["decoration_patrol"]

    password.fill(PASSWORD)
    phone.get_by_test_id("sign-in-submit").click()
    steward.everything_is_received()
    listed = demo.office().records("decoration_patrol", author="steward1")
    assert [row["id"] for row in listed].count(waiting[0].id) == 1


def test_a_record_that_midnight_made_wrong_is_shown_with_its_reason_corrected_and_taken(
    demo: DemoServer, phone: Page
) -> None:
    """Filled in before midnight, with a follow-up for that day; saved after it, when that day has passed."""
    steward = Steward(phone, demo)
    steward.signs_in()
    steward.sees_today()
    household = steward.subjects_to_do("fee")[0]
    now = datetime.now(SITE)
    late = (now - timedelta(days=1)).replace(hour=23, minute=59)

    phone.clock.set_fixed_time(late)
    steward.fills_in_a_fee_visit(household, late.date())
    phone.clock.set_fixed_time(now)
    steward.saves()
    steward.opens("/sync")
    expect(phone.get_by_test_id("sync-held")).to_have_text("1", timeout=30_000)
    (refused,) = [record for record in memory_of(phone).records.values() if record.state == "held"]
    assert [case["code"] for case in _held(demo, refused.id)] == ["date_past"]
    phone.get_by_test_id("held-row").click()
    expect(phone.get_by_test_id("held-reason")).to_contain_text(re.compile(rf"{late.date()}.*早于"))

    phone.get_by_test_id("correct").click()
    phone.get_by_test_id("field-next_action_at").fill((now + timedelta(days=2)).date().isoformat())
    phone.get_by_test_id("field-promise_date").fill((now + timedelta(days=2)).date().isoformat())
    steward.saves()
    steward.everything_is_received()
    (accepted,) = memory_of(phone).records.values()
    assert (accepted.type, accepted.state in ("received", "receipted")) == ("fee_visit", True)
    assert accepted.id != refused.id
    assert demo.office().get(f"/api/records/fee_visit/{accepted.id}")["held"] == []
    assert demo.office().get(f"/api/records/household/{household}")["record"]["state"] == "promised"


def test_no_door_opens_to_a_token_that_is_not_ours_or_not_of_now(demo: DemoServer) -> None:
    good = _token(demo, "steward1")
    header, claims, signature = good.split(".")
    session = json.loads(base64.urlsafe_b64decode(claims + "=="))["sid"]
    ours = AccessTokens((demo.data / "secret").read_text(encoding="utf-8").strip())
    now = datetime.now(UTC)
    wrong = {
        "no token": None,
        "not a token": "nonsense",
        "another signature": f"{header}.{claims}.{signature[::-1]}",
        "no signature": f"{header}.{claims}.",
        "no algorithm": f"eyJhbGciOiJub25lIn0.{claims}.",
        "another key": AccessTokens("another-secret").issue("steward1", session, "t", now),
        "another's session": ours.issue("supervisor1", session, "t", now),
        "no such session": ours.issue("steward1", "no-such-session", "t", now),
        "expired": ours.issue("steward1", session, "t", now - timedelta(hours=1)),
    }

    assert _knock(demo, "/api/me", ours.issue("steward1", session, "t", now)).status_code == 200
    for door in DOORS:
        for what, token in wrong.items():
            answer = _knock(demo, door, token)
            assert answer.status_code == 401, (door, what, answer.text)
            assert answer.json()["error"]
            assert answer.json()["reason"]


def test_what_is_not_strict_json_is_refused_whole(demo: DemoServer) -> None:
    broken = {
        "cut off": b"{",
        "a key twice": b'{"docs": [], "docs": []}',
        "not a number": b'{"docs": [NaN]}',
        "too deep": b'{"docs": [' + b"[" * 40 + b"]" * 40 + b"]}",
        "not UTF-8": b'{"docs": ["\xff"]}',
        "a number no phone can read": b'{"docs": [9007199254740993]}',
    }
    steward = demo.office("steward1")
    headers = {"Authorization": f"Bearer {_token(demo, 'steward1')}", "Content-Type": "application/json"}
    before = steward.get("/db/area-a1")["update_seq"]

    for path in ("/api/facts", "/db/area-a1/_bulk_docs"):
        for what, body in broken.items():
            answer = httpx2.post(f"{demo.url}{path}", content=body, headers=headers)
            assert answer.status_code == 400, (path, what, answer.text)
            assert answer.json()["reason"], (path, what)

    assert steward.get("/db/area-a1")["update_seq"] == before


def test_a_record_of_an_unknown_area_is_held_for_the_supervisor_and_never_dropped(demo: DemoServer) -> None:
    steward = demo.office("steward1")
    fact = _a_patrol_of(steward) | {"_id": f"decoration_patrol:{ULID()}", "area": "a9"}
    digest = receipt_hash(fact)
    revision = revision_of(digest)
    wire = fact | {"_rev": revision, "_revisions": {"start": 1, "ids": [revision[2:]]}}

    (row,) = steward.post("/db/area-a1/_bulk_docs", {"new_edits": False, "docs": [wire]}).json()

    assert (row["id"], row["error"], row["code"]) == (fact["_id"], "forbidden", "wrong_area")
    assert "片区" in row["reason"]
    asked = {"items": [{"id": fact["_id"], "rev": revision, "hash": digest}], "photos": []}
    (receipt,) = steward.post("/api/receipts", asked).json()["items"]
    assert (receipt["state"], receipt["code"]) == ("held", "wrong_area")
    assert [case["code"] for case in _held(demo, str(fact["_id"]))] == ["wrong_area"]
    assert fact["_id"] not in {row["id"] for row in demo.office().records("decoration_patrol")}


def _held(demo: DemoServer, fact: str) -> list[dict[str, Any]]:
    cases = demo.office("supervisor1").get("/api/held", limit=500)["items"]
    return [case for case in cases if case["id"] == fact]


def _a_patrol_of(steward: OfficeClient) -> dict[str, Any]:
    every = steward.get("/db/area-a1/_all_docs", include_docs="true")["rows"]
    known = next(row["doc"] for row in every if row["id"].startswith("decoration_patrol:"))
    plain = {name: value for name, value in known.items() if not name.startswith("_") and name != "device"}
    return dict(json.loads(json.dumps(plain)))


def _knock(demo: DemoServer, path: str, token: str | None) -> httpx2.Response:
    return httpx2.get(f"{demo.url}{path}", headers={"Authorization": f"Bearer {token}"} if token else {})


def _token(demo: DemoServer, username: str) -> str:
    answer = httpx2.post(f"{demo.url}/api/session", json={"username": username, "password": PASSWORD})
    answer.raise_for_status()
    return str(answer.json()["access_token"])
