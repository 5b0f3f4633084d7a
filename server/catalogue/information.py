"""Information and transfer: what is registered, the work log, notices, emergency information, transfer forms and letters.

For: what is recorded about information, and the life cycles of a transfer form and of an emergency report.
Not for: customers' views (visits.py), meetings (meetings.py).
Source: domain 4.2, 4.3, 4.5, 3.16; R-INF, R-TRF.
"""

from __future__ import annotations

from server.catalogue.enums import DEPARTMENT, ORIGIN
from server.catalogue.field_words import NOTE, day, instant, long_text, one, text, when, yes
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role

INFO_KIND = enum(
    "info_exchange.kind",
    "信息类别",
    "Kind",
    report="报告与结果 | Report or result",
    rule="制度变更 | Change of rules",
    law="法规标准 | Law or standard",
    supplier="供方 | Supplier",
    developer="开发商 | Developer",
    customer="客户 | Customer",
    other="其他 | Other",
)
EVERYONE: tuple[Role, ...] = (
    "steward",
    "cs_agent",
    "cs_supervisor",
    "project_manager",
    "engineer",
    "trade_supervisor",
    "guard",
    "duty_operator",
    "quality_dept",
    "ops_dept",
    "hr_admin",
    "finance",
)
_REGISTRARS: tuple[Role, ...] = ("quality_dept", "cs_supervisor", "project_manager", "hr_admin", "ops_dept")
INFO_EXCHANGE = RecordType(
    name="info_exchange",
    title=label("信息交流登记 | Information registered"),
    system="information",
    subject="info_exchange",
    subject_prefixes=("project", "info_exchange"),
    opens_subject=True,
    roles=_REGISTRARS,
    rules=("R-INF-01", "R-INF-03", "R-INF-05", "R-INF-07"),
    fields=(
        instant("at", "时间 | At", must=True, initial="now"),
        one("origin", "来源 | Origin", ORIGIN, must=True),
        one("kind", "信息类别 | Kind", INFO_KIND, must=True),
        long_text("text", "内容 | What it says", must=True),
        text("from", "来自 | From", must=True),
        text("to", "传达 | Passed on to", must=True),
        day("passed_on_by", "传达期限 | To be passed on by"),
        text("reviewed_in", "会议评审 | Reviewed in the meeting"),
        long_text("handled", "处理 | What was done"),
    ),
)
INFO_STATUS = enum(
    "info_exchange.status",
    "信息状态",
    "Information",
    registered="已登记 | Registered",
    passed_on="已传达 | Passed on",
)
INFO_TRANSITIONS = (Transition("passed_on", ("registered",), _REGISTRARS),)
INFO_STEP = step_record(
    "info_exchange",
    "信息传达 | Information passed on",
    "information",
    INFO_STATUS,
    INFO_TRANSITIONS,
    text("told", "传达到 | Told", must=True, when=when("to", "passed_on")),
    rules=("R-INF-05",),
)
WORK_LOG = RecordType(
    name="work_log",
    title=label("工作日志 | Work log"),
    system="information",
    subject="project",
    roles=EVERYONE,
    offline=True,
    rules=("R-INF-02", "R-INF-08", "R-INF-09", "R-TRF-05"),
    fields=(
        instant("at", "时间 | At", must=True, initial="now"),
        long_text("text", "内容 | What happened", must=True),
        one("relayed_by_department", "转达部门 | Passed on by", DEPARTMENT),
        text("other_office", "其他管理处 | Other office"),
        text("helped_department", "协助部门 | Department helped"),
        yes("confirmed", "对方已签认 | Confirmed by their signature"),
    ),
)
NOTICE_KIND = enum(
    "notice.kind",
    "告示类别",
    "Kind of notice",
    service="服务信息 | Service",
    convention="公约手册 | Convention or handbook",
    authority="主管部门文件 | Authority paper",
    community="社区新闻 | Community news",
    fees="收费公告 | Fees",
    works="施工停水停电 | Works, water or power",
)
NOTICE = RecordType(
    name="notice",
    title=label("告示通知 | Notice posted"),
    system="information",
    subject="area",
    subject_prefixes=("area", "project"),
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager"),
    offline=True,
    photos=Photos(min=1, kinds=("overview", "document", "detail")),
    rules=("R-INF-10", "R-FEE-13"),
    fields=(
        text("title", "标题 | Title", must=True),
        one("kind", "告示类别 | Kind", NOTICE_KIND, must=True),
        long_text("text", "内容 | Text"),
        instant("posted_at", "张贴时间 | Posted at", must=True, initial="now"),
        text("place", "位置 | Place", must=True),
        day("take_down_on", "撤下日期 | Take down on"),
    ),
)
EMERGENCY_STATUS = enum(
    "emergency_info.status",
    "突发信息状态",
    "Emergency information",
    happened="已发生 | Happened",
    told_quality="已报品质 | Told to quality",
    registered="品质已登记并报管理者代表 | Registered, representative told",
    report_made="已出纠正预防报告 | Corrective report made",
)
EMERGENCY_INFO = RecordType(
    name="emergency_info",
    title=label("突发特殊信息 | Emergency information"),
    system="information",
    subject="emergency_info",
    subject_prefixes=("project", "area", "emergency_info"),
    opens_subject=True,
    roles=EVERYONE,
    offline=True,
    rules=("R-INF-04",),
    fields=(
        instant("happened_at", "发生时间 | Happened at", must=True, initial="now"),
        long_text("text", "情况 | What happened", must=True),
        text("place", "地点 | Place", must=True),
    ),
)
EMERGENCY_TRANSITIONS = (
    Transition(
        "told_quality", ("happened",), ("cs_supervisor", "project_manager", "duty_operator", "cs_agent")
    ),
    Transition("registered", ("told_quality",), ("quality_dept",)),
    Transition("report_made", ("registered",), ("project_manager", "quality_dept")),
)
EMERGENCY_STEP = step_record(
    "emergency_info",
    "突发信息处理 | Emergency information step",
    "information",
    EMERGENCY_STATUS,
    EMERGENCY_TRANSITIONS,
    instant(
        "representative_told_at",
        "报管理者代表时间 | Representative told at",
        must=True,
        when=when("to", "registered"),
    ),
    long_text("correction", "纠正措施 | Correction", must=True, when=when("to", "report_made")),
    long_text("prevention", "预防措施 | Prevention", must=True, when=when("to", "report_made")),
    rules=("R-INF-04", "R-RPT-04"),
)
TRANSFER_KIND = enum(
    "transfer.kind",
    "转呈类别",
    "Kind",
    fault_transfer="故障转呈单 | Fault transfer form",
    work_contact="工作联系函 | Work contact letter",
)
SEVERITY = enum(
    "transfer.severity",
    "程度",
    "Severity",
    simple="简单 | Simple",
    complex="复杂 | Complex",
    serious="严重 | Serious",
)
STATUS = enum(
    "transfer_form.status",
    "转呈状态",
    "Transfer form",
    draft="草稿 | Draft",
    sent="已发出 | Sent",
    reviewed="已评审（承诺时间） | Reviewed with a promise",
    in_work="处理中 | In work",
    completed="已完成 | Completed",
    verified="已验证 | Verified",
    rejected="退回重做 | Sent back",
)
_OFFICE: tuple[Role, ...] = ("cs_supervisor", "project_manager", "cs_agent")
_DEPARTMENTS: tuple[Role, ...] = (
    "quality_dept",
    "ops_dept",
    "hr_admin",
    "finance",
    "engineer",
    "trade_supervisor",
)
TRANSFER_FORM = RecordType(
    name="transfer_form",
    title=label("转呈单/联系函 | Transfer form"),
    system="information",
    subject="transfer_form",
    subject_prefixes=("project", "area", "unit", "transfer_form"),
    opens_subject=True,
    roles=_OFFICE,
    rules=("R-TRF-01", "R-INS-25"),
    fields=(
        one("kind", "转呈类别 | Kind", TRANSFER_KIND, must=True),
        text("from", "发出单位 | From", must=True),
        one("department", "接收部门 | To", DEPARTMENT, must=True),
        one("severity", "程度 | Severity", SEVERITY, must=True),
        long_text("problem", "问题 | Problem", must=True),
        instant("requested_by", "要求答复时间 | Answer wanted by", must=True),
        NOTE,
    ),
)
TRANSITIONS = (
    Transition("sent", ("draft",), _OFFICE),
    Transition("reviewed", ("sent",), _DEPARTMENTS, guards=(Filled("R-TRF-03", ("promised_at",)),)),
    Transition("in_work", ("reviewed", "rejected"), _DEPARTMENTS),
    Transition("completed", ("reviewed", "in_work", "rejected"), _DEPARTMENTS),
    Transition("verified", ("completed",), _OFFICE, guards=(NotOwn("R-TRF-04", ("completed",)),)),
    Transition("rejected", ("completed",), _OFFICE, guards=(NotOwn("R-TRF-04", ("completed",)),)),
)
TRANSFER_FORM_STEP = step_record(
    "transfer_form",
    "转呈办理 | Transfer form step",
    "information",
    STATUS,
    TRANSITIONS,
    instant("promised_at", "承诺完成时间 | Promised by", must=True, when=when("to", "reviewed")),
    long_text("completion_text", "完成情况 | What was done", must=True, when=when("to", "completed")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "rejected")),
    rules=("R-TRF-03", "R-TRF-04"),
)
CORRECTIVE_ACTION_REPORT = RecordType(
    name="corrective_action_report",
    title=label("纠正预防措施报告 | Corrective-action report"),
    system="information",
    subject="complaint",
    subject_prefixes=("complaint", "project"),
    roles=("project_manager", "quality_dept", "cs_supervisor"),
    rules=("R-CMP-25", "R-RPT-04"),
    fields=(
        long_text("problem", "问题 | Problem", must=True),
        long_text("cause", "原因 | Cause", must=True),
        long_text("correction", "纠正 | Correction", must=True),
        long_text("prevention", "预防 | Prevention", must=True),
        instant("company_notice_at", "公司通报时间 | Announced at"),
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="info_exchange",
        title=label("信息交流台账 | Information exchange"),
        states=INFO_STATUS,
        initial="registered",
        transitions=INFO_TRANSITIONS,
        step="info_exchange_step",
        ends=("passed_on",),
    ),
    LifeCycle(
        kind="emergency_info",
        title=label("突发信息台账 | Emergency information"),
        states=EMERGENCY_STATUS,
        initial="happened",
        transitions=EMERGENCY_TRANSITIONS,
        step="emergency_info_step",
        ends=("report_made",),
    ),
    LifeCycle(
        kind="transfer_form",
        title=label("转呈台账 | Transfer forms"),
        states=STATUS,
        initial="draft",
        transitions=TRANSITIONS,
        step="transfer_form_step",
        ends=("verified",),
    ),
)
RECORD_TYPES = (
    INFO_EXCHANGE,
    INFO_STEP,
    WORK_LOG,
    NOTICE,
    EMERGENCY_INFO,
    EMERGENCY_STEP,
    TRANSFER_FORM,
    TRANSFER_FORM_STEP,
    CORRECTIVE_ACTION_REPORT,
)
