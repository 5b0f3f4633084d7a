"""The roster of a project: its units and the households in them, from one table with one row each.

For: `xunlu import roster`.
Not for: debts (arrears), or what follows from a vacancy (server/ledger).
A unit with an owner and a tenant has two rows, whose columns about the unit agree. What the file does not name stays
as it is: a roster of one building leaves the others alone.
Source: domain 4.4 (unit, household), R-VAC; contract section 1.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server.access.directory import Directory
from server.catalogue.enums import HOUSEHOLD_ROLE, UNIT_STATUS, UNIT_USE, VACANCY_KIND
from server.catalogue.reference import reference_document
from server.imports.cells import (
    Column,
    Header,
    RowError,
    choice,
    day,
    fen,
    number,
    recognises,
    required,
    text,
    turned_into_a_date,
    whole,
    yes_or_no,
    yuan,
)
from server.imports.publishing import MAX_ERRORS, ImportResult, Places, Progress, publish
from server.imports.reading import Row, Table, Value, read_table
from server.ledger.model import JsonObject
from sync.database import Store

PART = r"[0-9A-Za-z\u4e00-\u9fff]{1,16}"
_UNIT_NO_TEXT = text(
    60, rf"{PART}-{PART}-{PART}", "须为“楼栋-单元-房间”，如 3-1-502。", "Building-entrance-room, such as 3-1-502."
)  # fmt: skip
PHONE = text(30, r"\+?[0-9][0-9()\- ]{4,24}(转[0-9]{1,6})?", "须为电话号码。", "A telephone number.")
_WITHOUT_WORDS = re.compile(r"(栋|幢|座|号楼|楼|单元|室|号|#)$")


def read_unit_no(value: Value) -> str:
    """`building-entrance-room`. What a spreadsheet program made a day of is refused in CSV too."""
    if isinstance(value, str) and re.fullmatch(r"(19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}", value):
        raise turned_into_a_date()
    found: str = _UNIT_NO_TEXT(value)
    return found


UNIT_COLUMNS = (
    Column("unit_no", ("房号", "房屋编号", "unit number"), read_unit_no, required=True),
    Column("building", ("楼栋", "栋", "楼号", "building"), text(20)),
    Column("entrance", ("单元", "单元号", "entrance"), text(20)),
    Column("floor", ("楼层", "层", "floor"), whole(-10, 200, ("层", "楼"))),
    Column(
        "gross_area", ("建筑面积", "建筑面积(㎡)", "建筑面积(平方米)", "面积", "gross area"),
        number(0.01, 100_000, ("㎡", "平方米", "平米", "m2")), required=True,
    ),
    Column("use", ("用途", "房屋用途", "use"), choice(UNIT_USE)),
    Column(
        "status", ("房态", "房屋状态", "status"),
        choice(UNIT_STATUS, occupied="入住 自住", delivered_vacant="空置", rented="已出租", undelivered="未交房"),
        required=True,
    ),
    Column("steward_area", ("片区", "责任片区", "area"), text(200), required=True),
    Column(
        "fee_rate_yuan", ("收费标准", "收费标准(元)", "收费标准(元/㎡·月)", "收费标准(元/平方米·月)", "物业费单价"),
        yuan(99),
    ),
    Column("fee_rate", ("收费标准(分/㎡·月)", "收费标准(分)"), fen(99)),
    Column("delivered_on", ("交房日期", "交付日期", "handed over on"), day),
    Column("moved_in_on", ("入住日期", "moved in on"), day),
    Column("vacancy_kind", ("空置类别", "kind of vacancy"), choice(VACANCY_KIND)),
    Column("vacant_from", ("列入空置日", "空置起", "vacant from"), day),
    Column("vacant_to", ("移出空置日", "空置止", "left the vacancy register on"), day),
    Column("warranty_until", ("保修至", "保修到期", "warranty until"), day),
)  # fmt: skip
HOUSEHOLD_COLUMNS = (
    Column("name", ("业主姓名", "姓名", "客户姓名", "owner", "owner name"), text(100)),
    Column("phone", ("电话", "联系电话", "手机", "手机号", "telephone"), PHONE),
    Column("role", ("身份", "客户身份", "role"), choice(HOUSEHOLD_ROLE, tenant="租客 承租人", user="住户")),
    Column("members", ("人数", "常住人数", "members"), whole(0, 50, ("人",))),
    Column("is_key_customer", ("重点客户", "key customer"), yes_or_no),
    Column("contact_preference", ("联系偏好", "contact preference"), text(200)),
    Column("good_contact_hours", ("方便时间", "方便联系时间", "good hours"), text(200)),
)
COLUMNS = (*UNIT_COLUMNS, *HOUSEHOLD_COLUMNS)
_UNIT_FIELDS = tuple(column.field for column in UNIT_COLUMNS if column.field != "fee_rate_yuan")
_HOUSEHOLD_FIELDS = tuple(column.field for column in HOUSEHOLD_COLUMNS)


async def import_roster(
    store: Store, directory: Directory, project: str, path: Path, progress: Progress | None = None
) -> ImportResult:
    """Read the file and, unless it has errors, publish its units and households.

    Raises ImportRefused when the file as a whole cannot be used.
    """
    places = Places(directory.current(), project)
    table = await asyncio.to_thread(read_table, path, recognises(COLUMNS, least=3), required(COLUMNS))
    result, documents = read_roster(path.name, table, places)
    total = len(documents)
    done = 0

    def advance(by: int) -> None:
        nonlocal done
        done += by
        if progress is not None:
            progress(done, total)

    if result.is_done:
        await publish(store, places, documents, result, advance)
    return result


def read_roster(file: str, table: Table, places: Places) -> tuple[ImportResult, list[JsonObject]]:
    """The documents of a roster, or what is wrong with it; reads nothing but its arguments."""
    header = Header(file, table.header, COLUMNS)
    roster = _Roster(header, places)
    for row in table.rows:
        roster.take(row)
        if len(roster.errors) >= MAX_ERRORS:
            break
    result = ImportResult(
        rows=len(table.rows),
        units=len(roster.units),
        households=len(roster.households),
        ignored_columns=header.ignored,
        errors=roster.errors,
    )
    if not table.rows:
        result.errors.append(
            RowError(file, table.header.number, "", "", "表头下没有数据。", "There are no rows.")
        )
    return result, list(roster.documents())


class _Roster:
    """What the rows read so far say."""

    def __init__(self, header: Header, places: Places) -> None:
        self._header = header
        self._places = places
        self.units: dict[str, tuple[int, JsonObject]] = {}  # unit_no → row it was first named in, body
        self.households: dict[tuple[str, str], tuple[int, JsonObject]] = {}
        self.errors: list[RowError] = []

    def take(self, row: Row) -> None:
        before = len(self.errors)
        found = self._header.read(row, self.errors)
        if len(self.errors) > before:
            self._area(row, found)  # one wrong cell hides no other
            return
        unit = self._unit(row, found)
        if unit is None:
            return
        unit_no = str(unit["unit_no"])
        self._take_unit(row, unit_no, unit)
        if "name" in found:
            self._take_household(row, unit_no, found)
        else:
            for field in (each for each in _HOUSEHOLD_FIELDS if each in found):
                self._wrong(row, field, found[field], "没有姓名。", "There is no name beside it.")

    def documents(self) -> Iterator[JsonObject]:
        project = self._places.project
        for _, body in self.units.values():
            yield reference_document("unit", project, str(body["steward_area"]), body)
        for (unit_no, _), (_, body) in self.households.items():
            area = str(self.units[unit_no][1]["steward_area"])
            yield reference_document("household", project, area, body)

    def _unit(self, row: Row, found: dict[str, Any]) -> JsonObject | None:
        before = len(self.errors)
        building, entrance, room = found["unit_no"].split("-")
        self._must_agree(row, "building", found, building)
        self._must_agree(row, "entrance", found, entrance)
        if "floor" not in found and (floor := _floor_of(room)) is not None:
            found["floor"] = floor
        if "floor" not in found:
            self._wrong(
                row,
                "floor",
                "",
                "房间号里看不出楼层，请填楼层列。",
                "The room does not tell the floor: fill in the floor.",
            )
        if "fee_rate_yuan" in found:
            found.setdefault("fee_rate", found["fee_rate_yuan"])
        area = self._area(row, found)
        self._check_vacancy(row, found)
        if len(self.errors) > before:
            return None
        found |= {"building": building, "entrance": entrance, "steward_area": area}
        found.setdefault("use", "residence")
        return {field: found[field] for field in _UNIT_FIELDS if field in found}

    def _area(self, row: Row, found: dict[str, Any]) -> str | None:
        if "steward_area" not in found:
            return None
        area = self._places.area(found["steward_area"])
        if area is None:
            self._wrong(
                row, "steward_area", found["steward_area"],
                f"没有这个片区；有：{self._places.expected}。", f"No such area; there are: {self._places.expected}.",
            )  # fmt: skip
        return area

    def _must_agree(self, row: Row, field: str, found: dict[str, Any], of_unit_no: str) -> None:
        if field in found and _WITHOUT_WORDS.sub("", found[field]) != of_unit_no:
            self._wrong(
                row, field, found[field],
                f"与房号不符，房号中为 {of_unit_no}。", f"It is {of_unit_no} in the unit number.",
            )  # fmt: skip

    def _check_vacancy(self, row: Row, found: dict[str, Any]) -> None:
        if "vacancy_kind" in found and "vacant_from" not in found:
            self._wrong(
                row,
                "vacant_from",
                "",
                "空置房须填列入空置日。",
                "A vacant unit needs the day it became vacant.",
            )
        if "vacant_from" in found and "vacancy_kind" not in found:
            self._wrong(
                row, "vacancy_kind", "", "空置房须填空置类别。", "A vacant unit needs its kind of vacancy."
            )
        if "vacant_to" in found and found["vacant_to"] < found.get("vacant_from", found["vacant_to"]):
            self._wrong(
                row,
                "vacant_to",
                found["vacant_to"],
                "早于列入空置日。",
                "It is before the day it became vacant.",
            )

    def _take_unit(self, row: Row, unit_no: str, unit: JsonObject) -> None:
        first = self.units.setdefault(unit_no, (row.number, unit))
        if first[1] == unit:
            return
        for field in _UNIT_FIELDS:
            if first[1].get(field) != unit.get(field):
                self._wrong(
                    row, field, unit.get(field, ""),
                    f"与第 {first[0]} 行的同一房号不一致。", f"It differs from row {first[0]}, which has the same unit.",
                )  # fmt: skip

    def _take_household(self, row: Row, unit_no: str, found: dict[str, Any]) -> None:
        body: JsonObject = {"unit_id": f"unit:{self._places.project}-{unit_no}", "role": "owner"}
        body |= {field: found[field] for field in _HOUSEHOLD_FIELDS if field in found}
        key = (unit_no, str(body["role"]))
        first = self.households.setdefault(key, (row.number, body))
        if first[1] is not body:
            self._wrong(
                row, "name", found["name"],
                f"第 {first[0]} 行已有同一房号、同一身份的客户。",
                f"Row {first[0]} has a household of this unit in the same role already.",
            )  # fmt: skip

    def _wrong(self, row: Row, field: str, value: object, zh: str, en: str) -> None:
        self.errors.append(self._header.error(row, field, value, zh, en))


def _floor_of(room: str) -> int | None:
    """502 is on floor 5, 1201 on 12: the last two digits number the rooms of a floor."""
    return int(room[:-2]) if re.fullmatch(r"[1-9][0-9]{2,3}", room) else None
