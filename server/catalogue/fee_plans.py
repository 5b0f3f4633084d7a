"""Fee plans and what is done with them: plan, reconciliation, summary meetings, performance, fast lane.

For: what is recorded about collecting fees beside the visits.
Not for: fee visits (fees.py), accounts (reference type fee_account).
Source: domain 4.4, 3.4; R-FEE.
"""

from __future__ import annotations

from server.catalogue.checks.figures import SumIs
from server.catalogue.field_words import (
    HOUSEHOLD,
    NOTE,
    UNIT,
    group,
    link,
    long_text,
    money,
    text,
    when,
    whole,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import LifeCycle, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import RecordType, Role, card

PLAN_STATUS = enum(
    "fee_plan.status",
    "收费计划状态",
    "Fee plan",
    submitted="待审批 | To be approved",
    returned="退回 | Returned",
    approved="已批准 | Approved",
)
LANE_STATUS = enum(
    "fast_lane.status",
    "直通车状态",
    "Fast lane",
    open="待解决 | To be solved",
    solved="已解决 | Solved",
    rejected="不属我方 | Not ours to solve",
)
CONDUCT = card(
    "fee_conduct",
    "收费纪律 | Rules when taking fees",
    "必开收据；钱款不入私账、不设小金库 | Always a receipt; no private account, no hidden fund",
    "不擅自收费，只收公示项目 | No charge without authority, only items of the tariff",
    "不向住户索要钱物 | Never ask residents for money or goods",
    "不停水停电催费，不公开欠费人姓名，夜间不上门 | No cutting of water or power, no names published, no visits at night",
    rules=("R-FEE-15", "R-FEE-18", "R-X-25"),
)
_OFFICE: tuple[Role, ...] = ("cs_supervisor", "project_manager")
FEE_PLAN = RecordType(
    name="fee_plan",
    title=label("月度收费计划 | Monthly fee plan"),
    system="fees",
    subject="fee_plan",
    subject_prefixes=("project", "fee_plan"),
    opens_subject=True,
    roles=_OFFICE,
    rules=("R-FEE-01", "R-FEE-02", "R-FEE-03"),
    help=(CONDUCT,),
    fields=(
        text("month", "月份 | Month", must=True, initial="month"),
        money("target_current", "当期目标 | Target, current", must=True),
        money("target_arrears", "清欠目标 | Target, arrears", must=True),
        group(
            "splits",
            "指标分解 | Split",
            text("steward", "管家 | Steward", must=True),
            money("current", "当期 | Current", must=True),
            money("arrears", "清欠 | Arrears", must=True),
            must=True,
        ),
        yes("discussed", "已与员工讨论 | Discussed with the staff", must=True),
        long_text(
            "measurable",
            "目标如何衡量、考核、有挑战 | How it is measured, assessed and challenging",
            must=True,
        ),
        NOTE,
    ),
    checks=(
        SumIs("splits", "current", "target_current", "R-FEE-02"),
        SumIs("splits", "arrears", "target_arrears", "R-FEE-02"),
    ),
)
PLAN_TRANSITIONS = (
    Transition("approved", ("submitted",), ("project_manager",), guards=(NotOwn("R-FEE-01", ("fee_plan",)),)),
    Transition("returned", ("submitted",), ("project_manager",), guards=(NotOwn("R-FEE-01", ("fee_plan",)),)),
    Transition("submitted", ("returned",), _OFFICE),
)
FEE_PLAN_STEP = step_record(
    "fee_plan",
    "收费计划审批 | Fee plan step",
    "fees",
    PLAN_STATUS,
    PLAN_TRANSITIONS,
    long_text("reason", "意见 | Remarks", must=True, when=when("to", "returned")),
    rules=("R-FEE-01",),
)
LEDGER_RECONCILIATION = RecordType(
    name="ledger_reconciliation",
    title=label("台账每周核对 | Weekly reconciliation"),
    system="fees",
    subject="project",
    roles=("finance", "cs_supervisor"),
    rules=("R-FEE-05",),
    fields=(
        money("cs_ledger", "客服台账 | Customer-service ledger", must=True),
        money("cashier_ledger", "出纳台账 | Cashier ledger", must=True),
        group(
            "differences",
            "差异 | Differences",
            text("what", "项目 | What", must=True),
            money("amount", "金额 | Amount", must=True, min=-(10**11)),
            long_text("explanation", "说明 | Explanation", must=True),
        ),
    ),
)
COLLECTION_MEETING = RecordType(
    name="collection_meeting",
    title=label("收费小结会 | Collection summary meeting"),
    system="fees",
    subject="project",
    roles=(*_OFFICE, "steward"),
    rules=("R-FEE-08",),
    fields=(
        long_text("summary", "小结 | Summary", must=True),
        group(
            "hard_cases",
            "难点 | Hard cases",
            text("case", "情况 | Case", must=True),
            long_text("answer", "统一答复 | Answer", must=True),
        ),
    ),
)
FEE_PERFORMANCE = RecordType(
    name="fee_performance",
    title=label("收费绩效考核 | Fee performance"),
    system="fees",
    subject="project",
    roles=_OFFICE,
    rules=("R-FEE-07", "R-RPT-01"),
    fields=(
        text("month", "月份 | Month", must=True),
        group(
            "results",
            "完成情况 | Results",
            text("steward", "管家 | Steward", must=True),
            money("received", "实收 | Received", must=True),
            long_text("performance", "考核 | Assessment", must=True),
            must=True,
        ),
    ),
)
COLLECTOR_TRAINING = RecordType(
    name="collector_training",
    title=label("收费培训 | Training of collectors"),
    system="fees",
    subject="project",
    roles=_OFFICE,
    rules=("R-FEE-20",),
    fields=(
        text("topic", "主题 | Topic", must=True),
        text("participants", "参加人 | Participants", must=True),
        whole("minutes", "时长 | Length", must=True, unit="min"),
    ),
)
FAST_LANE = RecordType(
    name="fast_lane",
    title=label("缴费直通车 | Fast lane"),
    system="fees",
    subject="fast_lane",
    subject_prefixes=("household", "unit", "fast_lane"),
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor"),
    offline=True,
    rules=("R-FEE-09", "R-X-23"),
    fields=(
        UNIT,
        HOUSEHOLD,
        long_text("obstacle", "缴费障碍 | Obstacle to payment", must=True),
        text("owner", "责任人 | Responsible", must=True),
        link("source", "关联记录 | Record", "complaint", "repair_order", "fee_visit", in_form=False),
    ),
)
LANE_TRANSITIONS = (
    Transition("solved", ("open",), ("steward", "cs_agent", "cs_supervisor", "engineer")),
    Transition("rejected", ("open",), _OFFICE),
    Transition("open", ("solved",), ("steward", "cs_agent", "cs_supervisor")),
)
FAST_LANE_STEP = step_record(
    "fast_lane",
    "直通车办理 | Fast lane step",
    "fees",
    LANE_STATUS,
    LANE_TRANSITIONS,
    long_text("result", "结果 | Result", must=True, when=when("to", "solved")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "rejected", "open")),
    rules=("R-FEE-09",),
    offline=True,
)
LIFE_CYCLES = (
    LifeCycle(
        kind="fee_plan",
        title=label("收费计划台账 | Fee plans"),
        states=PLAN_STATUS,
        initial="submitted",
        transitions=PLAN_TRANSITIONS,
        step="fee_plan_step",
        ends=("approved",),
        readers=(
            "cs_supervisor",
            "project_manager",
            "finance",
            "deputy_gm",
            "company_leader",
            "office_viewer",
        ),
    ),
    LifeCycle(
        kind="fast_lane",
        title=label("缴费直通车台账 | Fast lane"),
        states=LANE_STATUS,
        initial="open",
        transitions=LANE_TRANSITIONS,
        step="fast_lane_step",
        ends=("solved", "rejected"),
    ),
)
RECORD_TYPES = (
    FEE_PLAN,
    FEE_PLAN_STEP,
    LEDGER_RECONCILIATION,
    COLLECTION_MEETING,
    FEE_PERFORMANCE,
    COLLECTOR_TRAINING,
    FAST_LANE,
    FAST_LANE_STEP,
)
