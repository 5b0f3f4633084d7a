"""Fee accounts after the roster: yuan and fen, repeats, and debts of nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.catalogue.reference import REFERENCE_TYPES
from server.catalogue.schema import body_schema
from server.http.requests import validator
from tests.server.imports.conftest import Office, csv_file, xlsx
from tests.server.imports.test_roster import GOOD

HEADER = ["房号", "期间", "收费项目", "应收", "减免", "已收", "应缴日"]
SERVICE = ["3-1-502", "2026年9月", "物业费", 250.6, None, "100.00", "2026-09-28"]
PARKING = ["3-1-502", "2026-09", "parking", "1,200元", 0, 0, "2026/9/28"]


@pytest.fixture
def settled(office: Office, tmp_path: Path) -> Office:
    """The roster is in."""
    assert office.imports(xlsx(tmp_path / "roster.xlsx", GOOD)).is_done
    return office


def test_debts_go_to_the_household_they_are_of(settled: Office, tmp_path: Path) -> None:
    result = settled.imports_arrears(xlsx(tmp_path / "欠费.xlsx", [HEADER, SERVICE, PARKING]))

    assert result.errors == []
    assert (result.rows, result.accounts, result.changed) == (2, 2, 2)
    body = settled.read("a1", "fee_account:demo-3-1-502-2026-09-service")["body"]
    assert body == {
        "unit_id": "unit:demo-3-1-502", "household_id": "household:demo-3-1-502-owner", "period": "2026-09",
        "fee_item": "service", "receivable": 25060, "received": 10000, "due_on": "2026-09-28",
    }  # fmt: skip
    assert settled.read("a1", "fee_account:demo-3-1-502-2026-09-parking")["body"]["receivable"] == 120000
    assert validator(body_schema(REFERENCE_TYPES["fee_account"]), {}).is_valid(body)


def test_importing_debts_again_changes_nothing(settled: Office, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [HEADER, SERVICE, PARKING], "gbk")
    settled.imports_arrears(path)

    result = settled.imports_arrears(path)

    assert (result.changed, result.unchanged) == (0, 2)


def test_a_header_that_says_fen_means_fen(settled: Office, tmp_path: Path) -> None:
    header = ["房号", "身份", "账期", "收费项目", "应收（分）", "应缴日"]

    result = settled.imports_arrears(
        csv_file(tmp_path / "a.csv", [header, ["3-1-502", "租户", "202609", "公摊", "25060", "20260928"]])
    )

    assert result.errors == []
    body = settled.read("a1", "fee_account:demo-3-1-502-2026-09-shared_utilities")["body"]
    assert (body["receivable"], body["household_id"]) == (25060, "household:demo-3-1-502-tenant")


@pytest.mark.parametrize(
    ("position", "value", "column", "says"),
    [
        (0, "9-9-901", "房号", "没有这套房屋"),
        (0, "12-2-1201", "role", "没有此身份的客户"),
        (1, "2026-13", "期间", "月份"),
        (2, "停车费用", "收费项目", "车位"),
        (3, 1.005, "应收", "两位小数"),
        (3, -1, "应收", "金额"),
        (3, None, "应收", "须填应收"),
        (3, "=A1", "应收", "公式"),
        (6, None, "应缴日", "不能为空"),
    ],
)
def test_a_wrong_debt_is_named_and_nothing_is_written(
    settled: Office, tmp_path: Path, position: int, value: Any, column: str, says: str
) -> None:
    row = [*SERVICE]
    row[position] = value

    result = settled.imports_arrears(xlsx(tmp_path / "a.xlsx", [HEADER, PARKING, row]))

    assert [(error.row, error.column) for error in result.errors] == [(3, column)]
    assert says in result.errors[0].zh
    assert settled.read("a1", "fee_account:demo-3-1-502-2026-09-parking") is None


def test_the_same_debt_twice_is_an_error(settled: Office, tmp_path: Path) -> None:
    (error,) = settled.imports_arrears(xlsx(tmp_path / "a.xlsx", [HEADER, SERVICE, SERVICE])).errors

    assert "第 2 行已有" in error.zh
