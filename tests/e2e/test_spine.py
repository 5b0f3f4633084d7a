"""One steward's day, end to end: the story that the product is for, in a real browser, on real input."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.e2e.demo_server import SITE, DemoServer
from tests.e2e.people import Desk, Steward, go_offline, go_online

Photos = Callable[[int], list[Path]]


def test_a_violation_found_without_network_is_decided_and_comes_back(
    demo: DemoServer, phone: Page, desk: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.comes_to_work()
    subject = steward.subjects_to_do("patrol")[0]

    # The server is gone, then the whole network; the app comes back from the service worker.
    demo.stop()
    go_offline(phone.context)
    phone.reload()
    steward.sees_today()
    steward.patrols_and_stops_a_violation(subject, photos(2), photos(2))
    steward.goes_to_today()
    steward.has_done("patrol", subject)
    assert subject in steward.subjects_done("patrol")
    steward.sees_counts(saved=2, photos_saved=4)
    expect(phone.get_by_test_id("truth-badge")).not_to_contain_text("已全部送达")

    # The network returns: records, then photos, then the server's word for each.
    demo.start()
    go_online(phone.context)
    steward.everything_is_received()
    violation = demo.office("supervisor1").wait_for_violation(subject)
    assert len(violation["photos"]) == 2
    assert violation["missing_photos"] == []

    # The supervisor sees the photos side by side and decides.
    supervisor = Desk(desk, demo)
    supervisor.signs_in("supervisor1")
    supervisor.goes_to("approvals")
    supervisor.opens_case(violation["id"])
    expect(desk.get_by_test_id("approval-photo")).to_have_count(2)
    rectify_by = supervisor.confirms("证据清楚，需恢复原状", in_days=3)
    decided = demo.office("office1").get(f"/api/records/violation/{violation['id']}")["record"]
    assert decided["state"] in ("confirmed", "notified")
    assert decided["fields"]["decision"]["rectify_by"] == rectify_by
    assert decided["fields"]["decision"]["decided_by"] == "supervisor1"
    decision = demo.office("office1").records("violation_decision")[0]
    assert decision["evidence_hash"] == violation["evidence_hash"]

    # And the phone knows it without being asked.
    steward.opens(f"/violation/{violation['id']}")
    expect(phone.get_by_test_id("violation-decision")).to_contain_text("确认", timeout=60_000)
    month, day = (str(int(part)) for part in rectify_by.split("-")[1:])
    expect(phone.get_by_test_id("violation-decision")).to_contain_text(re.compile(rf"{month}\D+{day}\D"))


def test_confirming_waits_for_every_listed_photo(
    demo: DemoServer, phone: Page, desk: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.signs_in("steward1")
    steward.sees_today()
    subject = steward.subjects_to_do("patrol")[0]
    phone.route("**/media/uploads**", lambda route: route.abort())

    steward.patrols_and_stops_a_violation(subject, photos(1), photos(2))
    violation = demo.office("supervisor1").wait_for_violation(subject)

    answer = demo.office("supervisor1").decide(violation, "confirm")
    assert answer.status_code == 409
    assert answer.json()["code"] == "evidence_missing"
    assert len(answer.json()["missing_photos"]) == 2
    supervisor = Desk(desk, demo)
    supervisor.signs_in("supervisor1")
    supervisor.goes_to("approvals")
    supervisor.opens_case(violation["id"])
    expect(desk.get_by_test_id("missing-photos")).to_be_visible()
    expect(desk.get_by_test_id("decision-confirm")).to_be_disabled()

    phone.unroute("**/media/uploads**")
    steward.everything_is_received()
    violation = demo.office("supervisor1").wait_for_violation(subject)
    assert demo.office("supervisor1").decide(violation, "confirm").status_code == 200


def hours_until_the_day_it_is_due(hour: int = 10) -> float:
    """Ten in the morning at the site, two days on: behind the limit of a decision and the reminder of the day, before its end."""
    now = datetime.now(SITE)
    due = (now + timedelta(days=2)).replace(hour=hour, minute=0)
    return (due - now).total_seconds() / 3600


def test_an_undecided_violation_goes_to_the_manager_and_a_near_date_to_the_steward(
    demo: DemoServer, phone: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.signs_in("steward1")
    steward.sees_today()
    first, second = steward.subjects_to_do("patrol")[:2]
    steward.patrols_and_stops_a_violation(first, photos(1), photos(2))
    steward.patrols_and_stops_a_violation(second, photos(1), photos(2))
    steward.everything_is_received()
    undecided = demo.office("supervisor1").wait_for_violation(first)
    decided = demo.office("supervisor1").wait_for_violation(second)
    assert demo.office("supervisor1").decide(decided, "confirm", in_days=2).status_code == 200

    demo.stop()
    demo.start(hours_later=hours_until_the_day_it_is_due())

    alarms = demo.office("manager1").wait_for_inbox("R-DEC-11", undecided["id"])
    assert [alarm["type"] for alarm in alarms] == ["alarm"]
    case = demo.office("manager1").violation(undecided["id"])
    assert case["escalated"] is True
    reminder = demo.office("steward1").wait_for_inbox("R-DEC-14", decided["id"])
    assert reminder
    phone.goto(f"{demo.url}/inbox")
    expect(phone.get_by_test_id("inbox-item").filter(has_text=decided["unit_no"]).first).to_be_visible(
        timeout=60_000
    )


def test_a_vacant_unit_and_a_fee_visit_are_done_offline_through_the_form_of_the_catalogue(
    demo: DemoServer, phone: Page, desk: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.comes_to_work()
    unit = steward.subjects_to_do("vacancy")[0]
    household = steward.subjects_to_do("fee")[0]
    go_offline(phone.context)

    steward.checks_a_vacant_unit(unit, photos(1))
    steward.airs(unit)
    steward.visits_for_fees_and_gets_a_promise(household, in_days=2)
    steward.goes_to_today()
    steward.has_done("fee", household)
    steward.sees_counts(saved=3, photos_saved=1)

    go_online(phone.context)
    steward.everything_is_received()
    office = demo.office("office1")
    checked = office.get(f"/api/records/unit/{unit}")["record"]
    assert checked["fields"]["last_check_at"] is not None
    assert checked["fields"]["last_airing_at"] is not None
    promised = office.get(f"/api/records/household/{household}")["record"]
    assert promised["state"] == "promised"

    # The promise comes back on its day: by the evening three quarters of its time are over, whenever it was given.
    demo.stop()
    demo.start(hours_later=hours_until_the_day_it_is_due(hour=20))
    reminders = demo.office("steward1").wait_for_inbox("R-FEE-11", household)
    assert reminders


def test_the_office_reads_filters_opens_and_exports_the_register(demo: DemoServer, desk: Page) -> None:
    office = Desk(desk, demo)
    office.signs_in("office1")
    office.goes_to("decoration_project")
    expect(desk.get_by_test_id("register-row").first).to_be_visible()
    rows = demo.office("office1").records("decoration_project", area="a1")
    desk.goto(f"{demo.url}/desk/decoration_project?area=a1")
    expect(desk.get_by_test_id("register-row")).to_have_count(len(rows))

    with desk.expect_download() as download:
        desk.get_by_test_id("register-export-xlsx").click()
    book = load_workbook(BytesIO(Path(download.value.path()).read_bytes()))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]
    units = {row["unit_no"] if "unit_no" in row else row["fields"]["unit_no"] for row in rows}
    assert units == {value for line in cells for value in line if value in units}

    desk.get_by_test_id("register-row").first.click()
    expect(desk.get_by_test_id("record-pane")).to_be_visible()
    office.goes_to("missed")
    expect(desk.get_by_test_id("missed-row").first).to_be_visible()
