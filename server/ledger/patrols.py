"""The daily patrol of a decoration project: its due items, and how many were kept.

For: `fold_patrols`, part of folding a decoration project.
Not for: the life cycle (decoration.py), which days have a duty (recurrences.py, shared with the phone).
Source: R-DEC-06, R-GEN-08, R-GEN-12; T-11, T-12.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.ledger.calendar import DAY, day_of, days
from server.ledger.drafts import DAYS_KEPT, Draft
from server.ledger.model import Fact, JsonObject
from server.ledger.moments import lapses_at
from server.ledger.reading import count_setting
from server.ledger.recurrences import (
    Act,
    Outcome,
    Span,
    day_window,
    has_patrol_duty,
    judge_recurrence,
    patrol_needs_act,
)

RULE = "R-DEC-06"
LOOK_AHEAD_DAYS = 400


@dataclass(frozen=True, slots=True)
class Pause:
    """Days without works, approved by the supervisor."""

    span: Span
    reason: str | None
    recorded_at: datetime

    def as_json(self) -> JsonObject:
        assert self.span.last is not None
        return {"from": self.span.first.isoformat(), "to": self.span.last.isoformat(), "reason": self.reason}


@dataclass(slots=True)
class Duties:
    """How many days had a duty, and on how many it was met; days still going on count when met."""

    all: int = 0
    met: int = 0


def fold_patrols(
    draft: Draft, patrols: Sequence[Fact], spans: Sequence[Span], pauses: Sequence[Pause]
) -> Duties:
    """Put down the due item of every day with a duty and count them; only the last DAYS_KEPT days keep their item."""
    duties = Duties()
    needed = count_setting(draft.context.settings, "dec.patrol_per_day")
    if not spans or needed < 1:
        return duties
    by_day = _by_day(draft, patrols)
    first = max(spans[0].first, draft.duties_from or spans[0].first)
    last = min(draft.today, spans[-1].last or draft.today)
    for on in days(first, last):
        _judge(
            draft, on, by_day.get(on, []), needed, spans, pauses, duties, listed=(last - on).days < DAYS_KEPT
        )
    _await_next_day(draft, max(first, draft.today + DAY), by_day, needed, spans, pauses)
    return duties


def pauses_today(draft: Draft, pauses: Sequence[Pause]) -> bool:
    """Whether today lies within a pause; asks for the day on which that changes next, and last did."""
    today = draft.today

    def covered(on: date) -> bool:
        return any(pause.span.covers(on) for pause in pauses)

    edges = {pause.span.first for pause in pauses} | {
        pause.span.last + DAY for pause in pauses if pause.span.last is not None
    }
    changes = sorted(on for on in edges if covered(on) != covered(on - DAY))
    for on in changes:
        draft.begins(on)
    return covered(today)


def _judge(
    draft: Draft,
    on: date,
    acts: Sequence[Act],
    needed: int,
    spans: Sequence[Span],
    pauses: Sequence[Pause],
    duties: Duties,
    listed: bool,
) -> None:
    calendar = draft.context.calendar
    on_rest_days = draft.context.settings["dec.patrol_rest_days"] is True
    window = day_window(on, calendar)
    if not has_patrol_duty(on, spans, [], on_rest_days, calendar):
        return
    covering = [pause for pause in pauses if pause.span.covers(on)]
    if covering:
        # A pause approved before the day ended makes no duty; one recorded afterwards excuses what was missed.
        lapse = lapses_at(window.due_at)
        afterwards = all(pause.recorded_at >= lapse for pause in covering)
        if afterwards and len(acts) < needed and listed and draft.moment.passed(lapse):
            draft.due(RULE, window, Outcome("waived"))
        return
    if len(acts) < needed and patrol_needs_act(on, spans):
        return  # the works ended on this day and the patrol is not asked for
    outcome = judge_recurrence(window, acts, needed, draft.moment)
    is_met = outcome.satisfied_by is not None
    duties.met += is_met
    duties.all += is_met or outcome.status == "overdue"
    if listed:
        draft.moment.passed(window.opens_at)
        draft.due(RULE, window, outcome)


def _await_next_day(
    draft: Draft,
    first: date,
    by_day: Mapping[date, Sequence[Act]],
    needed: int,
    spans: Sequence[Span],
    pauses: Sequence[Pause],
) -> None:
    """Ask for the next day that has a duty: its item opens then. A day excused afterwards shows when it is over."""
    calendar = draft.context.calendar
    on_rest_days = draft.context.settings["dec.patrol_rest_days"] is True
    for on in days(first, first + timedelta(days=LOOK_AHEAD_DAYS)):
        if not has_patrol_duty(on, spans, [], on_rest_days, calendar):
            continue
        missed = len(by_day.get(on, [])) < needed
        covering = [pause for pause in pauses if pause.span.covers(on)]
        if covering:
            lapse = lapses_at(day_window(on, calendar).due_at)
            if missed and all(pause.recorded_at >= lapse for pause in covering):
                draft.moment.passed(lapse)
        elif not (missed and patrol_needs_act(on, spans)):
            draft.begins(on)
            return


def _by_day(draft: Draft, patrols: Sequence[Fact]) -> dict[date, list[Act]]:
    """Return the acts of each day, earliest first: facts come in that order."""
    found: dict[date, list[Act]] = defaultdict(list)
    for fact in patrols:
        on = day_of(fact.performed_at, draft.context.calendar)
        found[on].append(Act(fact.id, fact.performed_at, fact.received_at))
    return found
