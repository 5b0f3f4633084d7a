"""Fees: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue), what follows from it (server/ledger).
Source: domain 3.4, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Deadline, Recurrence, Rule, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    rule("R-FEE-01", "recurrence", "月度收费计划", "Monthly fee plan", "fee.plan_due_day"),
    Recurrence(
        "R-FEE-06",
        Label("欠费户月度催收", "Monthly measure against arrears"),
        "quota",
        ("fee.measures_per_month", "duties_from"),
        every="month",
    ),
    rule("R-FEE-07", "deadline", "收费指标考核日", "Fee performance day", "fee.performance_day"),
    rule("R-FEE-09", "state", "收费直通车", "Fast lane for obstacles to payment", "fee.fast_lane_days"),
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
    rule("R-FEE-19", "conduct", "上门礼仪", "Behaviour on a visit"),
    rule("R-X-22", "norm", "承诺缴费日", "Promise to pay"),
)  # fmt: skip

SETTINGS: tuple[SettingKey, ...] = (
    whole("fee.plan_due_day", 3, "R-FEE-01", "收费计划截止日", "Fee plan due on day", 1, 31),
    whole("fee.performance_day", 30, "R-FEE-07", "指标考核日", "Performance day", 1, 31),
    whole(
        "fee.next_action_max_days", 7, "R-FEE-11", "下次跟进最长天数", "Days to the next action at most", 1
    ),
    whole("fee.fast_lane_days", 3, "R-FEE-09", "直通车时限（天）", "Days for the fast lane", 1),
    whole("fee.measures_per_month", 1, "R-FEE-06", "每月催收次数", "Measures per month", 0, 31),
)
