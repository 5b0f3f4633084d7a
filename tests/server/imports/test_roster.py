"""The roster: good files, broken files, and the same file again (contract section 1)."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.catalogue.reference import REFERENCE_TYPES
from server.catalogue.schema import body_schema
from server.errors import ImportRefused
from server.http.requests import validator
from server.imports import reading
from tests.server.imports.conftest import Office, csv_file, xlsx

HEADER = [
    "序号", "房号", "楼栋", "单元", "楼层", "建筑面积", "用途", "房态", "片区", "收费标准", "空置类别", "列入空置日",
    "业主姓名", "电话", "身份", "备注",
]  # fmt: skip
OWNER = [
    1,
    "3-1-502",
    "3栋",
    "1单元",
    5,
    89.5,
    "住宅",
    "已入住",
    "东区",
    2.8,
    None,
    None,
    "王小明",
    13800000001,
    "业主",
    "x",
]
TENANT = [
    2,
    "3-1-502",
    "3栋",
    "1单元",
    5,
    89.5,
    "住宅",
    "已入住",
    "东区",
    2.8,
    None,
    None,
    "李四",
    "138-0000-0002",
    "租户",
    None,
]
VACANT = [
    3, "12-2-1201", None, None, None, "120", None, "未交付", "a2", None, "未交房", dt.date(2026, 1, 31), None, None, None, None,
]  # fmt: skip
GOOD = [["云栖里业主名册"], ["制表：2026年11月"], HEADER, OWNER, TENANT, [None] * 16, VACANT]


def changed(row: list[Any], **by: Any) -> list[Any]:
    copy = list(row)
    for title, value in by.items():
        copy[HEADER.index(title)] = value
    return copy


ANOTHER = changed(OWNER, 房号="3-1-503")


def test_a_good_roster_becomes_units_and_households(office: Office, tmp_path: Path) -> None:
    result = office.imports(xlsx(tmp_path / "名册.xlsx", GOOD))

    assert result.errors == []
    assert (result.rows, result.units, result.households) == (3, 2, 2)
    assert (result.changed, result.unchanged) == (4, 0)
    assert result.ignored_columns == ["序号", "备注"]
    unit = office.read("a1", "unit:demo-3-1-502")
    del unit["_rev"]
    assert unit == {
        "_id": "unit:demo-3-1-502", "type": "unit", "v": 1, "project": "demo", "area": "a1",
        "body": {
            "unit_no": "3-1-502", "building": "3", "entrance": "1", "floor": 5, "gross_area": 89.5,
            "use": "residence", "status": "occupied", "steward_area": "a1", "fee_rate": 280,
        },
    }  # fmt: skip
    assert office.read("a1", "household:demo-3-1-502-owner")["body"] == {
        "unit_id": "unit:demo-3-1-502", "role": "owner", "name": "王小明", "phone": "13800000001",
    }  # fmt: skip
    assert office.read("a1", "household:demo-3-1-502-tenant")["body"]["phone"] == "138-0000-0002"
    assert office.read("a2", "unit:demo-12-2-1201")["body"] == {
        "unit_no": "12-2-1201", "building": "12", "entrance": "2", "floor": 12, "gross_area": 120.0,
        "use": "residence", "status": "undelivered", "steward_area": "a2", "vacancy_kind": "undelivered",
        "vacant_from": "2026-01-31",
    }  # fmt: skip
    assert office.progress[-1] == (4, 4)


def test_what_is_written_fits_the_published_schema(office: Office, tmp_path: Path) -> None:
    office.imports(xlsx(tmp_path / "r.xlsx", GOOD))

    for kind, area, doc_id in (
        ("unit", "a1", "unit:demo-3-1-502"),
        ("unit", "a2", "unit:demo-12-2-1201"),
        ("household", "a1", "household:demo-3-1-502-tenant"),
    ):
        schema = validator(body_schema(REFERENCE_TYPES[kind]), {})
        assert [error.message for error in schema.iter_errors(office.read(area, doc_id)["body"])] == []


def test_importing_again_changes_nothing(office: Office, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "r.xlsx", GOOD)
    office.imports(path)
    before = office.journal_end()

    result = office.imports(path)

    assert (result.changed, result.unchanged) == (0, 4)
    assert office.journal_end() == before


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_csv_says_the_same_in_every_encoding_of_excel(office: Office, tmp_path: Path, encoding: str) -> None:
    office.imports(xlsx(tmp_path / "r.xlsx", GOOD))

    result = office.imports(csv_file(tmp_path / "r.csv", GOOD, encoding))

    assert result.errors == []
    assert (result.changed, result.unchanged) == (0, 4)


def test_english_headers_and_identifiers_are_understood(office: Office, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path / "r.csv",
        [
            [
                "unit_no",
                "floor",
                "gross_area",
                "use",
                "status",
                "steward_area",
                "fee_rate",
                "name",
                "phone",
                "role",
            ],
            ["3-1-G02", "0", "1,089.50", "Shop", "rented", "a1", "280", "Ann", "+86 10 1234 5678", "tenant"],
        ],
    )

    result = office.imports(path)

    assert result.errors == []
    body = office.read("a1", "unit:demo-3-1-G02")["body"]
    assert (body["floor"], body["gross_area"], body["use"], body["fee_rate"]) == (0, 1089.5, "shop", 280)


def test_a_correction_changes_only_what_it_corrects(office: Office, tmp_path: Path) -> None:
    office.imports(xlsx(tmp_path / "r.xlsx", GOOD))

    result = office.imports(xlsx(tmp_path / "r.xlsx", [HEADER, changed(OWNER, 电话="13900000000"), TENANT]))

    assert (result.changed, result.unchanged) == (1, 2)
    assert office.read("a2", "unit:demo-12-2-1201") is not None


def test_a_unit_that_goes_to_another_area_leaves_the_first(office: Office, tmp_path: Path) -> None:
    office.imports(xlsx(tmp_path / "r.xlsx", GOOD))

    moved = [changed(row, 片区="西区") for row in (OWNER, TENANT)]
    result = office.imports(xlsx(tmp_path / "r.xlsx", [HEADER, *moved]))

    assert result.errors == []
    assert office.read("a1", "unit:demo-3-1-502") is None
    assert office.read("a1", "household:demo-3-1-502-owner") is None
    assert office.read("a2", "unit:demo-3-1-502")["area"] == "a2"
    assert office.count("a1") == 0


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        (changed(OWNER, 房号="3-502"), "房号", "3-1-502"),
        (changed(OWNER, 房号=dt.date(2005, 3, 1)), "房号", "日期"),
        (changed(OWNER, 房号=None), "房号", "不能为空"),
        (changed(OWNER, 楼栋="4栋"), "楼栋", "与房号不符"),
        (changed(OWNER, 单元="2单元"), "单元", "与房号不符"),
        (changed(OWNER, 楼层="五"), "楼层", "整数"),
        (changed(OWNER, 楼层=5.5), "楼层", "整数"),
        (changed(OWNER, 房号="3-1-A", 楼层=None), "楼层", "请填楼层"),
        (changed(OWNER, 建筑面积="很大"), "建筑面积", "数字"),
        (changed(OWNER, 建筑面积=-5), "建筑面积", "数字"),
        (changed(OWNER, 建筑面积=True), "建筑面积", "数字"),
        (changed(OWNER, 建筑面积="nan"), "建筑面积", "数字"),
        (changed(OWNER, 建筑面积=1e9), "建筑面积", "数字"),
        (changed(OWNER, 建筑面积=None), "建筑面积", "不能为空"),
        (changed(OWNER, 建筑面积="=SUM(A1:A9)"), "建筑面积", "公式"),
        (changed(OWNER, 用途="猪圈"), "用途", "住宅"),
        (changed(OWNER, 房态="不明"), "房态", "已入住"),
        (changed(OWNER, 片区="北区"), "片区", "东区 (a1)、西区 (a2)"),
        (changed(OWNER, 收费标准=2.805), "收费标准", "两位小数"),
        (changed(OWNER, 收费标准=280), "收费标准", "两位小数"),
        (changed(OWNER, 空置类别="未交房"), "列入空置日", "列入空置日"),
        (changed(OWNER, 列入空置日="2026-01-01"), "空置类别", "空置类别"),
        (changed(VACANT, 列入空置日="2026-02-30"), "列入空置日", "日期"),
        (changed(VACANT, 列入空置日=46053), "列入空置日", "日期"),
        (changed(OWNER, 业主姓名="=cmd|' /C calc'!A0"), "业主姓名", "公式"),
        (changed(OWNER, 业主姓名="@SUM(1)"), "业主姓名", "公式"),
        (changed(OWNER, 业主姓名="王" * 101), "业主姓名", "100"),
        (changed(OWNER, 业主姓名="王" * 5000), "业主姓名", "过长"),
        (changed(OWNER, 业主姓名="王\u202e明"), "业主姓名", "不可见"),
        (changed(OWNER, 业主姓名=None), "电话", "没有姓名"),
        (changed(OWNER, 电话="找物业"), "电话", "电话号码"),
        (changed(OWNER, 身份="邻居"), "身份", "业主"),
        (changed(ANOTHER, 业主姓名="王二"), "业主姓名", "第 2 行已有"),
        (changed(ANOTHER, 身份="租户", 建筑面积=90), "建筑面积", "与第 2 行的同一房号不一致"),
    ],
)
@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_wrong_value_is_named_with_its_place_and_nothing_is_written(
    office: Office, tmp_path: Path, row: list[Any], column: str, says: str, kind: str
) -> None:
    rows = [HEADER, ANOTHER, row]
    path = xlsx(tmp_path / "r.xlsx", rows) if kind == "xlsx" else csv_file(tmp_path / "r.csv", rows)

    result = office.imports(path)

    found = [error for error in result.errors if error.column == column]
    assert found, result.errors
    assert found[0].file == path.name
    assert found[0].row == 3
    assert says in found[0].zh
    assert found[0].en.isascii() or "东区" in found[0].en
    assert (office.count("a1"), office.count("a2"), result.changed) == (0, 0, 0)


def test_every_error_of_a_file_is_told_at_once(office: Office, tmp_path: Path) -> None:
    rows = [HEADER, changed(OWNER, 房态="?", 电话="?"), VACANT, changed(VACANT, 房号="12-2-1202", 片区="?")]

    result = office.imports(xlsx(tmp_path / "r.xlsx", rows))

    assert [(error.row, error.column, error.value) for error in result.errors] == [
        (2, "房态", "?"), (2, "电话", "?"), (4, "片区", "?"),
    ]  # fmt: skip
    assert str(result.errors[0]).startswith("r.xlsx 第 2 行 row 2 [房态] “?”: 须为：")


def test_a_formula_is_refused_even_with_a_kept_result(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "r.xlsx"
    book = openpyxl.Workbook()
    for row in ([*HEADER], [*OWNER]):
        book.active.append(row)
    book.active["F2"] = "=40+49.5"
    book.save(path)

    (error,) = office.imports(path).errors

    assert (error.row, error.column, error.value) == (2, "建筑面积", "=40+49.5")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([["随便", "什么"], [1, 2]], "没有找到表头，须有：房号、建筑面积、房态、片区"),
        ([], "没有找到表头"),
        ([["x"]] * 10 + [HEADER, OWNER], "没有找到表头"),
        ([[title for title in HEADER if title != "房态"], [1]], "缺少列：房态"),
        ([[*HEADER, "房屋编号"], [*OWNER, "3-1-502"]], "是同一列"),
    ],
)
def test_a_table_without_a_usable_header_is_refused(
    office: Office, tmp_path: Path, rows: list[list[Any]], says: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        office.imports(xlsx(tmp_path / "r.xlsx", rows))

    assert says in refused.value.reason
    assert "\n" not in refused.value.reason


def test_a_header_without_rows_is_an_error(office: Office, tmp_path: Path) -> None:
    (error,) = office.imports(xlsx(tmp_path / "r.xlsx", [HEADER])).errors

    assert "没有数据" in error.zh


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.xlsx", b""),
        ("r.xlsx", b"not a zip at all"),
        ("r.xlsx", b"PK\x03\x04" + b"\0" * 100),
        ("r.xlsx", b"\xd0\xcf\x11\xe0" + b"\0" * 600),
        ("r.xls", b"\xd0\xcf\x11\xe0"),
        ("r.pdf", b"%PDF"),
        ("r", b"x"),
        ("r.csv", b"\x00\x01\x02"),
        ("r.csv", b"\xff\xfe\x80\x80"),
        ("r.csv", '房号,房态,片区,建筑面积\n"3-1-502'.encode() + b"x" * 140_000),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(
    office: Office, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ImportRefused) as refused:
        office.imports(path)

    assert refused.value.reason.startswith(name)
    assert "\n" not in refused.value.reason


def test_a_workbook_whose_parts_are_broken_is_refused(office: Office, tmp_path: Path) -> None:
    good = xlsx(tmp_path / "good.xlsx", GOOD)
    for broken in (
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "[Content_Types].xml",
        "xl/_rels/workbook.xml.rels",
    ):
        for content in (b"<", b"", b"<a/>"):
            path = tmp_path / "r.xlsx"
            with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
                for member in source.namelist():
                    target.writestr(member, content if member == broken else source.read(member))
            with pytest.raises(ImportRefused):
                office.imports(path)


def test_a_missing_file_is_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="打不开"):
        office.imports(tmp_path / "none.xlsx")


def test_an_unknown_project_is_refused(office: Office, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="没有项目"):
        office.imports(xlsx(tmp_path / "r.xlsx", GOOD), project="other")


class TestSizes:
    def test_a_large_file_is_refused_unopened(
        self, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MAX_FILE_BYTES", 1000)

        with pytest.raises(ImportRefused, match="过大"):
            office.imports(xlsx(tmp_path / "r.xlsx", GOOD))

    def test_a_zip_bomb_is_refused_before_it_is_unpacked(
        self, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MAX_UNPACKED_BYTES", 3_000_000)
        path = xlsx(tmp_path / "r.xlsx", GOOD)
        with (
            zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
            archive.open("xl/bomb.xml", "w") as bomb,
        ):
            for _ in range(4):
                bomb.write(b"\0" * 1_000_000)
        assert path.stat().st_size < 50_000

        with pytest.raises(ImportRefused, match="过大"):
            office.imports(path)

    def test_a_cell_at_the_far_end_of_the_sheet_is_refused_quickly(
        self, office: Office, tmp_path: Path
    ) -> None:
        for far in ("A1048576", "XFD2"):
            book = openpyxl.Workbook()
            for row in (HEADER, OWNER):
                book.active.append(list(row))
            book.active[far] = "x"
            book.save(tmp_path / "r.xlsx")

            with pytest.raises(ImportRefused, match="过大"):
                office.imports(tmp_path / "r.xlsx")

    def test_too_many_rows_are_refused(
        self, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reading, "MAX_ROWS", 20)

        with pytest.raises(ImportRefused, match="过大"):
            office.imports(csv_file(tmp_path / "r.csv", [HEADER, *[OWNER] * 40]))

    def test_dimensions_that_the_file_claims_are_not_believed(self, office: Office, tmp_path: Path) -> None:
        good = xlsx(tmp_path / "good.xlsx", GOOD)
        path = tmp_path / "r.xlsx"
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(path, "w") as target:
            for member in source.namelist():
                content = source.read(member)
                if member == "xl/worksheets/sheet1.xml":
                    assert b'<dimension ref="' in content
                    start, _, rest = content.partition(b'<dimension ref="')
                    content = start + b'<dimension ref="A1:B2"' + rest[rest.index(b'"') + 1 :]
                target.writestr(member, content)

        assert office.imports(path).units == 2
