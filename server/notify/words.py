"""What reminders and alarms say, in Chinese and English: short, polite, concrete; never a resident's name.

For: `words_of(rule, level, facts)`, which the tick asks for every inbox document.
Not for: who gets it and when (server/jobs), how it is kept (inbox.py).
Source: domain 3.0 (R-GEN-10) and the rules named below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from server.catalogue.fields import Label
from server.catalogue.rules.registry import RULES

REMINDERS = (1, 2)  # before the limit; 3 and 4 are alarms, after it
MAX_UNITS = 8
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Told:
    """What a text can name."""

    period: str
    due_at: datetime
    time_zone: str
    today: date
    unit_nos: tuple[str, ...]
    promised_fen: int | None = None  # a payment promised for the day of the period


@dataclass(frozen=True, slots=True)
class Wording:
    """Title and text before the limit, and after it. `{…}` are filled in by `_values`."""

    soon: tuple[Label, Label]
    late: tuple[Label, Label]


def words_of(rule: str, level: int, told: Told) -> tuple[Label, Label]:
    """Return title and text."""
    wording = (
        PROMISE
        if rule == "R-FEE-11" and told.promised_fen is not None
        else WORDINGS.get(rule) or _from_title(rule, told.period) or OTHER
    )
    title, text = wording.soon if level in REMINDERS else wording.late
    zh, en = _values(rule, told)
    return (
        Label(title.zh.format(**zh), title.en.format(**en)),
        Label(text.zh.format(**zh), text.en.format(**en)),
    )


def _from_title(rule: str, period: str) -> Wording | None:
    """The words of a rule that has none of its own: its title in the table of rules, or that of a further limit of it."""
    declared = RULES.get(rule)
    if declared is None:
        return None
    declared = next((each for each in declared.also if period.startswith(f"{each.name}-")), declared)
    zh, en = (words.replace("{", "").replace("}", "") for words in (declared.title.zh, declared.title.en))
    return Wording(
        (
            Label(f"{zh}：待办{{places}}", f"To do: {en}{{places}}"),
            Label(
                f"{zh}，请在 {{limit}} 前完成{{places}}。", f"{en}: please see to it by {{limit}}{{places}}."
            ),
        ),
        (
            Label(f"{zh}：已逾期{{places}}", f"Overdue: {en}{{places}}"),
            Label(
                f"{zh}，时限 {{limit}} 已过，尚无记录，请督促{{places}}。",
                f"{en}: it was due by {{limit}} and nothing is recorded; please follow up{{places}}.",
            ),
        ),
    )


def missed_patrols_words(day: date, lines: list[tuple[str, str, list[str]]]) -> tuple[Label, Label]:
    """The morning list of R-DEC-21. `lines`: area, steward, unit numbers."""
    count = sum(len(units) for _, _, units in lines)
    zh = "；".join(f"{area}（{steward or '无人负责'}）: {_list_zh(units)}" for area, steward, units in lines)
    en = "; ".join(f"{area} ({steward or 'nobody'}): {_list_en(units)}" for area, steward, units in lines)
    return (
        Label(
            f"{_day_zh(day)}漏巡 {count} 户装修",
            f"{_decorations(count)} missed their patrol on {_day_en(day)}",
        ),
        Label(f"请了解原因并督促今日巡查。{zh}", f"Please find out why and see to today's patrols. {en}"),
    )


WORDINGS: dict[str, Wording] = {
    "R-DEC-06": Wording(
        (
            Label("{day}还有 {n} 户装修待巡查", "{decorations} still to patrol on {day}"),
            Label("请在当日结束前完成巡查: {units}。", "Please patrol before the day ends: {units}."),
        ),
        (
            Label("{day}有 {n} 户装修未巡查", "{decorations} not patrolled on {day}"),
            Label("截止 {limit} 未见巡查记录: {units}。", "No patrol was recorded by {limit}: {units}."),
        ),
    ),
    "R-DEC-11": Wording(
        (
            Label("违规待审批: {units}", "Violation to decide: {units}"),
            Label(
                "请在 {limit} 前确认、退回或判定不成立。", "Please confirm, return or reject it by {limit}."
            ),
        ),
        (
            Label("违规审批超时: {units}", "Violation not decided in time: {units}"),
            Label(
                "时限 {limit} 已过，主管尚未审批，请您决定。",
                "The limit was {limit} and the supervisor has not decided; please decide.",
            ),
        ),
    ),
    "R-DEC-14": Wording(
        (
            Label("违规待复查: {units}", "Violation to re-check: {units}"),
            Label(
                "整改期限 {limit}。请到场复查，并拍摄整改后照片。",
                "To be rectified by {limit}. Please re-check on site and take photos of the result.",
            ),
        ),
        (
            Label("违规逾期未复查: {units}", "Violation not re-checked in time: {units}"),
            Label(
                "整改期限 {limit} 已过，尚无复查记录，请督促。",
                "It was to be rectified by {limit} and no re-check is recorded; please follow up.",
            ),
        ),
    ),
    "R-VAC-02": Wording(
        (
            Label("{month}还有 {n} 套空置房待巡检", "{vacant} still to check in {month}"),
            Label("请在 {limit} 前完成: {units}。", "Please check by {limit}: {units}."),
        ),
        (
            Label("{month}有 {n} 套空置房未巡检", "{vacant} not checked in {month}"),
            Label("截止 {limit} 未见巡检记录: {units}。", "No check was recorded by {limit}: {units}."),
        ),
    ),
    "R-VAC-03": Wording(
        (
            Label("{month}还有 {n} 套空置房待通风", "{vacant} still to air in {month}"),
            Label("请在 {limit} 前完成: {units}。", "Please air by {limit}: {units}."),
        ),
        (
            Label("{month}有 {n} 套空置房未通风", "{vacant} not aired in {month}"),
            Label("截止 {limit} 未见通风记录: {units}。", "No airing was recorded by {limit}: {units}."),
        ),
    ),
    "R-VAC-04": Wording(
        (
            Label("{month}还有 {n} 套空置房待保洁", "{vacant} still to clean in {month}"),
            Label("请在 {limit} 前安排: {units}。", "Please arrange it by {limit}: {units}."),
        ),
        (
            Label("{month}有 {n} 套空置房未保洁", "{vacant} not cleaned in {month}"),
            Label("截止 {limit} 未见保洁记录: {units}。", "No cleaning was recorded by {limit}: {units}."),
        ),
    ),
    "R-FEE-06": Wording(
        (
            Label("{month}还有 {n} 户欠费待跟进", "{households} in arrears still to contact in {month}"),
            Label(
                "请在 {limit} 前联系并记录: {units}。",
                "Please contact them and record it by {limit}: {units}.",
            ),
        ),
        (
            Label("{month}有 {n} 户欠费未跟进", "{households} in arrears not contacted in {month}"),
            Label("截止 {limit} 未见催收记录: {units}。", "No measure was recorded by {limit}: {units}."),
        ),
    ),
    "R-FEE-11": Wording(
        (
            Label("{day}跟进欠费: {units}", "Follow up arrears on {day}: {units}"),
            Label(
                "上次已约定{day}跟进，请联系住户并记录结果。",
                "The next step was set for {day}; please record the result.",
            ),
        ),
        (
            Label("欠费未按期跟进: {units}", "Arrears not followed up in time: {units}"),
            Label(
                "约定{day}跟进，尚无记录，请督促。",
                "It was set for {day} and nothing is recorded; please follow up.",
            ),
        ),
    ),
}
PROMISE = Wording(
    (
        Label("{day}承诺缴费 {amount}: {units}", "Payment of {amount} promised for {day}: {units}"),
        Label(
            "住户承诺{day}缴费 {amount}，请核实到账并记录。",
            "{amount} was promised for {day}; please check and record it.",
        ),
    ),
    (
        Label("承诺缴费未跟进: {units}", "Promised payment not followed up: {units}"),
        Label(
            "住户承诺{day}缴费 {amount}，尚无记录，请督促。",
            "{amount} was promised for {day} and nothing is recorded; please follow up.",
        ),
    ),
)
OTHER = Wording(
    (
        Label("待办事项将到期: {units}", "A duty is nearly due: {units}"),
        Label("{rule}，时限 {limit}。", "{rule}, due by {limit}."),
    ),
    (
        Label("待办事项已逾期: {units}", "A duty is overdue: {units}"),
        Label("{rule}，时限 {limit} 已过。", "{rule} was due by {limit}."),
    ),
)


def _values(rule: str, told: Told) -> tuple[dict[str, str], dict[str, str]]:
    count = len(told.unit_nos)
    limit = told.due_at.astimezone(ZoneInfo(told.time_zone))
    day = _day(told.period) or limit.date()
    clock = "" if limit.time().replace(microsecond=0).isoformat() >= "23:59" else f"{limit:%H:%M}"
    month = day if _day(told.period) else _day(f"{told.period}-01") or limit.date()
    # What has no unit is not named by its id: that would be a code to whoever reads it.
    places = [each for each in told.unit_nos if ":" not in each]
    amount = "" if told.promised_fen is None else f"¥{told.promised_fen / 100:,.2f}"
    zh = {
        "rule": rule,
        "n": str(count),
        "units": _list_zh(list(told.unit_nos)),
        "places": f"（{_list_zh(places)}）" if places else "",
        "limit": f"{_day_zh(limit.date())} {clock}".strip(),
        # Beside "today" stands the date: a message is also read on a later day.
        "day": f"今日（{_day_zh(day)}）" if day == told.today else _day_zh(day),
        "month": f"{month.month}月",
        "amount": amount,
    }
    en = {
        "rule": rule,
        "units": _list_en(list(told.unit_nos)),
        "places": f" ({_list_en(places)})" if places else "",
        "limit": f"{_day_en(limit.date())} {clock}".strip(),
        "day": _day_en(day),
        "month": MONTHS[month.month - 1],
        "amount": amount,
        "decorations": _decorations(count),
        "vacant": f"{count} vacant unit{'' if count == 1 else 's'}",
        "households": f"{count} household{'' if count == 1 else 's'}",
    }
    return zh, en


def _decorations(count: int) -> str:
    return f"{count} decoration{'' if count == 1 else 's'}"


def _day(period: str) -> date | None:
    try:
        return date.fromisoformat(period) if len(period) == 10 else None
    except ValueError:
        return None


def _day_zh(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _day_en(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"


def _list_zh(units: list[str]) -> str:
    more = f" 等 {len(units)} 户" if len(units) > MAX_UNITS else ""
    return "、".join(units[:MAX_UNITS]) + more


def _list_en(units: list[str]) -> str:
    more = f" and {len(units) - MAX_UNITS} more" if len(units) > MAX_UNITS else ""
    return ", ".join(units[:MAX_UNITS]) + more
