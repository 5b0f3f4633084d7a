"""Registers show exactly the rows asked for, in order, page after page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.office import registers
from tests.server.office.world import NOW, Company


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["items"]]


def all_pages(
    company: Company,
    path: str,
    user: str = "office1",
    between: Callable[[], None] | None = None,
    **query: Any,
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(100):
        page = company.get(user, path, **query, **cursor)
        rows += page["items"]
        if page["next_cursor"] is None:
            return rows
        cursor = {"cursor": page["next_cursor"]}
        if between is not None:
            between()
    raise AssertionError("the register never ended")


def test_subjects_stand_in_the_order_of_their_units_with_2_before_10(company: Company) -> None:
    for unit_no in ("10-1-201", "2-1-1001", "2-1-201"):
        company.status("decoration_project", "a1", unit_no, "in_progress")

    page = company.get("office1", "/api/records/decoration_project")

    assert [row["unit_no"] for row in page["items"]] == ["2-1-201", "2-1-1001", "10-1-201"]
    assert [column["name"] for column in page["columns"]][:3] == ["unit_no", "area", "state"]
    assert page["columns"][2]["title"] == {"zh": "状态", "en": "State"}


def test_facts_stand_newest_first_and_any_column_sorts_them(company: Company) -> None:
    for hour, workers in ((1, 3), (2, 12), (3, None)):
        body = {} if workers is None else {"workers_present": workers}
        company.fact(
            "decoration_patrol", "a1", "steward1", performed_at=NOW + timedelta(hours=hour), body=body
        )

    newest = company.get("office1", "/api/records/decoration_patrol")["items"]
    upwards = company.get("office1", "/api/records/decoration_patrol", sort="workers_present")["items"]
    downwards = company.get("office1", "/api/records/decoration_patrol", sort="-workers_present")["items"]

    assert [row["performed_at"][11:13] for row in newest] == ["04", "03", "02"]
    assert [row.get("workers_present") for row in upwards] == [3, 12, None]
    assert [row.get("workers_present") for row in downwards] == [12, 3, None]


def test_instants_written_with_different_offsets_sort_as_they_happened(company: Company) -> None:
    company.fact("airing", "a1", "steward1", body={"opened_at": "2026-11-20T09:00:00+08:00"})
    company.fact("airing", "a1", "steward1", body={"opened_at": "2026-11-20T02:00:00Z"})
    company.fact("airing", "a1", "steward1", body={"opened_at": "2026-11-20T02:00:00.5Z"})

    rows = company.get("office1", "/api/records/airing", sort="opened_at")["items"]

    assert [row["opened_at"] for row in rows] == [
        "2026-11-20T09:00:00+08:00",
        "2026-11-20T02:00:00Z",
        "2026-11-20T02:00:00.5Z",
    ]


@pytest.mark.parametrize("most", [registers.MAX_SORTED, 0])
@pytest.mark.parametrize(
    ("path", "order"), [("airing", ""), ("airing", "performed_at"), ("violation", "-unit_no")]
)
def test_paging_shows_every_row_that_stays_once_while_others_come_and_go(
    company: Company, monkeypatch: pytest.MonkeyPatch, most: int, path: str, order: str
) -> None:
    monkeypatch.setattr(registers, "MAX_SORTED", most)
    minutes = st.integers(min_value=-30, max_value=30)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(minutes, min_size=1, max_size=25),
        st.integers(min_value=1, max_value=6),
        st.lists(st.tuples(st.booleans(), minutes), max_size=8),
    )
    def story(times: list[int], limit: int, changes: list[tuple[bool, int]]) -> None:
        for table in ("fact", "fact_subject", "status"):
            company.engine.connect().exec_driver_sql  # noqa: B018 - the table list is ours
            with company.engine.begin() as connection:
                connection.exec_driver_sql(f"delete from {table}")
        stay = {_put(company, path, minute) for minute in times}
        waiting = list(changes)
        passing: list[str] = []

        def change() -> None:
            if not waiting:
                return
            comes, minute = waiting.pop()
            if comes or not passing:
                passing.append(_put(company, path, minute))
            else:
                _take_away(company, path, passing.pop())

        query = {"limit": limit, **({"sort": order} if order else {})}
        seen = [row["id"] for row in all_pages(company, f"/api/records/{path}", between=change, **query)]

        assert len(seen) == len(set(seen)), "a row came twice"
        assert stay <= set(seen), "a row that was there all the time was left out"

    story()


def _put(company: Company, path: str, minute: int) -> str:
    if path == "airing":
        return company.fact("airing", "a1", "steward1", performed_at=NOW + timedelta(minutes=minute))
    return company.status("violation", "a1", f"{minute + 40}-1-101", "submitted")


def _take_away(company: Company, path: str, row_id: str) -> None:
    table, key = ("fact", "id") if path == "airing" else ("status", "subject")
    with company.engine.begin() as connection:
        connection.exec_driver_sql(f"delete from {table} where {key} = ?", (row_id,))


def test_both_ways_of_paging_give_the_same_rows_in_the_same_order(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in (5, 5, 3, -7, 0, 12, 5):
        company.fact("airing", "a1", "steward1", performed_at=NOW + timedelta(minutes=minute))
    whole = [row["id"] for row in all_pages(company, "/api/records/airing", limit=2)]

    monkeypatch.setattr(registers, "MAX_SORTED", 0)

    assert [row["id"] for row in all_pages(company, "/api/records/airing", limit=2)] == whole


def test_a_register_too_long_to_be_read_whole_says_how_to_narrow_it(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minute in range(4):
        company.fact("airing", "a1", "steward1", performed_at=NOW + timedelta(minutes=minute))
    monkeypatch.setattr(registers, "MAX_SORTED", 3)

    page = company.get("office1", "/api/records/airing")
    refused = company.ask("office1", "/api/records/airing", sort="opened_at")

    assert (page["total"], page["totals"]) == (4, {"count": 4})
    assert refused.status_code == 422
    assert "缩小范围" in refused.json()["reason"]


def test_totals_are_of_all_rows_that_match_and_not_of_the_page(company: Company) -> None:
    for number, arrears in enumerate((12_050, 99, 1_000_000), start=1):
        company.status(
            "household", "a1", f"1-1-{number}01", "open", arrears_fen=arrears, measures_this_month=number
        )
    company.status("household", "a2", "2-1-101", "open", arrears_fen=5)

    page = company.get("office1", "/api/records/household", area="a1", limit=1)

    assert len(page["items"]) == 1
    assert page["totals"] == {"count": 3, "arrears_fen": 1_012_149, "measures_this_month": 6}
    rows = all_pages(company, "/api/records/household", area="a1", limit=1)
    assert page["totals"]["arrears_fen"] == sum(row["arrears_fen"] for row in rows)
    assert page["total"] == len(rows)


def test_facts_that_are_held_withdrawn_or_corrected_do_not_count(company: Company) -> None:
    counted = company.fact("airing", "a1", "steward1")
    released = company.fact("airing", "a1", "steward1", held_code="late", released_by="supervisor1")
    company.fact("airing", "a1", "steward1", held_code="late")
    company.fact("airing", "a1", "steward1", voided_by="airing:x")
    company.fact("airing", "a1", "steward1", amended_by="airing:y")
    company.fact("airing", "a1", "steward1", voids=counted)

    assert sorted(ids(company.get("office1", "/api/records/airing"))) == sorted([counted, released])


def test_days_and_months_are_those_of_the_site(company: Company) -> None:
    before = company.fact(
        "airing", "a1", "steward1", performed_at=datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)
    )
    first = company.fact("airing", "a1", "steward1", performed_at=datetime(2026, 10, 31, 16, 0, tzinfo=UTC))
    last = company.fact(
        "airing", "a1", "steward1", performed_at=datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    )

    def asked(**query: str) -> set[str]:
        return set(ids(company.get("office1", "/api/records/airing", **query)))

    assert asked(period="2026-11") == {first, last}
    assert asked(period="2026-11-01") == {first}
    assert asked(period="2026-10") == {before}
    assert asked(**{"from": "2026-11-02"}) == {last}
    assert asked(to="2026-11-01") == {before, first}
    assert asked(period="2026-11", to="2026-11-15") == {first}


def test_a_day_that_does_not_exist_is_refused_by_name(company: Company) -> None:
    for query in (
        {"period": "2026-02-30"},
        {"from": "2026-04-31"},
        {"period": "2026-13"},
        {"to": "yesterday"},
    ):
        answer = company.ask("office1", "/api/records/airing", **query)
        assert answer.status_code == 400, query
        assert answer.json()["code"] == "bad_query"


def test_a_subject_belongs_to_the_days_in_which_it_went_on(company: Company) -> None:
    def kind(name: str, **fields: Any) -> str:
        return company.status(name, "a1", "1-1-101", "open", **fields)

    going = kind("decoration_project", actual_start="2026-09-01", actual_end=None)
    kind("decoration_project", actual_start="2026-09-01", actual_end="2026-10-31")
    kind("decoration_project", planned_start="2026-12-01")
    found = kind("violation", found_at="2026-10-31T16:30:00Z")
    kind("violation", found_at="2026-10-31T15:30:00Z")
    owing = kind("household", arrears_since="2026-03-01")
    kind("household", arrears_since="2026-12-01")

    for register, expected in (("decoration_project", going), ("violation", found), ("household", owing)):
        assert ids(company.get("office1", f"/api/records/{register}", period="2026-11")) == [expected], (
            register
        )


def test_words_author_unit_and_state_narrow_a_register(company: Company) -> None:
    wanted = company.status("violation", "a1", "3-1-502", "submitted", description="拆除100%承重墙 Kitchen")
    company.status("violation", "a1", "3-1-503", "closed", description="拆除100x承重墙 bathroom")
    company.fact("violation", "a1", "steward1", wanted, fact_id=wanted)

    def asked(**query: str) -> list[str]:
        return ids(company.get("office1", "/api/records/violation", **query))

    assert asked(q="100% kitchen") == [wanted]
    assert asked(q="3-1-502") == [wanted]
    assert asked(unit="3-1-502") == asked(unit="unit:demo-3-1-502") == [wanted]
    assert asked(state="submitted") == asked(author="steward1") == [wanted]
    assert asked(author="steward2") == asked(q="kitchen absent") == []
    assert len(asked(building="3")) == 2
    assert asked(building="_") == []


def test_the_unit_register_holds_every_unit_with_its_own_state_or_the_references(company: Company) -> None:
    vacant = company.unit(
        "a1", "1-1-101", "delivered_vacant", vacancy_kind="key_reserved", vacant_from="2026-01-01"
    )
    company.unit("a1", "1-1-102", "occupied")
    company.unit("a1", "2-1-101", "rented")
    company.status(
        "unit",
        "a1",
        "1-1-101",
        "entrusted",
        vacant,
        last_check_at="2026-11-02T01:00:00Z",
        open_anomalies=[{}],
    )

    page = company.get("office1", "/api/records/unit", building="1")

    assert [(row["unit_no"], row["state"]) for row in page["items"]] == [
        ("1-1-101", "entrusted"),
        ("1-1-102", "occupied"),
    ]
    assert page["items"][0]["last_check_at"] == "2026-11-02T01:00:00Z"
    assert page["totals"] == {"count": 2, "open_anomalies": 1}
    assert len(company.get("office1", "/api/records/unit", limit=500)["items"]) == 3
    assert ids(company.get("office1", "/api/records/unit", state="rented")) == ["unit:demo-2-1-101"]
    assert ids(company.get("office1", "/api/records/unit", q="2-1-101")) == ["unit:demo-2-1-101"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!!!",
        "e30",
        "bnVsbA",
        "WzEsMiwzXQ",
        "WyItcGVyZm9ybWVkX2F0IixudWxsLDFd",
        "A" * 1999,
        "WyJ4Iiwi4oKsIiwieSJd",
        "€",
    ],
)
def test_a_cursor_nobody_gave_is_refused(
    company: Company, monkeypatch: pytest.MonkeyPatch, cursor: str
) -> None:
    company.fact("airing", "a1", "steward1")
    for most in (registers.MAX_SORTED, 0):
        monkeypatch.setattr(registers, "MAX_SORTED", most)
        for path in (
            "/api/records/airing",
            "/api/due",
            "/api/approvals",
            "/api/inbox",
            "/api/held",
            "/api/phones",
        ):
            answer = company.ask("supervisor1", path, cursor=cursor)
            assert (answer.status_code, answer.json()["parameter"]) == (400, "cursor"), (path, answer.text)


def test_a_cursor_belongs_to_the_order_it_was_given_in(company: Company) -> None:
    for _ in range(3):
        company.fact("airing", "a1", "steward1")
    cursor = company.get("office1", "/api/records/airing", limit=1)["next_cursor"]

    refused = company.ask("office1", "/api/records/airing", limit=1, cursor=cursor, sort="performed_at")

    assert refused.status_code == 400


def test_an_unknown_register_column_or_too_many_words_are_refused(company: Company) -> None:
    assert company.ask("office1", "/api/records/nothing").status_code == 404
    assert company.ask("office1", "/api/records/airing", sort="nothing").status_code == 400
    assert company.ask("office1", "/api/records/airing", q="a b c d e f").status_code == 422
    assert company.ask("office1", "/api/records/airing", limit=501).status_code == 400
