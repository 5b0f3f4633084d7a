"""The table of rules: what the product holds people and records to, each with its id, words and figures.

For: `RULES`, and `due_rule(id)` for the rules that make something due.
Not for: evaluating them (recurrences.py, deadlines.py, the folds, server/catalogue/checks.py).
Source: domain 3 and 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from server.catalogue.fields import Label

Escalation: TypeAlias = Literal["supervisor", "manager"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that judges records or sets a convention."""

    id: str
    title: Label
    kind: str  # as in the domain: norm, state, evidence, checklist, approval, report …
    settings: tuple[str, ...] = ()  # keys of server/catalogue/settings.py it reads


@dataclass(frozen=True, slots=True)
class Recurrence(Rule):
    """A duty of every day or month; a missed period stays missed (R-GEN-12)."""

    every: Literal["day", "month"] = "day"
    assigned_to: Literal["steward", "supervisor"] = "steward"
    escalates_to: Escalation = "supervisor"
    bundled: bool = True  # one person has many of them at once: one notice lists all

    @property
    def kind_of_limit(self) -> Literal["hours", "days"]:
        return "days"


@dataclass(frozen=True, slots=True)
class Deadline(Rule):
    """A limit of one case; it stays open until it is met."""

    limit: Literal["hours", "days"] = "days"
    assigned_to: Literal["steward", "supervisor"] = "steward"
    escalates_to: Escalation = "supervisor"
    bundled: bool = False

    @property
    def kind_of_limit(self) -> Literal["hours", "days"]:
        return self.limit


DueRule: TypeAlias = Recurrence | Deadline


def _rule(id: str, kind: str, zh: str, en: str, *settings: str) -> Rule:
    return Rule(id, Label(zh, en), kind, settings)


