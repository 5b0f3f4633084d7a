"""Reading a body field by its kind: the value, or None when it is absent or of another kind.

For: folds, which also meet bodies that a supervisor released although they break the schema.
Not for: judging them (server/catalogue).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from server.ledger.model import JsonObject, JsonValue


def text(body: Mapping[str, JsonValue], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) and value else None


def whole(body: Mapping[str, JsonValue], name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number(body: Mapping[str, JsonValue], name: str) -> int | float | None:
    value = body.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def day(body: Mapping[str, JsonValue], name: str) -> date | None:
    value = body.get(name)
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def instant(body: Mapping[str, JsonValue], name: str) -> datetime | None:
    value = body.get(name)
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        return found.astimezone(UTC) if found is not None and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def texts(body: Mapping[str, JsonValue], name: str) -> list[str]:
    value = body.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def entries(body: Mapping[str, JsonValue], name: str) -> Iterator[JsonObject]:
    value = body.get(name)
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def count_setting(settings: Mapping[str, JsonValue], key: str) -> int:
    """Return a setting that is a whole number; raises TypeError when it is none, for settings are checked on entry."""
    value = settings[key]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"setting {key} must be a whole number, is {value!r}")
    return value


def stamp(at: datetime | None) -> str | None:
    """Return an instant as documents carry it: UTC with Z, as exact as it is."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
