"""Complaints: the intake, its steps, every talk with the customer, decisions of the chain, and the supervisor's watch over them.

For: what is recorded about a complaint, and its life cycle.
Not for: limits and figures (rules/complaints.py), return visits (return_visits.py).
Source: domain 4.3, 4.5; R-CMP, R-EMO. R-CMP-29 holds because none closes before a return visit reached the customer.
"""

from __future__ import annotations

from server.catalogue.checks.answers import MustBeWhen
from server.catalogue.checks.figures import AtLeast
from server.catalogue.enums import CHANNEL, DEPARTMENT
from server.catalogue.field_words import (
    HOUSEHOLD,
    NOTE,
    REASON,
    UNIT,
    about,
    day,
    instant,
    link,
    long_text,
    one,
    text,
    when,
    whole,
    yes,
)
from server.catalogue.fields import Label, enum
from server.catalogue.lifecycle import Filled, Lapse, LifeCycle, Log, Recorded, Transition
from server.catalogue.rules.kinds import Having
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role, card

CLASS = enum("complaint.class", "投诉分类", "Class", general="一般性投诉 | General", major="重大投诉 | Major")
CAUSE = enum(
    "complaint.cause",
    "投诉原因",
    "Cause",
    decoration_noise="装修噪音 | Decoration noise",
    public_facility="公共设施 | Public facility",
    indoor_repair="室内电器设施维修 | Indoor electrics or facility",
    mail="邮件报刊 | Mail or newspaper",
    clean_green="环境绿化 | Cleaning or greening",
    pests="虫鼠害 | Rodents or insects",
    company_service="物业服务 | Service of the company",
    major_other="其他重大 | Other, major",
)
SCOPE = enum(
    "complaint.scope",
    "处理范围",
    "Scope",
    own="本中心职责内 | Our own",
    other="转交其他部门 | Handed to others",
)
STATUS = enum(
    "complaint.status",
    "投诉状态",
    "Complaint status",
    received="已受理 | Received",
    assigned="已派 | Assigned",
    processing="处理中 | Being handled",
    escalated_l2="已报主管 | With the supervisor",
    escalated_l3="已报副总 | With the deputy general manager",
    company="公司处理 | With the company",
    resolved="已处理 | Handled",
    return_visit="待回访 | Return visit to make",
    closed="已关闭 | Closed",
    reopened="重开 | Reopened",
    invalid="无效 | Not valid",
)
UPSET_OWNER = card(
    "upset_owner",
    "接待情绪业主十要点 | Ten points for an upset owner",
    "先认可对方的感受 | Acknowledge the feeling first",
    "倾听，不打断 | Listen without interrupting",
    "表示理解并做记录 | Show understanding and take notes",
    "找出原因 | Find the cause",
    "询问期望的结果 | Ask what is wanted",
    "寻找解决办法 | Find a way",
    "无法满足时请对方提出建议 | Let the customer propose if the wish cannot be met",
    "保持冷静 | Stay calm",
    "不增加挫折与等待；让业主久候即失职 | Add no frustration and no waiting",
    "跟进到底，兑现承诺 | Follow up and keep the promise",
    rules=("R-EMO-01", "R-EMO-03"),
)
BEARING = card(
    "complaint_bearing",
    "受理投诉的态度 | Bearing while receiving a complaint",
    "礼貌、乐观、热情、友善、耐心、平等 | Polite, optimistic, warm, friendly, patient, equal",
    "不冷淡、不讥笑、不训斥 | No coldness, mockery or scolding",
    "不争辩、不找借口、不过度承认 | No argument, excuse or over-admission",
    "目光接触，从容不迫 | Eye contact, unhurried",
    rules=("R-CMP-28",),
)

