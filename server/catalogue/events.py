"""Community events: the year's plan, each event from its plan to its summary, and what participants thought.

For: what is recorded about events, and the life cycles of an annual plan and of an event.
Not for: limits and figures (rules/events.py).
Source: domain 4.3, 4.5, 3.12; R-EVT.
"""

from __future__ import annotations

from server.catalogue.checks.figures import ShareOf
from server.catalogue.field_words import NOTE, day, group, long_text, money, one, text, when, whole
from server.catalogue.fields import Option, enum, label
from server.catalogue.lifecycle import JOINTLY, LifeCycle, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import RecordType, Role

KIND = enum(
    "event_plan.kind",
    "活动类别",
    "Kind of event",
    festival="节日活动 | Festival",
    theme="主题活动 | Theme",
    open_day="开放日（含设备房参观） | Open day with a tour of plant rooms",
    sports="文体活动 | Sports and arts",
    charity="便民公益 | Charity and convenience",
)
PLAN_STATUS = enum(
    "annual_event_plan.status",
    "年度计划状态",
    "Annual plan",
    submitted="待审批 | To be approved",
    returned="退回 | Returned",
    approved="已批准 | Approved",
)
STATUS = enum(
    "event_plan.status",
    "活动状态",
    "Event",
    draft="草稿 | Draft",
    submitted="待审批 | To be approved",
    returned="退回 | Returned",
    approved="已批准 | Approved",
    held="已举办 | Held",
    summarised="已总结 | Summed up",
    archived="已归档 | Archived",
    cancelled="取消 | Cancelled",
)
_OFFICE: tuple[Role, ...] = ("cs_supervisor", "project_manager")
_OPS: tuple[Role, ...] = ("ops_dept", "hr_admin")
ANNUAL_PLAN = RecordType(
    name="annual_event_plan",
    title=label("年度社区文化计划 | Annual event plan"),
    system="events",
    subject="annual_event_plan",
    subject_prefixes=("project", "annual_event_plan"),
    opens_subject=True,
    roles=_OFFICE,
    rules=("R-EVT-01",),
    fields=(
        text("year", "年度 | Year", must=True),
        day("survey_done_on", "需求调查日期 | Wishes asked on", must=True),
        group(
            "items",
            "活动 | Events",
            text("month", "月份 | Month", must=True),
            text("title", "名称 | Name", must=True),
            money("budget", "预算 | Budget"),
            must=True,
        ),
    ),
)
PLAN_TRANSITIONS = (
    Transition("approved", ("submitted",), _OPS),
    Transition("returned", ("submitted",), _OPS),
    Transition("submitted", ("returned",), _OFFICE),
)
ANNUAL_PLAN_STEP = step_record(
    "annual_event_plan",
    "年度计划审批 | Annual event plan step",
    "events",
    PLAN_STATUS,
    PLAN_TRANSITIONS,
    long_text("reason", "意见 | Remarks", must=True, when=when("to", "returned")),
    rules=("R-EVT-01",),
)
EVENT_PLAN = RecordType(
    name="event_plan",
    title=label("活动方案 | Event plan"),
    system="events",
    subject="event_plan",
    subject_prefixes=("project", "event_plan"),
    opens_subject=True,
    roles=_OFFICE,
    rules=("R-EVT-03", "R-EVT-09"),
    fields=(
        text("title", "活动名称 | Name", must=True),
        one("kind", "活动类别 | Kind", KIND, must=True),
        day("date", "活动日期 | Date", must=True),
        long_text("organisation", "组织与分工 | Organisation and split of work", must=True),
        long_text("content", "活动内容 | Content", must=True),
        long_text("publicity", "宣传 | Publicity", must=True),
        money("budget", "预算 | Budget", must=True),
        long_text("risks", "风险预案 | Risk scenarios", must=True),
        NOTE,
    ),
)
SIGN_OFFS = (
    Option("approved_ops", label("运营同意 | Agreed by operations")),
    Option("approved_quality", label("品质同意 | Agreed by quality")),
)
TRANSITIONS = (
    Transition("submitted", ("draft", "returned"), _OFFICE),
    Transition("approved", ("submitted",), by=JOINTLY),
    Transition("returned", ("submitted",), (*_OPS, "quality_dept")),
    Transition("held", ("approved",), _OFFICE),
    Transition("summarised", ("held",), _OFFICE),
    Transition("archived", ("summarised",), (*_OFFICE, "file_keeper")),
    Transition("cancelled", ("draft", "submitted", "returned", "approved"), _OFFICE),
)
EVENT_PLAN_STEP = step_record(
    "event_plan",
    "活动办理 | Event step",
    "events",
    STATUS,
    TRANSITIONS,
    whole("participants", "参加人数 | Participants", must=True, when=when("to", "held", "summarised")),
    whole("answers", "满意度答卷数 | Answers on satisfaction", must=True, when=when("to", "summarised")),
    whole("satisfied", "满意数 | Satisfied", must=True, when=when("to", "summarised")),
    long_text("cooperation", "部门配合 | Cooperation of departments", must=True, when=when("to", "held")),
    money("cost", "实际费用 | Cost", must=True, when=when("to", "summarised")),
    long_text("summary", "总结 | Summary", must=True, when=when("to", "summarised")),
    day("archive_until", "保存至 | Kept until", must=True, when=when("to", "archived")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "returned", "cancelled")),
    rules=("R-EVT-04", "R-EVT-06", "R-EVT-07", "R-EVT-08"),
    sign_offs=((SIGN_OFFS[0], _OPS), (SIGN_OFFS[1], ("quality_dept",))),
    checks=(ShareOf("answers", "participants", "evt.sample", "R-EVT-05", from_base="evt.large"),),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="annual_event_plan",
        title=label("年度活动计划台账 | Annual event plans"),
        states=PLAN_STATUS,
        initial="submitted",
        transitions=PLAN_TRANSITIONS,
        step="annual_event_plan_step",
        ends=("approved",),
    ),
    LifeCycle(
        kind="event_plan",
        title=label("社区活动台账 | Events"),
        states=STATUS,
        initial="draft",
        transitions=TRANSITIONS,
        step="event_plan_step",
        ends=("archived", "cancelled"),
        day="date",
    ),
)
RECORD_TYPES = (ANNUAL_PLAN, ANNUAL_PLAN_STEP, EVENT_PLAN, EVENT_PLAN_STEP)
