"""The words a setting is declared with: its key, its seed or default value, its type, and the rule it belongs to.

For: `SETTINGS` in the rule file of each area (server/catalogue/rules).
Not for: collecting them and refusing wrong values (settings.py).
Source: domain 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from server.catalogue.fields import Label
from server.ledger.model import JsonValue


@dataclass(frozen=True, slots=True)
class SettingKey:
    key: str
    default: JsonValue
    kind: Literal[
        "whole",
        "wholes",
        "decimal",
        "bool",
        "time_zone",
        "day_or_none",
        "days",
        "noise_hours",
        "clock_time",
        "clock_or_none",
        "text",
    ]
    rule: str
    title: Label
    min: int = 0
    max: int = 1_000_000


def whole(
    key: str, default: int, rule: str, zh: str, en: str, least: int = 0, most: int = 1_000_000
) -> SettingKey:
    """A whole number: days, hours, minutes or a count, as its title says."""
    return SettingKey(key, default, "whole", rule, Label(zh, en), least, most)


def percent(key: str, default: int, rule: str, zh: str, en: str) -> SettingKey:
    """A share in whole percent: quotas are counted in integers (R-GEN-06)."""
    return whole(key, default, rule, zh, en, 0, 100)


def wholes(key: str, default: tuple[int, ...], rule: str, zh: str, en: str, most: int = 10_000) -> SettingKey:
    """A list of whole numbers, rising: day 7, 30 and 90."""
    return SettingKey(key, list[JsonValue](default), "wholes", rule, Label(zh, en), 0, most)


def clock_time(key: str, default: str, rule: str, zh: str, en: str) -> SettingKey:
    """A time on the wall of the site, such as 18:00."""
    return SettingKey(key, default, "clock_time", rule, Label(zh, en))


def switch(key: str, default: bool, rule: str, zh: str, en: str) -> SettingKey:
    return SettingKey(key, default, "bool", rule, Label(zh, en))
