"""Repairs: the order, its steps from dispatch to signature, talks with the customer, and the samples that are taken of them.

For: what is recorded about a repair, and its life cycle.
Not for: limits and figures (rules/repairs.py), return visits (return_visits.py).
Source: domain 4.3, 4.5; R-REP.
"""

from __future__ import annotations

from server.catalogue.enums import CHANNEL, DEPARTMENT, SATISFACTION
from server.catalogue.field_words import (
    HOUSEHOLD,
    NOTE,
    UNIT,
    about,
    day,
    group,
    instant,
    link,
    long_text,
    money,
    one,
    some,
    text,
    when,
    whole,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, Log, Recorded, Signed, Transition
from server.catalogue.return_visits import ANSWER
from server.catalogue.rules.kinds import Having
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType

KIND = enum(
    "repair.kind",
    "报修类别",
    "Kind",
    in_warranty="保修期内 | In warranty",
    out_of_warranty="保修期外 | Out of warranty",
    public="公共区域 | Public area",
)
FLAG = enum(
    "repair.flag",
    "标记",
    "Marks",
    urgent="急修 | Urgent",
    leak="渗漏水 | Leak",
    large_defect="大缺陷 | Large defect",
    paid="有偿 | Paid",
    rework="返修 | Rework",
)
STATUS = enum(
    "repair.status",
    "维修状态",
    "Repair status",
    registered="已登记 | Registered",
    dispatched="已派工 | Dispatched",
    accepted="已接单 | Accepted",
    in_progress="处理中 | In progress",
    waiting="待料/延期 | Waiting",
    done="完工 | Done",
    signed="业主已签 | Signed by the owner",
    return_visit="待回访 | Return visit to make",
    closed="已关闭 | Closed",
    rework="返修中 | Rework",
    transferred="已转呈 | Transferred",
)
REPAIR_ORDER = RecordType(
    name="repair_order",
    title=label("报修登记 | Repair order"),
    system="repairs",
    subject="repair_order",
    subject_prefixes=("household", "unit", "area", "repair_order"),
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor", "engineer", "project_manager", "duty_operator"),
    offline=True,
    photos=Photos(kinds=("before", "overview", "detail", "signature")),
    rules=("R-REP-01", "R-REP-02", "R-REP-03", "R-REP-15"),
    fields=(
        UNIT,
        HOUSEHOLD,
        one("kind", "报修类别 | Kind", KIND, must=True),
        some("flags", "标记 | Marks", FLAG),
        one("channel", "渠道 | Channel", CHANNEL, must=True),
        text("reporter", "报修人 | Reported by", must=True),
        text("place", "部位 | Place", must=True),
        long_text("text", "报修内容 | What is wrong", must=True),
        instant("registered_at", "登记时间 | Registered at", must=True, initial="now"),
        text("agent", "跟单客服 | Followed by", must=True),
        instant("customer_due_at", "客户要求完成 | Wanted by the customer by"),
        yes("owner_concerned", "公共维修涉及业主 | A public repair that concerns an owner"),
        link("complaint_id", "关联投诉 | Complaint", "complaint", in_form=False),
        NOTE,
    ),
)
_INDOOR = Having("kind", ("in_warranty", "out_of_warranty"))
_SIGNED = Signed("R-REP-05", of_opening=False)
_BEFORE_DONE = ("dispatched", "accepted", "in_progress", "waiting", "rework")
TRANSITIONS = (
    Transition(
        "dispatched", ("registered", "rework"), ("cs_agent", "cs_supervisor", "steward", "duty_operator")
    ),
    Transition("accepted", ("dispatched",), ("engineer", "trade_supervisor")),
    Transition(
        "in_progress",
        ("dispatched", "accepted", "waiting", "rework"),
        ("engineer", "trade_supervisor", "steward"),
    ),
    Transition(
        "waiting",
        ("dispatched", "accepted", "in_progress", "rework"),
        ("engineer", "cs_agent", "trade_supervisor", "steward"),
    ),
    Transition(
        "done",
        _BEFORE_DONE,
        ("engineer", "trade_supervisor", "steward"),
        guards=(Filled("R-REP-16", ("quote_accepted_at",), Having("flags", ("paid",))),),
    ),
    Transition("signed", ("done", "return_visit"), ("engineer", "steward", "cs_agent"), guards=(_SIGNED,)),
    Transition("return_visit", ("done", "signed"), by="return_visit", when=when("result", "not_reached")),
    Transition(
        "rework",
        ("done", "signed", "return_visit", "closed"),
        by="return_visit",
        when=when("satisfaction", "2", "1"),
    ),
    Transition(
        "rework",
        ("done", "signed", "return_visit", "closed"),
        ("cs_agent", "cs_supervisor", "steward", "duty_operator"),
    ),
    Transition(
        "closed",
        ("done", "signed", "return_visit"),
        ("cs_agent", "cs_supervisor", "steward"),
        guards=(
            Signed("R-REP-05", having=_INDOOR, of_opening=False),
            Signed("R-PAT-03", having=Having("owner_concerned", (True,)), of_opening=False),
            Recorded("R-REP-06", "return_visit", when("result", "reached")),
        ),
    ),
    Transition("transferred", ("registered", *_BEFORE_DONE), ("cs_supervisor", "project_manager")),
)
REPAIR_STEP = step_record(
    "repair_order",
    "维修办理 | Repair step",
    "repairs",
    STATUS,
    TRANSITIONS,
    text("engineer", "维修人员 | Engineer", must=True, when=when("to", "dispatched")),
    money("quote", "报价 | Quote", when=when("to", "dispatched", "accepted", "in_progress")),
    instant(
        "quote_accepted_at",
        "客户认可报价时间 | Quote accepted at",
        when=when("to", "dispatched", "accepted", "in_progress", "done"),
        hint="有偿维修须先报价 | A paid repair is quoted first",
    ),
    instant("arrived_at", "到场时间 | Arrived at", when=when("to", "in_progress", "done")),
    instant("finished_at", "完工时间 | Finished at", must=True, when=when("to", "done"), initial="now"),
    group(
        "materials",
        "材料 | Materials",
        text("name", "名称 | Name", must=True),
        whole("count", "数量 | Number", must=True),
        money("price", "金额 | Price"),
        when=when("to", "done"),
    ),
    money("labour", "人工费 | Labour", when=when("to", "done")),
    one("opinion", "业主意见 | Opinion", SATISFACTION, must=True, when=when("to", "signed")),
    long_text("primary_visit_text", "初级回访意见 | First opinion in words", when=when("to", "signed")),
    instant("delay_agreed_at", "客户同意延期时间 | Delay agreed at", must=True, when=when("to", "waiting")),
    instant(
        "customer_due_at", "客户要求完成 | Wanted by the customer by", when=when("to", "waiting", "rework")
    ),
    one("department", "转呈部门 | Transferred to", DEPARTMENT, must=True, when=when("to", "transferred")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "waiting", "rework", "transferred")),
    rules=("R-REP-02", "R-REP-05", "R-REP-14", "R-REP-15", "R-REP-16"),
    offline=True,
)
REPAIR_PROGRESS = RecordType(
    name="repair_progress",
    title=label("维修沟通 | Talk about a repair"),
    system="repairs",
    subject="repair_order",
    roles=("steward", "cs_agent", "cs_supervisor", "engineer"),
    offline=True,
    rules=("R-REP-04",),
    fields=(
        about("repair_order", "报修单 | Repair order"),
        one("channel", "渠道 | Channel", CHANNEL, must=True),
        long_text("text", "沟通内容 | What was said", must=True),
        day("expected_done_at", "预计完成 | Expected to be done by"),
        NOTE,
    ),
)
_ORDER = link("repair_order", "报修单 | Repair order", "repair_order", must=True)
REPAIR_SAMPLE_CALL = RecordType(
    name="repair_sample_call",
    title=label("派工单周抽查电访 | Weekly sample call on a repair"),
    system="repairs",
    subject="project",
    roles=("quality_dept",),
    rules=("R-REP-11", "R-RV-08"),
    fields=(
        _ORDER,
        one("workmanship", "质量 | Workmanship", ANSWER, must=True),
        one("attitude", "态度 | Attitude", ANSWER, must=True),
        one("outcome", "结果 | Outcome", ANSWER, must=True),
        NOTE,
    ),
)
RETURN_VISIT_TEST = RecordType(
    name="return_visit_test",
    title=label("回访质量抽查 | Test of a return visit"),
    system="repairs",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-REP-07",),
    fields=(
        link("return_visit", "回访记录 | Return visit", "return_visit", must=True),
        yes("true", "回访属实 | It is true", must=True),
        long_text("text", "情况说明 | What was found"),
    ),
)
PAPER_MATCH = RecordType(
    name="paper_match",
    title=label("纸质与电子核对 | Paper compared with record"),
    system="repairs",
    subject="project",
    roles=("cs_supervisor", "file_keeper", "project_manager"),
    rules=("R-REP-08",),
    fields=(
        _ORDER,
        yes("matches", "一致 | They agree", must=True),
        long_text("difference", "差异 | Difference"),
    ),
)
QUALITY_CALL = RecordType(
    name="quality_call",
    title=label("品质月度电访 | Monthly quality call"),
    system="repairs",
    subject="project",
    roles=("quality_dept",),
    rules=("R-REP-17", "R-RV-14"),
    fields=(
        link("source", "对象 | About", "repair_order", "complaint", must=True),
        one("workmanship", "质量 | Workmanship", ANSWER, must=True),
        one("attitude", "态度 | Attitude", ANSWER, must=True),
        one("outcome", "结果 | Outcome", ANSWER, must=True),
        NOTE,
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="repair_order",
        title=label("维修台账 | Repairs"),
        states=STATUS,
        initial="registered",
        transitions=TRANSITIONS,
        step="repair_order_step",
        ends=("closed", "transferred"),
        logs=(
            Log("progress", label("沟通记录 | Talks"), "repair_progress", ("channel", "text")),
            Log("return_visits", label("回访 | Return visits"), "return_visit", ("result", "satisfaction")),
        ),
    ),
)
RECORD_TYPES = (
    REPAIR_ORDER,
    REPAIR_STEP,
    REPAIR_PROGRESS,
    REPAIR_SAMPLE_CALL,
    RETURN_VISIT_TEST,
    PAPER_MATCH,
    QUALITY_CALL,
)
