"""What projects ask of phones: each setting by itself, the strictest of several, and the default where nothing is set."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from server.access import administration
from server.access.phone_rules import phone_rules
from server.catalogue.reference import reference_document
from server.intake.tables import reference
from server.ledger.model import JsonObject
from tests.server.access.conftest import Office

DEFAULT: JsonObject = {"pin_required": False, "idle_hours": 12, "contact_hours": 72}


def sets(office: Office, project: str, key: str, value: Any) -> None:
    document = reference_document("setting", project, None, {"key": key, "value": value})
    row = {
        "id": document["_id"],
        "type": "setting",
        "project": project,
        "database": f"project-{project}",
        "body": document,
    }
    with office.engine.begin() as connection:
        connection.execute(insert(reference), row)


def asked(office: Office, *projects: str) -> JsonObject:
    return phone_rules(office.engine, office.directory.current(), projects)


def test_without_settings_the_defaults_hold_for_everybody(office: Office) -> None:
    assert asked(office, "demo") == DEFAULT
    assert asked(office) == DEFAULT


@pytest.mark.parametrize(
    ("key", "value"),
    [("phone.pin_required", True), ("phone.idle_hours", 4), ("phone.contact_hours", 24)],
)
def test_a_project_asks_for_more(office: Office, key: str, value: Any) -> None:
    sets(office, "demo", key, value)

    assert asked(office, "demo") == DEFAULT | {key.removeprefix("phone."): value}


def test_of_two_projects_the_stricter_holds_in_each_point(office: Office) -> None:
    office.change(administration.add_project, "second", "二期")
    sets(office, "demo", "phone.pin_required", True)
    sets(office, "demo", "phone.idle_hours", 20)
    sets(office, "second", "phone.contact_hours", 48)

    assert asked(office, "demo", "second") == {"pin_required": True, "idle_hours": 12, "contact_hours": 48}
    assert asked(office, "second") == DEFAULT | {"contact_hours": 48}


def test_a_value_nobody_understands_changes_nothing(office: Office) -> None:
    sets(office, "demo", "phone.pin_required", "yes")
    sets(office, "demo", "phone.idle_hours", 0)

    assert asked(office, "demo") == DEFAULT
