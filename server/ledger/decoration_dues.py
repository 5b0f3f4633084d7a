"""What a decoration owes around its works: before they start, every week of them, at their end, and while a warranty runs.

For: `put_down_dues` and `missing_before_start`, part of folding a decoration project.
Not for: the daily patrol (patrols.py), the life cycle (decoration.py).
Source: R-DEC-04, R-DEC-05, R-DEC-16, R-DEC-17, R-DEC-22, R-X-06.

Work that has begun is a fact of the site, so its patrols are due whether or not the unit was seen and people were told before:
what is missing is overdue from the start on and shown. A project that sets `dec.guards_hold` has such a start held instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from server.ledger.calendar import DAY, day_of, end_of_day, start_of_day
from server.ledger.case_limits import NO_LIMIT_YET
from server.ledger.deadlines import judge_deadline, until_day_window
from server.ledger.drafts import DAYS_KEPT, Draft
from server.ledger.model import Fact, JsonObject
from server.ledger.moments import lapses_at, whole_second
from server.ledger.patrols import Pause
from server.ledger.periods import period_of, periods
from server.ledger.reading import count_setting, entries, text, texts
from server.ledger.recurrences import Act, DueWindow, Span, acts_within, judge_recurrence

PRE_VIEW, BRIEFING, TALKS, CHECK, ARCHIVE, WARRANTY = (
    "R-DEC-04",
    "R-DEC-05",
    "R-DEC-16",
    "R-DEC-17",
    "R-DEC-22",
    "R-X-06",
)
WEEK = 7 * DAY
WEEKS_KEPT = DAYS_KEPT // 7
BRIEFED = ("owner", "contractor")  # the designer is told too, and work does not wait for it
WORK_FACTS = (
    "decoration_pre_view",
    "decoration_briefing",
    "decoration_talk",
    "decoration_agreement",
    "acceptance",
)
WARRANTIES = (("warranty", "dec.warranty_years"), ("leak_proofing", "dec.leak_warranty_years"))


@dataclass
class Milestones:
    """When the life cycle came where, as far as something is due from there."""

    approved_at: datetime | None = None
    started_at: datetime | None = None
    checks: list[tuple[Fact, Fact | None]] = field(
        default_factory=list
    )  # end of works told, and what answered it
    accepted: Fact | None = None
    closed: Fact | None = None


def missing_before_start(facts: Iterable[Fact]) -> list[str]:
    """Return what of pre-view and briefings is not among the facts."""
    facts = list(facts)
    told = {
        party for each in facts if each.type == "decoration_briefing" for party in texts(each.body, "parties")
    }
    viewed = any(each.type == "decoration_pre_view" for each in facts)
    return [*([] if viewed else ["pre_view"]), *(f"briefing_{each}" for each in BRIEFED if each not in told)]


def put_down_dues(
    draft: Draft,
    milestones: Milestones,
    facts: Sequence[Fact],
    spans: Sequence[Span],
    pauses: Sequence[Pause],
    planned_start: date | None,
) -> None:
    """Put down everything; `facts` are all that count about the project, in order of time."""
    _before_work(draft, milestones, facts, planned_start)
    _talks(draft, facts, spans, pauses)
    calendar, settings = draft.context.calendar, draft.context.settings
    days = count_setting(settings, "dec.completion_check_days") * DAY
    for number, (told, answer) in enumerate(milestones.checks, 1):
        last = day_of(told.performed_at, calendar) + days
        window = until_day_window(f"round-{number}", told.performed_at, last, calendar)
        draft.due(CHECK, window, judge_deadline(window, _act(answer), draft.moment))
    accepted = milestones.accepted
    if accepted is not None:
        last = day_of(accepted.performed_at, calendar) + count_setting(settings, "dec.archive_days") * DAY
        window = until_day_window("round-1", accepted.performed_at, last, calendar)
        draft.due(ARCHIVE, window, judge_deadline(window, _act(milestones.closed), draft.moment))
        _warranties(draft, accepted, facts)


def warranty_fields(milestones: Milestones, draft: Draft) -> JsonObject:
    """Return the day each warranty ends; None before the acceptance."""
    fields: JsonObject = {}
    for name, key in WARRANTIES:
        ends = _warranty_ends(milestones.accepted, key, draft)
        fields[f"{name}_until"] = None if ends is None else ends.isoformat()
    return fields


def _before_work(
    draft: Draft, milestones: Milestones, facts: Sequence[Fact], planned_start: date | None
) -> None:
    """Due by the start of the works; while they have not started by the planned day, by the day after none."""
    approved, started = milestones.approved_at, milestones.started_at
    if approved is None:
        return
    calendar = draft.context.calendar
    if draft.duties_from is not None and day_of(started or approved, calendar) < draft.duties_from:
        return
    opens = whole_second(approved)
    if started is not None:
        window = DueWindow("start", opens, max(opens, whole_second(started)), opens)
    elif planned_start is None or draft.moment.passed(lapses_at(end_of_day(planned_start, calendar))):
        window = DueWindow("start", opens, NO_LIMIT_YET, opens)
    else:
        window = until_day_window("start", opens, planned_start, calendar)
    for rule, wanted in (
        (PRE_VIEW, ("pre_view",)),
        (BRIEFING, tuple(f"briefing_{each}" for each in BRIEFED)),
    ):
        draft.due(rule, window, judge_deadline(window, _completing(wanted, facts), draft.moment))


def _completing(wanted: Sequence[str], facts: Sequence[Fact]) -> Act | None:
    """Return the act with which nothing of `wanted` is missing any more."""
    before: list[Fact] = []
    for each in facts:
        if each.type in ("decoration_pre_view", "decoration_briefing"):
            before.append(each)
            if not set(wanted) & set(missing_before_start(before)):
                return _act(each)
    return None


def _talks(draft: Draft, facts: Sequence[Fact], spans: Sequence[Span], pauses: Sequence[Pause]) -> None:
    """A talk with the owner in every week at whose end works are on; one told of by a patrol counts too."""
    calendar, settings = draft.context.calendar, draft.context.settings
    needed = count_setting(settings, "dec.owner_talks_per_week")
    if not spans or needed == 0:
        return
    acts = [each for each in map(_talk, facts) if each is not None]
    last = min(draft.today, spans[-1].last or draft.today)
    oldest = period_of(last, "week").first - WEEKS_KEPT * WEEK
    first = max(spans[0].first, draft.duties_from or spans[0].first, oldest)
    for period in periods(first, last, "week"):
        window = DueWindow(
            period.name,
            start_of_day(max(period.first, spans[0].first), calendar),
            end_of_day(period.last, calendar),
            start_of_day(period.first, calendar),
        )
        if _is_on(period.last, spans, pauses):
            draft.due(
                TALKS, window, judge_recurrence(window, acts_within(window, acts), needed, draft.moment)
            )
    if first > draft.today:
        draft.begins(first)
    elif spans[-1].last is None or spans[-1].last > draft.today:
        draft.begins(period_of(draft.today, "week").last + DAY)


def _is_on(day: date, spans: Sequence[Span], pauses: Sequence[Pause]) -> bool:
    """Whether works go on at the end of `day`, as far as is known."""
    on = any(span.first <= day and (span.last is None or span.last > day) for span in spans)
    return on and not any(pause.span.covers(day) for pause in pauses)


def _talk(fact: Fact) -> Act | None:
    with_owner = (
        text(fact.body, "who") == "owner"
        if fact.type == "decoration_talk"
        else fact.type == "decoration_patrol"
        and any(each.get("who") == "owner" for each in entries(fact.body, "talked_to"))
    )
    return _act(fact) if with_owner else None


def _warranties(draft: Draft, accepted: Fact, facts: Sequence[Fact]) -> None:
    """Remind before a warranty ends; a talk with the owner from then on meets it."""
    calendar = draft.context.calendar
    ahead = count_setting(draft.context.settings, "dec.warranty_notice_days") * DAY
    for name, key in WARRANTIES:
        ends = _warranty_ends(accepted, key, draft)
        if ends is None or not draft.begins(ends - ahead):
            continue
        opens = start_of_day(ends - ahead, calendar)
        window = replace(until_day_window(name, opens, ends, calendar), counts_from=opens)
        talk = next((each for each in map(_talk, facts) if each and each.performed_at >= opens), None)
        draft.due(WARRANTY, window, judge_deadline(window, talk, draft.moment))


def _warranty_ends(accepted: Fact | None, key: str, draft: Draft) -> date | None:
    years = count_setting(draft.context.settings, key)
    if accepted is None or years == 0:
        return None
    return _years_after(day_of(accepted.performed_at, draft.context.calendar), years)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February of a year that has none
        return day.replace(year=day.year + years, day=28)


def _act(fact: Fact | None) -> Act | None:
    return None if fact is None else Act(fact.id, fact.performed_at, fact.received_at)
