"""Short words for declaring the fields of a record type, one line each, like the condensed table of the domain.

For: area files with many record types: `text("place", "部位 | Place", must=True)`.
Not for: what a field is (fields.py), steps of a life cycle (steps.py).
Source: domain 4.1 ("!" is `must`) and 4.5.
"""

from __future__ import annotations

from typing import Any

from server.catalogue.fields import Checklist, Enum, Field, When, label
from server.catalogue.fields import FieldKind as _Kind


def _field(kind: _Kind, name: str, words: str, must: bool, given: dict[str, Any]) -> Field:
    hint = given.pop("hint", None)
    return Field(name, kind, label(words), required=must, help=label(hint) if hint else None, **given)


def text(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("text", name, words, must, given)


def long_text(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("long_text", name, words, must, given)


def whole(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("integer", name, words, must, {"min": 0, **given})


def number(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("decimal", name, words, must, given)


def money(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("money", name, words, must, {"min": 0, **given})


def day(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("date", name, words, must, given)


def instant(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("datetime", name, words, must, given)


def yes(name: str, words: str, must: bool = False, **given: Any) -> Field:
    return _field("bool", name, words, must, given)


def one(name: str, words: str, options: Enum, must: bool = False, **given: Any) -> Field:
    return _field("enum", name, words, must, {"options": options, **given})


def some(name: str, words: str, options: Enum, must: bool = False, **given: Any) -> Field:
    return _field("multi_enum", name, words, must, {"options": options, **given})


def ticks(name: str, words: str, options: Enum, must: bool = False, **given: Any) -> Field:
    return _field("ticks", name, words, must, {"options": options, **given})


def checks(name: str, words: str, items: Checklist, must: bool = True, **given: Any) -> Field:
    return _field("checklist", name, words, must, {"items": items, **given})


def link(name: str, words: str, *kinds: str, must: bool = False, **given: Any) -> Field:
    return _field("link", name, words, must, {"links": kinds, **given})


def group(name: str, words: str, *fields: Field, must: bool = False, **given: Any) -> Field:
    return _field("group", name, words, must, {"fields": fields, **given})


def about(kind: str, words: str) -> Field:
    """The field by which a record says again which case it is about; the form does not ask for it."""
    return link(kind, words, kind, repeats_envelope="subject", in_form=False)


UNIT = link("unit_id", "房屋 | Unit", "unit", in_form=False)
HOUSEHOLD = link("household_id", "家庭户 | Household", "household", in_form=False)
NOTE = long_text("note", "备注 | Note")
REASON = long_text("reason", "理由 | Reason", must=True)


def when(field: str, *values: str | bool) -> When:
    return When(field, values)