COMPLAINT = RecordType(
    name="complaint",
    title=Label("投诉受理", "Complaint"),
    system="complaints",
    subject="complaint",
    subject_prefixes=("household", "unit", "area", "complaint"),
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager", "duty_operator"),
    offline=True,
    photos=Photos(kinds=("overview", "detail", "document", "signature")),
    rules=("R-CMP-01", "R-CMP-02", "R-CMP-03", "R-CMP-04", "R-CMP-18", "R-CMP-22", "R-EMO-02", "R-DEC-24"),
    help=(UPSET_OWNER, BEARING),
    fields=(
        UNIT,
        HOUSEHOLD,
        one("channel", "渠道 | Channel", CHANNEL, must=True),
        instant("received_at", "受理时间 | Received at", must=True, initial="now"),
        text("person", "投诉人 | Who complains"),
        long_text("text", "投诉内容 | What is complained about", must=True),
        long_text(
            "wish",
            "客户诉求 | What the customer wants",
            must=True,
            hint="怎样才算解决 | What would count as solved",
        ),
        one("class", "投诉分类 | Class", CLASS, must=True),
        one("cause", "投诉原因 | Cause", CAUSE, must=True),
        one("scope", "处理范围 | Scope", SCOPE, must=True),
        one("department", "责任部门 | Department", DEPARTMENT, must=True, when=when("scope", "other")),
        yes("compensation", "涉及赔偿 | About compensation"),
        yes("against_manager", "投诉管理处主任 | Against the head of the office"),
        yes("group_flag", "群诉 | Group complaint"),
        link("decoration_project_id", "关联装修 | Decoration concerned", "decoration_project", in_form=False),
        whole("waited_minutes", "等候分钟 | Minutes waited", unit="min"),
        NOTE,
    ),
    checks=(
        MustBeWhen(when("compensation", True), "class", ("major",), "R-CMP-03"),
        MustBeWhen(when("against_manager", True), "class", ("major",), "R-CMP-03"),
        MustBeWhen(when("group_flag", True), "class", ("major",), "R-CMP-03"),
    ),
)

