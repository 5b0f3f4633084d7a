"""The input of a dry run: facts and reference documents with the instant each arrived, settings, a calendar.

For: `read_arrivals`, `read_settings`, `read_calendar`; every wrong line is named, and nothing runs until all are right.
Not for: judging facts: what breaks a rule is held in the run, as it would be in the office (run.py).
Source: contract section 6; promises D10 (one strict parser).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from server.catalogue.settings import BadSetting, settings_with
from server.errors import InvalidInput
from server.ledger.model import JsonObject, JsonValue
from sync import strict_json
from sync.errors import BadJson

MAX_ERRORS = 100
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """A document and when it reached the server."""

    received_at: datetime
    document: JsonObject
    line: int


class BadInput(InvalidInput):
    """Lines that cannot be used: each with its file, number and what is wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))


def read_arrivals(path: Path) -> list[Arrival]:
    """In order of arrival; lines that arrived at one instant keep their order. Raises BadInput."""
    arrivals: list[Arrival] = []
    problems: list[str] = []
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                arrivals.append(_arrival(line, number))
            except (BadJson, ValueError) as error:
                problems.append(f"{path.name} 第 {number} 行 line {number}: {error}")
                if len(problems) >= MAX_ERRORS:
                    break
    if problems:
        raise BadInput(problems)
    return sorted(arrivals, key=lambda one: one.received_at)


def read_settings(path: Path) -> dict[str, JsonValue]:
    """A JSON object of settings that hold throughout, by their keys. Raises BadInput."""
    try:
        value = strict_json.parse(path.read_bytes())
    except BadJson as error:
        raise BadInput([f"{path.name}: {error}"]) from error
    if not isinstance(value, dict):
        raise BadInput(
            [
                f'{path.name}: 须为对象，如 {{"dec.decision_hours": 12}}。An object of settings by key is expected.'
            ]
        )
    try:
        settings_with(value)
    except BadSetting as error:
        raise BadInput([f"{path.name}: {error}"]) from error
    return value


def read_calendar(path: Path) -> tuple[list[str], list[str]]:
    """Holidays and make-up days of a JSON file `{"holidays": […], "makeup_days": […]}`. Raises BadInput."""
    try:
        value = strict_json.parse(path.read_bytes())
    except BadJson as error:
        raise BadInput([f"{path.name}: {error}"]) from error
    body = value.get("body", value) if isinstance(value, dict) else None
    if not isinstance(body, dict) or not {"holidays", "makeup_days"} & body.keys():
        raise BadInput(
            [f'{path.name}: 须为 {{"holidays": ["2026-10-01"], "makeup_days": []}}。That form is expected.']
        )
    holidays, makeup_days = _days(path, body, "holidays"), _days(path, body, "makeup_days")
    for day in makeup_days:
        if day in holidays:
            raise BadInput(
                [f"{path.name}: {day} 同时列为放假与调休。It is both a holiday and a make-up workday."]
            )
        if date.fromisoformat(day).weekday() < SATURDAY:
            raise BadInput(
                [f"{path.name}: makeup_days {day} 须为周六或周日。A make-up workday is a Saturday or Sunday."]
            )
    return holidays, makeup_days


def instant(text: object) -> datetime:
    """An RFC 3339 instant with its offset, in UTC. Raises ValueError saying what is expected."""
    if isinstance(text, str):
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    raise ValueError(
        f"须为带时区的时间，如 2026-11-22T10:03:05+08:00。An instant with an offset is expected, not {text!r}."
    )


def _arrival(line: bytes, number: int) -> Arrival:
    value = strict_json.parse(line)
    if not isinstance(value, dict) or value.keys() != {"received_at", "doc"}:
        raise ValueError(
            '每行须为 {"received_at": …, "doc": {…}}。Each line is an object with received_at and doc.'
        )
    document = value["doc"]
    if not isinstance(document, dict):
        raise ValueError("doc 须为对象。doc is an object.")
    for member in ("_id", "type"):
        if not isinstance(document.get(member), str) or not document[member]:
            raise ValueError(f"doc 缺少 {member}。doc has no {member}.")
    return Arrival(instant(value["received_at"]), document, number)


def _days(path: Path, body: Mapping[str, Any], member: str) -> list[str]:
    days = body.get(member, [])
    if not isinstance(days, list):
        raise BadInput([f"{path.name}: {member} 须为日期列表，如 2026-10-01。{member} is a list of days."])
    wrong = [
        f"{path.name}: {member} 须为 2026-10-01 这样的日期，不能是 {day!r}。A day like 2026-10-01 is expected."
        for day in days
        if not (isinstance(day, str) and _is_day(day))
    ]
    if wrong:
        raise BadInput(wrong[:MAX_ERRORS])
    return days


def _is_day(text: str) -> bool:
    try:
        return datetime.strptime(text, "%Y-%m-%d").strftime("%Y-%m-%d") == text
    except ValueError:
        return False
