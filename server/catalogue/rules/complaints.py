"""Complaints and upset owners: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded and the life cycle (server/catalogue/complaints.py), return visits in general (return_visits.py).
Source: domain 3.5, 7.2; D-02, D-03, D-20.
"""

from __future__ import annotations

from server.catalogue.fields import Label, When, label
from server.catalogue.rules.kinds import Acts, Cluster, Deadline, Having, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, clock_time, whole

_REACHED = Acts(("return_visit",), When("result", ("reached",)))
_DONE = ("closed", "invalid")

RULES: tuple[Rule, ...] = (
    rule("R-CMP-01", "evidence", "投诉必登记", "Every complaint is written down"),
    rule("R-CMP-02", "checklist", "安抚、登记、派发、跟踪、回访五步", "Calm, register, issue, follow, visit again"),
    rule(
        "R-CMP-03", "state", "投诉分一般与重大", "General or major",
        reason=Label("涉及赔偿、群诉或投诉管理处主任的为重大投诉", "About compensation, a group or the office head: major"),
    ),
    rule("R-CMP-04", "checklist", "一般投诉七类原因", "Seven causes of general complaints"),
    Deadline(
        "R-CMP-05", Label("本职投诉当日办结", "Complaint of our own, finished the same day"), "deadline",
        ("cmp.same_day_cutoff",),
        of="complaint", start=Start(("received",), field="received_at"),
        within=Limit("same_day", "cmp.same_day_cutoff"),
        acts=Acts(entering=("resolved",)), ends=("closed",), dropped_in=("invalid",), having=Having("scope", ("own",)),
        assigned_to="field:assigned_to",
    ),
    Deadline(
        "R-CMP-06", Label("转交投诉三日办结", "Complaint handed to others, finished in three days"), "deadline",
        ("cmp.transferred_days",),
        of="complaint", start=Start(("received",), field="received_at"), within=Limit("days", "cmp.transferred_days"),
        acts=Acts(entering=("resolved",)), ends=("closed",), dropped_in=("invalid",), having=Having("scope", ("other",)),
        assigned_to="field:assigned_to",
    ),
    Deadline(
        "R-CMP-07", Label("职责外投诉即时转交", "Complaint out of scope, passed on"), "deadline",
        ("cmp.pass_on_min", "cmp.service_from", "cmp.service_to"),
        of="complaint", start=Start(("received",), field="received_at"),
        within=Limit("minutes", "cmp.pass_on_min", in_hours=("cmp.service_from", "cmp.service_to")),
        acts=Acts(entering=("assigned", "processing", "escalated_l2", "company", "resolved")), ends=_DONE,
        having=Having("scope", ("other",)), assigned_to="cs_agent",
    ),
    Deadline(
        "R-CMP-08", Label("处理结果当日告知业主", "Outcome told the same day"), "evidence",
        of="complaint", start=Start(("resolved",)), within=Limit("same_day"),
        acts=Acts(("complaint_progress", "return_visit")), ends=_DONE, assigned_to="field:assigned_to",
    ),
    Deadline(
        "R-CMP-09", Label("重大投诉逐级上报", "Major complaint, one level up"), "state", ("cmp.level_hours",),
        of="complaint", start=Start(("received", "reopened", "escalated_l2")), within=Limit("hours", "cmp.level_hours"),
        acts=Acts(("complaint_decision",), entering=("escalated_l2", "escalated_l3", "company", "resolved")), ends=_DONE,
        having=Having("class", ("major",)), assigned_to="supervisor", escalates_to="deputy_gm",
    ),
    rule("R-CMP-10", "state", "超出权限报公司领导", "Beyond our authority, to the company's leaders"),
    rule("R-CMP-11", "evidence", "不能当场解决须说明原因与时限", "Cause and expected date are told"),
    Recurrence(
        "R-CMP-12", Label("投诉处理每日沟通", "Open complaint talked over daily"), "evidence",
        of="complaint", every="day", while_in=("assigned", "processing", "escalated_l2", "escalated_l3", "reopened"),
        acts=Acts(("complaint_progress",)), assigned_to="field:assigned_to",
    ),
    Deadline(
        "R-CMP-13", Label("投诉处理后回访", "Return visit after a complaint"), "quota", ("cmp.return_hours",),
        of="complaint", start=Start(("resolved",)), within=Limit("hours", "cmp.return_hours"), acts=_REACHED,
        ends=("closed",), dropped_in=("invalid",),
    ),
    rule("R-CMP-14", "quota", "不满意即重新处理", "Not satisfied: taken up again"),
    rule(
        "R-CMP-15", "conduct", "漏记投诉分级处理", "A complaint not recorded has graded consequences",
        reason=Label("漏记投诉须由人事部门定级，且不能由举报人决定", "HR grades it, and not whoever reported it"),
    ),
    Recurrence(
        "R-CMP-26", Label("投诉专线月度测试", "Complaint lines tested monthly"), "state", ("cmp.lines",),
        of="project", every="month",
        acts=Acts(("line_check",), When("line", ("company_complaints", "office_complaints"))), distinct="line",
        needed="cmp.lines", assigned_to="supervisor", escalates_to="manager",
    ),
    Deadline(
        "R-X-37", Label("投诉首次答复", "First answer to a complaint"), "norm",
        ("svc.answer_min", "svc.urgent_min", "svc.ordinary_hours"),
        of="complaint", start=Start(("received",), field="received_at"),
        within=Limit("minutes", "svc.answer_min", optional=True),
        acts=Acts(("complaint_progress",), entering=("resolved",)), ends=_DONE, assigned_to="cs_agent",
        also=(
            Deadline(
                "R-X-37", Label("急修到场", "Arrival for an urgent repair"), "norm", ("svc.urgent_min",), name="urgent",
                of="repair_order", start=Start(("registered",), field="registered_at"),
                within=Limit("minutes", "svc.urgent_min", optional=True),
                acts=Acts(entering=("in_progress", "waiting", "done")), dropped_in=("transferred",),
                having=Having("flags", ("urgent",)), assigned_to="field:agent",
            ),
            Deadline(
                "R-X-37", Label("维修到场", "Arrival for a repair"), "norm", ("svc.ordinary_hours",), name="ordinary",
                of="repair_order", start=Start(("registered",), field="registered_at"),
                within=Limit("hours", "svc.ordinary_hours", optional=True),
                acts=Acts(entering=("in_progress", "waiting", "done")), dropped_in=("transferred",),
                assigned_to="field:agent",
            ),
        ),
    ),
    Recurrence(
        "R-CMP-16", Label("月度漏登投诉排查", "Monthly search for complaints not recorded"), "recurrence",
        ("cmp.search_calls", "cmp.search_visits"),
        of="project", every="month", acts=Acts(("complaint_search",)), assigned_to="supervisor", escalates_to="manager",
    ),
    Recurrence(
        "R-CMP-17", Label("月度投诉风险排查", "Monthly combing for complaint risks"), "deadline",
        ("cmp.group_households", "cmp.group_days"),
        cluster=Cluster(
            Acts(("complaint",)), ("cause", "building"), "household", "cmp.group_households", "cmp.group_days",
            title=Label("同楼栋多户同因投诉", "Several households of a building with one complaint"),
        ),
        of="project", every="month", acts=Acts(("risk_combing",)), assigned_to="supervisor", escalates_to="manager",
    ),
    rule("R-CMP-18", "evidence", "投诉归入客户档案", "Filed with the customer"),
    Recurrence(
        "R-CMP-19", Label("每日查阅未结投诉", "Open complaints read daily"), "recurrence",
        of="project", every="day", acts=Acts(("complaint_review",)), assigned_to="supervisor", escalates_to="manager",
    ),
    rule("R-CMP-20", "state", "重要投诉主管亲自处理", "The supervisor handles what is important"),
    rule(
        "R-CMP-21", "state", "与客户达成一致方可关闭", "Closed when agreed and kept",
        reason=Label("请填写解决办法及与客户达成一致的时间", "Fill in the solution and when the customer agreed"),
    ),
    rule("R-CMP-22", "state", "赔偿与投诉主任直报公司", "Compensation and complaints about the head go to the company"),
    rule("R-CMP-23", "state", "公司级投诉由品质部负责", "Quality owns complaints at company level"),
    rule(
        "R-CMP-24", "evidence", "原因分析与预防措施", "Cause and prevention",
        reason=Label("关闭前请填写原因分析与预防措施", "Fill in cause and prevention before closing"),
    ),
    rule(
        "R-CMP-25", "report", "重大投诉须出纠正措施报告并通报", "Corrective report and announcement",
        reason=Label("重大投诉须先出具纠正措施报告并通报公司", "A major complaint first needs its corrective report, announced"),
    ),
    Deadline(
        "R-CMP-27", Label("网上留言答复", "Online remark answered"), "state", ("cmp.online_days",),
        of="complaint", start=Start(("received",), field="received_at"), within=Limit("days", "cmp.online_days"),
        acts=Acts(("complaint_progress",), entering=("resolved",)), ends=_DONE, having=Having("channel", ("online",)),
        assigned_to="cs_agent",
    ),
    rule("R-CMP-28", "conduct", "受理投诉的态度", "Bearing while receiving a complaint"),
    rule("R-CMP-29", "quota", "投诉件件有答复", "Every complaint gets an answer", by="server.catalogue.complaints"),
    Deadline(
        "R-RV-15",
        label("公司级投诉整改后品质回访 | Return visit by quality after a company complaint"),
        "deadline", ("cmp.company_return_days",),
        of="complaint", start=Start(acts=Acts(("corrective_action_report",))),
        within=Limit("days", "cmp.company_return_days"),
        acts=Acts(("return_visit",), When("trigger", ("company_complaint",))), ends=_DONE,
        assigned_to="quality_dept", escalates_to="manager",
    ),
    rule("R-CMP-30", "state", "改类须有理由，时限仍从受理起算", "Reclassified with a reason; the limit runs from the receipt"),
    rule("R-EMO-01", "checklist", "接待情绪业主十要点", "Ten points for an upset owner"),
    rule("R-EMO-02", "evidence", "记录客户的确切诉求", "What the customer wants, exactly"),
    rule("R-EMO-03", "conduct", "不让客户久候", "Nobody is kept waiting"),
    rule("R-EMO-04", "state", "跟进到底", "Followed to the end"),
)  # fmt: skip