_TABLE: tuple[Rule, ...] = (
    _rule("R-GEN-01", "norm", "按项目时区计日", "Days are counted in the project's time zone", "time_zone"),
    _rule("R-GEN-02", "norm", "天数时限止于当日最后一秒", "A limit of days ends with the last second of its day"),
    _rule("R-GEN-03", "norm", "小时时限精确到秒", "A limit of hours ends exactly so many hours later"),
    _rule("R-GEN-05", "norm", "自然周与自然月", "Weeks and months are calendar periods"),
    _rule("R-GEN-07", "norm", "工作日历", "Calendar of working days"),
    _rule("R-GEN-08", "norm", "离线记录按手机时间计", "Offline records count at device time", "sync.skew_min"),
    _rule("R-GEN-10", "deadline", "到期提醒与超时上报", "Reminders before a limit, escalation after it"),
    _rule("R-GEN-12", "norm", "漏做的周期保留为漏做", "A missed period stays missed", "duties_from"),
    _rule("R-GEN-13", "evidence", "作废须有理由，记录保留", "Withdrawn with a reason, kept for the office"),
    _rule("R-DEC-01", "state", "先备案后开工", "Filed before work starts"),
    _rule("R-DEC-02", "checklist", "备案资料齐全", "Filing complete"),
    _rule("R-DEC-03", "approval", "备案审核", "Filing accepted or returned"),
    Recurrence(
        "R-DEC-06",
        Label("装修每日巡查", "Daily decoration patrol"),
        "recurrence",
        ("dec.patrol_per_day", "dec.patrol_rest_days", "duties_from"),
        every="day",
    ),
    _rule("R-DEC-07", "checklist", "巡查逐项填写", "A patrol answers every item"),
    _rule("R-DEC-08", "evidence", "巡查留照片，异常有说明", "A patrol leaves photos, an abnormal item a note"),
    _rule("R-DEC-09", "evidence", "问题当场沟通并记录", "A problem is talked over and written down"),
    _rule(
        "R-DEC-10", "deadline", "违规即时制止并上报", "A violation is stopped and reported at once",
        "dec.violation_report_min",
    ),
    Deadline(
        "R-DEC-11",
        Label("违规审批", "Decision on a violation"),
        "approval",
        ("dec.decision_hours",),
        limit="hours",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    _rule("R-DEC-12", "checklist", "依据前期物业合同条款", "The clause of the service contract is named"),
    _rule(
        "R-DEC-13", "evidence", "违规跟进到底", "An open violation is followed to its end",
        "dec.rectify_days.minor", "dec.rectify_days.general", "dec.rectify_days.serious",
    ),
    Deadline(
        "R-DEC-14",
        Label("违规复查", "Re-check of a violation"),
        "evidence",
        (),
        limit="days",
        assigned_to="steward",
        escalates_to="supervisor",
    ),
    _rule("R-DEC-15", "conduct", "劝阻耐心、无争执", "Patience, no quarrels"),
    _rule("R-DEC-18", "state", "验收合格才能结束", "Closed by acceptance only"),
    _rule("R-DEC-19", "state", "每个项目一名责任管家", "One responsible steward per project"),
    _rule(
        "R-DEC-20", "recurrence", "主管核对装修登记", "The supervisor compares the register",
        "dec.register_checks_per_week", "dec.register_sample",
    ),
    _rule("R-DEC-21", "report", "漏巡清单", "Missed patrols are listed", "dec.missed_list_at"),
    Recurrence(
        "R-VAC-02",
        Label("空置房月度巡检", "Monthly check of a vacant unit"),
        "recurrence",
        ("vac.check_per_month", "vac.min_days_in_month", "duties_from"),
        every="month",
    ),
    Recurrence(
        "R-VAC-03",
        Label("空置房月度通风", "Monthly airing of a vacant unit"),
        "recurrence",
        ("vac.air_per_month", "vac.air_min_minutes", "vac.min_days_in_month", "duties_from"),
        every="month",
    ),
    Recurrence(
        "R-VAC-04",
        Label("空置房月度保洁", "Monthly cleaning of a vacant unit"),
        "recurrence",
        ("vac.clean_per_month", "vac.min_days_in_month", "duties_from"),
        every="month",
    ),
    _rule(
        "R-VAC-05", "recurrence", "连阴雨特殊服务", "Special service in continuous rain",
        "vac.special_due_hours", "vac.spell_repeat_days",
    ),
    _rule("R-VAC-09", "norm", "巡检、通风、保洁分别计数", "Check, airing and cleaning are counted separately"),
    _rule("R-VAC-10", "norm", "当月在册满十五天", "Fifteen days in the register", "vac.min_days_in_month"),
    _rule("R-VAC-12", "checklist", "空置房检查项", "What a check records"),
    _rule("R-FEE-01", "recurrence", "月度收费计划", "Monthly fee plan", "fee.plan_due_day"),
    Recurrence(
        "R-FEE-06",
        Label("欠费户月度催收", "Monthly measure against arrears"),
        "quota",
        ("fee.measures_per_month", "duties_from"),
        every="month",
    ),
    _rule("R-FEE-07", "deadline", "收费指标考核日", "Fee performance day", "fee.performance_day"),
    _rule("R-FEE-09", "state", "收费直通车", "Fast lane for obstacles to payment", "fee.fast_lane_days"),
    _rule("R-FEE-10", "evidence", "上门收费须记录结果", "A fee visit is recorded with its result"),
    Deadline(
        "R-FEE-11",
        Label("欠费下次跟进", "Next action on arrears"),
        "recurrence",
        ("fee.next_action_max_days",),
        limit="days",
        assigned_to="steward",
        escalates_to="supervisor",
    ),
    _rule("R-FEE-14", "evidence", "收款必开收据", "No payment without a receipt"),
    _rule("R-FEE-19", "conduct", "上门礼仪", "Behaviour on a visit"),
    _rule(
        "R-X-10", "deadline", "装修押金与二次验收", "Decoration deposit and second acceptance",
        "dec.deposit_refund_after_days", "dec.second_acceptance_days",
    ),
    _rule("R-X-13", "norm", "允许施工时段", "Permitted working hours", "dec.noise_hours"),
    _rule("R-X-22", "norm", "承诺缴费日", "Promise to pay"),
    _rule("R-SYN-07", "state", "照片可以晚到", "Photos may arrive later", "sync.photo_alarm_hours"),
    _rule("R-SYN-09", "report", "设备失联", "Silent devices", "sync.device_alarm_hours"),
)  # fmt: skip

RULES: dict[str, Rule] = {rule.id: rule for rule in _TABLE}


def due_rule(rule_id: str) -> DueRule:
    """Return the rule that makes something due; raises KeyError when `rule_id` makes nothing due."""
    rule = RULES[rule_id]
    if not isinstance(rule, Recurrence | Deadline):
        raise KeyError(f"{rule_id} makes nothing due")
    return rule
