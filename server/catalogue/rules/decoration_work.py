"""Around the works of a decoration: what comes before, between and after them, and violations that are not put right.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: filing, patrols and decisions (decoration.py beside this), what is recorded (server/catalogue/decoration_work.py).
Source: domain 3.1, 6.
"""

from __future__ import annotations

from server.catalogue.fields import Label, When
from server.catalogue.rules.kinds import Acts, Deadline, Recurrence, Rule, rule
from server.catalogue.setting_keys import SettingKey, switch, whole

_DUES = "server.ledger.decoration_dues"
RULES: tuple[Rule, ...] = (
    Deadline(
        "R-DEC-04",
        Label("装修前与业主查房", "Unit viewed with the owner before work starts"),
        "evidence",
        ("dec.guards_hold",),
        reason=Label("开工前须与业主查房并记录已有问题", "The unit is viewed with the owner before work starts"),
        acts=Acts(("decoration_pre_view",)),
        by=_DUES,
    ),
    Deadline(
        "R-DEC-05",
        Label("开工前告知业主与施工方", "Owner and contractor briefed before work starts"),
        "checklist",
        ("dec.guards_hold",),
        reason=Label("开工前须告知业主与施工单位", "Owner and contractor are briefed before work starts"),
        acts=Acts(("decoration_briefing",)),
        by=_DUES,
    ),
    Recurrence(
        "R-DEC-16",
        Label("装修每周与业主沟通", "Weekly talk with the owner of a decoration"),
        "recurrence",
        ("dec.owner_talks_per_week", "duties_from"),
        every="week",
        acts=Acts(("decoration_talk",), When("who", ("owner",))),
        by=_DUES,
    ),
    Deadline(
        "R-DEC-17",
        Label("竣工三日内验收", "Completion check after the works"),
        "deadline",
        ("dec.completion_check_days", "dec.guards_hold"),
        reason=Label("须有工程人员参加的合格验收", "An acceptance with an engineer is needed, and passed"),
        acts=Acts(("acceptance",)),
        by=_DUES,
    ),
    Deadline(
        "R-DEC-22",
        Label("装修资料七日归档", "Decoration papers archived"),
        "evidence",
        ("dec.archive_days",),
        acts=Acts(("decoration_step",), When("to", ("closed",))),
        by=_DUES,
    ),
    rule(
        "R-X-03", "checklist", "法定备案资料", "Papers that the law asks for", "dec.law_papers",
        reason=Label("法定资料不全", "Papers that the law asks for are missing"),
    ),
    rule(
        "R-X-04", "checklist", "装修管理协议要素", "What the agreement says", "dec.agreement_needed",
        reason=Label("尚未登记装修管理协议", "The decoration agreement is not on record"),
    ),
    Deadline(
        "R-X-05",
        Label("拒不整改即报主管部门", "Refusal reported to the authority"),
        "deadline",
        ("dec.report_hours",),
        limit="hours",
        assigned_to="manager",
        escalates_to="manager",
        escalates_again_to="company_leader",
        acts=Acts(("violation_step",), When("to", ("reported",))),
        by="server.ledger.violation_dues",
    ),
    Deadline(
        "R-X-06",
        Label("装修保修到期提醒", "The warranty of the works ends"),
        "deadline",
        ("dec.warranty_years", "dec.leak_warranty_years", "dec.warranty_notice_days"),
        acts=Acts(("decoration_talk",), When("who", ("owner",))),
        by=_DUES,
    ),
    rule(
        "R-X-07", "norm", "整改期限按严重程度", "Limits of a rectification notice",
        "dec.rectify_days.minor", "dec.rectify_days.general", "dec.rectify_days.serious",
    ),
    rule(
        "R-X-08", "state", "停工须复查合格方可复工", "Stopped works resume only after a re-check",
        reason=Label("停工须由项目经理签发并通知施工单位", "The manager signs the stop, and the contractor is told"),
    ),
    rule("R-X-09", "state", "整改通知逐级升级", "Notices are counted, and taken further"),
    rule(
        "R-X-13", "norm", "允许施工时段", "Permitted working hours", "dec.noise_hours",
        by="server.ledger.working_hours",
    ),
)  # fmt: skip
SETTINGS: tuple[SettingKey, ...] = (
    switch(
        "dec.guards_hold",
        False,
        "R-DEC-04",
        "缺查房、告知、验收记录时暂不受理该步骤",
        "Hold a start or an acceptance that lacks its records",
    ),
    whole("dec.owner_talks_per_week", 1, "R-DEC-16", "每周业主沟通次数", "Talks with the owner a week", 0, 7),
    whole(
        "dec.completion_check_days",
        3,
        "R-DEC-17",
        "竣工检查时限（天）",
        "Days to the completion check",
        1,
        90,
    ),
    whole("dec.archive_days", 7, "R-DEC-22", "归档时限（天）", "Days to archive", 1, 365),
    switch("dec.law_papers", False, "R-X-03", "备案须有法定资料", "A filing needs the papers by law"),
    switch(
        "dec.agreement_needed", False, "R-X-04", "备案须有协议登记", "A filing needs its agreement on record"
    ),
    whole(
        "dec.report_hours",
        24,
        "R-X-05",
        "上报主管部门时限（小时）",
        "Hours to report to the authority",
        1,
        720,
    ),
    whole("dec.warranty_years", 2, "R-X-06", "装修保修年限", "Years of warranty", 0, 30),
    whole("dec.leak_warranty_years", 5, "R-X-06", "防渗漏保修年限", "Years of warranty against leaks", 0, 30),
    whole(
        "dec.warranty_notice_days",
        30,
        "R-X-06",
        "保修到期提前提醒（天）",
        "Days to remind before it ends",
        1,
        365,
    ),
)
