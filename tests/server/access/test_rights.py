"""What each may read and push, today and by rights that ended (promises D12, F-22, S-03, S-38)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from server.access import administration
from server.access.directory import Directory
from server.access.rights import rights_of
from server.errors import AlreadyExists, InvalidInput
from tests.server.access.conftest import Office


def databases(office: Office, name: str, ahead: timedelta = timedelta()) -> dict[str, str]:
    rights = rights_of(office.directory.current(), name, office.clock.now() + ahead)
    return {database: right.access for database, right in rights.databases.items()}


def test_each_role_gets_its_databases(office: Office) -> None:
    assert databases(office, "steward1") == {
        "area-a1": "read_write",
        "project-demo": "read",
        "user-steward1": "read",
    }
    assert databases(office, "supervisor1") == {
        "area-a1": "read_write",
        "area-a2": "read_write",
        "project-demo": "read",
        "user-supervisor1": "read",
    }
    assert databases(office, "viewer1") == {
        "area-a1": "read",
        "area-a2": "read",
        "project-demo": "read",
        "user-viewer1": "read",
    }
    assert databases(office, "admin1") == {"project-demo": "read", "user-admin1": "read"}
    assert databases(office, "nobody") == {}


def test_a_steward_who_was_moved_may_still_push_into_the_former_area_and_read_nothing_of_it(
    office: Office,
) -> None:
    office.change(administration.end_area, "steward1", "a1")
    office.change(administration.grant_area, "steward1", "a2")

    assert databases(office, "steward1") == {
        "area-a1": "push_only",
        "area-a2": "read_write",
        "project-demo": "read",
        "user-steward1": "read",
    }


def test_a_supervisor_who_left_the_post_may_still_push_what_was_recorded_before(office: Office) -> None:
    office.change(administration.end_role, "supervisor1", "cs_supervisor", "demo")

    assert databases(office, "supervisor1") == {
        "area-a1": "push_only",
        "area-a2": "push_only",
        "user-supervisor1": "read",
    }


def test_a_grant_holds_from_its_first_instant_until_before_its_last(office: Office) -> None:
    start = office.clock.now() + timedelta(hours=1)
    office.change(
        administration.grant_area, "steward1", "a2", valid_from=start, valid_to=start + timedelta(hours=1)
    )

    def access(hours: float) -> str | None:
        return databases(office, "steward1", timedelta(hours=hours)).get("area-a2")

    assert access(0.999) is None
    assert access(1) == "read_write"
    assert access(1.999) == "read_write"
    assert access(2) == "push_only"


def test_an_area_without_a_role_in_its_project_opens_nothing(office: Office) -> None:
    office.change(administration.add_user, "guest1", "Guest", "some password")
    office.change(administration.grant_area, "guest1", "a1")

    assert databases(office, "guest1") == {"user-guest1": "read"}


def test_a_reader_of_the_project_who_records_in_one_area_pushes_there_only(office: Office) -> None:
    office.change(administration.grant_role, "viewer1", "steward", "demo")
    office.change(administration.grant_area, "viewer1", "a2")

    found = databases(office, "viewer1")
    assert (found["area-a1"], found["area-a2"]) == ("read", "read_write")


def test_people_of_another_project_see_nothing_of_this_one(office: Office) -> None:
    office.change(administration.add_project, "other", "另一个")
    office.change(administration.add_area, "b1", "other", "B1")
    office.change(administration.add_user, "supervisor9", "Other", "some password")
    office.change(administration.grant_role, "supervisor9", "cs_supervisor", "other")

    assert databases(office, "supervisor9") == {
        "area-b1": "read_write",
        "project-other": "read",
        "user-supervisor9": "read",
    }
    assert "area-b1" not in databases(office, "supervisor1")


def test_a_disabled_user_has_no_rights_at_all(office: Office) -> None:
    office.change(administration.disable_user, "steward1")

    assert databases(office, "steward1") == {}


def test_granting_twice_is_granting_once(office: Office) -> None:
    office.change(administration.grant_area, "steward1", "a1")
    office.change(administration.end_area, "steward1", "a1")
    office.later(seconds=1)

    assert databases(office, "steward1")["area-a1"] == "push_only"


def test_another_process_sees_a_change_at_its_next_look(office: Office) -> None:
    elsewhere = Directory(office.engine)
    before = elsewhere.current()
    assert elsewhere.current() is before

    office.change(administration.end_area, "steward1", "a1")

    assert elsewhere.recent() is before
    assert elsewhere.current().version == before.version + 1
    assert elsewhere.recent().steward_of("a1", office.clock.now()) == ""


@pytest.mark.parametrize(
    ("function", "arguments", "error"),
    [
        (administration.add_project, ("demo", "再一个"), AlreadyExists),
        (administration.add_project, ("Demo", "x"), InvalidInput),
        (administration.add_project, ("p2", "x", "Mars/Olympus"), InvalidInput),
        (administration.add_project, ("p2", "x", "../../etc/passwd"), InvalidInput),
        (administration.add_area, ("a1", "demo", "x"), AlreadyExists),
        (administration.add_area, ("a9", "nowhere", "x"), InvalidInput),
        (administration.add_user, ("steward1", "x", "some password"), AlreadyExists),
        (administration.add_user, ("a/b", "x", "some password"), InvalidInput),
        (administration.add_user, ("new1", "x", "short"), InvalidInput),
        (administration.add_user, ("new1", "x", "x" * 201), InvalidInput),
        (administration.grant_role, ("steward1", "king", "demo"), InvalidInput),
        (administration.grant_role, ("nobody", "steward", "demo"), InvalidInput),
        (administration.grant_role, ("steward1", "steward", "nowhere"), InvalidInput),
        (administration.grant_area, ("steward1", "a9"), InvalidInput),
        (administration.end_role, ("steward1", "cs_agent", "demo"), InvalidInput),
        (administration.disable_user, ("nobody",), InvalidInput),
        (administration.set_password, ("nobody", "some password"), InvalidInput),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(
    office: Office, function: Any, arguments: tuple[str, ...], error: type[Exception]
) -> None:
    before = office.directory.current().version

    with pytest.raises(error):
        office.change(function, *arguments)

    assert office.directory.current().version == before
