"""Pages of a list: where the next one begins, written into an opaque cursor.

For: `Cursor` texts that survive changes of the list between two pages: they name the last row seen, not a count of rows.
Not for: choosing rows (scope.py, filters.py) or their order (registers.py).
A cursor gives no right: the rows after it are chosen by the same conditions as the first page's. So a changed one may at
worst skip rows for its sender; one that cannot be read is refused.
Source: contract section 5; promises S-26.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson

from server.errors import BadQuery
from server.ledger.model import JsonValue

DEFAULT_LIMIT = 100
MAX_LIMIT = 500
LIMIT: Mapping[str, Any] = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
CURSOR: Mapping[str, Any] = {"type": "string", "minLength": 1, "maxLength": 2000}

Scalar: TypeAlias = "str | float | int | None"


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place in an order: the value it is sorted by, and its id between equal values."""

    value: Scalar  # None: the row has no such value; it stands behind all that have one
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page and where the next one begins."""

    rows: Sequence[Any]
    next_cursor: str | None
    total: int


def write_cursor(order: str, place: Place) -> str:
    return urlsafe_b64encode(orjson.dumps([order, place.value, place.id])).decode().rstrip("=")


def read_cursor(text: str, order: str) -> Place:
    """Raises BadQuery when `text` is no cursor of a list in this order."""
    try:
        given, value, row_id = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (
        ValueError,
        TypeError,
        binascii.Error,
    ) as error:  # not ASCII, not base64, not JSON, not three members
        raise _bad_cursor() from error
    if given != order or not isinstance(row_id, str) or not isinstance(value, str | int | float | None):
        raise _bad_cursor()
    return Place(value, row_id)


def read_instant_cursor(text: str, order: str) -> tuple[datetime, str]:
    """A cursor of a list in order of time. Raises BadQuery."""
    place = read_cursor(text, order)
    try:
        instant = datetime.fromisoformat(str(place.value))
        if instant.tzinfo is None:
            raise _bad_cursor()
        return instant.astimezone(UTC), place.id
    except (ValueError, OverflowError) as error:
        raise _bad_cursor() from error


def page_of(
    rows: Sequence[Any],
    place_of: Callable[[Any], Place],
    order: str,
    limit: int,
    cursor: str | None,
) -> Page:
    """The page of `rows`, all of them at hand, after `cursor`, in the order of their places; `-…` is downwards."""
    after = None if cursor is None else read_cursor(cursor, order)
    descending = order.startswith("-")
    placed = [(place_of(row), row) for row in rows]
    kept = [each for each in placed if after is None or _is_behind(each[0], after, descending)]
    with_value = sorted(
        (each for each in kept if each[0].value is not None), key=_key_of_placed, reverse=descending
    )
    without = sorted((each for each in kept if each[0].value is None), key=lambda each: each[0].id)
    shown = (with_value + without)[: limit + 1]
    more = len(shown) > limit
    return Page(
        [row for _, row in shown[:limit]],
        write_cursor(order, shown[limit - 1][0]) if more else None,
        len(rows),
    )


def sortable(value: JsonValue) -> Scalar:
    """What a cell is sorted by: lists and objects by how many they hold, an empty cell not at all."""
    if isinstance(value, bool):
        return int(value)
    if value is None or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, list | dict):
        return len(value)
    return value


def _key_of_placed(placed: tuple[Place, Any]) -> tuple[int, float, str, str]:
    return _key(placed[0])


def _key(place: Place) -> tuple[int, float, str, str]:
    """A key under which numbers and texts can stand in one column: numbers first."""
    if isinstance(place.value, str):
        return (1, 0.0, place.value, place.id)
    return (0, float(place.value or 0), "", place.id)


def _is_behind(place: Place, after: Place, descending: bool) -> bool:
    if (place.value is None) != (after.value is None):
        return place.value is None
    if place.value is None:
        return place.id > after.id
    return _key(place) < _key(after) if descending else _key(place) > _key(after)


def _bad_cursor() -> BadQuery:
    return BadQuery(
        "翻页标记无效，请从第一页重新开始。The cursor is not valid here; start again from the first page.",
        parameter="cursor",
    )
