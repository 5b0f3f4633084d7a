"""The cashier's ledger: payments go to the account they are of, by receipt, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.catalogue.reference import REFERENCE_TYPES
from server.catalogue.schema import body_schema
from server.http.requests import validator
from server.imports.cashier import import_cashier
from server.imports.publishing import ImportResult
from tests.server.imports.conftest import Office, csv_file, xlsx
from tests.server.imports.test_arrears import HEADER as ARREARS
from tests.server.imports.test_arrears import SERVICE
from tests.server.imports.test_roster import GOOD

HEADER = ["收据号", "房号", "期间", "收费项目", "实收", "收款时间", "收款方式", "收款人"]
PAID = ["No2026-00123", "3-1-502", "2026-09", "物业费", "150.60", "2026-09-28 16:05", "微信", "周出纳"]


@pytest.fixture
def owed(office: Office, tmp_path: Path) -> Office:
    assert office.imports(xlsx(tmp_path / "roster.xlsx", GOOD)).is_done
    assert office.imports_arrears(xlsx(tmp_path / "arrears.xlsx", [ARREARS, SERVICE])).is_done
    return office


def imports(office: Office, path: Path) -> ImportResult:
    return office.runner.run(import_cashier(office.store, office.directory, "demo", path))


def test_a_payment_goes_to_its_account_and_is_there_once(owed: Office, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "c.csv", [HEADER, PAID], "gbk")
    first, second = imports(owed, path), imports(owed, path)

    assert (first.errors, first.changed, second.changed) == ([], 1, 0)
    body = owed.read("a1", "cashier_entry:demo-No2026-00123")["body"]
    assert body == {
        "account_id": "fee_account:demo-3-1-502-2026-09-service", "unit_id": "unit:demo-3-1-502",
        "receipt_no": "No2026-00123", "amount": 15060, "paid_at": "2026-09-28T08:05:00Z", "method": "wechat",
        "cashier": "周出纳",
    }  # fmt: skip
    assert validator(body_schema(REFERENCE_TYPES["cashier_entry"]), {}).is_valid(body)


@pytest.mark.parametrize(
    ("change", "column", "word"),
    [
        ({0: "-1 or 1=1"}, "收据号", "receipt number"),
        ({1: "9-9-999"}, "房号", "no such fee account"),
        ({2: "2026-08"}, "房号", "no such fee account"),
        ({4: "0"}, "实收", "above zero"),
        ({4: ""}, "实收", "above zero"),
        ({5: "2026-09-31 10:00"}, "收款时间", "A time"),
        ({5: "2026-09-28"}, "收款时间", "A time"),
        ({6: "贝壳"}, "收款方式", "One of"),
    ],
)
def test_a_wrong_payment_is_named_and_nothing_changes(
    owed: Office, tmp_path: Path, change: dict[int, str], column: str, word: str
) -> None:
    before = owed.journal_end()
    wrong = [change.get(at, cell) for at, cell in enumerate(["No2026-00124", *PAID[1:]])]
    result = imports(owed, csv_file(tmp_path / "c.csv", [HEADER, PAID, wrong]))

    (error,) = result.errors
    assert (error.row, error.column) == (3, column)
    assert word in error.en
    assert owed.journal_end() == before


def test_one_receipt_twice_in_a_file_is_an_error(owed: Office, tmp_path: Path) -> None:
    (error,) = imports(owed, csv_file(tmp_path / "c.csv", [HEADER, PAID, PAID])).errors
    assert (error.row, error.en) == (3, "Row 2 has the same receipt.")
