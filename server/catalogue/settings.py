"""Settings: every figure of a rule, with its seed or default value, its type, and the rule it belongs to.

For: the defaults, reading a project's settings, and refusing a value of the wrong kind.
Not for: declaring one (server/catalogue/rules, by area), environment variables of the server (server/settings.py).
Source: domain 7.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.catalogue.rules.registry import SETTING_KEYS
from server.catalogue.setting_keys import SettingKey
from server.ledger.model import JsonValue


class BadSetting(ValueError):
    """A setting has an unknown key or a value of the wrong kind."""

    code = "bad_setting"


SETTINGS: dict[str, SettingKey] = SETTING_KEYS
DEFAULT_SETTINGS: dict[str, JsonValue] = {each.key: each.default for each in SETTING_KEYS.values()}


def settings_with(changes: Mapping[str, JsonValue] | Iterable[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """Return the defaults with these values in their place.

    Raises BadSetting naming the key, the value and what is expected.
    """
    filled = dict(DEFAULT_SETTINGS)
    for key, value in dict(changes).items():
        check_setting(key, value)
        filled[key] = value
    return filled


def check_setting(key: str, value: JsonValue) -> None:
    """Raise BadSetting unless `value` is what `key` takes."""
    declared = SETTINGS.get(key)
    if declared is None:
        raise BadSetting(f"unknown setting {key!r}")
    if (expected := _mismatch(declared, value)) is not None:
        raise BadSetting(f"{key}: expected {expected}, is {value!r}")


def _mismatch(declared: SettingKey, value: JsonValue) -> str | None:
    match declared.kind:
        case "whole":
            fits = isinstance(value, int) and not isinstance(value, bool)
            if fits and declared.min <= _int(value) <= declared.max:
                return None
            return f"a whole number from {declared.min} to {declared.max}"
        case "wholes":
            fits = isinstance(value, list) and all(
                isinstance(each, int) and not isinstance(each, bool) and declared.min <= each <= declared.max
                for each in value
            )
            return None if fits else f"a list of whole numbers from {declared.min} to {declared.max}"
        case "decimal":
            fits = isinstance(value, int | float) and not isinstance(value, bool)
            return None if fits and declared.min <= float(str(value)) <= declared.max else "a number"
        case "bool":
            return None if isinstance(value, bool) else "true or false"
        case "time_zone":
            return None if isinstance(value, str) and _is_zone(value) else "a time zone such as Asia/Shanghai"
        case "day_or_none":
            return None if value is None or _is_day(value) else "a day such as 2026-11-01, or null"
        case "days":
            fits = isinstance(value, list) and all(_is_day(each) for each in value)
            return None if fits else 'a list of days such as ["2026-02-17"]'
        case "text":
            return None if isinstance(value, str) and len(value) <= declared.max else "a text"
        case "clock_time":
            return None if _is_clock_time(value) else "a time such as 08:00"
        case "clock_or_none":
            return None if value is None or _is_clock_time(value) else "a time such as 20:00, or null"
        case "noise_hours":
            ok = isinstance(value, dict) and all(
                _is_spans(value.get(days)) for days in ("working_days", "rest_days")
            )
            return None if ok else '{"working_days": [["08:00", "12:00"]], "rest_days": []}'


def _int(value: JsonValue) -> int:
    assert isinstance(value, int)
    return value


def _is_zone(value: str) -> bool:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_day(value: JsonValue) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_clock_time(value: JsonValue) -> bool:
    if not isinstance(value, str) or len(value) != 5 or value[2] != ":":
        return False
    hour, minute = value[:2], value[3:]
    return hour.isdecimal() and minute.isdecimal() and int(hour) < 24 and int(minute) < 60


def _is_spans(value: JsonValue) -> bool:
    return isinstance(value, list) and all(
        isinstance(span, list) and len(span) == 2 and all(_is_clock_time(end) for end in span)
        for span in value
    )
