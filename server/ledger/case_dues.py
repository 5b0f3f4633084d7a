"""What a case makes due: the limits and recurring duties that rules declare for its kind.

For: `put_down_dues`, after the case has been followed.
Not for: when a limit ends (case_limits.py), duties of areas and projects (scopes.py).
Source: R-GEN-08, R-GEN-10, R-GEN-12; domain 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from server.catalogue.rules.kinds import Acts, Deadline, Recurrence
from server.ledger.calendar import DAY, day_of, end_of_day, start_of_day
from server.ledger.case_limits import Entry, limit_of
from server.ledger.case_walk import Walk, holds
from server.ledger.deadlines import judge_deadline
from server.ledger.drafts import Draft
from server.ledger.model import Fact, JsonValue
from server.ledger.periods import KEPT, periods, periods_back
from server.ledger.reading import count_setting
from server.ledger.recurrences import Act, DueWindow, Outcome, acts_within, judge_recurrence
from server.ledger.rules import RULES

MAX_ROUNDS = 200  # of a limit that repeats


def put_down_dues(walk: Walk, draft: Draft) -> None:
    """Put down the due items of every rule declared for this kind of case."""
    for rule in _deadlines(walk.cycle.kind):
        if holds(rule.having, walk.fields, draft.context.settings):
            _limits(rule, walk, draft)
    for each in _recurrences(walk.cycle.kind):
        if holds(each.having, walk.fields, draft.context.settings):
            _recurring(each, walk, draft)


@cache
def _deadlines(kind: str) -> tuple[Deadline, ...]:
    every = (each for rule in RULES.values() for each in (rule, *rule.also))
    return tuple(each for each in every if isinstance(each, Deadline) and each.of == kind)


@cache
def _recurrences(kind: str) -> tuple[Recurrence, ...]:
    return tuple(rule for rule in RULES.values() if isinstance(rule, Recurrence) and rule.of == kind)


def _limits(rule: Deadline, walk: Walk, draft: Draft) -> None:
    number = 0
    for start in _starts(rule, walk):
        previous: int | None = None
        for amount in _amounts(rule, draft):
            number += 1
            period = _round(rule, number) if amount is None else f"{_round(rule, number)}-day-{amount}"
            window = limit_of(rule, start, period, walk.fields, draft.context, amount)
            if window is None:
                continue
            if amount is not None:
                window = _behind(window, previous, start, draft)
                previous = amount
            met = _first_act(rule, walk, window.counts_from, start)
            _judge(rule, window, met, walk, draft)
            while rule.repeats and met is not None and met.state not in rule.ends and number < MAX_ROUNDS:
                number += 1
                window = limit_of(rule, met, _round(rule, number), walk.fields, draft.context)
                if window is None:
                    break
                met = _first_act(rule, walk, window.counts_from, met)
                _judge(rule, window, met, walk, draft)


def _round(rule: Deadline, number: int) -> str:
    return f"{rule.name}-round-{number}" if rule.name else f"round-{number}"


def _behind(window: DueWindow, previous: int | None, start: Entry, draft: Draft) -> DueWindow:
    """Let one of several limits open when the one before it has ended: a visit on day 7 is not the one of day 30."""
    if previous is None:
        return window
    calendar = draft.context.calendar
    opens = start_of_day(day_of(start.at, calendar) + (previous + 1) * DAY, calendar)
    return replace(window, opens_at=opens, counts_from=opens)


def _amounts(rule: Deadline, draft: Draft) -> Sequence[int | None]:
    """Return the numbers of a setting that lists several; [None] of one that is a number."""
    assert rule.within is not None, rule.id
    value: JsonValue = draft.context.settings.get(rule.within.setting or "")
    if isinstance(value, list):
        return [each for each in value if isinstance(each, int)]
    return [None]


def _judge(rule: Deadline, window: DueWindow, met: Entry | None, walk: Walk, draft: Draft) -> None:
    dropped = next(
        (each for each in walk.entries if each.state in rule.dropped_in and each.at >= window.opens_at), None
    )
    if dropped is not None and (met is None or dropped.at <= met.at):
        draft.due(
            rule.id, window, Outcome("cancelled", _id_of(dropped), dropped.at), walk.fields, rule.assigned_to
        )
        return
    act = None if met is None else Act(_id_of(met), met.at, met.fact.received_at if met.fact else met.at)
    draft.due(rule.id, window, judge_deadline(window, act, draft.moment), walk.fields, rule.assigned_to)


def _id_of(entry: Entry) -> str:
    return entry.fact.id if entry.fact is not None else "system"


def _starts(rule: Deadline, walk: Walk) -> list[Entry]:
    assert rule.start is not None, rule.id
    found = [each for each in walk.entries if each.state in rule.start.entering]
    if rule.start.acts is not None:
        found += [Entry("", each.performed_at, each) for each in _matching(rule.start.acts, walk.taken)]
    return sorted(found, key=lambda each: each.at)


def _first_act(rule: Deadline, walk: Walk, opens_at: datetime, start: Entry) -> Entry | None:
    """Return what meets the limit first: an act behind its start, or entering a state that does."""
    wanted = rule.acts or Acts()
    found = [
        Entry("", each.performed_at, each)
        for each in _matching(wanted, walk.taken)
        if each.performed_at >= opens_at and (start.fact is None or each.id != start.fact.id)
    ]
    place = walk.entries.index(start) if start in walk.entries else -1
    found += [
        each
        for number, each in enumerate(walk.entries)
        if each.state in (*wanted.entering, *rule.ends) and number > place and each.at >= start.at
    ]
    return min(found, key=lambda each: each.at, default=None)


def _matching(acts: Acts, facts: Iterable[Fact]) -> list[Fact]:
    return [
        each
        for each in facts
        if each.type in acts.types and (acts.when is None or acts.when.holds(each.body))
    ]


def _recurring(rule: Recurrence, walk: Walk, draft: Draft) -> None:
    """A duty of every period at whose end the case is in one of the states, and of the one that runs."""
    spans = _spans(rule.while_in, walk)
    if not spans:
        return
    calendar = draft.context.calendar
    acts = [
        Act(each.id, each.performed_at, each.received_at)
        for each in _matching(rule.acts or Acts(), walk.taken)
    ]
    needed = 1 if rule.needed is None else count_setting(draft.context.settings, rule.needed)
    first = max(day_of(spans[0][0], calendar), draft.duties_from or day_of(spans[0][0], calendar))
    first = max(first, periods_back(draft.today, rule.every, KEPT[rule.every]).first)
    last = draft.today if spans[-1][1] is None else min(draft.today, day_of(spans[-1][1], calendar))
    for period in periods(first, last, rule.every):
        ends = end_of_day(period.last, calendar)
        opens = max(start_of_day(period.first, calendar), spans[0][0])
        running = any(start <= ends and (end is None or end > ends) for start, end in spans)
        if not running or needed == 0:
            continue
        window = DueWindow(period.name, opens, ends, start_of_day(period.first, calendar))
        draft.due(
            rule.id,
            window,
            judge_recurrence(window, acts_within(window, acts), needed, draft.moment),
            walk.fields,
        )
    if spans[-1][1] is None:
        # The next period brings the next duty.
        following = next(iter(periods(draft.today, draft.today, rule.every))).last + DAY
        draft.begins(max(following, first))


def _spans(states: tuple[str, ...], walk: Walk) -> list[tuple[datetime, datetime | None]]:
    """Return from when to when the case was in one of the states; without an end while it is."""
    spans: list[tuple[datetime, datetime | None]] = []
    for entry, following in zip(walk.entries, [*walk.entries[1:], None], strict=True):
        if entry.state not in states:
            continue
        end = None if following is None else following.at
        if spans and spans[-1][1] == entry.at:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((entry.at, end))
    return spans
