"""What a periodic report is: who reads it, its columns, and how its rows are found.

For: the modules that declare reports (reports.py collects them and answers the route).
Not for: registers (registers.py), columns of those (columns.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from sqlalchemy import Connection

from server.catalogue.fields import Label
from server.ledger.calendar import end_of_day, first_day_of, last_day_of, month_of, start_of_day
from server.ledger.model import Calendar, JsonObject, JsonValue
from server.office.columns import Column
from server.office.scope import Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """One question for a report: of a day, or of the month in which that day lies."""

    connection: Connection
    scope: Scope
    day: date
    settings: Mapping[str, JsonValue]

    @property
    def month(self) -> str:
        return month_of(self.day)

    @property
    def month_span(self) -> tuple[datetime, datetime]:
        """From the first second of the month to its last, at the site."""
        calendar = Calendar(str(self.settings["time_zone"]))
        first, last = first_day_of(self.month), last_day_of(self.month)
        return start_of_day(first, calendar), end_of_day(last, calendar) + timedelta(microseconds=999_999)


Rows: TypeAlias = Callable[[Asked], list[JsonObject]]


@dataclass(frozen=True, slots=True)
class Report:
    title: Label
    readers: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Rows
