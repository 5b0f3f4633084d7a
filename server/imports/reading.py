"""A table out of an XLSX or CSV file: one header and rows of plain values, each knowing where it stands.

For: `read_table`, which every import starts with.
Not for: what a column means (server/imports/cells) or what follows from a row (roster, arrears).
Files come from anywhere: their size is judged before anything is unpacked, what they say of their own dimensions
is not believed, and a formula is never taken for its last result.
Source: ECMA-376 (SpreadsheetML); RFC 4180; promises S-18, S-20.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from server.errors import ImportRefused

MAX_FILE_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 300_000_000
MAX_ROWS = 50_000
MAX_COLUMNS = 100
MAX_CELL_CHARACTERS = 1000
HEADER_WITHIN_ROWS = 10  # rosters begin with a title, a date, a remark


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula: its result may be old, or somebody else's trick."""

    text: str


@dataclass(frozen=True, slots=True)
class TooLong:
    """A cell with more text than any column takes."""

    text: str


Value: TypeAlias = str | int | float | bool | date | Formula | TooLong | None


@dataclass(frozen=True, slots=True)
class Row:
    number: int  # as the spreadsheet program shows it, from 1
    values: tuple[Value, ...]  # up to the last that holds something


@dataclass(frozen=True, slots=True)
class Table:
    header: Row
    rows: tuple[Row, ...]  # without empty ones


def read_table(path: Path, is_header: Callable[[Sequence[Value]], bool], expected: str) -> Table:
    """The first sheet's table. Its header is the first row, of the first ten, that `is_header` recognises.

    `expected` names the columns, for a person whose file has no such header.
    Raises ImportRefused, in one line, when the file cannot be read, is too large, or has no such header.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ImportRefused(f"{path.name}: 打不开。It cannot be opened: {error.strerror}.") from error
    if size > MAX_FILE_BYTES:
        raise _too_large(path, f"{MAX_FILE_BYTES // 1_000_000} MB")
    suffix = path.suffix.lower()
    if suffix == ".xlsx":
        rows: Iterable[Row] = _xlsx_rows(path)
    elif suffix == ".csv":
        rows = _csv_rows(path)
    else:
        raise ImportRefused(
            f"{path.name}: 只接受 .xlsx 和 .csv 文件。Only .xlsx and .csv files are read; save the file as one of them."
        )
    return _table(path, rows, is_header, expected)


def _table(
    path: Path, rows: Iterable[Row], is_header: Callable[[Sequence[Value]], bool], expected: str
) -> Table:
    header: Row | None = None
    kept: list[Row] = []
    for row in rows:
        if header is not None:
            if row.values:
                kept.append(row)
        elif row.number > HEADER_WITHIN_ROWS:
            break
        elif is_header(row.values):
            header = row
    if header is None:
        raise ImportRefused(
            f"{path.name}: 前 {HEADER_WITHIN_ROWS} 行里没有找到表头，须有：{expected}。"
            f"No header was found in the first {HEADER_WITHIN_ROWS} rows; it has to name: {expected}."
        )
    return Table(header, tuple(kept))


def _xlsx_rows(path: Path) -> list[Row]:
    try:
        # Opened here: the library leaves a file open when it fails.
        with path.open("rb") as file, warnings.catch_warnings():
            with zipfile.ZipFile(file) as archive:
                if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
                    raise _too_large(path, f"{MAX_UNPACKED_BYTES // 1_000_000} MB")
            warnings.simplefilter("ignore")  # what a sheet holds beside values: drawings, rules, extensions
            book = openpyxl.load_workbook(file, read_only=True, data_only=False)
            try:
                return _sheet_rows(path, book)
            finally:
                book.close()
    # A file that is no workbook fails in the library in as many ways as there are files.
    except (
        InvalidFileException, zipfile.BadZipFile, OSError, EOFError, KeyError, ValueError, TypeError, IndexError,
        AttributeError, SyntaxError, NotImplementedError, RuntimeError, OverflowError,
    ) as error:  # fmt: skip
        raise ImportRefused(
            f"{path.name}: 不是可读的 Excel 文件，可能已损坏或加了密码。"
            "It is not a readable XLSX file: damaged, or protected by a password."
        ) from error


def _sheet_rows(path: Path, book: Any) -> list[Row]:
    if not book.worksheets:
        raise ImportRefused(f"{path.name}: 没有工作表。There is no worksheet in it.")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # written by other programs, and sometimes wrong
    rows: list[Row] = []
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        rows.append(_row(path, number, [_xlsx_value(cell) for cell in cells]))
    return rows


def _row(path: Path, number: int, values: list[Value]) -> Row:
    """Raises ImportRefused beyond the limits, while the file is being read."""
    while values and values[-1] is None:
        values.pop()
    if number > MAX_ROWS + HEADER_WITHIN_ROWS:
        raise _too_large(path, f"{MAX_ROWS} 行 rows")
    if len(values) > MAX_COLUMNS:
        raise _too_large(path, f"{MAX_COLUMNS} 列 columns")
    return Row(number, tuple(values))


def _xlsx_value(cell: Any) -> Value:
    value = cell.value
    if value is None:
        return None
    if cell.data_type == "f":
        return Formula(str(getattr(value, "text", value))[:80])
    if cell.data_type == "e":
        return str(value)  # such as #N/A: every column refuses it
    if isinstance(value, datetime):
        return value.date() if value.time().replace(microsecond=0).isoformat() == "00:00:00" else str(value)
    if isinstance(value, bool | int | float | date):
        return value
    return _text(str(value))


def _csv_rows(path: Path) -> Iterator[Row]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportRefused(f"{path.name}: 打不开。It cannot be opened: {error.strerror}.") from error
    text = _decoded(path, content)
    if "\0" in text:
        raise ImportRefused(f"{path.name}: 不是文本文件。It is not a text file.")
    delimiter = "\t" if "\t" in text[:2000] and "," not in text[:2000] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, start=1):
            yield _row(path, number, [_text(cell) for cell in cells])
    except csv.Error as error:
        raise ImportRefused(
            f"{path.name}: 第 {reader.line_num} 行不是有效的 CSV。Line {reader.line_num} is not valid CSV: {error}."
        ) from error


def _decoded(path: Path, content: bytes) -> str:
    # Excel in China saves CSV in GBK unless asked for UTF-8; bytes of one are hardly ever valid in the other.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportRefused(
        f"{path.name}: 编码既不是 UTF-8 也不是 GBK。It is neither UTF-8 nor GBK; save it as “CSV UTF-8”."
    )


def _text(text: str) -> Value:
    stripped = text.strip().strip("\u3000\ufeff")
    if not stripped:
        return None
    if len(stripped) > MAX_CELL_CHARACTERS:
        return TooLong(stripped[:40])
    # Whatever a spreadsheet program would run when it opens the file again.
    return Formula(stripped[:80]) if stripped[0] in "=@" else stripped


def _too_large(path: Path, limit: str) -> ImportRefused:
    return ImportRefused(f"{path.name}: 文件过大，上限 {limit}。The file is too large: at most {limit}.")
