"""Which pushed documents are their pusher's to push (promises S-07, S-08, S-09, F-22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.access import administration
from server.access.server_access import ServerAccess
from sync.access import Action
from tests.server.access.conftest import Office, run, with_header


def patrol(office: Office, **changed: Any) -> dict[str, Any]:
    good: dict[str, Any] = {
        "_id": "decoration_patrol:01KAJ0000000000000000000AA",
        "_rev": "1-" + "a" * 32,
        "type": "decoration_patrol",
        "v": 1,
        "project": "demo",
        "area": "a1",
        "subject": "decoration_project:01KAJ0000000000000000000BB",
        "author": "steward1",
        "device": "dev-1",
        "performed_at": office.clock.now().isoformat(),
        "photos": [],
        "body": {},
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


class Phone:
    """Somebody's phone, already signed in; each push is judged as it arrives."""

    def __init__(self, office: Office, name: str = "steward1", device: str | None = "dev-1") -> None:
        self.office = office
        self.access = ServerAccess(office.services)
        token = office.sign_in(name, device=device).tokens.access_token
        self.caller = run(self.access.identify(with_header(f"Bearer {token}")))

    def pushes(self, document: dict[str, Any], database: str = "area-a1") -> str | None:
        refused = self.access.review(self.caller, database, document)
        return None if refused is None else refused.code

    def may(self, action: Action, database: str) -> bool:
        return self.access.permits(self.caller, database, action)


@pytest.fixture
def phone(office: Office) -> Phone:
    return Phone(office)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"device": ...}, None),
        ({"type": "flying_saucer", "_id": "flying_saucer:01KAJ"}, None),
        ({"author": "steward2"}, "not_author"),
        ({"author": ...}, "not_author"),
        ({"author": ["steward1"]}, "not_author"),
        ({"author": "STEWARD1"}, "not_author"),
        ({"area": "a2"}, "wrong_area"),
        ({"area": ...}, "wrong_area"),
        ({"project": "other"}, "wrong_area"),
        ({"_rev": "2-" + "a" * 32}, "not_first_revision"),
        ({"_rev": "10-" + "a" * 32}, "not_first_revision"),
        ({"_deleted": True}, "deletion"),
        ({"_deleted": True, "_rev": "2-" + "a" * 32, "type": ...}, "deletion"),
        ({"_id": "violation:01KAJ"}, "bad_id"),
        ({"_id": "decoration_patrol:"}, "bad_id"),
        ({"_id": "decoration_patrol"}, "bad_id"),
        ({"type": ...}, "bad_id"),
        ({"type": 7}, "bad_id"),
        ({"type": "", "_id": ":x"}, "bad_id"),
        ({"type": "status", "_id": "status:unit:demo-1-1-101"}, "server_owned"),
        ({"type": ..., "_id": "status:unit:demo-1-1-101"}, "server_owned"),
        ({"type": "unit", "_id": "unit:demo-1-1-101"}, "server_owned"),
        ({"type": "household", "_id": "household:x"}, "server_owned"),
        ({"type": "fee_account", "_id": "fee_account:x"}, "server_owned"),
        ({"type": "weather_day", "_id": "weather_day:x"}, "server_owned"),
        ({"type": "setting", "_id": "setting:x"}, "server_owned"),
        ({"type": "catalogue", "_id": "catalogue:x"}, "server_owned"),
        ({"type": "reminder", "_id": "reminder:x"}, "server_owned"),
        ({"type": "alarm", "_id": "alarm:x"}, "server_owned"),
        ({"type": "calendar", "_id": "calendar:x"}, "server_owned"),
        ({"type": "violation_decision", "_id": "violation_decision:01KAJ"}, "server_made"),
        ({"device": "dev-2"}, "wrong_device"),
        ({"device": None}, "wrong_device"),
    ],
)
def test_a_document_is_taken_only_from_its_author_as_a_new_fact(
    office: Office, phone: Phone, changed: dict[str, Any], code: str | None
) -> None:
    assert phone.pushes(patrol(office, **changed)) == code


def test_a_refusal_says_why_in_chinese_and_then_in_english(office: Office, phone: Phone) -> None:
    refused = phone.access.review(phone.caller, "area-a1", patrol(office, author="steward2"))

    assert refused is not None
    assert refused.reason == "记录人不是当前登录的人。The author is not the signed-in user."


def test_a_session_without_a_device_takes_records_of_any(office: Office) -> None:
    assert Phone(office, device=None).pushes(patrol(office, device="dev-7")) is None


@pytest.mark.parametrize("database", ["project-demo", "user-steward1", "area-a2", "area-nowhere"])
def test_facts_go_into_ones_own_areas_only(office: Office, phone: Phone, database: str) -> None:
    assert phone.may(Action.PUSH, database) is False
    assert phone.pushes(patrol(office), database) == "wrong_database"


def test_readers_push_nothing(office: Office) -> None:
    reader = Phone(office, "viewer1")

    assert reader.may(Action.READ, "area-a1") is True
    assert reader.may(Action.PUSH, "area-a1") is False


class TestAfterATransfer:
    @pytest.fixture
    def moved(self, office: Office, phone: Phone) -> Phone:
        """The phone signed in before its steward was moved from a1 to a2, at noon."""
        self.noon = office.clock.now() + timedelta(hours=3)
        office.later(hours=3)
        office.change(administration.end_area, "steward1", "a1")
        office.change(administration.grant_area, "steward1", "a2")
        office.directory.current()
        office.later(hours=1)
        return phone

    def test_work_of_before_is_taken_into_the_area_it_belongs_to(self, office: Office, moved: Phone) -> None:
        done = (self.noon - timedelta(seconds=1)).isoformat()

        assert moved.may(Action.PUSH, "area-a1") is True
        assert moved.pushes(patrol(office, performed_at=done)) is None

    @pytest.mark.parametrize("text", [None, "", "yesterday", 7, "2026-11-23T10:00:00"])
    def test_work_whose_time_cannot_be_read_is_held(self, office: Office, moved: Phone, text: Any) -> None:
        assert moved.pushes(patrol(office, performed_at=text)) == "after_transfer"

    def test_work_of_afterwards_is_held(self, office: Office, moved: Phone) -> None:
        assert moved.pushes(patrol(office, performed_at=self.noon.isoformat())) == "after_transfer"
        assert moved.pushes(patrol(office)) == "after_transfer"

    def test_the_offset_of_the_phone_makes_no_difference(self, office: Office, moved: Phone) -> None:
        from datetime import timezone

        shanghai = timezone(timedelta(hours=8))
        before = (self.noon - timedelta(minutes=1)).astimezone(shanghai).isoformat()
        after = (self.noon + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-11))).isoformat()

        assert moved.pushes(patrol(office, performed_at=before)) is None
        assert moved.pushes(patrol(office, performed_at=after)) == "after_transfer"

    def test_nothing_of_the_former_area_can_be_read(self, moved: Phone) -> None:
        assert moved.may(Action.READ, "area-a1") is False
        assert moved.may(Action.READ, "area-a2") is True

    def test_the_new_area_takes_new_work(self, office: Office, moved: Phone) -> None:
        assert moved.pushes(patrol(office, area="a2"), "area-a2") is None

    def test_a_steward_who_comes_back_records_again(self, office: Office, moved: Phone) -> None:
        office.change(administration.grant_area, "steward1", "a1")
        office.directory.current()

        assert moved.may(Action.READ, "area-a1") is True
        assert moved.pushes(patrol(office)) is None
