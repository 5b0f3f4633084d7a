"""Command centre: what comes in at night and what becomes of it, shift handover, drills, and checks of the records.

For: what is recorded in the command centre, and the life cycles of a night entry and a handover.
Not for: complaints and repairs that follow from an entry (complaints.py, repairs.py).
Source: domain 4.3, 4.5, 3.11; R-DUT.
"""

from __future__ import annotations

from server.catalogue.enums import CHANNEL
from server.catalogue.field_words import (
    NOTE,
    UNIT,
    group,
    instant,
    link,
    long_text,
    one,
    text,
    when,
    whole,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, NotOwn, Signed, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import RecordType, Role, card

ENTRY_STATUS = enum(
    "duty_entry.status",
    "值班事项状态",
    "Duty entry",
    open="未结 | Open",
    handled="已处理 | Handled",
    passed_on="已移交 | Passed on",
)
HANDOVER_STATUS = enum(
    "handover.status",
    "交接状态",
    "Handover",
    open="待交接 | Open",
    items_checked="物品已核 | Items checked",
    signed_out="交班已签 | Signed out",
    signed_in="接班已签 | Signed in",
)
LINE = enum(
    "line_check.line",
    "热线",
    "Line",
    company_complaints="公司投诉专线 | Complaint line of the company",
    office_complaints="管理处投诉专线 | Complaint line of the office",
    service="服务热线 | Service line",
)
SCENARIO = enum(
    "emergency_drill.scenario",
    "演练情景",
    "Scenario",
    fire="火警 | Fire",
    climbing="翻越 | Climbing over",
    lift="电梯困人 | People trapped in a lift",
    suspicious="可疑人员 | Suspicious person",
)
RESULT = enum("duty.result", "结果", "Result", passed="合格 | Passed", failed="不合格 | Failed")
_OPERATORS: tuple[Role, ...] = ("duty_operator", "cs_agent", "cs_supervisor", "guard")
EMERGENCY = card(
    "emergency",
    "应急处理 | In an emergency",
    "火警：报 119，通知护卫与工程，疏散 | Fire: call 119, tell guards and engineering, evacuate",
    "电梯困人：安抚，通知维保，30 分钟内到场 | Lift: calm people, call the maintainer, on site within 30 minutes",
    "翻越与可疑人员：调监控，通知巡逻岗，不单独处置 | Intruder: watch the cameras, call the patrol, never act alone",
    "夜间信息：登记、处理，未完转交 | At night: note it, handle it, pass on what is not finished",
    rules=("R-DUT-01",),
)
DUTY_ENTRY = RecordType(
    name="duty_entry",
    title=label("值班事项 | Duty entry"),
    system="duty",
    subject="duty_entry",
    subject_prefixes=("unit", "area", "project", "duty_entry"),
    opens_subject=True,
    roles=_OPERATORS,
    offline=True,
    rules=("R-DUT-02",),
    help=(EMERGENCY,),
    fields=(
        UNIT,
        instant("at", "时间 | At", must=True, initial="now"),
        one("channel", "渠道 | Channel", CHANNEL, must=True),
        text("caller", "来电人 | Caller"),
        long_text("matter", "事项 | Matter", must=True),
        long_text("handled", "处理情况 | What was done"),
    ),
)
ENTRY_TRANSITIONS = (
    Transition("handled", ("open",), _OPERATORS),
    Transition("passed_on", ("open",), _OPERATORS, guards=(Filled("R-DUT-03", ("passed_to", "owner")),)),
)
DUTY_ENTRY_STEP = step_record(
    "duty_entry",
    "值班事项处理 | Duty entry step",
    "duty",
    ENTRY_STATUS,
    ENTRY_TRANSITIONS,
    long_text("result", "结果 | Result", must=True, when=when("to", "handled")),
    text("passed_to", "转为 | Passed on as", must=True, when=when("to", "passed_on")),
    text("owner", "责任人 | Responsible", must=True, when=when("to", "passed_on")),
    link("record", "转出记录 | Record", "complaint", "repair_order", in_form=False),
    rules=("R-DUT-03",),
    offline=True,
)
HANDOVER = RecordType(
    name="handover",
    title=label("交接班 | Shift handover"),
    system="duty",
    subject="handover",
    subject_prefixes=("project", "handover"),
    opens_subject=True,
    roles=_OPERATORS,
    rules=("R-DUT-07",),
    fields=(
        text("shift", "班次 | Shift", must=True),
        whole("open_entries", "未结事项数 | Open matters", must=True),
        group(
            "items",
            "交接物品 | Items",
            text("name", "名称 | What", must=True),
            whole("count", "数量 | Number", must=True),
            yes("ok", "完好 | In order", must=True),
            must=True,
        ),
        NOTE,
    ),
)
HANDOVER_TRANSITIONS = (
    Transition("items_checked", ("open",), _OPERATORS),
    Transition("signed_out", ("items_checked",), _OPERATORS, guards=(Signed("R-DUT-07"),)),
    Transition("signed_in", ("signed_out",), _OPERATORS, guards=(NotOwn("R-DUT-07", ("signed_out",)),)),
)
HANDOVER_STEP = step_record(
    "handover",
    "交接班签字 | Handover step",
    "duty",
    HANDOVER_STATUS,
    HANDOVER_TRANSITIONS,
    long_text("disturbed_reason", "交接受扰原因 | Why it was disturbed"),
    yes("staff_defect", "属人员责任 | A defect of staff"),
    rules=("R-DUT-07",),
)
DUTY_RECORD_CHECK = RecordType(
    name="duty_record_check",
    title=label("值班记录检查 | Check of duty records"),
    system="duty",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-DUT-04",),
    fields=(
        one("result", "结果 | Result", RESULT, must=True),
        long_text("text", "情况 | What was found", must=True),
        yes("items_complete", "交接物品齐全 | Handed-over items are all there", must=True),
    ),
)
EMERGENCY_DRILL = RecordType(
    name="emergency_drill",
    title=label("突发事件演练 | Emergency drill"),
    system="duty",
    subject="project",
    roles=("cs_supervisor", "project_manager", "duty_operator"),
    rules=("R-DUT-05",),
    fields=(
        one("scenario", "演练情景 | Scenario", SCENARIO, must=True),
        text("participants", "参加人员 | Participants", must=True),
        one("result", "结果 | Result", RESULT, must=True),
        long_text("weaknesses", "不足 | Weaknesses"),
    ),
)
LINE_CHECK = RecordType(
    name="line_check",
    title=label("热线测试 | Test of a phone line"),
    system="duty",
    subject="project",
    roles=("duty_operator", "cs_agent", "cs_supervisor", "project_manager", "quality_dept"),
    offline=True,
    rules=("R-CMP-26", "R-DUT-06"),
    fields=(
        one("line", "热线 | Line", LINE, must=True),
        text("number", "号码 | Number", must=True),
        instant(
            "called_at",
            "拨打时间（宜选夜间或假日） | Called at, best at night or on a holiday",
            must=True,
            initial="now",
        ),
        yes("answered", "已接听 | Answered", must=True),
        whole("rings", "响铃次数 | Rings"),
        long_text(
            "measure", "未接听的处理 | What was done about it", must=True, when=when("answered", False)
        ),
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="duty_entry",
        title=label("值班记录 | Duty log"),
        states=ENTRY_STATUS,
        initial="open",
        transitions=ENTRY_TRANSITIONS,
        step="duty_entry_step",
        ends=("handled", "passed_on"),
    ),
    LifeCycle(
        kind="handover",
        title=label("交接班记录 | Handovers"),
        states=HANDOVER_STATUS,
        initial="open",
        transitions=HANDOVER_TRANSITIONS,
        step="handover_step",
        ends=("signed_in",),
    ),
)
RECORD_TYPES = (
    LINE_CHECK,
    DUTY_ENTRY,
    DUTY_ENTRY_STEP,
    HANDOVER,
    HANDOVER_STEP,
    DUTY_RECORD_CHECK,
    EMERGENCY_DRILL,
)
