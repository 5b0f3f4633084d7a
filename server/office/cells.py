"""A value of a register as a cell of a table that leaves the product: text, figure, day or time.

For: exports, in Chinese or English. Not for: the desk's own cells (pwa/src/desk/cells.ts), which follow the same words.
Times are those of the project's zone; money is yuan. A text that a spreadsheet could take for a formula is made harmless
where the format has no type of its own for text (`harmless`).
Source: promises S-18; domain 4.2 (titles of values).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from server.catalogue.enums import CHECKLIST_RESULT
from server.catalogue.fields import Enum, Field, Label
from server.ledger.model import JsonObject, JsonValue
from server.office.columns import Column
from server.office.registers import figure_of
from server.office.scope import Scope

Language: TypeAlias = Literal["zh", "en"]
YES, NO = Label("是", "Yes"), Label("否", "No")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount to be written in yuan."""

    fen: int


Cell: TypeAlias = "str | int | float | Money | date | datetime | None"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the cells of rows for one reader."""

    language: Language
    scope: Scope

    @property
    def zone(self) -> ZoneInfo:
        return self.scope.zone_of(None)

    def say(self, label: Label) -> str:
        return label.zh if self.language == "zh" else label.en

    def cell(self, row: JsonObject, column: Column) -> Cell:
        value = row.get(column.name)
        if value is None or value == "":
            return None
        if column.name == "area":
            return self.scope.area_names.get(str(value), str(value))
        return self._value(
            value, column.kind, column.options, column, self.scope.zone_of(str(row.get("area")))
        )

    def count_of(self, rows: int) -> str:
        return f"合计 {rows} 条" if self.language == "zh" else f"Total: {rows}"

    def _value(
        self, value: JsonValue, kind: str, options: Enum | None, column: Column | Field, zone: ZoneInfo
    ) -> Cell:
        match kind, value:
            case _, bool():
                return self.say(YES if value else NO)
            case "count", _:
                return figure_of(value)
            case "money", int():
                return Money(value)
            case "datetime", str():
                return _local(value, zone)
            case "date", str():
                return _day(value)
            case (("enum" | "multi_enum" | "ticks"), _):
                each = value if isinstance(value, list) else [value]
                return "、".join(self._option(one, options) for one in each) or None
            case "checklist", list():
                return self._checks(value, column)
            case _, (list() | dict()):
                return self._group(value, column.fields, zone) or None
            case _, (int() | float()):
                return value
        return str(value)

    def _option(self, value: JsonValue, options: Enum | None) -> str:
        if options is not None and isinstance(value, str) and value in options.values:
            return self.say(options.label(value))
        return str(value)

    def _checks(self, items: list[JsonValue], column: Column | Field) -> str:
        """A checklist in short: how many of how many are normal, and which are not."""
        titles = {item.value: item.title for item in column.items.items} if column.items else {}
        answers = [item for item in items if isinstance(item, dict)]
        abnormal = [item for item in answers if item.get("result") == "abnormal"]
        if not abnormal:
            normal = sum(item.get("result") == "normal" for item in answers)
            return f"{self.say(CHECKLIST_RESULT.label('normal'))} {normal}/{len(answers)}"
        names = [str(item.get("code", "")) for item in abnormal]
        said = "、".join(self.say(titles[name]) if name in titles else name for name in names)
        return f"{self.say(CHECKLIST_RESULT.label('abnormal'))} {len(abnormal)}: {said}"

    def _group(self, value: JsonValue, fields: tuple[Field, ...], zone: ZoneInfo) -> str:
        if isinstance(value, list):
            return "；".join(text for each in value if (text := self._group(each, fields, zone)))
        if not isinstance(value, dict):
            return "" if value is None else str(value)
        parts = []
        for name, title, field in _members(value, fields):
            inner = value[name]
            if inner is None or inner in ("", [], {}):
                continue
            cell = self._value(inner, field.kind, field.options, field, zone) if field else str(inner)
            parts.append(f"{self.say(title)} {plain_text(cell)}")
        return " · ".join(parts)


def _members(value: JsonObject, fields: tuple[Field, ...]) -> list[tuple[str, Label, Field | None]]:
    """The members of an object that are written: those declared, in their order; all of them when none is."""
    if fields:
        return [(field.name, field.title, field) for field in fields if field.name in value]
    return [(name, Label(name, name), None) for name in value]


def plain_text(cell: Cell) -> str:
    """A cell where there is only text, as in CSV."""
    match cell:
        case None:
            return ""
        case Money():
            return f"{'-' if cell.fen < 0 else ''}{abs(cell.fen) // 100}.{abs(cell.fen) % 100:02d}"
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M")
        case date():
            return cell.isoformat()
    return str(cell)


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _local(value: str, zone: ZoneInfo) -> datetime | str:
    """The time on the wall at the site; a text that is no instant is left as it is."""
    try:
        instant = datetime.fromisoformat(value)
        return instant.astimezone(zone).replace(tzinfo=None, microsecond=0) if instant.tzinfo else value
    except (ValueError, OverflowError):
        return value


def _day(value: str) -> date | str:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value
