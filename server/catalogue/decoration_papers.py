"""Around a decoration: deposit, permit, worker passes, leak test, waste removal, and the supervisor's check of the register.

For: what is recorded about a decoration beside its project, and the life cycles of a deposit and of a permit.
Not for: the project itself and its patrols (decoration.py), violations (violations.py).
Source: domain 6, 3.1; R-DEC-20, R-X-10 to R-X-18.
"""

from __future__ import annotations

from server.catalogue.checks.figures import ShareOf
from server.catalogue.checks.times import MinutesBetween
from server.catalogue.field_words import (
    NOTE,
    UNIT,
    day,
    group,
    instant,
    link,
    long_text,
    money,
    text,
    when,
    whole,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, Lapse, LifeCycle, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role

DEPOSIT_STATUS = enum(
    "decoration_deposit.status",
    "押金状态",
    "Deposit",
    held="已收 | Held",
    accepted="初验合格 | First acceptance passed",
    second_accepted="复验合格 | Second acceptance passed",
    refunded="已退还 | Refunded",
)
PERMIT_STATUS = enum(
    "decoration_permit.status",
    "施工证状态",
    "Permit",
    valid="有效 | Valid",
    expired="过期 | Expired",
    returned="已收回 | Returned",
)
_OFFICE: tuple[Role, ...] = ("cs_agent", "cs_supervisor")
_PROJECT = link("decoration_project_id", "装修项目 | Decoration project", "decoration_project", in_form=False)
DEPOSIT = RecordType(
    name="decoration_deposit",
    title=label("装修押金 | Decoration deposit"),
    system="decoration_papers",
    subject="decoration_deposit",
    subject_prefixes=("unit", "decoration_deposit"),
    opens_subject=True,
    roles=("finance", *_OFFICE),
    rules=("R-X-10", "R-DEC-25"),
    fields=(
        UNIT,
        _PROJECT,
        text("payer", "缴纳人 | Payer", must=True),
        money("amount", "金额 | Amount", must=True, min=1),
        text("receipt_no", "收据号 | Receipt number", must=True),
        NOTE,
    ),
)
DEPOSIT_TRANSITIONS = (
    Transition("accepted", ("held",), _OFFICE),
    Transition("second_accepted", ("accepted",), _OFFICE),
    Transition(
        "refunded",
        ("second_accepted",),
        ("finance",),
        guards=(Filled("R-X-10", ("refunded_amount",)), NotOwn("R-X-10", ("second_accepted",))),
    ),
)
DEPOSIT_STEP = step_record(
    "decoration_deposit",
    "押金办理 | Deposit step",
    "decoration_papers",
    DEPOSIT_STATUS,
    DEPOSIT_TRANSITIONS,
    money("refunded_amount", "退还金额 | Refunded", must=True, when=when("to", "refunded")),
    group(
        "deductions",
        "扣款明细 | Deductions",
        text("what", "事项 | What", must=True),
        money("amount", "金额 | Amount", must=True),
        text("agreed_by", "同意人 | Agreed by", must=True),
        when=when("to", "refunded"),
    ),
    rules=("R-X-10",),
)
PERMIT = RecordType(
    name="decoration_permit",
    title=label("装修施工证 | Decoration permit"),
    system="decoration_papers",
    subject="decoration_permit",
    subject_prefixes=("unit", "decoration_permit"),
    opens_subject=True,
    roles=(*_OFFICE, "steward"),
    photos=Photos(),
    rules=("R-X-11", "R-X-17"),
    fields=(
        UNIT,
        _PROJECT,
        text("permit_no", "证号 | Number", must=True),
        day("valid_to", "有效期至 | Valid until", must=True),
        yes("posted", "已贴门上 | Posted on the door", must=True),
        yes("neighbours_told", "已告知邻居 | Neighbours told", must=True),
    ),
)
PERMIT_TRANSITIONS = (
    Transition("valid", ("valid", "expired"), _OFFICE),
    Transition("returned", ("valid", "expired"), (*_OFFICE, "steward")),
)
PERMIT_STEP = step_record(
    "decoration_permit",
    "施工证办理 | Permit step",
    "decoration_papers",
    PERMIT_STATUS,
    PERMIT_TRANSITIONS,
    day("valid_to", "有效期至 | Valid until", must=True, when=when("to", "valid")),
    rules=("R-X-11",),
)
WORKER_PASS = RecordType(
    name="worker_pass",
    title=label("施工人员出入证 | Worker pass"),
    system="decoration_papers",
    subject="unit",
    roles=(*_OFFICE, "guard"),
    rules=("R-X-12",),
    fields=(
        link("unit_id", "房屋 | Unit", "unit", repeats_envelope="subject", in_form=False),
        text("name", "姓名 | Name", must=True),
        text("trade", "工种 | Trade", must=True),
        day("valid_to", "有效期至 | Valid until", must=True),
        day("returned_on", "收回日期 | Returned on"),
    ),
)
LEAK_TEST = RecordType(
    name="leak_test",
    title=label("闭水试验 | Leak test"),
    system="decoration_papers",
    subject="unit",
    roles=("steward", "engineer", "cs_supervisor"),
    offline=True,
    photos=Photos(min=2),
    rules=("R-X-16",),
    fields=(
        link("unit_id", "房屋 | Unit", "unit", repeats_envelope="subject", in_form=False),
        text("room", "房间 | Room", must=True),
        whole("depth_mm", "水深 | Depth of water", must=True, unit="mm", min=20, max=500),
        instant("started_at", "开始 | Began", must=True),
        instant("ended_at", "结束 | Ended", must=True, initial="now"),
        text("checked_below", "楼下查看结果 | The flat below", must=True),
        yes("tight", "不渗漏 | Tight", must=True),
        yes("after_tiles", "铺砖后 | After the tiles"),
    ),
    checks=(MinutesBetween("started_at", "ended_at", "dec.leak_test_minutes", "R-X-16"),),
)
WASTE_REMOVAL = RecordType(
    name="waste_removal",
    title=label("装修垃圾清运 | Waste removal"),
    system="decoration_papers",
    subject="unit",
    roles=("steward", "cleaner", "guard", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1),
    rules=("R-X-14",),
    fields=(
        link("unit_id", "房屋 | Unit", "unit", repeats_envelope="subject", in_form=False),
        whole("bags", "袋数 | Bags", must=True),
        yes("lift_protected", "电梯已防护 | Lift protected", must=True),
        text("place", "清运地点 | Taken to", must=True),
    ),
)
REGISTER_CHECK = RecordType(
    name="register_check",
    title=label("装修登记核对 | Register compared with records"),
    system="decoration_papers",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-DEC-20",),
    fields=(
        whole("active", "在施项目数 | Active projects", must=True),
        whole("sampled", "核对项目数 | Compared", must=True),
        group(
            "differences",
            "差异 | Differences",
            text("unit_no", "房号 | Unit", must=True),
            long_text("text", "情况 | What", must=True),
        ),
    ),
    checks=(ShareOf("sampled", "active", "dec.register_share", "R-DEC-20", least="dec.register_sample"),),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="decoration_deposit",
        title=label("装修押金台账 | Decoration deposits"),
        states=DEPOSIT_STATUS,
        initial="held",
        transitions=DEPOSIT_TRANSITIONS,
        step="decoration_deposit_step",
        ends=("refunded",),
    ),
    LifeCycle(
        kind="decoration_permit",
        title=label("施工证台账 | Decoration permits"),
        states=PERMIT_STATUS,
        initial="valid",
        transitions=PERMIT_TRANSITIONS,
        step="decoration_permit_step",
        ends=("returned",),
        lapses=(Lapse("R-X-11", ("valid",), "expired"),),
    ),
)
RECORD_TYPES = (
    DEPOSIT,
    DEPOSIT_STEP,
    PERMIT,
    PERMIT_STEP,
    WORKER_PASS,
    LEAK_TEST,
    WASTE_REMOVAL,
    REGISTER_CHECK,
)
