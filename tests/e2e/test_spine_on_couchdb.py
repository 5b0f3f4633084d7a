"""The steward's day again, word for word, on a server whose documents lie in a CouchDB: phones and desks notice nothing.

Which of them every run tells stands in conftest.py (TOLD_ON_COUCHDB); `make soak` tells the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.demo_server import DemoServer, on_couchdb
from tests.e2e.people import Steward, go_offline, go_online
from tests.e2e.test_spine import (
    Photos,
    test_a_vacant_unit_and_a_fee_visit_are_done_offline_through_the_form_of_the_catalogue,
    test_a_violation_found_without_network_is_decided_and_comes_back,
    test_an_undecided_violation_goes_to_the_manager_and_a_near_date_to_the_steward,
    test_confirming_waits_for_every_listed_photo,
    test_the_office_reads_filters_opens_and_exports_the_register,
)

__all__ = [
    "test_a_vacant_unit_and_a_fee_visit_are_done_offline_through_the_form_of_the_catalogue",
    "test_a_violation_found_without_network_is_decided_and_comes_back",
    "test_an_undecided_violation_goes_to_the_manager_and_a_near_date_to_the_steward",
    "test_confirming_waits_for_every_listed_photo",
    "test_the_office_reads_filters_opens_and_exports_the_register",
]


@pytest.fixture
def demo(demo_in_couchdb: Path, tmp_path: Path) -> Iterator[DemoServer]:
    with on_couchdb(demo_in_couchdb, tmp_path) as server:
        server.start()
        yield server


def test_a_phone_waits_while_the_couchdb_is_away_and_loses_nothing(
    demo: DemoServer, phone: Page, photos: Photos
) -> None:
    steward = Steward(phone, demo)
    steward.comes_to_work()
    subject = steward.subjects_to_do("patrol")[0]
    go_offline(phone.context)
    steward.patrols_and_stops_a_violation(subject, photos(1), photos(2))
    demo.couchdb.kill()

    with phone.expect_response(lambda answer: "/db/" in answer.url and answer.status == 503, timeout=60_000):
        go_online(phone.context)
    steward.goes_to_today()
    expect(phone.get_by_test_id("truth-badge")).not_to_contain_text("已全部送达")

    demo.couchdb.start()
    steward.everything_is_received()
    assert demo.office("supervisor1").wait_for_violation(subject)["missing_photos"] == []
