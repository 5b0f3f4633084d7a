"""What is exported is what was asked for, harmless, in yuan and the site's time, and leaves a trace."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

from openpyxl import load_workbook

from server.access.audit import first_broken
from tests.server.office.world import Company

FORMULAS = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "  =1", "＝1+1")


def sheet(content: bytes) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(content))
    assert book.active is not None
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def table(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def households(company: Company) -> None:
    for number, (name, arrears) in enumerate((("王一", 12_050), ("李二", 0), ("赵三", 7)), start=1):
        company.status(
            "household",
            "a1",
            f"1-1-{number}01",
            "promised",
            name=name,
            role="owner",
            arrears_fen=arrears,
            arrears_since="2026-03-01",
            last_measure_at="2026-11-20T01:05:09Z",
            promise={"date": "2026-12-01", "amount_fen": 5000, "fact": "fee_visit:x"},
        )


def test_the_spreadsheet_holds_the_rows_of_the_register_in_the_columns_chosen(company: Company) -> None:
    households(company)
    names = "unit_no,area,name,role,state,arrears_fen,arrears_since,last_measure_at,promise"

    page = company.get("finance1", "/api/records/household", sort="-arrears_fen")
    answer = company.ask(
        "finance1", "/api/records/household", sort="-arrears_fen", format="xlsx", columns=names, limit=1
    )

    assert answer.headers["content-type"].startswith(
        "application/vnd.openxmlformats-officedocument.spreadsheetml"
    )
    assert 'filename="household-20261123-0900.xlsx"' in answer.headers["content-disposition"]
    head, *rows, foot = sheet(answer.content)
    assert head == ["房号", "片区", "姓名", "身份", "状态", "欠费", "欠费起", "上次催缴", "承诺"]
    assert [row[0] for row in rows] == [item["unit_no"] for item in page["items"]]
    assert [round(row[5] * 100) for row in rows] == [item["arrears_fen"] for item in page["items"]]
    assert rows[0] == [
        "1-1-101",
        "片区 a1",
        "王一",
        "业主",
        "已承诺",
        120.5,
        datetime(2026, 3, 1),
        datetime(2026, 11, 20, 9, 5, 9),
        "承诺日 2026-12-01 · 承诺金额 50.00",
    ]
    assert (foot[0], foot[5]) == ("合计 3 条", 120.57)


def test_the_same_table_in_english_and_as_text(company: Company) -> None:
    households(company)

    answer = company.ask(
        "finance1",
        "/api/records/household",
        format="csv",
        lang="en",
        columns="unit_no,state,arrears_fen,last_measure_at",
    )

    assert table(answer.content) == [
        ["Unit", "State", "Arrears", "Last measure"],
        ["1-1-101", "Promised", "120.50", "2026-11-20 09:05"],
        ["1-1-201", "Promised", "0.00", "2026-11-20 09:05"],
        ["1-1-301", "Promised", "0.07", "2026-11-20 09:05"],
        ["Total: 3", "", "120.57", ""],
    ]


def test_an_accept_header_asks_for_a_file_too(company: Company) -> None:
    answer = company.client.get("/api/records/airing", headers={"X-As": "office1", "Accept": "text/csv"})

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


def test_what_a_spreadsheet_would_take_for_a_formula_is_only_text(company: Company) -> None:
    for formula in FORMULAS:
        company.fact("violation_progress", "a1", "steward1", body={"text": formula})

    asked = {"columns": "text", "sort": "performed_at"}
    exported = company.ask("office1", "/api/records/violation_progress", format="xlsx", **asked)
    lines = table(company.ask("office1", "/api/records/violation_progress", format="csv", **asked).content)

    book = load_workbook(io.BytesIO(exported.content))
    assert book.active is not None
    cells = [row[0] for row in book.active.iter_rows(min_row=2, max_row=1 + len(FORMULAS))]
    assert {cell.data_type for cell in cells} == {"s"}
    assert sorted(cell.value for cell in cells) == sorted(FORMULAS)
    assert sorted(line[0] for line in lines[1:-1]) == sorted(f"'{formula}" for formula in FORMULAS)


def test_checklists_lists_and_choices_are_said_in_words(company: Company) -> None:
    items = [
        {"code": "walls", "result": "abnormal", "note": "拆"},
        {"code": "waterproofing", "result": "normal"},
        {"code": "newer_phones_item", "result": "abnormal", "note": "?"},
    ]
    company.fact(
        "decoration_patrol", "a1", "steward1", photos=("a" * 64, "b" * 64),
        body={"stage": "masonry", "items": items, "talked_to": [{"who": "owner", "summary": "请补报"}]},
    )  # fmt: skip

    answer = company.ask(
        "office1",
        "/api/records/decoration_patrol",
        format="csv",
        columns="stage,items,talked_to,photos,time_suspect",
    )

    assert table(answer.content)[1] == [
        "泥瓦",
        "异常 2: 墙体、newer_phones_item",
        "沟通对象 业主 · 沟通内容 请补报",
        "2",
        "否",
    ]


def test_characters_a_spreadsheet_cannot_hold_are_left_out(company: Company) -> None:
    company.fact("violation_progress", "a1", "steward1", body={"text": "a\x00b\x0b\ufffec\nd"})

    answer = company.ask("office1", "/api/records/violation_progress", format="xlsx", columns="text")

    assert sheet(answer.content)[1] == ["abc\nd"]


def test_an_export_leaves_an_entry_in_the_audit_trail(company: Company) -> None:
    households(company)

    company.ask("finance1", "/api/records/household", format="csv", area="a1", q="王一")

    with company.engine.connect() as connection:
        entries = connection.exec_driver_sql(
            "select actor, detail from audit_entry where action = 'export'"
        ).all()
    ((actor, detail),) = entries
    assert actor == "finance1"
    assert json.loads(detail) == {
        "what": "household",
        "format": "csv",
        "rows": 1,
        "query": {"area": "a1", "q": "王一", "format": "csv", "lang": "zh"},
    }
    assert first_broken(company.engine) is None


def test_columns_that_do_not_exist_are_named(company: Company) -> None:
    for columns in ("unit_no,nothing", "unit_no,unit_no", ","):
        answer = company.ask("office1", "/api/records/airing", format="csv", columns=columns)
        assert (answer.status_code, answer.json()["parameter"]) == (400, "columns")
