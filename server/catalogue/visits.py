"""Resident visits and key customers: the month's plan and its review, visits, opinions put right, talks with representatives.

For: what is recorded about visits, and the life cycles of a plan and of a nonconformity form.
Not for: limits and figures (rules/visits.py), return visits (return_visits.py), fee visits (fees.py).
Source: domain 4.5, 3.8; R-VIS, R-KC.
"""

from __future__ import annotations

from server.catalogue.checks.figures import EntriesAtLeast, ShareOf
from server.catalogue.enums import CHANNEL, ORIGIN, SATISFACTION
from server.catalogue.field_words import (
    HOUSEHOLD,
    NOTE,
    REASON,
    UNIT,
    day,
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
from server.catalogue.lifecycle import LifeCycle, Log, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import RecordType, card

PLAN_STATUS = enum(
    "visit_plan.status",
    "走访计划状态",
    "Visit plan",
    submitted="待审核 | To be reviewed",
    returned="退回 | Returned",
    approved="已审核 | Reviewed",
)
VISIT_PLAN = RecordType(
    name="visit_plan",
    title=label("走访计划 | Visit plan"),
    system="visits",
    subject="visit_plan",
    subject_prefixes=("area", "visit_plan"),
    opens_subject=True,
    roles=("steward", "cs_supervisor"),
    offline=True,
    rules=("R-VIS-01", "R-VIS-02", "R-VIS-04"),
    fields=(
        text("month", "月份 | Month", must=True, initial="month"),
        whole("base_count", "在住户数 | Occupied households", must=True),
        whole("required", "计划户数 | Households planned", must=True),
        group(
            "lines",
            "走访户 | Households",
            link("household", "家庭户 | Household", "household", must=True),
            long_text("content", "走访内容 | Content", must=True),
            text("occasion", "时机 | Occasion"),
            must=True,
        ),
        NOTE,
    ),
    checks=(
        ShareOf("required", "base_count", "vis.rate", "R-VIS-02"),
        EntriesAtLeast("lines", "required", "R-VIS-02"),
    ),
)
PLAN_TRANSITIONS = (
    Transition(
        "approved",
        ("submitted",),
        ("cs_supervisor", "project_manager"),
        guards=(NotOwn("R-VIS-01", ("visit_plan", "submitted")),),
    ),
    Transition(
        "returned",
        ("submitted",),
        ("cs_supervisor", "project_manager"),
        guards=(NotOwn("R-VIS-01", ("visit_plan", "submitted")),),
    ),
    Transition("submitted", ("returned",), ("steward", "cs_supervisor")),
)
VISIT_PLAN_STEP = step_record(
    "visit_plan",
    "走访计划审核 | Review of a visit plan",
    "visits",
    PLAN_STATUS,
    PLAN_TRANSITIONS,
    long_text("remarks", "审核意见 | Remarks", must=True, when=when("to", "approved", "returned")),
    rules=("R-VIS-01",),
)
HOME_VISIT = card(
    "home_visit",
    "走访标准 | How to visit a home",
    "预约，选合适时机 | Arrange it; choose a fitting occasion",
    "着装整齐，自我介绍，说明来意 | Be well dressed, introduce yourself, say why you come",
    "统一口径解释，不随意承诺 | Keep to the agreed explanations, promise nothing lightly",
    "记录意见与诉求，说明何时答复 | Note opinions and wishes, and say when there will be an answer",
    rules=("R-VIS-05",),
)
RESIDENT_VISIT = RecordType(
    name="resident_visit",
    title=label("走访 | Resident visit"),
    system="visits",
    subject="household",
    roles=("steward", "cs_supervisor", "project_manager"),
    offline=True,
    rules=("R-VIS-02", "R-VIS-09", "R-KC-02", "R-RV-20"),
    help=(HOME_VISIT,),
    fields=(
        UNIT,
        link("household_id", "家庭户 | Household", "household", repeats_envelope="subject", in_form=False),
        link("plan", "走访计划 | Plan", "visit_plan", in_form=False),
        yes("key_customer", "重点客户 | Key customer"),
        text("occasion", "时机 | Occasion", must=True),
        long_text("content", "走访内容 | Content", must=True),
        group(
            "opinions",
            "意见与诉求 | Opinions and wishes",
            text("topic", "主题 | Topic", must=True),
            long_text("text", "内容 | What"),
        ),
        one("satisfaction", "满意度 | Satisfaction", SATISFACTION, must=True),
        NOTE,
    ),
)
FORM_STATUS = enum(
    "nonconformity_form.status",
    "不合格项状态",
    "Nonconformity",
    open="待整改 | To be put right",
    rectified="已整改 | Put right",
    fed_back="已反馈 | Fed back",
)
NONCONFORMITY_FORM = RecordType(
    name="nonconformity_form",
    title=label("不合格项处理表 | Nonconformity form"),
    system="visits",
    subject="nonconformity_form",
    subject_prefixes=("household", "unit", "area", "nonconformity_form"),
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager"),
    offline=True,
    rules=("R-VIS-06", "R-KC-03"),
    fields=(
        UNIT,
        HOUSEHOLD,
        link(
            "source",
            "来源 | From",
            "resident_visit",
            "return_visit",
            "survey_response",
            "customer_contact",
            in_form=False,
        ),
        long_text("text", "不合格项 | What is not right", must=True),
        long_text("cause", "原因 | Cause"),
        long_text("measure", "整改措施 | Measure", must=True),
        text("owner", "责任人 | Responsible", must=True),
        day("due_at", "整改期限 | To be put right by", must=True),
        NOTE,
    ),
)
FORM_TRANSITIONS = (
    Transition(
        "rectified", ("open",), ("steward", "cs_agent", "cs_supervisor", "engineer", "project_manager")
    ),
    Transition("open", ("rectified", "fed_back"), by="return_visit", when=when("satisfaction", "2", "1")),
    Transition("fed_back", ("rectified",), by="return_visit", when=when("satisfaction", "5", "4", "3", "0")),
)
NONCONFORMITY_STEP = step_record(
    "nonconformity_form",
    "不合格项整改 | Nonconformity put right",
    "visits",
    FORM_STATUS,
    FORM_TRANSITIONS,
    instant("verified_at", "验证时间 | Verified at", must=True, when=when("to", "rectified"), initial="now"),
    rules=("R-VIS-06",),
    offline=True,
)
VISIT_REPORT = RecordType(
    name="visit_report",
    title=label("走访月报 | Monthly visit report"),
    system="visits",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-VIS-07",),
    fields=(
        text("month", "报告月份 | Month reported", must=True),
        whole("occupied", "在住户数 | Occupied households", must=True),
        whole("visited", "走访户数 | Households visited", must=True),
        whole("opinions", "意见条数 | Opinions", must=True),
        whole("satisfied", "满意户数 | Satisfied", must=True),
        NOTE,
    ),
)
COMMON_PROBLEM = RecordType(
    name="common_problem",
    title=label("共性问题上报 | Common problem reported"),
    system="visits",
    subject="project",
    roles=("steward", "cs_supervisor"),
    offline=True,
    rules=("R-VIS-08",),
    fields=(
        text("topic", "主题 | Topic", must=True),
        whole("households", "涉及户数 | Households", must=True),
        long_text("text", "情况 | What it is", must=True),
        instant("manager_told_at", "报告项目经理时间 | Manager told at", must=True, initial="now"),
    ),
)
MEETING_KIND = enum(
    "customer_meeting.kind",
    "沟通形式",
    "Kind",
    committee="业委会沟通 | Talk with the owners' committee",
    symposium="客户代表恳谈会 | Symposium of representatives",
    forum="座谈会 | Customer forum",
)
CUSTOMER_MEETING = RecordType(
    name="customer_meeting",
    title=label("客户座谈 | Meeting with customers"),
    system="visits",
    subject="project",
    roles=("cs_supervisor", "project_manager", "quality_dept"),
    rules=("R-VIS-10", "R-VIS-11", "R-VIS-12"),
    fields=(
        one("kind", "沟通形式 | Kind", MEETING_KIND, must=True),
        whole("participants", "参加人数 | Participants", must=True),
        long_text("text", "意见与建议 | Views and proposals", must=True),
        long_text("adopted", "采纳与改进 | Adopted and improved"),
    ),
)
NEED = enum(
    "need_tag",
    "需求类别",
    "Need",
    management="管理 | Management",
    service="服务 | Service",
    business="经营 | Business",
)
CUSTOMER_CONTACT = RecordType(
    name="customer_contact",
    title=label("与客户沟通登记 | Customer contact"),
    system="visits",
    subject="household",
    subject_prefixes=("household", "unit", "area", "project"),
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager", "duty_operator", "guard", "engineer"),
    offline=True,
    rules=("R-VIS-13", "R-INF-01", "R-INF-08", "R-SVC-13"),
    fields=(
        UNIT,
        HOUSEHOLD,
        one("channel", "渠道 | Channel", CHANNEL, must=True),
        one("origin", "来源 | Origin", ORIGIN, must=True),
        long_text("text", "内容 | What was said", must=True),
        one("need_tag", "需求类别 | Need", NEED),
        text("relayed_by_department", "转达部门 | Passed on by the department"),
        long_text("handled", "处理情况 | What was done"),
    ),
)
VIEWS_SUMMARY = RecordType(
    name="customer_views_summary",
    title=label("顾客意见月度汇总 | Monthly summary of customers' views"),
    system="visits",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-VIS-14",),
    fields=(
        text("month", "汇总月份 | Month", must=True),
        group(
            "causes",
            "主要原因 | Main causes",
            text("cause", "原因 | Cause", must=True),
            whole("count", "件数 | Number", must=True),
            long_text("measure", "纠正措施 | Corrective measure", must=True),
            must=True,
        ),
    ),
)
KEY_CUSTOMER = RecordType(
    name="key_customer",
    title=label("重点客户登记 | Key customer"),
    system="visits",
    subject="household",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-KC-01", "R-KC-05"),
    fields=(
        link("household_id", "家庭户 | Household", "household", repeats_envelope="subject", in_form=False),
        text("manager", "维护人 | Looked after by", must=True),
        yes("in_arrears", "有欠费 | In arrears"),
        REASON,
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="visit_plan",
        title=label("走访计划台账 | Visit plans"),
        states=PLAN_STATUS,
        initial="submitted",
        transitions=PLAN_TRANSITIONS,
        step="visit_plan_step",
        ends=("approved",),
    ),
    LifeCycle(
        kind="nonconformity_form",
        title=label("不合格项台账 | Nonconformities"),
        states=FORM_STATUS,
        initial="open",
        transitions=FORM_TRANSITIONS,
        step="nonconformity_form_step",
        ends=("fed_back",),
        logs=(
            Log("return_visits", label("回访 | Return visits"), "return_visit", ("result", "satisfaction")),
        ),
    ),
)
RECORD_TYPES = (
    VISIT_PLAN,
    VISIT_PLAN_STEP,
    RESIDENT_VISIT,
    NONCONFORMITY_FORM,
    NONCONFORMITY_STEP,
    VISIT_REPORT,
    COMMON_PROBLEM,
    CUSTOMER_MEETING,
    CUSTOMER_CONTACT,
    VIEWS_SUMMARY,
    KEY_CUSTOMER,
)
