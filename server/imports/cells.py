"""Columns: which header names mean which field, and which values a field takes.

For: `Column` declarations and reading a row by them; every value that is not understood is a `RowError` that says
where it stands and what is expected.
Not for: files (reading), or rules between fields (roster, arrears).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from server.catalogue.fields import Enum
from server.errors import ImportRefused
from server.imports.reading import Formula, Row, TooLong, Value

MAX_SHOWN_CHARACTERS = 60


class NotUnderstood(ValueError):
    """A value is not what its column takes: what is expected, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


Read = Callable[[Value], Any]  # never given None; raises NotUnderstood


@dataclass(frozen=True, slots=True)
class Column:
    field: str
    headers: tuple[str, ...]  # the first is shown to people
    read: Read
    required: bool = False


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong, where, and what is expected there."""

    file: str
    row: int
    column: str
    value: str
    zh: str
    en: str

    def __str__(self) -> str:
        shown = f" “{self.value}”" if self.value else ""
        return f"{self.file} 第 {self.row} 行 row {self.row} [{self.column}]{shown}: {self.zh} {self.en}"


class Header:
    """The header row of a file, understood."""

    def __init__(self, file: str, row: Row, columns: Sequence[Column]) -> None:
        """Raises ImportRefused when a required column is missing or two columns mean the same."""
        self.file = file
        known = _by_header(columns)
        self._at: dict[str, tuple[int, Column, str]] = {}
        self.ignored: list[str] = []
        for position, title in enumerate(row.values):
            if title is None:
                continue
            column = known.get(plain(title))
            if column is None:
                self.ignored.append(str(shown(title)))
                continue
            if column.field in self._at:
                raise ImportRefused(
                    f"{file} 第 {row.number} 行：“{self._at[column.field][2]}”和“{title}”是同一列，请删去一列。"
                    "Two columns mean the same; remove one."
                )
            self._at[column.field] = (position, column, str(title))
        missing = [
            column.headers[0] for column in columns if column.required and column.field not in self._at
        ]
        if missing:
            raise ImportRefused(
                f"{file} 第 {row.number} 行缺少列：{'、'.join(missing)}。Columns are missing: {', '.join(missing)}."
            )

    def title(self, field: str) -> str:
        """The column's title in this file, or the field's name when the file has no such column."""
        return self._at[field][2] if field in self._at else field

    def read(self, row: Row, errors: list[RowError]) -> dict[str, Any]:
        """The fields of a row that hold something; what is not understood is added to `errors`."""
        found: dict[str, Any] = {}
        for field, (position, column, _) in self._at.items():
            value = row.values[position] if position < len(row.values) else None
            if value is None:
                if column.required:
                    errors.append(self.error(row, field, "", "不能为空。", "It has to be filled in."))
                continue
            try:
                found[field] = _read(column, value)
            except NotUnderstood as problem:
                errors.append(self.error(row, field, value, problem.zh, problem.en))
        return found

    def error(self, row: Row, field: str, value: object, zh: str, en: str) -> RowError:
        return RowError(self.file, row.number, self.title(field), shown(value), zh, en)


def recognises(columns: Sequence[Column], least: int) -> Callable[[Sequence[Value]], bool]:
    """Whether a row is the header: at least `least` of its cells name columns."""
    known = _by_header(columns)

    def is_header(values: Sequence[Value]) -> bool:
        return len({known[plain(value)].field for value in values if plain(value) in known}) >= least

    return is_header


def required(columns: Sequence[Column]) -> str:
    """The columns a file has to have, as a person reads them."""
    return "、".join(column.headers[0] for column in columns if column.required)


def plain(title: object) -> str:
    """A header as it is compared: without spaces, stars, line breaks and differences of width and case."""
    return re.sub(r"[\s*]", "", unicodedata.normalize("NFKC", str(title))).lower()


def shown(value: object) -> str:
    if isinstance(value, Formula | TooLong):
        value = value.text
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else "·" for c in text)[:MAX_SHOWN_CHARACTERS]


# Readers


def text(most: int = 200, pattern: str | None = None, zh: str = "", en: str = "") -> Read:
    compiled = None if pattern is None else re.compile(pattern)

    def read(value: Value) -> str:
        if isinstance(value, bool | date):  # a spreadsheet program took 3-1-5 for a day in March
            raise turned_into_a_date()
        found = unicodedata.normalize("NFKC", _as_text(value)).strip()
        if len(found) > most:
            raise NotUnderstood(f"最多 {most} 个字符。", f"At most {most} characters.")
        if any(not c.isprintable() for c in found):
            raise NotUnderstood("含有不可见字符。", "It holds characters that cannot be seen.")
        if compiled is not None and compiled.fullmatch(found) is None:
            raise NotUnderstood(zh, en)
        return found

    return read


def choice(options: Enum, **aliases: str) -> Read:
    """One of an enumeration: its value, its Chinese or English title, or a further Chinese name."""
    by_name = {plain(name): value for value, names in _names(options, aliases).items() for name in names}
    expected = "、".join(option.title.zh for option in options.options)
    also = ", ".join(options.values)

    def read(value: Value) -> str:
        found = by_name.get(plain(value))
        if found is None:
            raise NotUnderstood(f"须为：{expected}。", f"One of: {also}.")
        return found

    return read


def number(least: float, most: float, suffixes: tuple[str, ...] = (), places: int = 2) -> Read:
    """A decimal with at most `places` digits after the point."""

    def read(value: Value) -> float:
        found = _decimal(value, suffixes)
        if found is None or not Decimal(str(least)) <= found <= Decimal(str(most)):
            raise NotUnderstood(
                f"须为 {least:g} 至 {most:g} 的数字。", f"A number from {least:g} to {most:g}."
            )
        return float(round(found, places))

    return read


def whole(least: int, most: int, suffixes: tuple[str, ...] = ()) -> Read:
    def read(value: Value) -> int:
        found = _decimal(value, suffixes)
        if found is None or found != found.to_integral_value() or not least <= found <= most:
            raise NotUnderstood(f"须为 {least} 至 {most} 的整数。", f"A whole number from {least} to {most}.")
        return int(found)

    return read


def fen(most_yuan: int) -> Read:
    """Money written in fen."""
    return whole(0, most_yuan * 100, ("分", "fen"))


def yuan(most_yuan: int) -> Read:
    """Money written in yuan, with at most two decimals; kept in fen."""

    def read(value: Value) -> int:
        found = _decimal(value, ("元", "yuan"), ("¥", "￥"))
        if isinstance(value, float) and found is not None:
            found = round(found, 6)  # 2.8 as a spreadsheet keeps it
        if found is None or found * 100 != (found * 100).to_integral_value() or not 0 <= found <= most_yuan:
            raise NotUnderstood(
                f"须为 0 至 {most_yuan} 的金额（元，最多两位小数）。",
                f"Yuan from 0 to {most_yuan}, with at most two decimals.",
            )
        return int(found * 100)

    return read


def day(value: Value) -> str:
    """A calendar day as `YYYY-MM-DD`."""
    found = value if type(value) is date else _day_of(_as_text(value))
    if found is None or not 1980 <= found.year <= 2100:
        raise NotUnderstood("须为日期，如 2026-01-31。", "A date such as 2026-01-31.")
    return found.isoformat()


def month(value: Value) -> str:
    """A month as `YYYY-MM`."""
    written = f"{value.year}-{value.month}" if isinstance(value, date) else _as_text(value)
    parts = re.fullmatch(
        r"(19[89]\d|20\d\d|2100)[-/.年]?(0?[1-9]|1[0-2])月?", unicodedata.normalize("NFKC", written)
    )
    if parts is None:
        raise NotUnderstood("须为月份，如 2026-01。", "A month such as 2026-01.")
    return f"{parts[1]}-{int(parts[2]):02d}"


def turned_into_a_date() -> NotUnderstood:
    return NotUnderstood(
        "被表格软件当成了日期，请把该列设为文本后重填。",
        "A spreadsheet program turned it into a date: make the column text and fill it in again.",
    )


def yes_or_no(value: Value) -> bool:
    answers = {
        "是": True,
        "yes": True,
        "true": True,
        "1": True,
        "√": True,
        "否": False,
        "no": False,
        "false": False,
        "0": False,
    }
    found = answers.get(plain(value))
    if found is None:
        raise NotUnderstood("须为：是、否。", "Yes or no.")
    return found


def _by_header(columns: Iterable[Column]) -> dict[str, Column]:
    return {plain(header): column for column in columns for header in (*column.headers, column.field)}


def _names(options: Enum, aliases: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    return {
        option.value: (option.value, option.title.zh, option.title.en, *aliases.get(option.value, "").split())
        for option in options.options
    }


def _read(column: Column, value: Value) -> Any:
    if isinstance(value, Formula):
        raise NotUnderstood(
            "是公式，请改为数值（复制后“选择性粘贴—数值”）。", "It is a formula; paste its value instead."
        )
    if isinstance(value, TooLong):
        raise NotUnderstood("文字过长。", "The text is too long.")
    return column.read(value)


def _as_text(value: Value) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _decimal(value: Value, suffixes: tuple[str, ...], prefixes: tuple[str, ...] = ()) -> Decimal | None:
    if isinstance(value, bool | date):
        return None
    written = unicodedata.normalize("NFKC", str(value)).strip().lower()
    for suffix in suffixes:
        written = written.removesuffix(unicodedata.normalize("NFKC", suffix).lower()).strip()
    for prefix in prefixes:
        written = written.removeprefix(unicodedata.normalize("NFKC", prefix)).strip()
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", written):
        written = written.replace(",", "")
    try:
        return Decimal(written) if re.fullmatch(r"-?\d{1,15}(\.\d{1,20})?", written) else None
    except InvalidOperation:
        return None


def _day_of(written: str) -> date | None:
    parts = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00:00)?|(\d{4})(\d{2})(\d{2})",
        unicodedata.normalize("NFKC", written),
    )
    if parts is None:
        return None
    try:
        return date(*(int(part) for part in parts.groups() if part is not None))
    except ValueError:
        return None
