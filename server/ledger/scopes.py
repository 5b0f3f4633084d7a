"""What an area or a project owes that belongs to no single case: a patrol of every day, four night checks of every month.

For: `fold_duty(subject, facts, context)`: one status per duty of an area or a project, such as `area:a1:R-PAT-01`.
Not for: duties of a case (case_dues.py), of vacant units and households (their folds), drawing samples (quotas.py).
Source: R-GEN-05, R-GEN-06, R-GEN-12; domain 3.

A duty looks at the facts of a bounded time only: `kept` periods back from today. What a site has not taken up is not missed: a
duty begins with the first fact that meets it within that time, or on the day of `scope.duties_from`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from server.catalogue.fields import Enum, enum
from server.catalogue.rules.kinds import Quota, Recurrence
from server.catalogue.subjects import SCOPE_DUTIES, scope_of_duty
from server.ledger.calendar import (
    DAY,
    day_in_month,
    day_of,
    end_of_day,
    is_working_day,
    local_time,
    month_of,
    start_of_day,
)
from server.ledger.documents import HISTORY_ENTRIES
from server.ledger.drafts import Draft
from server.ledger.model import Context, Fact, HistoryEntry, JsonObject, JsonValue, Status
from server.ledger.moments import lapses_at
from server.ledger.periods import Period, kept, period_of, periods, periods_back, working_day
from server.ledger.places import place_fields
from server.ledger.quotas import share_of
from server.ledger.reading import count_setting, day, stamp
from server.ledger.recurrences import DueWindow, Outcome, judge_recurrence
from server.ledger.scopes_tally import Done, Tally, TallyOfFacts, heard
from server.ledger.weather import storm_nights

DUTY_STATE: Enum = enum(
    "duty.state",
    "任务状态",
    "Duty",
    none="本期无任务 | Nothing due this period",
    pending="待办 | To do",
    met="已完成 | Done",
    overdue="有漏做 | Missed",
)


@dataclass(frozen=True, slots=True)
class Stand:
    """How one period of a duty stands."""

    period: Period
    needed: int
    done: int
    base: int | None
    status: str


def fold_duty(subject: str, facts: list[Fact], context: Context) -> Status | None:
    """Return how the duty stands; None for a subject that is none, and while the site has not begun with it.

    With a tally in `context`, that is what is known, and `facts` is empty.
    """
    scope, name, rule_id = scope_of_duty(subject)
    rule = SCOPE_DUTIES.get(rule_id)
    if rule is None or rule.of != scope:
        return None
    tally = context.tally or TallyOfFacts(rule, facts)
    earliest = periods_back(day_of(context.now, context.calendar), rule.every, kept(rule)).first
    since = start_of_day(earliest, context.calendar)
    draft = Draft(subject, scope, heard(tally, since), context)
    begins = _begins_on(rule, tally, since, draft)
    if begins is None:
        return None
    stands = [
        stand
        for period in periods(max(begins, earliest), draft.today, rule.every)
        if (stand := _stand(rule, period, tally, since, draft)) is not None
    ]
    draft.begins(max(period_of(draft.today, rule.every).last + DAY, begins))
    acts = tally.latest_acts(since, HISTORY_ENTRIES)
    for each in acts:
        draft.note(HistoryEntry(each.at, each.author, each.fact, each.type))
    project = name if scope == "project" else context.project
    fields: JsonObject = {
        **place_fields(None, project, context),
        "rule": rule.id,
        "every": rule.every,
        **_latest(stands),
        "missed": sum(1 for each in stands if each.status == "overdue"),
        "kept": sum(1 for each in stands if each.status in ("met", "met_synced_late")),
        "last_at": stamp(acts[-1].at) if acts else None,
        "last_by": acts[-1].author if acts else None,
    }
    return draft.seal(project, name if scope == "area" else "", _state(stands, draft), fields)


def reads_from(subject: str, now: datetime) -> datetime | None:
    """Return the instant before which no fact matters to a duty of a scope; None for a subject that is none.

    A day earlier than the first period it looks at, so that no time zone makes a difference.
    """
    rule = SCOPE_DUTIES.get(scope_of_duty(subject)[2])
    if rule is None:
        return None
    first = periods_back(now.date(), rule.every, kept(rule) + 1).first - DAY
    return datetime.combine(first, time(), UTC)


def _begins_on(rule: Recurrence, tally: Tally, since: datetime, draft: Draft) -> date | None:
    said = day(draft.context.settings, "scope.duties_from")
    at = tally.first("act", since)
    if at is None and isinstance(rule, Quota):
        at = tally.first("base", since)
    first = None if at is None else day_of(at, draft.context.calendar)
    if said is not None and not draft.begins(said):
        return first
    found = [each for each in (said, first) if each is not None]
    return min(found, default=None)


def _stand(rule: Recurrence, period: Period, tally: Tally, since: datetime, draft: Draft) -> Stand | None:
    """Judge one period and put its due item down; None when it has no duty."""
    calendar = draft.context.calendar
    if not _has_duty(rule, period, tally, since, draft):
        return None
    needed, base = _needed(rule, period, tally, since, draft)
    if needed == 0:
        return None
    if rule.at_night is not None:
        window = _night(rule.at_night, period, draft)
    else:
        window = DueWindow(
            period.name,
            start_of_day(_opens_on(rule, period, draft), calendar),
            end_of_day(_closes_on(rule, period, draft), calendar),
            start_of_day(period.first, calendar),
        )
    if not draft.moment.passed(window.opens_at):
        return None
    done = tally.done(max(since, window.counts_from), lapses_at(window.due_at), needed)
    outcome = _outcome(window, done, needed, draft)
    draft.due(rule.id, window, outcome)
    return Stand(period, needed, done.times, base, outcome.status)


def _outcome(window: DueWindow, done: Done, needed: int, draft: Draft) -> Outcome:
    """As `judge_recurrence`, from what the tally has counted."""
    if done.fact is None or done.at is None or done.received_at is None:
        return judge_recurrence(window, (), needed, draft.moment)
    late = done.received_at >= lapses_at(window.due_at)
    return Outcome("met_synced_late" if late else "met", done.fact, done.at)


def _night(clock: tuple[str, str], period: Period, draft: Draft) -> DueWindow:
    """Return the window of a night, named by the day on which it begins."""
    settings, calendar = draft.context.settings, draft.context.calendar
    begins, ends = (time.fromisoformat(str(settings[key])) for key in clock)
    opens = local_time(period.first, begins, calendar)
    return DueWindow(period.name, opens, local_time(period.first + DAY, ends, calendar), opens)


def _has_duty(rule: Recurrence, period: Period, tally: Tally, since: datetime, draft: Draft) -> bool:
    if rule.months and period.first.month not in rule.months:
        return False
    if rule.weekdays and period.first.weekday() not in rule.weekdays:
        return False
    if rule.working_days_only and not is_working_day(period.first, draft.context.calendar):
        return False
    if rule.on_storm_days_only and period.first not in storm_nights(
        draft.context.weather, draft.context.settings
    ):
        return False
    if rule.only_with is None:
        return True
    return tally.has("with", *_span(period, since, draft))


def _needed(
    rule: Recurrence, period: Period, tally: Tally, since: datetime, draft: Draft
) -> tuple[int, int | None]:
    """Return how many acts the period asks for, and the base they were counted from."""
    settings = draft.context.settings
    if not isinstance(rule, Quota):
        return (1 if rule.needed is None else count_setting(settings, rule.needed)), None
    based_on = period if rule.base_period == "same" else period_of(period.first - DAY, rule.every)
    subjects, amount = tally.base(*_span(based_on, since, draft))
    base = subjects if rule.base_field is None else amount
    least = 1 if rule.least is None else count_setting(settings, rule.least)
    return share_of(base, count_setting(settings, rule.rate), least), base


def _span(period: Period, since: datetime, draft: Draft) -> tuple[datetime, datetime]:
    """Return the time of a period, as far as the duty looks back."""
    calendar = draft.context.calendar
    return max(since, start_of_day(period.first, calendar)), start_of_day(period.last + DAY, calendar)


def _opens_on(rule: Recurrence, period: Period, draft: Draft) -> date:
    if rule.opens_days_before_end is None:
        return period.first
    span = count_setting(draft.context.settings, rule.opens_days_before_end)
    return max(period.first, period.last - (span - 1) * DAY)


def _closes_on(rule: Recurrence, period: Period, draft: Draft) -> date:
    settings = draft.context.settings
    if rule.closes_on_day is not None:
        return day_in_month(month_of(period.first), count_setting(settings, rule.closes_on_day))
    if rule.closes_on_working_day is not None:
        number = count_setting(settings, rule.closes_on_working_day)
        return working_day(period.first, number, draft.context.calendar)
    return period.last


def _latest(stands: Sequence[Stand]) -> JsonObject:
    last = stands[-1] if stands else None
    found: dict[str, JsonValue] = {
        "period": last.period.name if last else None,
        "needed": last.needed if last else None,
        "done": last.done if last else None,
        "base": last.base if last else None,
    }
    return found


def _state(stands: Sequence[Stand], draft: Draft) -> str:
    if not stands:
        return "none"
    if stands[-1].status == "overdue":
        return "overdue"
    if not stands[-1].period.holds(draft.today):
        return "none"
    return "met" if stands[-1].status in ("met", "met_synced_late") else "pending"
