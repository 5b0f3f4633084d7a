"""Weather and calendars from a file: understood as offices write them, whole or not at all, and again without change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.errors import ImportRefused
from server.imports.project_days import import_calendar, import_weather
from server.imports.publishing import ImportResult
from server.ledger.calendar import calendar_of
from server.ledger.weather import weather_of
from tests.server.imports.conftest import Office, csv_file, xlsx

DAYS = ["日期", "类型", "名称"]
WEATHER = ["日期", "雨量(mm)", "风力", "预警", "有雨"]


def calendar(office: Office, path: Path) -> ImportResult:
    return office.runner.run(import_calendar(office.store, office.directory, "demo", path))


def weather(office: Office, path: Path) -> ImportResult:
    return office.runner.run(import_weather(office.store, office.directory, "demo", path))


def read(office: Office, doc_id: str) -> Any:
    return office.runner.run(office.store.database("project-demo").read(doc_id))


def test_a_calendar_is_read_as_the_state_publishes_it(office: Office, tmp_path: Path) -> None:
    rows = [
        DAYS,
        ["2026/10/1", "放假", "国庆"],
        ["2026-10-02", "法定节假日", None],
        ["2026年10月10日", "调休", None],
    ]
    result = calendar(office, xlsx(tmp_path / "假期.xlsx", rows))

    assert (result.errors, result.changed) == ([], 1)
    found = calendar_of([read(office, "calendar:demo")], "Asia/Shanghai")
    assert sorted(day.isoformat() for day in found.holidays) == ["2026-10-01", "2026-10-02"]
    assert [day.isoformat() for day in found.makeup_days] == ["2026-10-10"]


def test_a_year_is_replaced_by_its_new_file_and_other_years_stay(office: Office, tmp_path: Path) -> None:
    calendar(
        office,
        csv_file(tmp_path / "a.csv", [DAYS, ["2026-10-01", "holiday", ""], ["2026-10-02", "holiday", ""]]),
    )
    calendar(office, csv_file(tmp_path / "b.csv", [DAYS, ["2027-01-01", "holiday", ""]]))
    calendar(office, csv_file(tmp_path / "c.csv", [DAYS, ["2026-10-01", "holiday", ""]]))
    again = calendar(office, csv_file(tmp_path / "c.csv", [DAYS, ["2026-10-01", "holiday", ""]]))

    assert read(office, "calendar:demo")["holidays"] == ["2026-10-01", "2027-01-01"]
    assert (again.changed, again.unchanged) == (0, 1)


def test_weather_is_kept_by_day_and_repeating_it_changes_nothing(office: Office, tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "天气.xlsx",
        [WEATHER, ["2026-04-01", "12.5毫米", "3级", "黄", "是"], ["2026-04-02", 0, 7, None, None]],
    )
    first, second = weather(office, path), weather(office, path)

    assert (first.errors, first.changed) == ([], 2)
    assert (second.changed, second.unchanged) == (0, 2)
    one, two = weather_of(
        [read(office, "weather_day:demo-2026-04-01"), read(office, "weather_day:demo-2026-04-02")]
    )
    assert (one.rain_mm, one.wind_level, one.warning, one.is_rainy) == (12.5, 3, "yellow", True)
    assert (two.rain_mm, two.wind_level, two.warning, two.is_rainy) == (0, 7, "none", False)


@pytest.mark.parametrize(
    ("rows", "row", "column", "word"),
    [
        ([["2026-10-01", "放假"], ["2026-10-01", "放假"]], 3, "日期", "Row 2"),
        ([["2026-02-30", "放假"]], 2, "日期", "A date"),
        ([["2026-10-01", "放羊"]], 2, "类型", "One of"),
        ([["2026-10-08", "调休上班"]], 2, "日期", "Saturday or Sunday"),
        ([["", "放假"]], 2, "日期", "filled in"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_changes(
    office: Office, tmp_path: Path, rows: list[list[str]], row: int, column: str, word: str
) -> None:
    before = office.journal_end()
    result = calendar(office, csv_file(tmp_path / "a.csv", [DAYS[:2], *rows]))

    (error,) = result.errors
    assert (error.row, error.column) == (row, column)
    assert word in error.en
    assert office.journal_end() == before


def test_wrong_weather_is_named_cell_by_cell(office: Office, tmp_path: Path) -> None:
    result = weather(
        office, csv_file(tmp_path / "w.csv", [WEATHER, ["2026-04-01", "-1", "18", "紫", "也许"]])
    )
    assert [error.column for error in result.errors] == ["雨量(mm)", "风力", "预警", "有雨"]
    assert read(office, "weather_day:demo-2026-04-01") is None


def test_a_file_without_rows_and_an_unknown_project_are_refused(office: Office, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [DAYS])
    assert "no rows" in calendar(office, path).errors[0].en
    with pytest.raises(ImportRefused, match="no project"):
        office.runner.run(import_calendar(office.store, office.directory, "other", path))
