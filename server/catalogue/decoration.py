"""Decoration: the filing, the steps of its life cycle, and the daily patrol.

For: what is recorded about a decoration project.
Not for: violations (violations.py), when a patrol is due or a step allowed (server/ledger/decoration.py).
Source: domain 4.3 and 4.4; R-DEC-01, R-DEC-02, R-DEC-03 to R-DEC-09, R-DEC-17, R-DEC-18.
"""

from __future__ import annotations

from server.catalogue.checks.answers import NeededWhenAbnormal
from server.catalogue.checks.photos import PhotoPerAbnormalItem
from server.catalogue.checks.times import MinutesBetween, OrderedDays
from server.catalogue.fields import Field, Label, When, checklist, enum
from server.catalogue.types import Photos, RecordType, StepRoles, card

PATROL_ITEMS = checklist(
    "decoration_patrol.items",
    finished_product_protection="成品保护 | Finished products protected",
    rubbish_piling="垃圾堆放 | Rubbish",
    working_hours="装修时间 | Working hours",
    walls="墙体 | Walls",
    waterproofing="防水 | Waterproofing",
    guard_rail="防护栏 | Guard rail",
    terrace_balcony_alteration="露台阳台等拆改 | Terrace or balcony altered",
    installations="安装情况 | Installations",
)
STAGE = enum(
    "decoration.stage",
    "施工阶段",
    "Stage",
    demolition="拆改 | Demolition",
    plumbing_electric="水电 | Plumbing and electrics",
    waterproof="防水 | Waterproofing",
    masonry="泥瓦 | Masonry",
    carpentry="木作 | Carpentry",
    paint="油漆 | Painting",
    install="安装 | Installation",
    clean="清洁 | Cleaning",
)
SCOPE = enum(
    "decoration.scope",
    "装修内容",
    "Scope",
    walls="墙体 | Walls",
    wet_rooms="厨卫 | Wet rooms",
    electrics="电路 | Electrics",
    windows="门窗 | Windows",
    balcony="阳台 | Balcony",
    terrace="露台 | Terrace",
    floor="地面 | Floor",
    ceiling="吊顶 | Ceiling",
    equipment="设备 | Equipment",
)
FILING_DOCS = enum(
    "decoration.filing_docs",
    "备案资料",
    "Filing papers",
    quality_confirmation="装修前质量确认单 | Pre-decoration quality confirmation",
    agreement="装修协议 | Decoration agreement",
    fee_receipt="费用收据 | Fee receipt",
    department_review="部门审核 | Reviewed by the departments",
)
LAW_DOCS = enum(
    "decoration.law_docs",
    "法定资料",
    "Papers by law",
    ownership="产权证明 | Proof of ownership",
    identity="身份已核 | Identity seen",
    plan="装修方案 | Plan of the works",
    structural_design="结构变动设计 | Design of structural changes",
    approvals="主管部门批准 | Approvals",
    qualification="施工资质 | The contractor's qualification",
    owner_consent="业主书面同意 | Written consent of the owner",
)
STEP = enum(
    "decoration_step.to",
    "办理",
    "Step",
    submitted="提交申报 | Submit",
    returned="退回补件 | Return for papers",
    approved="同意备案 | Accept the filing",
    in_progress="开工 | Start work",
    paused="暂停施工 | Pause",
    resumed="恢复施工 | Resume",
    stopped="责令停工 | Stop work",
    completion_check="竣工检查 | Completion check",
    rectifying="验收不合格，整改 | Failed, rectify",
    accepted="验收合格 | Accept",
    closed="归档 | Archive",
    cancelled="取消 | Cancel",
)
SPOKEN_TO = enum(
    "decoration.spoken_to",
    "沟通对象",
    "Spoken to",
    owner="业主 | Owner",
    worker="工人 | Worker",
    foreman="工长 | Foreman",
    designer="设计师 | Designer",
)
NOTE = Field("note", "long_text", Label("备注", "Note"))

