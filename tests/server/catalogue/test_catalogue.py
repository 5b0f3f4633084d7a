"""The declarations as a whole: words, names, schemas, forms, rights, subjects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta

from server.access.roles import ROLES
from server.catalogue.documents import catalogue_documents, duty_document
from server.catalogue.enums import ENUMS
from server.catalogue.envelope import fact_schema, schemas
from server.catalogue.fields import Field, Label
from server.catalogue.reference import REFERENCE_TYPES, reference_document, reference_id
from server.catalogue.registry import RECORD_TYPES, record_type
from server.catalogue.rights import role_problem
from server.catalogue.schema import body_schema
from server.catalogue.subjects import subjects_of
from tests.server.catalogue.examples import EXAMPLES, SUBJECTS, ULID, example

NAMES = sorted(RECORD_TYPES)


def every_field(fields: tuple[Field, ...]) -> Iterator[Field]:
    for field in fields:
        yield field
        yield from every_field(field.fields)


def labels_of(name: str) -> Iterator[tuple[str, Label]]:
    declared = RECORD_TYPES[name]
    yield name, declared.title
    for field in every_field(declared.fields):
        yield f"{name}.{field.name}", field.title
        if field.help:
            yield f"{name}.{field.name} help", field.help
        for option in (
            *(field.options.options if field.options else ()),
            *(field.items.items if field.items else ()),
        ):
            yield f"{name}.{field.name}={option.value}", option.title


@pytest.mark.parametrize("name", NAMES)
def test_everything_a_person_reads_is_there_in_both_languages(name: str) -> None:
    for where, label in labels_of(name):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in label.zh) or "GPS" in label.zh, where
        assert label.en, where
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in label.en), where


@pytest.mark.parametrize("name", NAMES)
def test_a_declaration_names_only_what_exists(name: str) -> None:
    declared = RECORD_TYPES[name]
    fields = {field.name: field for field in declared.fields}

    assert len(fields) == len(declared.fields)
    for field in declared.fields:
        if field.when is not None:
            on = fields[field.when.field]
            assert on.options is None or set(field.when.values) <= set(on.options.values), field.name
        assert (field.kind in ("enum", "multi_enum", "ticks")) == (field.options is not None), field.name
        assert (field.kind == "checklist") == (field.items is not None), field.name
        assert (field.kind == "group") == bool(field.fields), field.name
        assert (field.kind == "link") == bool(field.links), field.name
    for role in declared.roles:
        assert role in ROLES or role == "system"
    if declared.step_roles:
        options = declared.field(declared.step_roles.field).options
        assert options is not None
        assert set(declared.step_roles.roles) == set(options.values)
    for when in declared.photos.when:
        assert when.when.field in fields
    assert declared.rules


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema_and_takes_its_own_example(name: str) -> None:
    schema = fact_schema(RECORD_TYPES[name])

    assert meta.is_valid(schema)
    Draft202012Validator(schema, validate_formats=True).validate(EXAMPLES[name])


@pytest.mark.parametrize("name", sorted(REFERENCE_TYPES))
def test_a_reference_type_has_a_schema_and_words(name: str) -> None:
    declared = REFERENCE_TYPES[name]

    assert meta.is_valid(body_schema(declared))
    assert all(field.title.zh and field.title.en for field in declared.fields)
    assert set(declared.key) - {"unit_no"} <= {field.name for field in declared.fields}


def test_every_enum_has_distinct_values() -> None:
    for name, enum in ENUMS.items():
        assert len(set(enum.values)) == len(enum.values), name


def test_a_record_type_is_found_by_its_name() -> None:
    assert record_type("airing").name == "airing"
    with pytest.raises(KeyError):
        record_type("nonsense")


def test_the_api_description_gets_every_schema_by_a_name_of_its_own() -> None:
    assert sorted(schemas()) == [f"fact_{name}" for name in NAMES]


# Catalogue documents


def test_a_phone_gets_one_document_per_record_type() -> None:
    documents = catalogue_documents("demo")

    assert [document["_id"] for document in documents] == [f"catalogue:{name}" for name in NAMES]
    assert documents == catalogue_documents("demo")


@pytest.mark.parametrize("document", catalogue_documents("demo"), ids=NAMES)
def test_a_form_asks_for_everything_that_is_required_and_for_nothing_the_envelope_says(
    document: dict,
) -> None:
    declared = RECORD_TYPES[document["record_type"]]
    asked = {field["name"]: field for field in document["form"]}

    for field in declared.fields:
        if field.repeats_envelope:
            assert field.name not in asked
        elif field.required and field.in_form:
            assert asked[field.name]["required"] is True
    assert document["photos"]["min"] == declared.photos.min
    assert document["schema"] == fact_schema(declared)


def test_a_form_carries_conditions_options_and_checklist_items() -> None:
    by_type = {document["record_type"]: document for document in catalogue_documents("demo")}
    visit = {field["name"]: field for field in by_type["fee_visit"]["form"]}
    patrol = {field["name"]: field for field in by_type["decoration_patrol"]["form"]}

    assert visit["promise_date"]["when"] == {"field": "outcome", "in": ["promised"]}
    assert visit["measure"]["options"][0] == {"value": "phone", "title": {"zh": "电话", "en": "Phone call"}}
    assert visit["amount_due"]["initial"] == "fields.arrears_fen"
    assert len(patrol["items"]["items"]) == 8
    assert [field["name"] for field in patrol["talked_to"]["fields"]] == ["who", "summary"]
    assert by_type["fee_visit"]["photos"]["when"] == [
        {"field": "outcome", "in": ["notice_left"], "min": 1},
        {"field": "measure", "in": ["notice"], "min": 1},
    ]


# Rights


@pytest.mark.parametrize(
    ("kind", "body", "roles", "permitted"),
    [
        ("decoration_patrol", {}, {"steward"}, True),
        ("decoration_patrol", {}, {"finance", "office_viewer"}, False),
        ("decoration_patrol", {}, set(), False),
        ("violation_decision", {}, {"steward"}, False),
        ("violation_decision", {}, {"cs_supervisor"}, True),
        ("decoration_step", {"to": "submitted"}, {"steward"}, True),
        ("decoration_step", {"to": "approved"}, {"steward"}, False),
        ("decoration_step", {"to": "approved"}, {"steward", "cs_supervisor"}, True),
        ("decoration_step", {"to": "stopped"}, {"cs_supervisor"}, False),
        ("decoration_step", {"to": "stopped"}, {"project_manager"}, True),
        ("vacant_cleaning", {}, {"cleaner"}, True),
        ("vacancy_check", {}, {"cleaner"}, False),
    ],
)
def test_who_may_record_what(kind: str, body: dict, roles: set[str], permitted: bool) -> None:
    problem = role_problem({"type": kind, "body": body}, roles)

    assert (problem is None) == permitted
    if problem is not None:
        assert problem.code == "role_not_permitted"
        assert problem.zh
        assert problem.en


def test_a_withdrawal_needs_the_role_and_no_step() -> None:
    document = {"type": "decoration_step", "body": {"reason": "x"}, "voids": "decoration_step:1"}

    assert role_problem(document, {"steward"}) is None
    assert role_problem({"type": "nonsense", "body": {}}, set()) is None


# Subjects

PROJECT, VIOLATION, UNIT, HOUSEHOLD = (
    SUBJECTS[kind] for kind in ("decoration_project", "violation", "unit", "household")
)


COLLECTION = "project:demo:R-FEE-08"  # a day with a fee visit owes a summary meeting


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("decoration_project", {}, [PROJECT]),
        ("decoration_step", {}, [PROJECT]),
        ("decoration_patrol", {}, [PROJECT]),
        (
            "decoration_patrol",
            {"body": {"open_violation_progress": [{"violation": "violation:A", "text": "x"}]}},
            [PROJECT, "violation:A"],
        ),
        ("violation", {}, [VIOLATION, PROJECT]),
        ("violation", {"_id": "violation:B", "amends": VIOLATION}, [VIOLATION, PROJECT]),
        ("violation", {"_id": "violation:B", "voids": VIOLATION}, [VIOLATION, PROJECT]),
        ("decoration_project", {"_id": "decoration_project:B", "amends": PROJECT}, [PROJECT]),
        ("violation_decision", {"body": {"decoration_project_id": PROJECT}}, [VIOLATION, PROJECT]),
        ("violation_recheck", {}, [VIOLATION]),
        ("vacancy_check", {}, [UNIT]),
        ("fee_visit", {"subject": UNIT, "body": {"household_id": HOUSEHOLD}}, [UNIT, HOUSEHOLD, COLLECTION]),
        (
            "fee_visit",
            {"subject": "fee_account:x", "body": {"household_id": HOUSEHOLD}},
            [HOUSEHOLD, COLLECTION],
        ),
    ],
)
def test_a_fact_touches_its_subjects_its_own_first(kind: str, changes: dict, expected: list[str]) -> None:
    assert subjects_of({**EXAMPLES[kind], **changes}) == expected


@pytest.mark.parametrize("document", [{}, {"type": "nonsense"}, {"type": "airing", "subject": 7, "body": []}])
def test_what_is_no_fact_touches_nothing(document: dict) -> None:
    assert subjects_of(document) == []


# Reference documents


def test_reference_ids_are_made_from_natural_keys() -> None:
    unit = {"unit_no": "3-1-502"}
    household = {"unit_id": UNIT, "role": "owner"}
    account = {"unit_id": UNIT, "period": "2026-09", "fee_item": "service"}

    assert reference_id("unit", "demo", unit) == UNIT
    assert reference_id("household", "demo", household) == HOUSEHOLD
    assert reference_id("fee_account", "demo", account) == "fee_account:demo-3-1-502-2026-09-service"
    assert reference_document("unit", "demo", "a1", unit) == reference_document(
        "unit", "demo", "a1", dict(unit)
    )


def test_examples_carry_ids_as_phones_make_them() -> None:
    assert example(RECORD_TYPES["airing"])["_id"] == f"airing:{ULID}"


def test_a_phone_learns_what_each_duty_is_called_and_which_form_answers_it() -> None:
    book = duty_document("demo")
    duties = book["duties"]
    assert isinstance(duties, dict)

    assert book["_id"] == "duty_book:demo"
    assert duties["R-CMP-05"]["forms"] == ["complaint_step"]
    assert {key: duties["R-REP-06"][key] for key in ("title", "forms", "met_by")} == {
        "title": {"zh": "维修后回访", "en": "Return visit after a repair"},
        "forms": ["return_visit"],
        "met_by": [],  # one that reached nobody does not count
    }
    assert duties["R-PAT-01"]["met_by"] == ["public_area_patrol"]
    assert duties["R-PAT-01"]["declared"]["every"] == "day"  # tomorrow's is computed without a network
    assert "declared" not in duties["R-DEC-06"]  # judged by code of its own on both sides
    assert "declared" not in duties["R-KEY-03"]  # of the project: nobody's phone
    assert {name for each in duties.values() for name in each["forms"]} <= set(RECORD_TYPES)


def test_a_phone_learns_who_may_take_which_step_and_from_where() -> None:
    steps = {one["record_type"]: one.get("step") for one in catalogue_documents("demo")}

    lane: Any = steps["fast_lane_step"]
    assert lane["field"] == "to"
    assert lane["values"]["solved"] == {
        "roles": ["steward", "cs_agent", "cs_supervisor", "engineer"],
        "from": ["open"],
    }
    assert steps["airing"] is None


@pytest.mark.parametrize("name", ["complaint", "repair_order"])
def test_whoever_complains_or_reports_can_sign_and_need_not(name: str) -> None:
    (form,) = [each for each in catalogue_documents("demo") if each["record_type"] == name]

    assert "signature" in form["photos"]["kinds"]
    assert form["photos"]["min"] == 0
    (step,) = [each for each in catalogue_documents("demo") if each["record_type"] == "repair_order_step"]
    assert (
        step["step"]["values"]["signed"] | {"signed": True, "after_opening": True}
        == step["step"]["values"]["signed"]
    )
