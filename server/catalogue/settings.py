"""Settings: every figure of a rule, with its seed or default value, its type, and the rule it belongs to.

For: the defaults, reading a project's settings, and refusing a value of the wrong kind.
Not for: environment variables of the server (server/settings.py).
Source: domain 7.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.catalogue.fields import Label
from server.ledger.model import JsonValue


@dataclass(frozen=True, slots=True)
class SettingKey:
    key: str
    default: JsonValue
    kind: Literal["whole", "bool", "time_zone", "day_or_none", "noise_hours", "clock_time"]
    rule: str
    title: Label
    min: int = 0
    max: int = 1_000_000


class BadSetting(ValueError):
    """A setting has an unknown key or a value of the wrong kind."""

    code = "bad_setting"


def _whole(
    key: str, default: int, rule: str, zh: str, en: str, least: int = 0, most: int = 1_000_000
) -> SettingKey:
    return SettingKey(key, default, "whole", rule, Label(zh, en), least, most)


_NOISE_HOURS: JsonValue = {"working_days": [["08:00", "12:00"], ["14:00", "18:00"]], "rest_days": []}

_KEYS = (
    SettingKey("time_zone", "Asia/Shanghai", "time_zone", "R-GEN-01", Label("项目时区", "Time zone")),
    SettingKey(
        "duties_from", None, "day_or_none", "R-GEN-12", Label("考核起始日", "First day on which duties count")
    ),
    _whole("dec.patrol_per_day", 1, "R-DEC-06", "每日巡查次数", "Patrols per day", 1, 10),
    SettingKey(
        "dec.patrol_rest_days", True, "bool", "R-DEC-06", Label("休息日也巡查", "Patrols on rest days too")
    ),
    _whole(
        "dec.violation_report_min", 30, "R-DEC-10", "违规上报时限（分钟）", "Minutes to report a violation", 1
    ),
    _whole("dec.decision_hours", 24, "R-DEC-11", "审批时限（小时）", "Hours to decide a violation", 1),
    _whole("dec.register_checks_per_week", 2, "R-DEC-20", "每周核对次数", "Register checks per week"),
    _whole("dec.register_sample", 3, "R-DEC-20", "每次核对项目数", "Projects per register check"),
    SettingKey(
        "dec.noise_hours",
        _NOISE_HOURS,
        "noise_hours",
        "R-X-13",
        Label("允许施工时段", "Permitted working hours"),
    ),
    _whole("dec.rectify_days.minor", 1, "R-DEC-13", "轻微违规整改天数", "Days to rectify, minor"),
    _whole("dec.rectify_days.general", 3, "R-DEC-13", "一般违规整改天数", "Days to rectify, general"),
    _whole("dec.rectify_days.serious", 7, "R-DEC-13", "严重违规整改天数", "Days to rectify, serious"),
    _whole("dec.deposit_refund_after_days", 7, "R-X-10", "押金退还天数", "Days to refund the deposit"),
    _whole("dec.second_acceptance_days", 30, "R-X-10", "二次验收天数", "Days to the second acceptance"),
    SettingKey(
        "dec.missed_list_at",
        "08:00",
        "clock_time",
        "R-DEC-21",
        Label("漏巡清单时间", "Missed patrols listed at"),
    ),
    _whole("vac.check_per_month", 1, "R-VAC-02", "每月巡检次数", "Checks per month", 0, 31),
    _whole("vac.air_per_month", 1, "R-VAC-03", "每月通风次数", "Airings per month", 0, 31),
    _whole("vac.clean_per_month", 1, "R-VAC-04", "每月保洁次数", "Cleanings per month", 0, 31),
    _whole("vac.air_min_minutes", 30, "R-VAC-03", "通风最短分钟数", "Shortest airing in minutes"),
    _whole("vac.min_days_in_month", 15, "R-VAC-10", "当月在册最少天数", "Least days in the register", 1, 31),
    _whole(
        "vac.special_due_hours", 24, "R-VAC-05", "特殊天气服务时限（小时）", "Hours for special service", 1
    ),
    _whole("vac.spell_repeat_days", 7, "R-VAC-05", "连阴雨重复天数", "Repeat in a spell, days", 1),
    _whole("fee.plan_due_day", 3, "R-FEE-01", "收费计划截止日", "Fee plan due on day", 1, 31),
    _whole("fee.performance_day", 30, "R-FEE-07", "指标考核日", "Performance day", 1, 31),
    _whole(
        "fee.next_action_max_days", 7, "R-FEE-11", "下次跟进最长天数", "Days to the next action at most", 1
    ),
    _whole("fee.fast_lane_days", 3, "R-FEE-09", "直通车时限（天）", "Days for the fast lane", 1),
    _whole("fee.measures_per_month", 1, "R-FEE-06", "每月催收次数", "Measures per month", 0, 31),
    _whole("sync.skew_min", 5, "R-GEN-08", "设备时钟允许偏差（分钟）", "Clock skew allowed, minutes", 1),
    _whole("sync.photo_alarm_hours", 48, "R-SYN-07", "照片缺失报警（小时）", "Missing photo alarm, hours", 1),
    _whole(
        "sync.device_alarm_hours", 24, "R-SYN-09", "设备失联报警（小时）", "Silent device alarm, hours", 1
    ),
)
SETTINGS: dict[str, SettingKey] = {each.key: each for each in _KEYS}
DEFAULT_SETTINGS: dict[str, JsonValue] = {each.key: each.default for each in _KEYS}


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
        case "bool":
            return None if isinstance(value, bool) else "true or false"
        case "time_zone":
            return None if isinstance(value, str) and _is_zone(value) else "a time zone such as Asia/Shanghai"
        case "day_or_none":
            return None if value is None or _is_day(value) else "a day such as 2026-11-01, or null"
        case "clock_time":
            return None if _is_clock_time(value) else "a time such as 08:00"
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
