"""The words a record type is declared with: labels, options, fields and their kinds.

For: short frozen declarations that one can read like the table in the domain rules.
Not for: JSON Schema (schema.py), the phone's form (documents.py), or judging a document (validation.py).
Source: domain 4.1 to 4.4; `FormField` of the wire types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.ledger.model import JsonValue

FieldKind: TypeAlias = Literal[
    "text",
    "long_text",
    "integer",
    "decimal",
    "money",
    "date",
    "datetime",
    "bool",
    "enum",
    "multi_enum",
    "checklist",
    "link",
    "ticks",
    "group",
]
PhotoKind: TypeAlias = Literal["overview", "detail", "before", "after", "document", "meter", "signature"]

MAX_TEXT = 200
MAX_LONG_TEXT = 4000


@dataclass(frozen=True, slots=True)
class Label:
    """What a person reads, in both languages."""

    zh: str
    en: str

    def as_json(self) -> dict[str, JsonValue]:
        return {"zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    title: Label


@dataclass(frozen=True, slots=True)
class Enum:
    """A closed list of values with their titles."""

    name: str  # as in domain 4.2, such as "violation.severity"
    title: Label
    options: tuple[Option, ...]

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(option.value for option in self.options)

    def label(self, value: str) -> Label:
        """Return the title of `value`; raises KeyError when the list does not hold it."""
        for option in self.options:
            if option.value == value:
                return option.title
        raise KeyError(f"{self.name} has no value {value!r}")

    def but(self, *values: str) -> tuple[str, ...]:
        """Return every value except these: what a condition "unless …" lists."""
        return tuple(value for value in self.values if value not in values)


@dataclass(frozen=True, slots=True)
class Checklist:
    """Items that are each answered once, normal / abnormal / na."""

    name: str
    items: tuple[Option, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(item.value for item in self.items)


@dataclass(frozen=True, slots=True)
class When:
    """A condition on another field of the same body."""

    field: str
    values: tuple[str | bool, ...]

    def holds(self, body: Mapping[str, JsonValue]) -> bool:
        return body.get(self.field) in self.values


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body.

    `when` hides the field unless its condition holds; a required field is then required only under it.
    `repeats_envelope` marks a field that says again what the envelope says: it is optional, and must agree when given.
    """

    name: str
    kind: FieldKind
    title: Label
    required: bool = False
    when: When | None = None
    options: Enum | None = None
    items: Checklist | None = None
    fields: tuple[Field, ...] = ()
    unit: str | None = None
    min: int | float | None = None
    max: int | float | None = None
    help: Label | None = None
    initial: str | None = None
    links: tuple[str, ...] = ()  # id prefixes a link may have
    many: bool = False  # a list of links
    repeats_envelope: Literal["subject", "performed_at"] | None = None
    in_form: bool = True
    bare_entries: bool = False  # an entry of this group may be a bare text: its first member alone


def label(words: str) -> Label:
    """Declare a label as `中文 | English`."""
    zh, separator, en = words.partition(" | ")
    if not (separator and zh and en):
        raise ValueError(f"a label must read '中文 | English', is {words!r}")
    return Label(zh, en)


def enum(name: str, zh: str, en: str, **values: str) -> Enum:
    """Declare an enum: each value as `value="中文 | English"`."""
    return Enum(name, Label(zh, en), tuple(_option(value, titles) for value, titles in values.items()))


def checklist(name: str, **items: str) -> Checklist:
    """Declare a checklist: each item as `code="中文 | English"`."""
    return Checklist(name, tuple(_option(code, titles) for code, titles in items.items()))


def _option(value: str, titles: str) -> Option:
    zh, separator, en = titles.partition(" | ")
    if not (separator and zh and en):
        raise ValueError(f"{value}: title must read '中文 | English', is {titles!r}")
    return Option(value.rstrip("_"), Label(zh, en))