SETTINGS: tuple[SettingKey, ...] = (
    whole(
        "cmp.group_households", 3, "R-CMP-17", "群诉风险户数", "Households that make a group risk", 2, 1000
    ),
    whole("cmp.group_days", 7, "R-CMP-17", "群诉风险天数", "Days of a group risk", 1, 90),
    whole("cmp.lines", 2, "R-CMP-26", "投诉专线数", "Complaint lines", 1, 10),
    whole(
        "svc.answer_min",
        0,
        "R-X-37",
        "投诉首次答复（分钟，0 为不设）",
        "Minutes to a first answer, 0 for none",
        0,
        1440,
    ),
    whole(
        "svc.urgent_min",
        0,
        "R-X-37",
        "急修到场（分钟，0 为不设）",
        "Minutes to arrive, urgent, 0 for none",
        0,
        1440,
    ),
    whole(
        "svc.ordinary_hours", 0, "R-X-37", "维修到场（小时，0 为不设）", "Hours to arrive, 0 for none", 0, 240
    ),
    whole(
        "cmp.company_return_days",
        3,
        "R-RV-15",
        "公司级投诉回访（天）",
        "Days to visit again for quality",
        1,
        90,
    ),
    whole(
        "cmp.transferred_days",
        3,
        "R-CMP-06",
        "转交投诉时限（天）",
        "Days for complaints handed to others",
        1,
        90,
    ),
    whole("cmp.level_hours", 4, "R-CMP-09", "逐级上报时限（小时）", "Hours per level of the chain", 1, 720),
    whole("cmp.pass_on_min", 30, "R-CMP-07", "转交时限（分钟）", "Minutes to pass a complaint on", 1),
    SettingKey(
        "cmp.same_day_cutoff",
        None,
        "clock_or_none",
        "R-GEN-04",
        Label("当日办结截止时刻（之后受理的次日办结）", "Received from this time on: finished the next day"),
    ),
    clock_time("cmp.service_from", "08:00", "R-CMP-07", "服务时间起", "Hours of service from"),
    clock_time("cmp.service_to", "18:00", "R-CMP-07", "服务时间止", "Hours of service until"),
    whole("cmp.search_calls", 10, "R-CMP-16", "排查抽听录音数", "Recordings heard in a search", 0, 1000),
    whole("cmp.search_visits", 2, "R-CMP-16", "排查走访户数", "Customers visited in a search", 0, 1000),
    whole("cmp.return_hours", 24, "R-CMP-13", "投诉回访时限（小时）", "Hours to the return visit", 1, 720),
    whole("cmp.online_days", 3, "R-CMP-27", "网上留言答复时限（天）", "Days to answer online remarks", 1, 90),
)
