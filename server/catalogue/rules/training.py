"""Training and talks: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/training.py).
Source: domain 3.21, 7.2; D-13.
"""

from __future__ import annotations

from server.catalogue.fields import Label, label
from server.catalogue.rules.kinds import Acts, Recurrence, Rule, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    Recurrence(
        "R-TRN-01",
        label("年度培训计划 | Training plan of the year"),
        "checklist",
        ("trn.plan_day",),
        of="project",
        every="year",
        acts=Acts(("training_plan",)),
        closes_on_day="trn.plan_day",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule(
        "R-TRN-02",
        "state",
        "合格后方可上岗",
        "Passed before taking a post",
        "trn.pass_mark",
        reason=Label("未达合格线，不能判为合格", "Below the pass mark: it is not a pass"),
    ),
    rule("R-TRN-03", "evidence", "培训有考核", "Training is proven by a test"),
    rule("R-TRN-04", "checklist", "培训方式多样", "Methods vary"),
    rule("R-TRN-05", "checklist", "说、示范、放手、纠正", "Tell, show, let do, correct"),
    Recurrence(
        "R-TRN-06",
        label("月度业务培训 | Monthly training session"),
        "checklist",
        of="project",
        every="month",
        acts=Acts(("training",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Recurrence(
        "R-TRN-07",
        label("管家素质年度评价 | Yearly rating of stewards"),
        "checklist",
        of="project",
        every="year",
        acts=Acts(("steward_profile",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Recurrence(
        "R-COM-01",
        label("每周员工沟通 | Weekly talks with staff"),
        "recurrence",
        ("com.talk_min", "com.talk_max"),
        reason=Label("沟通时长不足", "The talk was too short"),
        of="project",
        every="week",
        acts=Acts(("staff_talk",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-COM-02", "evidence", "记录沟通方式与情绪", "Channel and mood are noted"),
    rule("R-COM-03", "checklist", "了解下属", "The leader knows the staff"),
    Recurrence(
        "R-COM-04",
        label("年度员工需求调查 | Yearly survey of staff needs"),
        "recurrence",
        of="project",
        every="year",
        acts=Acts(("staff_need_survey",)),
        assigned_to="hr_admin",
        escalates_to="manager",
    ),
    rule("R-COM-05", "state", "总裁信箱", "President's mailbox"),
    Recurrence(
        "R-COM-06",
        label("季度员工关怀 | Care for staff, every quarter"),
        "evidence",
        of="project",
        every="quarter",
        acts=Acts(("staff_care",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
)
SETTINGS: tuple[SettingKey, ...] = (
    whole(
        "trn.plan_day",
        31,
        "R-TRN-01",
        "年度培训计划截止日（一月几日）",
        "Day of January by which the plan is made",
        1,
        31,
    ),
    whole("trn.pass_mark", 80, "R-TRN-02", "合格线（分）", "Pass mark", 0, 100),
    whole("com.talk_min", 10, "R-COM-01", "沟通最短分钟", "Shortest talk in minutes", 1, 480),
    whole("com.talk_max", 15, "R-COM-01", "沟通建议分钟", "Suggested longest talk in minutes", 1, 480),
)
