"""Fees: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue), what follows from it (server/ledger).
Source: domain 3.4, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    Recurrence(
        "R-FEE-01",
        Label("月度收费计划", "Monthly fee plan"),
        "recurrence",
        ("fee.plan_due_day",),
        reason=Label("不能审批本人的收费计划", "Nobody approves a fee plan of their own"),
        of="project",
        every="month",
        acts=Acts(("fee_plan",)),
        closes_on_day="fee.plan_due_day",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-FEE-02", "norm", "分解之和等于目标", "The split targets sum up to the target"),
    rule("R-FEE-03", "checklist", "目标可衡量、可考核、有挑战", "Targets are measurable and challenging"),
    Recurrence(
        "R-FEE-05",
        Label("台账每周核对", "Weekly reconciliation of the ledgers"),
        "recurrence",
        of="project",
        every="week",
        acts=Acts(("ledger_reconciliation",)),
        assigned_to="finance",
        escalates_to="supervisor",
    ),
    Recurrence(
        "R-FEE-06",
        Label("欠费户月度催收", "Monthly measure against arrears"),
        "quota",
        ("fee.measures_per_month", "duties_from"),
        every="month",
    ),
    Recurrence(
        "R-FEE-07",
        Label("收费指标考核", "Fee performance"),
        "deadline",
        ("fee.performance_day",),
        of="project",
        every="month",
        acts=Acts(("fee_performance",)),
        closes_on_day="fee.performance_day",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Recurrence(
        "R-FEE-08",
        Label("收费小结会", "Summary meeting on a collection day"),
        "recurrence",
        of="project",
        every="day",
        acts=Acts(("collection_meeting",)),
        only_with=Acts(("fee_visit",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Deadline(
        "R-FEE-09",
        Label("缴费障碍优先解决", "Fast lane: an obstacle to payment is solved first"),
        "state",
        ("fee.fast_lane_days",),
        of="fast_lane",
        start=Start(("open",)),
        within=Limit("days", "fee.fast_lane_days"),
        acts=Acts(entering=("solved",)),
        dropped_in=("rejected",),
        assigned_to="field:owner",
    ),
    rule(
        "R-FEE-04",
        "checklist",
        "知晓每户缴费情况与收费标准",
        "Payment status and tariff are known",
        by="server.ledger.fees",
    ),
    Deadline(
        "R-FEE-12",
        Label("有影响力的欠费户保持沟通", "Influential household in arrears contacted"),
        "checklist",
        ("fee.influence_days",),
        reason=Label("请写明沟通结果", "Say what came of it"),
        of="influence_mark",
        start=Start(("marked",)),
        within=Limit("days", "fee.influence_days"),
        acts=Acts(entering=("contacted",)),
        repeats=True,
        ends=("ended",),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-X-26", "report", "收费公示", "Tariff and income are shown", by="server.office.fee_reports"),
    rule("R-FEE-10", "evidence", "上门收费须记录结果", "A fee visit is recorded with its result"),
    Deadline(
        "R-FEE-11",
        Label("欠费下次跟进", "Next action on arrears"),
        "recurrence",
        ("fee.next_action_max_days",),
        limit="days",
        assigned_to="steward",
        escalates_to="supervisor",
    ),
    rule("R-FEE-14", "evidence", "收款必开收据", "No payment without a receipt"),
    rule("R-FEE-15", "conduct", "不擅自收费、不入私账", "No charge without authority, no private account"),
    rule("R-FEE-18", "conduct", "不索要钱物", "Staff never ask for money or goods"),
    Recurrence(
        "R-FEE-20",
        Label("收费季度培训", "Quarterly training of collectors"),
        "recurrence",
        of="project",
        every="quarter",
        acts=Acts(("collector_training",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-RPT-01", "report", "月报：走访、意见、通报、收费", "Monthly: visits, views, bulletin, fees"),
    rule("R-X-23", "report", "欠费原因", "Reasons for arrears"),
    rule("R-X-24", "checklist", "催缴阶梯", "Ladder of dunning"),
    rule("R-X-25", "conduct", "禁止以停水停电等方式催费", "Forbidden pressure"),
    rule("R-FEE-19", "conduct", "上门礼仪", "Behaviour on a visit"),
    rule("R-X-22", "norm", "承诺缴费日", "Promise to pay"),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole("fee.influence_days", 30, "R-FEE-12", "沟通间隔（天）", "Days between contacts", 1, 365),
    whole("fee.plan_due_day", 3, "R-FEE-01", "收费计划截止日", "Fee plan due on day", 1, 31),
    whole("fee.performance_day", 30, "R-FEE-07", "指标考核日", "Performance day", 1, 31),
    whole(
        "fee.next_action_max_days", 7, "R-FEE-11", "下次跟进最长天数", "Days to the next action at most", 1
    ),
    whole("fee.fast_lane_days", 3, "R-FEE-09", "直通车时限（天）", "Days for the fast lane", 1),
    whole("fee.measures_per_month", 1, "R-FEE-06", "每月催收次数", "Measures per month", 0, 31),
)
