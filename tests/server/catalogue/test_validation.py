"""Judging one document: every problem, at its place, in words that name the field."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.settings import DEFAULT_SETTINGS, BadSetting, settings_with
from server.catalogue.types import Problem
from server.catalogue.validation import PROBLEM_CODES, problems
from tests.server.catalogue.examples import EXAMPLES, SUBJECTS, example, photo

NAMES = sorted(RECORD_TYPES)


def judged(document: dict[str, Any]) -> list[Problem]:
    return problems(document, DEFAULT_SETTINGS)


def codes(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in judged(document)]


def a(kind: str, **changes: Any) -> dict[str, Any]:
    return example(RECORD_TYPES[kind], **changes)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_of_every_record_type_is_acceptable(name: str) -> None:
    assert judged(EXAMPLES[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_required_field_is_missed_by_its_title(name: str) -> None:
    declared = RECORD_TYPES[name]
    for field in declared.fields:
        if not (field.required and field.when is None):
            continue
        document = copy.deepcopy(EXAMPLES[name])
        del document["body"][field.name]
        found = [problem for problem in judged(document) if problem.path == f"/body/{field.name}"]

        assert [problem.code for problem in found] == ["missing_field"], field.name
        assert field.title.zh in found[0].zh
        assert field.title.en in found[0].en


@pytest.mark.parametrize(
    "member", ["project", "area", "subject", "author", "performed_at", "body", "v", "_id"]
)
def test_every_member_of_the_envelope_is_missed(member: str) -> None:
    document = copy.deepcopy(EXAMPLES["airing"])
    del document[member]

    assert (f"/{member}", "missing_field") in codes(document)


def test_all_problems_are_told_at_once() -> None:
    document = a("fee_visit", measure="carrier_pigeon", amount_due=-1)
    del document["body"]["outcome"]

    assert set(codes(document)) == {
        ("/body/measure", "not_an_option"), ("/body/amount_due", "out_of_range"), ("/body/outcome", "missing_field"),
    }  # fmt: skip


def test_an_unknown_type_is_told_to_update() -> None:
    found = judged({"type": "moon_landing"})

    assert [(problem.path, problem.code) for problem in found] == [("/type", "unknown_type")]
    assert "moon_landing" in found[0].en


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"_id": "airing:"}, ("/_id", "bad_format")),
        ({"_id": "vacancy_check:01"}, ("/_id", "bad_format")),
        ({"v": 2}, ("/v", "not_an_option")),
        ({"subject": "household:demo-1"}, ("/subject", "bad_format")),
        ({"performed_at": "2026-11-22T10:03:05"}, ("/performed_at", "bad_format")),
        ({"performed_at": "2026-13-22T10:03:05Z"}, ("/performed_at", "bad_format")),
        ({"performed_at": "9999-12-31T23:59:59Z"}, ("/performed_at", "bad_format")),
        ({"gps": {"lat": 91, "lon": 0}}, ("/gps/lat", "out_of_range")),
        ({"photos": "none"}, ("/photos", "wrong_type")),
        (
            {"photos": [{"sha256": "x", "bytes": 1, "mime": "image/jpeg", "kind": "overview"}]},
            ("/photos/0/sha256", "bad_format"),
        ),
        ({"photos": [photo(1, "selfie")]}, ("/photos/0/kind", "not_an_option")),
        ({"body": []}, ("/body", "wrong_type")),
        ({"author": ""}, ("/author", "missing_field")),
        ({"amends": "vacancy_check:01"}, ("/amends", "bad_format")),
    ],
)
def test_the_envelope_is_judged(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    document = {**copy.deepcopy(EXAMPLES["airing"]), **changes}

    assert expected in codes(document)


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("violation", {"found_at": "yesterday"}, ("/body/found_at", "bad_format")),
        ("violation", {"stopped_at": "2026-11-22T10:03:04+08:00"}, ("/body/stopped_at", "ends_before_start")),
        ("violation", {"description": ""}, ("/body/description", "missing_field")),
        ("violation", {"description": "长" * 4001}, ("/body/description", "too_long")),
        ("decoration_project", {"planned_end": "2026-11-21"}, ("/body/planned_end", "ends_before_start")),
        ("decoration_project", {"planned_end": "2026-02-30"}, ("/body/planned_end", "bad_format")),
        ("decoration_project", {"scope": []}, ("/body/scope", "too_few")),
        ("decoration_project", {"scope": ["walls", "walls"]}, ("/body/scope", "repeated")),
        ("decoration_project", {"applicant_is_owner": "yes"}, ("/body/applicant_is_owner", "wrong_type")),
        ("decoration_step", {"to": "paused"}, ("/body/pause_from", "missing_field")),
        ("decoration_patrol", {"workers_present": 201}, ("/body/workers_present", "out_of_range")),
        ("decoration_patrol", {"left_at": "2026-11-22T10:03:04+08:00"}, ("/body/left_at", "ends_before_start")),
        ("decoration_patrol", {"performed_at": "2026-11-22T10:03:06+08:00"}, ("/body/performed_at", "contradicts_envelope")),
        (
            "decoration_patrol",
            {"decoration_project_id": "decoration_project:other"},
            ("/body/decoration_project_id", "contradicts_envelope"),
        ),
        ("violation_recheck", {"violation": "violation:other"}, ("/body/violation", "contradicts_envelope")),
        ("vacancy_check", {"unit_id": "unit:demo-9-9-999"}, ("/body/unit_id", "contradicts_envelope")),
        ("airing", {"closed_at": "2026-11-22T09:29:59+08:00"}, ("/body/closed_at", "too_short")),
        ("airing", {"weather_ok": False}, ("/body/weather_ok", "must_confirm")),
        ("airing", {"closed_confirmed": False}, ("/body/closed_confirmed", "must_confirm")),
        ("fee_visit", {"outcome": "not_home"}, ("/body/arrears_reason", "missing_field")),
        ("violation_decision", {"decision": "rectify_again"}, None),
    ],
)  # fmt: skip
def test_the_body_is_judged(kind: str, body: dict[str, Any], expected: tuple[str, str] | None) -> None:
    found = codes(a(kind, **body))

    assert found == [] if expected is None else expected in found


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-11-21", [("/body/next_action_at", "date_past")]),
        ("2026-11-22", []),
        ("2026-11-29", []),
        ("2026-11-30", [("/body/next_action_at", "date_too_far")]),
    ],
)
def test_the_next_action_is_within_seven_days(day: str, expected: list[tuple[str, str]]) -> None:
    assert codes(a("fee_visit", outcome="not_home", arrears_reason="absence", next_action_at=day)) == expected


def test_nothing_counts_as_paid_without_a_receipt() -> None:
    visit = a("fee_visit", outcome="paid", method="cash", paid_amount=1)
    del visit["body"]["receipt_no"]

    assert codes(visit) == [("/body/receipt_no", "missing_field")]


def test_a_promise_sets_its_own_date() -> None:
    promise = {
        "outcome": "promised",
        "arrears_reason": "forgot",
        "promise_amount": 100,
        "promise_date": "2026-12-20",
    }

    assert codes(a("fee_visit", **promise, next_action_at="2026-12-20")) == []
    assert codes(a("fee_visit", **promise, next_action_at="2026-12-21")) == [
        ("/body/next_action_at", "date_too_far")
    ]


def test_the_day_of_the_record_is_a_day_at_the_site() -> None:
    visit = a("fee_visit", outcome="not_home", arrears_reason="absence", next_action_at="2026-11-22")
    visit["performed_at"] = "2026-11-22T16:30:00Z"  # past midnight in Shanghai

    assert codes(visit) == [("/body/next_action_at", "date_past")]


def test_a_link_to_another_kind_repeats_nothing() -> None:
    """A re-check is about a violation; its project stands beside it."""
    assert codes(a("violation_recheck", decoration_project_id=SUBJECTS["decoration_project"])) == []
    assert codes(a("fee_visit", unit_id=SUBJECTS["unit"], household_id=SUBJECTS["household"])) == []


def test_the_same_instant_written_differently_agrees() -> None:
    assert codes(a("decoration_patrol", performed_at="2026-11-22T02:03:05Z")) == []


# Photos


def test_photos_of_the_right_kind_are_counted() -> None:
    violation = a("violation")
    violation["photos"][1]["kind"] = "overview"
    found = judged(violation)

    assert [(problem.path, problem.code) for problem in found] == [("/photos", "photos_too_few")]
    assert "2" in found[0].zh
    assert "整改前" in found[0].zh


def test_photos_under_a_condition() -> None:
    visit = a("fee_visit", outcome="notice_left", arrears_reason="absence")
    assert codes(visit) == []

    visit["photos"] = []
    assert codes(visit) == [("/photos", "photos_too_few")]


def test_the_same_photo_twice_is_not_two() -> None:
    violation = a("violation")
    violation["photos"] = [photo(1, "before"), photo(1, "before")]

    assert ("/photos/1/sha256", "photo_repeated") in codes(violation)


def test_each_anomaly_has_a_photo_of_its_own() -> None:
    anomalies = [{"place": "厨房", "kind": "leak"}, {"place": "北卧", "kind": "mould"}]
    check = a("vacancy_check", anomalies=anomalies)
    assert codes(check) == [("/photos", "photos_too_few")]

    check["photos"] = [photo(number, "detail") for number in range(3)]
    assert codes(check) == []


# Checklists


def patrol(**item: Any) -> dict[str, Any]:
    document = a("decoration_patrol")
    document["body"]["items"][3] |= item
    return document


def test_an_abnormal_item_needs_note_photo_and_a_talk() -> None:
    assert set(codes(patrol(result="abnormal"))) == {
        ("/body/items/3/note", "missing_field"), ("/body/items/3/photos", "missing_field"), ("/body/talked_to", "missing_field"),
    }  # fmt: skip
    found = {problem.path: problem for problem in judged(patrol(result="abnormal"))}
    assert found["/body/items/3/note"].zh == "请填写：检查项“墙体”：说明"
    assert found["/body/items/3/note"].en == "Fill in: Item “Walls”: Note"


def test_an_abnormal_item_with_all_of_it_is_fine() -> None:
    document = patrol(result="abnormal", note="开槽过深", photos=[f"{0:064x}"])
    document["body"]["talked_to"] = [{"who": "foreman", "summary": "答应恢复"}]

    assert codes(document) == []

    document["body"]["items"][3]["photos"] = ["f" * 64]
    assert codes(document) == [("/body/items/3/photos", "photo_not_listed")]


def test_an_abnormal_item_may_name_its_photos_as_photo_ids() -> None:
    talk = [{"who": "worker", "summary": "要求停止"}]
    document = patrol(result="abnormal", note="开裂", photo_ids=[f"{0:064x}"])
    document["body"]["talked_to"] = talk
    assert judged(document) == []

    document["body"]["items"][3]["photo_ids"] = []
    assert [code for _, code in codes(document)] == ["missing_field"]

    document["body"]["items"][3]["photo_ids"] = ["f" * 64]
    assert codes(document) == [("/body/items/3/photo_ids", "photo_not_listed")]


def test_periods_in_arrears_may_be_bare_months() -> None:
    document = a("fee_visit", periods=["2026-08", {"period": "2026-09", "balance_fen": 39760}])
    assert judged(document) == []
    document["body"]["periods"] = [202608]
    assert codes(document) == [("/body/periods/0", "wrong_type")]


def test_items_left_out_or_answered_twice_are_named() -> None:
    document = a("decoration_patrol")
    items = document["body"]["items"]
    items[0] = dict(items[1])
    found = judged(document)

    assert [(problem.path, problem.code) for problem in found] == [("/body/items", "checklist_incomplete")]
    assert found[0].zh == "检查项须各填一次：成品保护、垃圾堆放"


def test_an_item_of_a_newer_phone_is_let_through() -> None:
    document = a("decoration_patrol")
    document["body"]["items"].append({"code": "fire_extinguisher", "result": "normal"})

    assert codes(document) == []


# Corrections and withdrawals


def test_a_withdrawal_says_why_and_needs_no_body() -> None:
    document = a("vacancy_check")
    document |= {
        "_id": "vacancy_check:02",
        "voids": "vacancy_check:01",
        "body": {"reason": "录错房号"},
        "photos": [],
    }
    assert codes(document) == []

    document["body"] = {}
    assert codes(document) == [("/body/reason", "missing_field")]


def test_a_correction_is_judged_like_any_record() -> None:
    document = a("violation") | {"_id": "violation:02", "amends": "violation:01"}
    assert codes(document) == []

    del document["body"]["category"]
    assert codes(document) == [("/body/category", "missing_field")]


def test_a_search_for_complaints_hears_ten_calls_and_visits_two_customers() -> None:
    """R-CMP-16."""
    assert codes(a("complaint_search", calls=9, visits=1)) == [
        ("/body/calls", "out_of_range"),
        ("/body/visits", "out_of_range"),
    ]
    fewer = settings_with({"cmp.search_calls": 9, "cmp.search_visits": 0})
    assert problems(a("complaint_search", calls=9, visits=0), fewer) == []


def test_a_filing_is_about_itself() -> None:
    document = a("decoration_project") | {"subject": "decoration_project:other"}

    assert codes(document) == [("/subject", "wrong_subject")]


# As a whole


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(NAMES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
    st.data(),
)
def test_whatever_is_put_anywhere_gets_an_answer(name: str, value: Any, data: st.DataObject) -> None:
    document = copy.deepcopy(EXAMPLES[name])
    place = data.draw(st.sampled_from([*document, *(f"body.{field}" for field in document["body"])]))
    if place == "type":
        return
    if place.startswith("body."):
        document["body"][place.removeprefix("body.")] = value
    else:
        document[place] = value

    for problem in judged(document):
        assert problem.path.startswith("/")
        assert problem.code in PROBLEM_CODES
        assert problem.zh
        assert problem.en


def test_a_code_is_used_for_one_thing() -> None:
    assert len(set(PROBLEM_CODES)) == len(PROBLEM_CODES)


BAD_SETTINGS: list[tuple[str, Any]] = [
    ("vac.air_min_minutes", "30"),
    ("dec.patrol_rest_days", 1),
    ("time_zone", "Mars/Olympus"),
    ("duties_from", "soon"),
    ("dec.missed_list_at", "8:00"),
    ("dec.noise_hours", {}),
    ("nonsense", 1),
    ("dec.patrol_per_day", 0),
    ("vac.air_per_month", True),
]


@pytest.mark.parametrize(("key", "value"), BAD_SETTINGS)
def test_a_setting_of_the_wrong_kind_is_refused_by_name(key: str, value: Any) -> None:
    with pytest.raises(BadSetting, match=re.escape(key)):
        settings_with({key: value})


def test_a_setting_changes_the_judgement() -> None:
    airing = EXAMPLES["airing"]
    assert settings_with({"vac.air_min_minutes": 45})["vac.air_min_minutes"] == 45

    assert problems(airing, settings_with({"vac.air_min_minutes": 31}))[0].code == "too_short"