DECORATION_PROJECT = RecordType(
    name="decoration_project",
    title=Label("装修备案", "Decoration filing"),
    system="decoration",
    subject="decoration_project",
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor"),
    offline=True,
    rules=("R-DEC-01", "R-DEC-02", "R-DEC-19", "R-X-03"),
    fields=(
        Field("unit_id", "link", Label("房屋", "Unit"), required=True, links=("unit",)),
        Field("household_id", "link", Label("家庭户", "Household"), links=("household",)),
        Field("applicant", "text", Label("申请人", "Applicant"), required=True),
        Field(
            "applicant_is_owner",
            "bool",
            Label("申请人是业主", "The applicant is the owner"),
            required=True,
        ),
        Field("contractor", "text", Label("施工单位", "Contractor"), required=True),
        Field("contractor_contact", "text", Label("施工单位联系人", "Contractor's contact"), required=True),
        Field("foreman_phone", "text", Label("工长电话", "Foreman's phone"), required=True),
        Field("designer", "text", Label("设计单位", "Designer")),
        Field("scope", "multi_enum", Label("装修内容", "Scope"), required=True, options=SCOPE),
        Field("planned_start", "date", Label("计划开工", "Planned start"), required=True),
        Field("planned_end", "date", Label("计划完工", "Planned end"), required=True),
        Field("filing_docs", "ticks", Label("已收资料", "Papers received"), options=FILING_DOCS),
        Field("law_docs", "ticks", Label("法定资料", "Papers by law"), options=LAW_DOCS),
        NOTE,
    ),
    checks=(OrderedDays("planned_start", "planned_end", "R-DEC-01"),),
)

DECORATION_STEP = RecordType(
    name="decoration_step",
    title=Label("装修办理", "Decoration step"),
    system="decoration",
    subject="decoration_project",
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager", "engineer", "system"),
    offline=True,
    rules=("R-DEC-01", "R-DEC-02", "R-DEC-06", "R-DEC-18"),
    step_roles=StepRoles(
        "to",
        {
            "submitted": ("steward", "cs_agent", "cs_supervisor"),
            "returned": ("cs_supervisor",),
            "approved": ("cs_supervisor",),
            "in_progress": ("steward", "cs_supervisor"),
            "paused": ("cs_supervisor",),
            "resumed": ("cs_supervisor",),
            "stopped": ("project_manager",),
            "completion_check": ("steward", "cs_supervisor"),
            "rectifying": ("cs_supervisor", "engineer"),
            "accepted": ("cs_supervisor",),
            "closed": ("cs_supervisor", "system"),
            "cancelled": ("cs_supervisor", "cs_agent"),
        },
    ),
    fields=(
        Field("to", "enum", Label("办理", "Step"), required=True, options=STEP),
        Field(
            "reason",
            "long_text",
            Label("原因", "Reason"),
            required=True,
            when=When("to", ("returned", "paused", "stopped", "rectifying", "cancelled")),
        ),
        Field(
            "pause_from",
            "date",
            Label("暂停自", "Paused from"),
            required=True,
            when=When("to", ("paused",)),
            initial="today",
        ),
        Field(
            "pause_to",
            "date",
            Label("暂停至（含）", "Paused until, inclusive"),
            required=True,
            when=When("to", ("paused",)),
        ),
        Field(
            "filing_docs",
            "ticks",
            Label("已收资料", "Papers received"),
            options=FILING_DOCS,
            when=When("to", ("submitted", "approved")),
        ),
        Field(
            "law_docs",
            "ticks",
            Label("法定资料", "Papers by law"),
            options=LAW_DOCS,
            when=When("to", ("submitted", "approved")),
        ),
        Field(
            "decoration_project_id",
            "link",
            Label("装修项目", "Decoration project"),
            links=("decoration_project",),
            repeats_envelope="subject",
        ),
        NOTE,
    ),
    checks=(OrderedDays("pause_from", "pause_to", "R-DEC-06", When("to", ("paused",))),),
)

