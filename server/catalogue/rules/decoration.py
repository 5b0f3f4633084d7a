"""Decoration: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue), what follows from it (server/ledger).
Source: domain 3.1, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole
from server.ledger.model import JsonValue

_NOISE_HOURS: JsonValue = {"working_days": [["08:00", "12:00"], ["14:00", "18:00"]], "rest_days": []}

RULES: tuple[Rule, ...] = (
    rule("R-DEC-01", "state", "先备案后开工", "Filed before work starts"),
    rule("R-DEC-02", "checklist", "备案资料齐全", "Filing complete"),
    rule("R-DEC-03", "approval", "备案审核", "Filing accepted or returned", by="server.catalogue.decoration"),
    Recurrence(
        "R-DEC-06",
        Label("装修每日巡查", "Daily decoration patrol"),
        "recurrence",
        ("dec.patrol_per_day", "dec.patrol_rest_days", "duties_from"),
        every="day",
    ),
    rule("R-DEC-07", "checklist", "巡查逐项填写", "A patrol answers every item"),
    rule("R-DEC-08", "evidence", "巡查留照片，异常有说明", "A patrol leaves photos, an abnormal item a note"),
    rule("R-DEC-09", "evidence", "问题当场沟通并记录", "A problem is talked over and written down"),
    rule(
        "R-DEC-10",
        "deadline",
        "违规即时制止并上报",
        "A violation is stopped and reported at once",
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
    rule("R-DEC-12", "checklist", "依据前期物业合同条款", "The clause of the service contract is named"),
    rule(
        "R-DEC-13",
        "evidence",
        "违规跟进到底",
        "An open violation is followed to its end",
        "dec.rectify_days.minor",
        "dec.rectify_days.general",
        "dec.rectify_days.serious",
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
    rule("R-DEC-15", "conduct", "劝阻耐心、无争执", "Patience, no quarrels"),
    rule("R-DEC-18", "state", "验收合格才能结束", "Closed by acceptance only"),
    rule("R-DEC-19", "state", "每个项目一名责任管家", "One responsible steward per project"),
    rule(
        "R-DEC-21",
        "report",
        "漏巡清单",
        "Missed patrols are listed",
        "dec.missed_list_at",
        by="server.jobs.missed",
    ),
    rule(
        "R-DEC-24",
        "state",
        "装修扰民登记为一般投诉并关联装修",
        "Decoration noise is a general complaint, linked to the works",
    ),
    Recurrence(
        "R-DEC-20",
        Label("主管核对装修登记", "The supervisor compares the register"),
        "recurrence",
        ("dec.register_checks_per_week", "dec.register_sample", "dec.register_share"),
        of="project",
        every="week",
        acts=Acts(("register_check",)),
        needed="dec.register_checks_per_week",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-DEC-23", "checklist", "装修管理流程", "The decoration procedure is known"),
    rule("R-DEC-25", "evidence", "装修费用凭收据收取", "Decoration fees only against a receipt"),
    rule("R-X-01", "checklist", "装修禁止行为", "Forbidden acts"),
    rule("R-X-02", "checklist", "须经批准的行为", "Not without approval"),
    Deadline(
        "R-X-10",
        Label("装修押金退还", "Decoration deposit refunded"),
        "deadline",
        ("dec.deposit_refund_after_days", "dec.second_acceptance_days"),
        reason=Label("复验合格后由财务退还，办理人须不同", "Refunded by finance after the second acceptance"),
        of="decoration_deposit",
        start=Start(("second_accepted",)),
        within=Limit("days", "dec.deposit_refund_after_days"),
        acts=Acts(entering=("refunded",)),
        assigned_to="finance",
        escalates_to="manager",
    ),
    Deadline(
        "R-X-11",
        Label("施工证到期前续期或收回", "Permit extended or returned before it expires"),
        "deadline",
        of="decoration_permit",
        start=Start(("valid",)),
        within=Limit("until", field="valid_to"),
        acts=Acts(entering=("valid", "returned")),
    ),
    rule("R-X-12", "evidence", "施工人员出入证", "Worker passes"),
    rule("R-X-14", "checklist", "装修垃圾清运", "Waste removal"),
    rule("R-X-15", "checklist", "施工消防", "Fire safety of the works"),
    rule("R-X-16", "evidence", "闭水试验", "Leak test", "dec.leak_test_minutes"),
    rule("R-X-17", "checklist", "告知邻居", "Neighbours are told"),
    rule("R-X-18", "checklist", "燃气供暖排水", "Gas, heating, drainage"),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole(
        "dec.leak_test_minutes", 1440, "R-X-16", "闭水最短分钟数", "Shortest leak test in minutes", 0, 20_000
    ),
    whole("dec.register_share", 0, "R-DEC-20", "登记核对比例（%）", "Projects compared, percent", 0, 100),
    whole("dec.patrol_per_day", 1, "R-DEC-06", "每日巡查次数", "Patrols per day", 1, 10),
    SettingKey(
        "dec.patrol_rest_days", True, "bool", "R-DEC-06", Label("休息日也巡查", "Patrols on rest days too")
    ),
    whole(
        "dec.violation_report_min", 30, "R-DEC-10", "违规上报时限（分钟）", "Minutes to report a violation", 1
    ),
    whole("dec.decision_hours", 24, "R-DEC-11", "审批时限（小时）", "Hours to decide a violation", 1),
    whole("dec.register_checks_per_week", 2, "R-DEC-20", "每周核对次数", "Register checks per week"),
    whole("dec.register_sample", 3, "R-DEC-20", "每次核对项目数", "Projects per register check"),
    SettingKey(
        "dec.noise_hours",
        _NOISE_HOURS,
        "noise_hours",
        "R-X-13",
        Label("允许施工时段", "Permitted working hours"),
    ),
    whole("dec.rectify_days.minor", 1, "R-DEC-13", "轻微违规整改天数", "Days to rectify, minor"),
    whole("dec.rectify_days.general", 3, "R-DEC-13", "一般违规整改天数", "Days to rectify, general"),
    whole("dec.rectify_days.serious", 7, "R-DEC-13", "严重违规整改天数", "Days to rectify, serious"),
    whole("dec.deposit_refund_after_days", 7, "R-X-10", "押金退还天数", "Days to refund the deposit"),
    whole("dec.second_acceptance_days", 30, "R-X-10", "二次验收天数", "Days to the second acceptance"),
    SettingKey(
        "dec.missed_list_at",
        "08:00",
        "clock_time",
        "R-DEC-21",
        Label("漏巡清单时间", "Missed patrols listed at"),
    ),
)
