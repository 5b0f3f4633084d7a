"""Plans, reviews, audits, awards and posts: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/plans.py).
Source: domain 3.21, 3.23.
"""

from __future__ import annotations

from server.catalogue.fields import label
from server.catalogue.rules.kinds import Acts, Recurrence, Rule, rule
from server.catalogue.setting_keys import SettingKey

RULES: tuple[Rule, ...] = (
    rule("R-PLN-01", "checklist", "知道该交哪些计划", "Plans that are owed are known"),
    rule(
        "R-PLN-02", "checklist", "目标可衡量、可考核、有挑战", "Targets measurable, assessable, challenging"
    ),
    Recurrence(
        "R-PLN-03",
        label("每周查阅工作记录 | Weekly reading of work records"),
        "recurrence",
        of="project",
        every="week",
        acts=Acts(("work_review",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-PLN-04", "evidence", "检查结果分析并纠正", "Results are analysed and corrected"),
    rule("R-PLN-05", "report", "收集并试行服务创新", "Service ideas are collected and tried"),
    rule("R-PLN-06", "state", "主管亲力亲为", "Done by the leader in person"),
    rule("R-GOV-01", "evidence", "创优评比", "Contests of model projects"),
    rule("R-GOV-02", "evidence", "奖证保管", "Awards and proofs are kept"),
    Recurrence(
        "R-GOV-03",
        label("年度体系外审 | Yearly audit by the certification body"),
        "recurrence",
        of="project",
        every="year",
        acts=Acts(("system_audit",)),
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    rule("R-JOB-01", "checklist", "因事设岗", "Posts follow work"),
    rule("R-JOB-02", "checklist", "岗位说明六要素", "Six parts of a post sheet"),
    rule("R-JOB-03", "checklist", "设岗六原则", "Six design principles"),
    rule("R-JOB-04", "state", "横向纵向分类", "Classed crosswise and lengthwise"),
    rule("R-JOB-05", "checklist", "分类步骤", "Steps of classifying"),
)
SETTINGS: tuple[SettingKey, ...] = ()
