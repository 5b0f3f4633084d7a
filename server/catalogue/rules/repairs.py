"""Repairs: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded and the life cycle (server/catalogue/repairs.py).
Source: domain 3.6, 3.7, 7.2; D-06, D-14, D-17.
"""

from __future__ import annotations

from server.catalogue.fields import Label, When, label
from server.catalogue.rules.kinds import Acts, Deadline, Having, Limit, Quota, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, percent, whole, wholes

_REACHED = Acts(("return_visit",), When("result", ("reached",)))
_DONE = Start(("done",), field="finished_at")
_FINISHED = Acts(("repair_order_step",), When("to", ("done",)))
_OVER = ("done", "signed", "closed", "transferred")

RULES: tuple[Rule, ...] = (
    rule("R-REP-01", "state", "报修分三类", "In warranty, out of warranty, public"),
    rule(
        "R-REP-02",
        "checklist",
        "登记、派工、录入、跟进、回访",
        "Register, dispatch, enter, follow up, visit again",
    ),
    rule("R-REP-03", "state", "每单一名跟单人", "One named agent follows each order"),
    Deadline(
        "R-REP-04",
        label("未完工单三日沟通 | Unfinished order talked over every three days"),
        "deadline",
        ("rep.comm_days",),
        of="repair_order",
        start=Start(("registered",), field="registered_at"),
        within=Limit("days", "rep.comm_days"),
        acts=Acts(("repair_progress",)),
        repeats=True,
        ends=_OVER,
        assigned_to="field:agent",
    ),
    rule(
        "R-REP-05",
        "evidence",
        "入户维修须客户签字",
        "A repair in a home is signed for",
        reason=Label(
            "入户维修须有客户签字照片", "A repair in a home needs a photo of the customer's signature"
        ),
    ),
    Deadline(
        "R-REP-06",
        label("维修后回访 | Return visit after a repair"),
        "quota",
        ("rep.return_days",),
        reason=Label("尚无成功的回访记录", "No return visit has reached the customer yet"),
        of="repair_order",
        start=_DONE,
        within=Limit("days", "rep.return_days"),
        acts=_REACHED,
        ends=("closed",),
        assigned_to="field:agent",
    ),
    Quota(
        "R-REP-07",
        label("回访质量月度抽查 | Monthly test of return visits"),
        "recurrence",
        ("rep.test_share", "rep.test_least"),
        of="project",
        every="month",
        acts=Acts(("return_visit_test",)),
        distinct="return_visit",
        rate="rep.test_share",
        least="rep.test_least",
        base=_REACHED,
        base_period="before",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Quota(
        "R-REP-08",
        label("工单纸质电子月度核对 | Monthly comparison of paper and record"),
        "quota",
        ("rep.match_month",),
        of="project",
        every="month",
        acts=Acts(("paper_match",)),
        distinct="repair_order",
        rate="rep.match_month",
        base=Acts(("repair_order",)),
        base_period="before",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Deadline(
        "R-REP-09",
        label("急修 24 小时回访 | Urgent repair, return visit in 24 hours"),
        "deadline",
        ("rep.return_hours",),
        of="repair_order",
        start=_DONE,
        within=Limit("hours", "rep.return_hours"),
        acts=_REACHED,
        having=Having("flags", ("urgent",)),
    ),
    rule("R-REP-18", "report", "在修工单时长清单", "Orders by age", by="server.office.check_reports"),
    Deadline(
        "R-REP-10",
        label("渗漏维修雨后回访 | Leak repair, return visit after the first rain"),
        "deadline",
        of="repair_order",
        start=_DONE,
        within=Limit("first_rain"),
        acts=_REACHED,
        having=Having("flags", ("leak",)),
    ),
    Quota(
        "R-REP-11",
        label("派工单周抽查 | Weekly sample of repairs"),
        "quota",
        ("rep.sample_week",),
        of="project",
        every="week",
        acts=Acts(("repair_sample_call",)),
        distinct="repair_order",
        rate="rep.sample_week",
        base=_FINISHED,
        base_period="before",
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    Deadline(
        "R-REP-12",
        label("大缺陷维修后定期观察 | Large defect observed after repair"),
        "recurrence",
        ("rep.large_defect_days",),
        of="repair_order",
        start=_DONE,
        within=Limit("days", "rep.large_defect_days"),
        acts=_REACHED,
        having=Having("flags", ("large_defect",)),
        also=(
            Deadline(
                "R-REP-12",
                label("大缺陷维修首个雨日后观察 | Large defect observed after the first rain"),
                "recurrence",
                name="rain",
                of="repair_order",
                start=_DONE,
                within=Limit("first_rain"),
                acts=_REACHED,
                having=Having("flags", ("large_defect",)),
            ),
        ),
    ),
    Deadline(
        "R-REP-13",
        label("返修 24 小时特殊回访 | Rework, special return visit in 24 hours"),
        "deadline",
        ("rep.return_hours",),
        of="repair_order",
        start=Start(("rework",)),
        within=Limit("hours", "rep.return_hours"),
        acts=_REACHED,
        assigned_to="field:agent",
    ),
    rule("R-REP-14", "evidence", "客户签署意见（初级回访）", "The customer's signed opinion"),
    Deadline(
        "R-REP-15",
        label("按客户要求时间完成 | Done by the time the customer asked for"),
        "deadline",
        of="repair_order",
        start=Start(("registered",)),
        within=Limit("until", field="customer_due_at"),
        acts=Acts(entering=("done",)),
        dropped_in=("transferred",),
        assigned_to="field:engineer",
    ),
    rule(
        "R-REP-16",
        "evidence",
        "有偿维修先报价",
        "The price is shown before a paid repair",
        reason=Label("有偿维修须先由客户认可报价", "The customer accepts the quote before a paid repair"),
    ),
    Recurrence(
        "R-REP-17",
        label("品质部月度电访 | Monthly quality calls"),
        "recurrence",
        of="project",
        every="month",
        acts=Acts(("quality_call",)),
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    Recurrence(
        "R-REP-20",
        label("客服电话月度抽查 | Monthly check of phone bearing"),
        "recurrence",
        of="project",
        every="month",
        acts=Acts(("call_check",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule(
        "R-PAT-03",
        "evidence",
        "涉及业主的公共维修须业主签字",
        "A public repair that concerns an owner is signed by the owner",
        reason=Label("须有业主签字照片", "A photo of the owner's signature is needed"),
    ),
    rule("R-RV-01", "deadline", "急修后回访", "After an urgent repair", by="server.catalogue.rules.repairs"),
    rule("R-RV-02", "deadline", "渗漏维修后回访", "After a leak repair", by="server.catalogue.rules.repairs"),
    rule("R-RV-06", "quota", "维修后回访", "After any repair", by="server.catalogue.rules.repairs"),
    rule("R-RV-08", "quota", "周抽查", "Weekly sample"),
    rule("R-RV-09", "recurrence", "大缺陷观察", "Large defect observed", by="server.catalogue.rules.repairs"),
    rule("R-RV-10", "deadline", "返修后回访", "After rework", by="server.catalogue.rules.repairs"),
    rule("R-RV-14", "recurrence", "品质月度电访", "Monthly quality calls"),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole("rep.comm_days", 3, "R-REP-04", "未完工单沟通间隔（天）", "Days between talks", 1, 90),
    whole("rep.return_days", 3, "R-REP-06", "维修回访时限（天）", "Days to the return visit", 1, 90),
    whole(
        "rep.return_hours", 24, "R-REP-09", "急修与返修回访时限（小时）", "Hours to an urgent visit", 1, 720
    ),
    percent("rep.sample_week", 20, "R-REP-11", "周抽查比例（%）", "Weekly sample, percent"),
    percent("rep.match_month", 20, "R-REP-08", "月核对比例（%）", "Monthly comparison, percent"),
    percent("rep.test_share", 10, "R-REP-07", "回访抽查比例（%）", "Return visits tested, percent"),
    whole("rep.test_least", 5, "R-REP-07", "回访抽查最少件数", "Return visits tested at least", 1, 1000),
    wholes(
        "rep.large_defect_days", (7, 30, 90), "R-REP-12", "大缺陷观察日", "Days on which it is observed", 3650
    ),
)
