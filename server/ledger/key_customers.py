"""Key customers are visited around Spring Festival.

For: `visit_key_customer`, part of folding a household.
Not for: the two of every month (R-KC-02, a duty of the project), who is a key customer (server/catalogue/visits.py).
Source: R-KC-04: from 14 days before new year's day to 15 days after it; the days are a setting, for they are published yearly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from server.ledger.calendar import DAY, day_of, end_of_day, months_before, start_of_day
from server.ledger.drafts import MONTHS_KEPT, Draft
from server.ledger.model import Fact, JsonValue
from server.ledger.reading import count_setting
from server.ledger.recurrences import Act, DueWindow, acts_within, judge_recurrence

RULE = "R-KC-04"


def visit_key_customer(draft: Draft, household: Mapping[str, JsonValue], facts: Sequence[Fact]) -> None:
    """Put down the visit of each Spring Festival since the household is a key customer, and ask for the next."""
    calendar, settings = draft.context.calendar, draft.context.settings
    since = _since(draft, household, facts)
    if since is None:
        return
    before, after = (count_setting(settings, key) * DAY for key in ("kc.before_days", "kc.after_days"))
    earliest = max(months_before(draft.today, MONTHS_KEPT - 1), draft.duties_from or since)
    acts = [
        Act(each.id, each.performed_at, each.received_at) for each in facts if each.type == "resident_visit"
    ]
    for festival in _festivals(settings):
        opens, closes = festival - before, festival + after
        if closes < max(since, earliest):
            continue
        if not draft.begins(opens):
            return  # those behind it come later still
        draft.begins(months_before(closes, -MONTHS_KEPT))  # from then on it is not kept any more
        window = DueWindow(
            str(festival.year),
            start_of_day(max(opens, since), calendar),
            end_of_day(closes, calendar),
            start_of_day(opens, calendar),
        )
        draft.due(RULE, window, judge_recurrence(window, acts_within(window, acts), 1, draft.moment))


def _since(draft: Draft, household: Mapping[str, JsonValue], facts: Sequence[Fact]) -> date | None:
    """Return the day from which the household is one: its registration, or always when the roster says so."""
    if household.get("is_key_customer") is True:
        return date.min
    registered = [each.performed_at for each in facts if each.type == "key_customer"]
    return day_of(min(registered), draft.context.calendar) if registered else None


def _festivals(settings: Mapping[str, JsonValue]) -> list[date]:
    """Return one day a year, as the period is named by its year: where several stand, the last."""
    days = settings["kc.spring_festival"]
    known = (
        sorted(date.fromisoformat(each) for each in days if isinstance(each, str))
        if isinstance(days, list)
        else []
    )
    return list({each.year: each for each in known}.values())
