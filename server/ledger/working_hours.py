"""Whether noisy work is permitted at an instant, by the project's table of hours.

For: `is_permitted(at, …)`, and which patrols met people at work outside the hours without saying so.
Not for: whether people work on a day (calendar.py).
Source: R-X-13: the stricter of two local rules is the default, no noise on rest days, at noon and at night.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time

from server.ledger.calendar import DAY, day_of, is_working_day, local_time
from server.ledger.model import Calendar, Fact, JsonValue
from server.ledger.reading import entries, whole

END_OF_DAY = "00:00"  # as the end of a span: the midnight after it


def is_permitted(at: datetime, calendar: Calendar, settings: Mapping[str, JsonValue]) -> bool:
    """Whether `at` lies within a span of its day; a span's end belongs to the time after it."""
    table = settings["dec.noise_hours"]
    assert isinstance(table, dict)
    day = day_of(at, calendar)
    spans = table["working_days" if is_working_day(day, calendar) else "rest_days"]
    assert isinstance(spans, list)
    for span in spans:
        assert isinstance(span, list)
        first, last = str(span[0]), str(span[1])
        begins = local_time(day, time.fromisoformat(first), calendar)
        ends = local_time(day + DAY if last == END_OF_DAY else day, time.fromisoformat(last), calendar)
        if begins <= at < ends:
            return True
    return False


def unsaid_outside_hours(
    patrols: Iterable[Fact], calendar: Calendar, settings: Mapping[str, JsonValue]
) -> list[str]:
    """Return the patrols that met people at work outside the permitted hours and called the hours normal."""
    return [
        fact.id
        for fact in patrols
        if _says_normal(fact) and not is_permitted(fact.performed_at, calendar, settings)
    ]


def _says_normal(fact: Fact) -> bool:
    said = next((each for each in entries(fact.body, "items") if each.get("code") == "working_hours"), {})
    return (whole(fact.body, "workers_present") or 0) > 0 and said.get("result") == "normal"
