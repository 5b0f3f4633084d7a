"""Community events: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/events.py).
Source: domain 3.12, 7.2; D-11, D-12.
"""

from __future__ import annotations

from server.catalogue.fields import When, label
from server.catalogue.rules.kinds import Acts, Approval, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, percent, whole

RULES: tuple[Rule, ...] = (
    Recurrence(
        "R-EVT-01",
        label("十二月批准次年活动计划 | Next year's plan approved in December"),
        "deadline",
        of="project",
        every="month",
        months=(12,),
        acts=Acts(("annual_event_plan_step",), When("to", ("approved",))),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Deadline(
        "R-EVT-02",
        label("活动方案提前十五天 | Event plan 15 days ahead"),
        "deadline",
        ("evt.plan_days", "evt.approve_days"),
        of="event_plan",
        start=Start(("draft",)),
        within=Limit("before", "evt.plan_days", "date"),
        acts=Acts(entering=("submitted",)),
        dropped_in=("cancelled",),
        assigned_to="supervisor",
        escalates_to="manager",
        also=(
            Deadline(
                "R-EVT-02",
                label("活动方案提前七天批准 | Event plan approved seven days ahead"),
                "deadline",
                ("evt.approve_days",),
                name="approval",
                of="event_plan",
                start=Start(("submitted",)),
                within=Limit("before", "evt.approve_days", "date"),
                acts=Acts(entering=("approved", "returned")),
                dropped_in=("cancelled",),
                assigned_to="quality_dept",
                escalates_to="manager",
            ),
        ),
    ),
    rule("R-EVT-03", "checklist", "方案五部分", "Five parts of a plan"),
    Approval(
        "R-EVT-04",
        label("方案须运营与品质同意 | Agreed by operations and by quality"),
        "approval",
        of="event_plan",
        sign_offs=("approved_ops", "approved_quality"),
        to="approved",
    ),
    rule(
        "R-EVT-05",
        "quota",
        "大型活动满意度抽样",
        "A large event is followed by a survey",
        "evt.large",
        "evt.sample",
    ),
    Deadline(
        "R-EVT-06",
        label("活动总结 | Event summed up"),
        "report",
        ("evt.summary_days",),
        of="event_plan",
        start=Start(("held",)),
        within=Limit("days", "evt.summary_days"),
        acts=Acts(entering=("summarised",)),
        ends=("archived",),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-EVT-07", "evidence", "活动资料保存两年", "Papers are kept two years", "evt.keep_years"),
    rule("R-EVT-08", "checklist", "记录部门配合", "Cooperation is noted"),
    rule("R-EVT-09", "checklist", "活动类别含开放日", "Kinds include an open day"),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole("evt.plan_days", 15, "R-EVT-02", "方案提前天数", "Days a plan is ahead", 1, 365),
    whole("evt.approve_days", 7, "R-EVT-02", "批准提前天数", "Days an approval is ahead", 0, 365),
    whole("evt.large", 100, "R-EVT-05", "大型活动人数", "Participants of a large event", 1),
    percent("evt.sample", 25, "R-EVT-05", "满意度抽样（%）", "Asked of a large event, percent"),
    whole("evt.summary_days", 7, "R-EVT-06", "总结时限（天）", "Days to sum up", 1, 90),
    whole("evt.keep_years", 2, "R-EVT-07", "资料保存年限", "Years papers are kept", 1, 30),
)
