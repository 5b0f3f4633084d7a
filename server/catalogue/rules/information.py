"""Information exchange and transfer forms: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/information.py).
Source: domain 3.16, 3.21.
"""

from __future__ import annotations

from server.catalogue.fields import Label, label
from server.catalogue.rules.kinds import Acts, Deadline, Having, Limit, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    rule(
        "R-INF-01",
        "evidence",
        "有价值信息登记，外来标 *",
        "What is of value is registered; external ones carry *",
    ),
    rule("R-INF-02", "evidence", "管理人员工作日志", "Every manager keeps a work log"),
    rule("R-INF-03", "evidence", "内部有价值信息填表", "Internal items are entered in their form"),
    Deadline(
        "R-INF-04",
        label("突发信息即报品质 | Emergency information told to quality at once"),
        "deadline",
        ("inf.emergency_min", "inf.report_days"),
        of="emergency_info",
        start=Start(("happened",), field="happened_at"),
        within=Limit("minutes", "inf.emergency_min"),
        acts=Acts(entering=("told_quality", "registered")),
        assigned_to="supervisor",
        escalates_to="manager",
        also=(
            Deadline(
                "R-INF-04",
                label("突发信息纠正预防报告 | Corrective and preventive report of an emergency"),
                "deadline",
                ("inf.report_days",),
                name="report",
                of="emergency_info",
                start=Start(("happened",), field="happened_at"),
                within=Limit("days", "inf.report_days"),
                acts=Acts(entering=("report_made",)),
                assigned_to="manager",
                escalates_to="mgmt_rep",
            ),
        ),
    ),
    Deadline(
        "R-INF-05",
        label("外部信息及时传达 | External information is passed on in time"),
        "deadline",
        ("inf.external_days",),
        of="info_exchange",
        start=Start(("registered",), field="at"),
        within=Limit("days", "inf.external_days"),
        acts=Acts(entering=("passed_on",)),
        having=Having("origin", ("external",)),
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    rule("R-INF-07", "evidence", "品质部信息交流表", "Quality registers exchanges in its table"),
    rule("R-INF-08", "evidence", "部门来电即时登记", "What a department phones in is entered at once"),
    rule("R-INF-09", "evidence", "管理处之间的联系登记", "Contacts between offices are noted"),
    rule("R-INF-10", "evidence", "管理服务信息告知客户", "Information reaches customers by notice"),
    rule("R-FEE-13", "evidence", "收费公告留存", "Notices on fees are kept with their date"),
    rule(
        "R-TRF-01", "state", "简单问题电话，复杂严重用转呈单", "Simple by phone, complex or serious by form"
    ),
    Deadline(
        "R-TRF-02",
        label("部门首次答复 | First answer of the department"),
        "deadline",
        ("trf.first_answer_days",),
        of="transfer_form",
        start=Start(("sent",)),
        within=Limit("working_days", "trf.first_answer_days"),
        acts=Acts(entering=("reviewed", "in_work", "completed")),
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    Deadline(
        "R-TRF-03",
        label("部门按承诺时间完成 | Completed as promised"),
        "deadline",
        reason=Label("请填写承诺完成时间", "Fill in by when it is promised"),
        of="transfer_form",
        start=Start(("reviewed",)),
        within=Limit("until", field="promised_at"),
        acts=Acts(entering=("completed",)),
        assigned_to="quality_dept",
        escalates_to="manager",
    ),
    rule(
        "R-TRF-04",
        "state",
        "结果反馈并由发出单位验证",
        "The sending office verifies the result",
        reason=Label("由发出单位验证，不能是完成人", "The sender verifies, and not whoever completed it"),
    ),
    rule("R-TRF-05", "evidence", "协助其他部门须签认", "Helping another department is confirmed"),
    rule(
        "R-RPT-04",
        "report",
        "专项报告：纠正措施、活动总结、公开信",
        "Per case: corrective report, summary, open letter",
    ),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole("inf.emergency_min", 30, "R-INF-04", "突发信息上报（分钟）", "Minutes to tell quality", 1, 1440),
    whole("inf.report_days", 7, "R-INF-04", "突发信息报告时限（天）", "Days to the report", 1, 365),
    whole("inf.external_days", 3, "R-INF-05", "外部信息传达时限（天）", "Days to pass it on", 1, 365),
    whole(
        "trf.first_answer_days",
        1,
        "R-TRF-02",
        "首次答复（工作日）",
        "Working days to the first answer",
        1,
        30,
    ),
)
