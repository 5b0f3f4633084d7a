"""Registers, records and exports of kinds that only their declaration knows: cases, and duties of areas and projects."""

from __future__ import annotations

from tests.server.office.world import PROJECT_OF, Company

DUTY = "project:demo:R-KEY-04"


def a_complaint(company: Company, area: str = "a1", unit_no: str = "3-1-502", **fields: object) -> str:
    return company.status(
        "complaint",
        area,
        unit_no,
        "received",
        text="漏水",
        cause="pests",
        opened_at="2026-11-20T01:00:00Z",
        **fields,
    )


def a_duty_of_the_project(company: Company) -> None:
    """As the fold of a project's duty writes it: of no area."""
    company.status(
        "project", "a1", "3-1-502", "overdue", subject=DUTY, rule="R-KEY-04", period="2026-W47", missed=2
    )
    with company.engine.begin() as connection:
        connection.exec_driver_sql("update status set area = '' where subject = ?", (DUTY,))
        connection.exec_driver_sql(
            "update status set body = json_set(body, '$.area', '') where subject = ?", (DUTY,)
        )


def test_a_register_of_cases_has_the_columns_its_life_cycle_shows(company: Company) -> None:
    subject = a_complaint(company)
    page = company.get("office1", "/api/records/complaint")
    columns = {column["name"]: column for column in page["columns"]}

    assert [row["id"] for row in page["items"]] == [subject]
    assert columns["state"]["options"][0] == {
        "value": "received",
        "title": {"zh": "已受理", "en": "Received"},
    }
    assert columns["cause"]["title"] == {"zh": "投诉原因", "en": "Cause"}
    assert columns["progress"]["kind"] == "count"
    assert "reason" not in columns


def test_cases_are_found_by_state_words_and_the_days_on_which_they_were_open(company: Company) -> None:
    subject = a_complaint(company)
    for query, found in (
        ({"state": "received"}, True),
        ({"state": "closed"}, False),
        ({"q": "漏水"}, True),
        ({"period": "2026-11"}, True),
        ({"period": "2026-10"}, False),
    ):
        items = company.get("office1", "/api/records/complaint", **query)["items"]
        assert [row["id"] for row in items] == ([subject] if found else []), query


def test_a_case_opens_as_a_record_and_goes_into_an_export(company: Company) -> None:
    subject = a_complaint(company)
    assert company.get("office1", f"/api/records/complaint/{subject}")["record"]["state"] == "received"

    csv = company.ask("office1", "/api/records/complaint", format="csv", lang="zh").content.decode(
        "utf-8-sig"
    )

    assert "投诉原因" in csv
    assert "虫鼠害" in csv


def test_duties_of_a_project_are_seen_by_whoever_sees_all_of_it(company: Company) -> None:
    a_duty_of_the_project(company)
    seen = company.get("office1", "/api/records/project")

    assert [(row["id"], row["state"], row["missed"]) for row in seen["items"]] == [(DUTY, "overdue", 2)]
    assert seen["columns"][0]["name"] == "rule"
    titles = {option["value"]: option["title"]["zh"] for option in seen["columns"][0]["options"]}
    assert titles["R-KEY-04"] == "主管每周抽查钥匙"
    for user in ("steward1", "supervisorb"):
        assert company.get(user, "/api/records/project")["items"] == []
    assert len({area for area, of in PROJECT_OF.items() if of == "demo"}) > 1, (
        "a steward has a part of it only"
    )


def test_the_registers_one_may_open_are_listed_with_their_titles(company: Company) -> None:
    listed = {each["name"]: each for each in company.get("office1", "/api/registers")["items"]}

    assert listed["complaint"]["title"] == {"zh": "投诉台账", "en": "Complaints"}
    assert (listed["complaint"]["of"], listed["complaint_step"]["of"]) == ("subjects", "facts")
    assert listed["complaint"]["system"] == "complaints"
    assert listed["complaint"]["states"][0]["value"] == "received"
    assert "household" in listed
    assert "household" not in {each["name"] for each in company.get("engineer1", "/api/registers")["items"]}
