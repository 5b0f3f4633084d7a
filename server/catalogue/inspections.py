"""Inspections of every kind, defects and their close-out, bulletins, meter readings.

For: what is recorded when something is inspected, and the life cycle of a defect.
Not for: how often (rules/inspections.py), patrols (patrol.py, decoration.py), vacant units (vacancy.py).
Source: domain 4.2, 4.3, 4.5, 3.14; R-INS.
"""

from __future__ import annotations

from server.catalogue.checks.photos import PhotosOfKind
from server.catalogue.field_words import (
    NOTE,
    UNIT,
    day,
    group,
    instant,
    link,
    long_text,
    number,
    one,
    text,
    ticks,
    when,
    whole,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.inspection_checks import ScoreFollows, SpotFixesOnly
from server.catalogue.lifecycle import LifeCycle, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role

KIND = enum(
    "inspection.kind",
    "检查类别",
    "Kind",
    daily="日检 | Daily check",
    post_round="巡查 | Post round",
    night_post="夜间查岗 | Night post check",
    warehouse="仓库 | Warehouse",
    utility="水电监测 | Utilities",
    plant="设备巡查 | Plant rooms",
    resource="资源监测 | Resources",
    month="月检（管理状态） | Month check, management",
    quarter="季检（物业状态） | Quarter check, property",
    annual="年度 | Annual",
    self_check="自检 | Self-check",
    mystery="暗访 | Mystery check",
)
LAYER = enum(
    "inspection.layer",
    "检查层级",
    "Layer",
    head="主任全面 | Office head, all round",
    trade="专业主管 | Trade supervisor",
    operator="岗位操作 | Operator, by round",
)
TRADE = enum(
    "trade",
    "专业",
    "Trade",
    service="客服 | Customer service",
    security="秩序 | Security",
    engineering="工程 | Engineering",
    cleaning="保洁 | Cleaning",
    greening="绿化 | Greening",
    safety="安全 | Safety",
)
FORM = enum(
    "inspection.forms",
    "检查形式",
    "Forms",
    group_tour="分组巡查 | Group tour",
    customer_survey="客户意见 | Customer survey",
    customer_views="顾客意见处理核查 | How customers' views are handled",
    open_letter="公开信承诺核查 | Promises of open letters",
)
_MONTH = when("kind", "month", "quarter")
INSPECTION = RecordType(
    name="inspection",
    title=label("检查 | Inspection"),
    system="inspections",
    subject="project",
    subject_prefixes=("project", "area"),
    roles=(
        "steward",
        "cs_supervisor",
        "project_manager",
        "trade_supervisor",
        "engineer",
        "guard",
        "quality_dept",
        "hr_admin",
        "cleaner",
    ),
    offline=True,
    photos=Photos(kinds=("overview", "detail", "signature")),
    rules=("R-INS-02", "R-INS-18", "R-INS-24", "R-INS-27"),
    fields=(
        one("kind", "检查类别 | Kind", KIND, must=True),
        one("layer", "检查层级 | Layer", LAYER, must=True, when=when("kind", "daily")),
        one("trade", "专业 | Trade", TRADE),
        ticks("forms", "检查形式 | Forms", FORM, must=True, when=_MONTH),
        group(
            "items",
            "检查项 | Items",
            text("item", "检查项 | Item", must=True),
            whole("points", "分值 | Points", must=True),
            whole("awarded", "得分 | Awarded", must=True),
            text("responsible", "责任人 | Responsible", must=True),
            long_text("result", "结果 | Result"),
            must=True,
        ),
        whole("score", "得分（百分制） | Score out of 100", max=100),
        group(
            "spot_fixes",
            "当场整改 | Put right on the spot",
            text("what", "问题 | What", must=True),
            whole("minutes", "用时（分） | Minutes", must=True),
            yes("staff_fault", "属人员责任 | A fault of staff"),
            yes("objective_cause", "客观原因 | Objective cause"),
        ),
        text("checked_person", "被查人 | Person checked", must=True, when=when("kind", "night_post")),
        NOTE,
    ),
    checks=(
        ScoreFollows("items", "score", "R-INS-19"),
        SpotFixesOnly("spot_fixes", "ins.minor_minutes", "R-INS-06"),
        PhotosOfKind("signature", 2, "R-INS-10", when("kind", "night_post")),
    ),
)
DEFECT_STATUS = enum(
    "defect.status",
    "缺陷状态",
    "Defect",
    open="待整改 | To be put right",
    cause_found="已分析 | Cause found",
    fixed="已整改 | Put right",
    verified="已消项 | Verified",
    failed="复检不合格 | Failed again",
    transferred="转呈 | Transferred",
)
_STAFF: tuple[Role, ...] = (
    "steward",
    "cs_supervisor",
    "project_manager",
    "trade_supervisor",
    "engineer",
    "guard",
    "quality_dept",
)
DEFECT = RecordType(
    name="defect",
    title=label("缺陷 | Defect"),
    system="inspections",
    subject="defect",
    subject_prefixes=("area", "project", "unit", "defect"),
    opens_subject=True,
    roles=(*_STAFF, "cs_agent", "hr_admin"),
    offline=True,
    photos=Photos(min=1),
    rules=("R-INS-03", "R-INS-06", "R-INS-17"),
    fields=(
        UNIT,
        link("inspection", "检查 | Inspection", "inspection", in_form=False),
        one("trade", "专业 | Trade", TRADE, must=True),
        text("place", "位置 | Place", must=True),
        long_text("text", "问题 | What is wrong", must=True),
        text("responsible", "责任人 | Responsible", must=True),
        yes("staff_fault", "属人员责任 | A fault of staff", must=True),
        instant("found_at", "发现时间 | Found at", must=True, initial="now"),
        day("due_at", "整改期限 | To be put right by", must=True),
        long_text("closing", "关闭或跟踪方式 | How it is closed or followed", must=True),
        link("covered_by", "已由管理检查覆盖 | Covered by", "defect", in_form=False),
    ),
)
TRANSITIONS = (
    Transition("cause_found", ("open", "failed"), _STAFF),
    Transition("fixed", ("open", "cause_found", "failed"), _STAFF),
    Transition("verified", ("fixed",), _STAFF, guards=(NotOwn("R-INS-20", ("fixed",)),)),
    Transition("failed", ("fixed",), _STAFF, guards=(NotOwn("R-INS-20", ("fixed",)),)),
    Transition("transferred", ("open", "cause_found", "failed"), ("cs_supervisor", "project_manager")),
)
DEFECT_STEP = step_record(
    "defect",
    "缺陷消项 | Defect close-out",
    "inspections",
    DEFECT_STATUS,
    TRANSITIONS,
    long_text("cause", "原因 | Cause", must=True, when=when("to", "cause_found", "fixed")),
    instant("fixed_at", "整改时间 | Put right at", must=True, when=when("to", "fixed"), initial="now"),
    long_text("measure", "整改措施 | What was done", must=True, when=when("to", "fixed")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "failed", "transferred")),
    rules=("R-INS-20", "R-INS-25"),
    offline=True,
)
BULLETIN = RecordType(
    name="bulletin",
    title=label("月检通报 | Month-check bulletin"),
    system="inspections",
    subject="project",
    roles=("quality_dept",),
    rules=("R-INS-22", "R-INS-23"),
    fields=(
        text("month", "月份 | Month", must=True, initial="month"),
        group(
            "failures",
            "不合格项 | Failures",
            one("trade", "专业 | Trade", TRADE, must=True),
            whole("count", "数量 | Number", must=True),
            long_text("analysis", "分析 | Analysis", must=True),
            must=True,
            min=0,
        ),
        long_text("quarter_part", "季检结果 | Quarter check"),
    ),
)
METER = enum(
    "utility_reading.meter", "表计", "Meter", water="水 | Water", electric="电 | Electricity", gas="气 | Gas"
)
UTILITY_READING = RecordType(
    name="utility_reading",
    title=label("水电读数 | Utility reading"),
    system="inspections",
    subject="project",
    roles=("engineer", "finance", "trade_supervisor"),
    rules=("R-INS-12",),
    fields=(
        one("meter", "表计 | Meter", METER, must=True),
        number("value", "读数 | Reading", must=True, min=0),
        number("plan", "计划 | Plan", min=0),
        long_text("reason_of_variance", "差异原因 | Why it differs"),
    ),
)
UTILITY_REPORT = RecordType(
    name="utility_report",
    title=label("水电半年报 | Half-year utility report"),
    system="inspections",
    subject="project",
    roles=("finance",),
    rules=("R-RPT-02",),
    fields=(
        text("half_year", "半年度 | Half-year", must=True),
        number("water", "用水 | Water", must=True, unit="m³", min=0),
        number("electric", "用电 | Electricity", must=True, unit="kWh", min=0),
        long_text("text", "与计划对比 | Against the plan", must=True),
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="defect",
        title=label("缺陷台账 | Defects"),
        states=DEFECT_STATUS,
        initial="open",
        transitions=TRANSITIONS,
        step="defect_step",
        ends=("verified", "transferred"),
    ),
)
RECORD_TYPES = (INSPECTION, DEFECT, DEFECT_STEP, BULLETIN, UTILITY_READING, UTILITY_REPORT)
