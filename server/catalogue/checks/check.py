"""What a check of a record is, and how checks read a record that may be anything.

For: `Check`, and readers that give nothing where the document has not what they look for: the schema has said that already.
Not for: the checks themselves (beside this), single fields (the published schema), rights, life cycles (server/ledger).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Protocol

from server.catalogue.types import Problem
from server.ledger.model import JsonObject, JsonValue


class Check(Protocol):
    """One comparison; `schema` is what of it the published schema can say, for the phone."""

    @property
    def rule(self) -> str: ...
    def schema(self) -> JsonObject | None: ...
    def problems(
        self, document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]
    ) -> Iterator[Problem]: ...


def body_of(document: Mapping[str, JsonValue]) -> JsonObject:
    body = document.get("body")
    return body if isinstance(body, dict) else {}


def photos_of(document: Mapping[str, JsonValue]) -> list[JsonObject]:
    return list(entries_of(document, "photos"))


def entries_of(holder: Mapping[str, JsonValue], field: str) -> Iterator[JsonObject]:
    entries = holder.get(field)
    if isinstance(entries, list):
        yield from (entry for entry in entries if isinstance(entry, dict))


def instant_of(value: JsonValue) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def day_of(value: JsonValue) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def whole_of(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"setting must be a whole number, is {value!r}")
    return value
