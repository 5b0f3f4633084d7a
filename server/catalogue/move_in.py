"""Move-in: the case with its steps in order, and the defects found at the accompanied house check.

For: what is recorded when an owner moves in, and both life cycles.
Not for: limits and figures (rules/move_in.py), repairs (repairs.py).
Source: domain 4.5, 3.9; R-MOV.
"""

from __future__ import annotations

from itertools import pairwise

from server.catalogue.field_words import (
    HOUSEHOLD,
    NOTE,
    UNIT,
    day,
    group,
    instant,
    long_text,
    text,
    ticks,
    when,
    whole,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, Signed, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role, card

STATUS = enum(
    "move_in_case.status",
    "入住状态",
    "Move-in",
    opened="已受理 | Begun",
    papers_checked="已核资料 | Papers checked",
    fees_taken="已收费 | Fees taken",
    agreements_signed="已签协议 | Agreements signed",
    forms_filled="已填表 | Forms filled in",
    house_checked="已验房 | House checked",
    keys_handed="已交钥匙 | Keys handed over",
    archived="已归档 | Archived",
    cancelled="取消 | Cancelled",
)
DOCS = enum(
    "move_in_case.docs",
    "入住资料",
    "Papers",
    owner_info_form="业主信息登记表 | Owner information form",
    prelim_agreement="前期物业服务协议 | Preliminary service agreement",
    photos="照片 | Photos",
    other="其他 | Other",
)
DEFECT_STATUS = enum(
    "handover_defect.status",
    "验房问题状态",
    "Handover defect",
    found="已发现 | Found",
    sent="已转开发商 | Sent to the developer",
    fixed="已整改 | Put right",
    owner_signed="业主已签 | Signed by the owner",
)
WORDING = card(
    "move_in_wording",
    "入住统一口径 | Wording for move-in",
    "按顺序办理六步 | Keep to the six steps in their order",
    "答疑用统一口径，不随意承诺 | Answer with the agreed wording, promise nothing lightly",
    "留意各部门配合与群诉风险 | Watch how departments work together, and for a group complaint",
    rules=("R-MOV-02", "R-MOV-04"),
)
_DESK: tuple[Role, ...] = ("cs_agent", "steward", "cs_supervisor")
MOVE_IN_CASE = RecordType(
    name="move_in_case",
    title=label("入住办理 | Move-in"),
    system="move_in",
    subject="move_in_case",
    subject_prefixes=("unit", "move_in_case"),
    opens_subject=True,
    roles=_DESK,
    rules=("R-MOV-01",),
    help=(WORDING,),
    fields=(
        UNIT,
        HOUSEHOLD,
        text("owner", "业主 | Owner", must=True),
        long_text("risk_note", "风险提示 | Risk"),
        NOTE,
    ),
)
_ORDER = (
    "opened",
    "papers_checked",
    "fees_taken",
    "agreements_signed",
    "forms_filled",
    "house_checked",
    "keys_handed",
)
TRANSITIONS = (
    *(
        Transition(
            to,
            (frm,),
            _DESK,
            guards=(
                (Filled("R-MOV-09", ("guide_given_at",)),)
                if to == "agreements_signed"
                else (Signed("R-MOV-07"), Filled("R-MOV-07", ("keys_handed",)))
                if to == "keys_handed"
                else ()
            ),
        )
        for frm, to in pairwise(_ORDER)
    ),
    Transition(
        "archived",
        ("keys_handed",),
        ("cs_agent", "cs_supervisor", "file_keeper"),
        guards=(Filled("R-MOV-05", ("docs", "fee_start_on")),),
    ),
    Transition("cancelled", _ORDER[:-1], ("cs_supervisor", "project_manager")),
)
MOVE_IN_STEP = step_record(
    "move_in_case",
    "入住步骤 | Move-in step",
    "move_in",
    STATUS,
    TRANSITIONS,
    text("receipt_no", "收据号 | Receipt number", must=True, when=when("to", "fees_taken")),
    instant(
        "guide_given_at",
        "发放服务指南时间 | Service guide given at",
        must=True,
        when=when("to", "agreements_signed"),
    ),
    whole("defects", "验房问题数 | Defects found", must=True, when=when("to", "house_checked")),
    group(
        "keys_handed",
        "移交钥匙与物品 | Keys and items",
        text("name", "名称 | What", must=True),
        whole("count", "数量 | Number", must=True),
        when=when("to", "keys_handed"),
    ),
    ticks("docs", "归档资料 | Papers", DOCS, must=True, when=when("to", "archived")),
    day("fee_start_on", "计费起始日 | Fees start on", must=True, when=when("to", "archived")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "cancelled")),
    rules=("R-MOV-01", "R-MOV-05", "R-MOV-07", "R-MOV-09"),
)
HANDOVER_DEFECT = RecordType(
    name="handover_defect",
    title=label("验房问题 | Handover defect"),
    system="move_in",
    subject="handover_defect",
    subject_prefixes=("move_in_case", "unit", "handover_defect"),
    opens_subject=True,
    roles=("steward", "cs_agent", "engineer", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1),
    rules=("R-MOV-03",),
    fields=(
        UNIT,
        text("place", "部位 | Place", must=True),
        text("kind", "问题 | Kind", must=True),
        long_text("text", "情况 | What it is"),
        text("developer_contact", "开发商联系人 | Developer's contact", must=True),
    ),
)
DEFECT_TRANSITIONS = (
    Transition("sent", ("found",), ("steward", "cs_agent", "cs_supervisor", "engineer")),
    Transition("fixed", ("sent",), ("steward", "engineer", "cs_agent")),
    Transition("owner_signed", ("fixed",), ("steward", "cs_agent"), guards=(Signed("R-MOV-03"),)),
    Transition("sent", ("fixed",), ("steward", "engineer")),
)
HANDOVER_DEFECT_STEP = step_record(
    "handover_defect",
    "验房问题处理 | Handover defect step",
    "move_in",
    DEFECT_STATUS,
    DEFECT_TRANSITIONS,
    yes("transfer_form", "已出转呈单 | Transfer form made", when=when("to", "sent")),
    rules=("R-MOV-03",),
    offline=True,
)
LIFE_CYCLES = (
    LifeCycle(
        kind="move_in_case",
        title=label("入住台账 | Move-ins"),
        states=STATUS,
        initial="opened",
        transitions=TRANSITIONS,
        step="move_in_case_step",
        ends=("archived", "cancelled"),
    ),
    LifeCycle(
        kind="handover_defect",
        title=label("验房问题台账 | Handover defects"),
        states=DEFECT_STATUS,
        initial="found",
        transitions=DEFECT_TRANSITIONS,
        step="handover_defect_step",
        ends=("owner_signed",),
    ),
)
RECORD_TYPES = (MOVE_IN_CASE, MOVE_IN_STEP, HANDOVER_DEFECT, HANDOVER_DEFECT_STEP)