FORBIDDEN_ACTS = card(
    "forbidden_acts",
    "装修禁止行为 | Forbidden acts in a decoration",
    "不得变动建筑主体和承重结构 | Never change the main or load-bearing structure",
    "不得将没有防水的房间或阳台改为卫生间、厨房 | Never make a kitchen or bathroom of a room or balcony without waterproofing",
    "不得扩大承重墙门窗、拆除连接阳台的砖混墙 | Never enlarge openings in load-bearing walls or remove walls to the balcony",
    "搭建、改外立面、改供暖燃气须经批准 | No structures, façade, heating or gas altered without approval",
    "燃气不得自改，由燃气公司验收 | Gas is never altered by oneself; the gas company tests it",
    rules=("R-X-01", "R-X-02", "R-X-18"),
)
SITE_ORDER = card(
    "site_order",
    "装修现场管理 | Order on a decoration site",
    "流程：资料审核、现场巡查、违规处理、验收 | Procedure: papers, patrols, violations, acceptance",
    "灭火器每 50 ㎡ 一具、至少两具，禁烟，动火须审批 | An extinguisher per 50 m², at least two; no smoking; hot work by permit",
    "垃圾袋装，定点定时清运，不高抛 | Waste in bags, to its place at its hours, never thrown down",
    "开工前张贴告知邻居 | Neighbours are told by a notice before work starts",
    rules=("R-DEC-23", "R-X-14", "R-X-15", "R-X-17"),
)
DECORATION_PATROL = RecordType(
    name="decoration_patrol",
    title=Label("装修巡查", "Decoration patrol"),
    system="decoration",
    subject="decoration_project",
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1, kinds=("overview", "detail")),
    rules=("R-DEC-06", "R-DEC-07", "R-DEC-08", "R-DEC-09", "R-DEC-13"),
    help=(FORBIDDEN_ACTS, SITE_ORDER),
    fields=(
        Field(
            "decoration_project_id",
            "link",
            Label("装修项目", "Decoration project"),
            links=("decoration_project",),
            repeats_envelope="subject",
        ),
        Field(
            "performed_at",
            "datetime",
            Label("巡查时间", "Time of the patrol"),
            repeats_envelope="performed_at",
        ),
        Field("stage", "enum", Label("施工阶段", "Stage"), options=STAGE, initial="fields.stage"),
        Field(
            "workers_present",
            "integer",
            Label("在场工人", "Workers present"),
            unit="人",
            min=0,
            max=200,
        ),
        Field("items", "checklist", Label("检查项", "Items"), required=True, items=PATROL_ITEMS),
        Field(
            "talked_to",
            "group",
            Label("沟通记录", "Talks"),
            help=Label("有异常时必须填写与业主、工人的沟通", "Needed when any item is abnormal"),
            fields=(
                Field("who", "enum", Label("沟通对象", "Spoken to"), required=True, options=SPOKEN_TO),
                Field("summary", "long_text", Label("沟通内容", "What was said"), required=True),
            ),
        ),
        Field(
            "violations",
            "link",
            Label("发现的违规", "Violations found"),
            links=("violation",),
            many=True,
            in_form=False,
        ),
        Field(
            "open_violation_progress",
            "group",
            Label("未结违规进展", "Progress of open violations"),
            fields=(
                Field("violation", "link", Label("违规", "Violation"), required=True, links=("violation",)),
                Field("text", "long_text", Label("进展", "Progress"), required=True),
            ),
        ),
        Field("left_at", "datetime", Label("离开时间", "Left at")),
        NOTE,
    ),
    checks=(
        PhotoPerAbnormalItem("items", "R-DEC-08"),
        NeededWhenAbnormal("items", "talked_to", "R-DEC-09"),
        MinutesBetween("performed_at", "left_at", None, "R-DEC-08"),
    ),
)

RECORD_TYPES = (DECORATION_PROJECT, DECORATION_STEP, DECORATION_PATROL)
