"""Resident visits and key customers: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/visits.py), counting shares (server/ledger/quotas.py).
Source: domain 3.8, 7.2; D-04.
"""

from __future__ import annotations

from server.catalogue.fields import When, label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Quota, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, percent, whole

RULES: tuple[Rule, ...] = (
    Recurrence(
        "R-VIS-01",
        label("月度走访计划 | Monthly visit plan"),
        "approval",
        ("vis.plan_due_day",),
        reason=label("不能审核本人的走访计划 | Nobody reviews a plan of their own"),
        of="area",
        every="month",
        acts=Acts(("visit_plan",)),
        closes_on_day="vis.plan_due_day",
    ),
    Quota(
        "R-VIS-02",
        label("月度走访 8% | Monthly visits, 8 %"),
        "quota",
        ("vis.rate",),
        of="area",
        every="month",
        acts=Acts(("resident_visit",)),
        distinct="household_id",
        rate="vis.rate",
        base=Acts(("visit_plan",)),
        base_field="base_count",
    ),
    rule("R-VIS-04", "checklist", "计划写明走访内容", "A plan line states the content"),
    rule("R-VIS-05", "checklist", "走访标准与口径", "Visit standard and agreed explanations"),
    Deadline(
        "R-VIS-06",
        label("意见整改 | Opinion put right"),
        "quota",
        of="nonconformity_form",
        start=Start(("open",)),
        within=Limit("until", field="due_at"),
        acts=Acts(entering=("rectified",)),
        assigned_to="field:owner",
    ),
    Recurrence(
        "R-VIS-07",
        label("走访月报 | Monthly visit report"),
        "report",
        ("vis.report_due_day",),
        of="project",
        every="month",
        acts=Acts(("visit_report",)),
        closes_on_day="vis.report_due_day",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-VIS-08", "deadline", "共性问题即报项目经理", "A common problem goes to the manager at once"),
    rule("R-VIS-09", "norm", "重点客户走访可计入 8%", "A visit to a key customer counts for the 8 % too"),
    Recurrence(
        "R-VIS-10",
        label("业委会月度沟通 | Monthly talk with the owners' committee"),
        "recurrence",
        of="project",
        every="month",
        acts=Acts(("customer_meeting",), When("kind", ("committee",))),
        assigned_to="manager",
        escalates_to="manager",
    ),
    Recurrence(
        "R-VIS-11",
        label("客户代表恳谈会 | Symposium of representatives"),
        "recurrence",
        of="project",
        every="half_year",
        acts=Acts(("customer_meeting",), When("kind", ("symposium",))),
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    Recurrence(
        "R-VIS-12",
        label("客户座谈会 | Customer forum"),
        "recurrence",
        of="project",
        every="half_year",
        acts=Acts(("customer_meeting",), When("kind", ("forum",))),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-VIS-13", "evidence", "重要意见登记", "Views that matter are registered"),
    Recurrence(
        "R-VIS-14",
        label("顾客意见月度汇总 | Monthly summary of views"),
        "report",
        ("vis.summary_due_day",),
        of="project",
        every="month",
        acts=Acts(("customer_views_summary",)),
        closes_on_day="vis.summary_due_day",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-KC-01", "checklist", "重点客户登记", "Key customers are known"),
    Recurrence(
        "R-KC-02",
        label("主管每月拜访重点客户 | Key customers visited by the supervisor"),
        "recurrence",
        ("kc.min_per_month",),
        of="project",
        every="month",
        acts=Acts(("resident_visit",), When("key_customer", (True,))),
        distinct="household_id",
        needed="kc.min_per_month",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-KC-03", "quota", "重点客户意见解决并反馈", "Their opinions are solved and fed back"),
    rule(
        "R-KC-05",
        "checklist",
        "有影响力的欠费客户保持联系",
        "Influential customers in arrears are kept in contact",
    ),
    Deadline(
        "R-RV-07",
        label("走访意见整改后反馈 | Return visit after an opinion was put right"),
        "quota",
        ("vis.feedback_days",),
        of="nonconformity_form",
        start=Start(("rectified",)),
        within=Limit("days", "vis.feedback_days"),
        acts=Acts(("return_visit",), When("result", ("reached",))),
        ends=("fed_back",),
    ),
)

SETTINGS: tuple[SettingKey, ...] = (
    percent("vis.rate", 8, "R-VIS-02", "月度走访比例（%）", "Monthly visits, percent"),
    whole("vis.plan_due_day", 3, "R-VIS-01", "走访计划截止日", "Visit plan due on day", 1, 31),
    whole("vis.report_due_day", 3, "R-VIS-07", "走访月报截止日", "Visit report due on day", 1, 31),
    whole("vis.summary_due_day", 5, "R-VIS-14", "意见汇总截止日", "Summary due on day", 1, 31),
    whole("vis.feedback_days", 7, "R-RV-07", "意见反馈时限（天）", "Days to feed back", 1, 90),
    whole("kc.min_per_month", 2, "R-KC-02", "每月重点客户拜访户数", "Key customers a month", 0, 100),
)