_OPEN = ("received", "assigned", "processing", "reopened", "escalated_l2", "escalated_l3", "company")
_HANDLED = ("resolved", "return_visit")
_DESK: tuple[Role, ...] = ("cs_agent", "steward", "cs_supervisor", "project_manager")
_UNSATISFIED = when("satisfaction", "2", "1")
TRANSITIONS = (
    Transition("assigned", ("received", "reopened"), ("cs_agent", "cs_supervisor", "project_manager")),
    Transition("processing", ("received", "assigned", "reopened"), _DESK),
    Transition("escalated_l2", ("received", "assigned", "processing", "reopened"), _DESK),
    Transition("escalated_l3", ("escalated_l2",), ("cs_supervisor", "project_manager")),
    Transition("company", (*_OPEN[:-1],), ("cs_supervisor", "project_manager", "deputy_gm")),
    Transition(
        "resolved",
        _OPEN,
        (*_DESK, "deputy_gm", "company_leader", "quality_dept"),
        guards=(Filled("R-CMP-21", ("solution",)),),
    ),
    Transition("return_visit", ("resolved",), by="return_visit", when=when("result", "not_reached")),
    Transition("reopened", _HANDLED, by="return_visit", when=_UNSATISFIED),
    Transition(
        "closed",
        _HANDLED,
        ("cs_agent", "cs_supervisor", "project_manager", "quality_dept"),
        guards=(
            Filled("R-CMP-21", ("solution", "agreed_at")),
            Filled("R-CMP-24", ("cause_analysis", "preventive_measure")),
            Recorded("R-RV-04", "return_visit", when("result", "reached")),
            Recorded("R-CMP-25", "corrective_action_report", having=Having("class", ("major",))),
        ),
    ),
    Transition("invalid", ("received", "assigned", "processing"), ("cs_supervisor", "project_manager")),
)
COMPLAINT_STEP = step_record(
    "complaint",
    "投诉办理 | Complaint step",
    "complaints",
    STATUS,
    TRANSITIONS,
    text("assigned_to", "处理人 | Handled by", must=True, when=when("to", "assigned")),
    one("department", "责任部门 | Department", DEPARTMENT, when=when("to", "assigned")),
    long_text("solution", "解决办法 | Solution", must=True, when=when("to", "resolved")),
    instant(
        "agreed_at", "与客户达成一致时间 | Agreed with the customer at", when=when("to", "resolved", "closed")
    ),
    long_text("cause_analysis", "原因分析 | Cause", must=True, when=when("to", "closed")),
    long_text("preventive_measure", "预防措施 | Preventive measure", must=True, when=when("to", "closed")),
    long_text(
        "reason",
        "理由 | Reason",
        must=True,
        when=when("to", "escalated_l2", "escalated_l3", "company", "invalid"),
    ),
    rules=("R-CMP-09", "R-CMP-10", "R-CMP-20", "R-CMP-21", "R-CMP-24", "R-EMO-04"),
    offline=True,
)
COMPLAINT_PROGRESS = RecordType(
    name="complaint_progress",
    title=Label("投诉沟通", "Talk about a complaint"),
    system="complaints",
    subject="complaint",
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager", "engineer", "quality_dept"),
    offline=True,
    rules=("R-CMP-08", "R-CMP-11", "R-CMP-12"),
    fields=(
        about("complaint", "投诉 | Complaint"),
        one("channel", "渠道 | Channel", CHANNEL, must=True),
        long_text("text", "沟通内容 | What was said", must=True),
        yes("cause_told", "已告知原因 | Cause told"),
        day("expected_done_at", "预计完成 | Expected to be done by"),
        yes("agreed", "客户同意 | The customer agrees"),
        NOTE,
    ),
)
COMPLAINT_CHANGE = RecordType(
    name="complaint_change",
    title=Label("投诉改类", "Complaint reclassified"),
    system="complaints",
    subject="complaint",
    roles=("cs_supervisor", "project_manager", "quality_dept"),
    rules=("R-CMP-30",),
    fields=(
        about("complaint", "投诉 | Complaint"),
        one("class", "投诉分类 | Class", CLASS),
        one("scope", "处理范围 | Scope", SCOPE),
        one("department", "责任部门 | Department", DEPARTMENT),
        REASON,
    ),
)
LEVEL = enum(
    "complaint_decision.level",
    "层级",
    "Level",
    supervisor="客服主管 | Supervisor",
    deputy_gm="主管副总 | Deputy general manager",
    company="公司领导 | Company leadership",
)
COMPLAINT_DECISION = RecordType(
    name="complaint_decision",
    title=Label("投诉批示", "Decision on a complaint"),
    system="complaints",
    subject="complaint",
    roles=("cs_supervisor", "project_manager", "deputy_gm", "company_leader", "quality_dept"),
    rules=("R-CMP-09", "R-CMP-20", "R-CMP-23"),
    fields=(
        about("complaint", "投诉 | Complaint"),
        one("level", "层级 | Level", LEVEL, must=True),
        long_text("text", "批示 | Decision", must=True),
        text("assigned_to", "处理人 | Handled by"),
    ),
)
COMPLAINT_REVIEW = RecordType(
    name="complaint_review",
    title=Label("未结投诉查阅", "Open complaints read"),
    system="complaints",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-CMP-19",),
    fields=(
        whole("open_count", "未结件数 | Open complaints", must=True),
        long_text("text", "督办意见 | What to do"),
    ),
)
COMPLAINT_SEARCH = RecordType(
    name="complaint_search",
    title=Label("漏登投诉排查", "Search for complaints not recorded"),
    system="complaints",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-CMP-16",),
    fields=(
        whole("calls", "抽听录音数 | Recordings heard", must=True),
        whole("visits", "走访户数 | Customers visited", must=True),
        whole("missing", "漏登件数 | Complaints not recorded", must=True),
        long_text("text", "情况说明 | What was found"),
    ),
    checks=(
        AtLeast("calls", "cmp.search_calls", "R-CMP-16"),
        AtLeast("visits", "cmp.search_visits", "R-CMP-16"),
    ),
)
RISK_COMBING = RecordType(
    name="risk_combing",
    title=Label("投诉风险排查", "Combing for complaint risks"),
    system="complaints",
    subject="project",
    roles=("cs_supervisor", "project_manager", "steward"),
    offline=True,
    rules=("R-CMP-17",),
    fields=(
        long_text("text", "风险点 | Risks found", must=True),
        yes("group_risk", "有群诉风险 | Risk of a group complaint", must=True),
        instant(
            "manager_told_at", "报告项目经理时间 | Manager told at", must=True, when=when("group_risk", True)
        ),
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="complaint",
        title=Label("投诉台账", "Complaints"),
        states=STATUS,
        initial="received",
        initial_when=((when("compensation", True), "company"), (when("against_manager", True), "company")),
        transitions=TRANSITIONS,
        step="complaint_step",
        ends=("closed", "invalid"),
        lapses=(
            Lapse("R-CMP-09", ("received", "assigned", "processing", "reopened"), "escalated_l2"),
            Lapse("R-CMP-09", ("escalated_l2",), "escalated_l3"),
        ),
        shows=("complaint_change", "complaint_decision"),
        hidden=("to", "reason", "note", "level"),
        logs=(
            Log("progress", Label("沟通记录", "Talks"), "complaint_progress", ("channel", "text")),
            Log("decisions", Label("批示", "Decisions"), "complaint_decision", ("level", "text")),
            Log(
                "return_visits",
                Label("回访", "Return visits"),
                "return_visit",
                ("result", "satisfaction"),
            ),
        ),
    ),
)
RECORD_TYPES = (
    COMPLAINT,
    COMPLAINT_STEP,
    COMPLAINT_PROGRESS,
    COMPLAINT_CHANGE,
    COMPLAINT_DECISION,
    COMPLAINT_REVIEW,
    COMPLAINT_SEARCH,
    RISK_COMBING,
)
