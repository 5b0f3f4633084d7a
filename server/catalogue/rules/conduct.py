"""Conduct of staff: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded, and by whom it is read (server/catalogue/conduct.py).
Source: domain 3.20.
"""

from __future__ import annotations

from server.catalogue.fields import Label, label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    rule("R-BI-01", "checklist", "行为识别三要点", "Three points of behaviour"),
    rule("R-BI-02", "checklist", "讲解并演练", "Taught, tested and played through"),
    Recurrence(
        "R-BI-03",
        label("月度暗访 | Monthly mystery check"),
        "recurrence",
        of="project",
        every="month",
        acts=Acts(("mystery_check",)),
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    rule("R-BI-04", "state", "不合格有处理并公布", "Failing is dealt with and made known"),
    rule("R-BI-05", "checklist", "着装工牌", "Uniform and badge"),
    rule("R-BI-06", "checklist", "仪容卫生", "Hygiene"),
    rule("R-BI-07", "checklist", "办公纪律", "Office discipline"),
    rule("R-BI-08", "conduct", "不与住户争吵", "No quarrel with residents"),
    rule("R-BI-09", "checklist", "违规类别", "Forbidden acts"),
    rule("R-BI-10", "checklist", "员工义务", "Duties of staff"),
    rule("R-BI-11", "checklist", "廉洁与回避", "Integrity"),
    Deadline(
        "R-BI-12",
        label("违纪举报及时调查 | A report of misconduct is investigated in time"),
        "state",
        ("bi.investigate_days",),
        reason=Label(
            "须有调查结论，且不能由举报人决定", "Findings are needed, and whoever reported it does not decide"
        ),
        of="conduct_case",
        start=Start(("reported",)),
        within=Limit("days", "bi.investigate_days"),
        acts=Acts(entering=("found", "unfounded", "sanctioned")),
        assigned_to="hr_admin",
        escalates_to="company_leader",
        escalates_again_to="company_leader",
    ),
    rule("R-BI-13", "checklist", "奖惩公正公开", "Incentives fair and open"),
    Recurrence(
        "R-BI-14",
        label("员工服务质量月度抽查 | Monthly check of how staff serve"),
        "recurrence",
        of="project",
        every="month",
        acts=Acts(("service_quality_check",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Recurrence(
        "R-BI-15",
        label("月度办公纪律检查 | Monthly check of office discipline"),
        "recurrence",
        of="project",
        every="month",
        acts=Acts(("office_check",)),
        assigned_to="hr_admin",
        escalates_to="manager",
    ),
)
SETTINGS: tuple[SettingKey, ...] = (
    whole("bi.investigate_days", 15, "R-BI-12", "举报调查时限（天）", "Days to investigate a report", 1, 365),
)
