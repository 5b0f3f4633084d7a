"""Conduct of staff: pre-shift and mystery checks, cases of misconduct, incentives, and checks of how staff serve.

For: what is recorded about behaviour, and the life cycle of a case.
Not for: limits and figures (rules/conduct.py), training (training.py).
What is recorded here about a person is read by those named in READERS, and never reaches a phone's replica.
Source: domain 4.5; R-BI; R-X-32.
"""

from __future__ import annotations

from server.catalogue.field_words import (
    NOTE,
    REASON,
    checks,
    day,
    instant,
    link,
    long_text,
    one,
    some,
    text,
    when,
    whole,
    yes,
)
from server.catalogue.fields import checklist, enum, label
from server.catalogue.lifecycle import Filled, Is, LifeCycle, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role, card

LEADERS: tuple[Role, ...] = ("cs_supervisor", "project_manager", "quality_dept", "hr_admin", "company_leader")
CASE_READERS: tuple[Role, ...] = ("hr_admin", "company_leader")
PRE_SHIFT = checklist(
    "behaviour_check.items",
    uniform="着装整洁统一 | Uniform clean and whole",
    badge="佩戴工牌 | Badge worn",
    shoes="无拖鞋便装 | No slippers or private clothes",
    hygiene="仪容卫生 | Beard, nails, no odours",
    greeting="主动问好微笑 | Greets first, smiles",
    posture="起身站立服务 | Rises to serve",
)
OFFICE_ITEMS = checklist(
    "office_check.items",
    order="办公秩序 | Office order",
    equipment="设备物品 | Equipment",
    dress="着装 | Dress",
    discipline="不抽烟喧哗哼唱零食闲聊串岗办私事 | No smoking, noise, eating, chatting, strolling, private calls",
    performance="履职 | Performance",
)
RESULT = enum("behaviour_check.result", "结果", "Result", passed="合格 | Passed", failed="不合格 | Failed")
HANDLED = enum(
    "behaviour_check.handled",
    "处理",
    "Dealt with by",
    on_the_spot="当场纠正 | Put right on the spot",
    talk="谈话 | A talk",
    training="再培训 | Training",
    criticism="批评 | Criticism",
    appraisal="计入考核 | Counted in the appraisal",
)
CASE_KIND = enum(
    "conduct_case.kind",
    "违规类别",
    "Kind",
    hidden_fund="私设小金库、假账 | Hidden fund or false accounts",
    outside_job="兼职 | Outside job related to work",
    retaliation="打击报复 | Retaliation",
    data_leak="泄露客户资料 | Leak of customer data",
    no_receipt="收费不开票 | Fee without receipt",
    fight="打架吵架 | Fight or quarrel",
    found_property="拾物不交 | Found property not handed in",
    gratuities="索要财物 | Asking for tips or goods",
    lost_file="丢失档案 | A file was lost",
    missed_complaint="漏记投诉 | A complaint was not recorded",
    corruption="贪污受贿 | Corruption",
    other="其他 | Other",
)
CASE_STATUS = enum(
    "conduct_case.status",
    "案件状态",
    "Case",
    reported="已举报 | Reported",
    investigating="调查中 | Under investigation",
    found="查实 | Found true",
    unfounded="不实 | Unfounded",
    sanctioned="已处理 | Sanctioned",
    graded="漏记投诉已定级 | Graded, a complaint was not recorded",
)
INCENTIVE = enum(
    "incentive.kind",
    "奖惩",
    "Incentive",
    praise="口头表扬 | Oral praise",
    praise_notice="通报表扬 | Praise by notice",
    story="事迹宣传 | Story told",
    raise_pay="加薪 | Raise",
    promotion="晋升 | Promotion",
    delegation="授权 | Delegation",
    criticism="口头批评 | Oral criticism",
    criticism_notice="通报批评 | Criticism by notice",
    pay_cut="降薪 | Pay cut",
    demotion="降职 | Demotion",
    fine="罚款 | Fine",
)
GRADE = enum(
    "conduct_case.grade",
    "漏记投诉处理",
    "Consequence",
    self_criticism="公开检讨 | Open self-criticism",
    base_pay="当月只发基本工资 | Base pay only for the month",
    dismissal="辞退 | Dismissal",
)
CHECKED_BY = enum(
    "service_quality_check.means",
    "检查方式",
    "Means",
    call_back="回访电话 | Call back",
    visit="走访 | Visit",
    recording="录音 | Recording",
)
BEHAVIOUR = card(
    "behaviour_identity",
    "行为识别 | Behaviour identity",
    "见人先问好 | Greet first",
    "微笑 | Smile",
    "起身服务 | Rise to serve",
    "班前、岗前、谈话时讲解，用测试和演练巩固 | Taught before shifts and in talks; proven by tests and role play",
    rules=("R-BI-01", "R-BI-02"),
)
ETHICS = card(
    "professional_rules",
    "职业准则 | Professional rules",
    "维护公司利益，服从上级 | The company's interest; follow superiors",
    "不擅自对媒体发言、不乱收费 | No statements to media, no unauthorised charges",
    "不贪污受贿，保守秘密，不议论薪资 | No corruption; keep secrets; no talk of pay",
    "回扣上交，不兼职 | Rebates are handed in; no second job",
    "用人唯才，亲属回避，不与业务方私下往来 | Merit only; relatives keep out; no private dealings",
    "不与住户争吵，对违规者耐心劝导 | No quarrel with residents; patience with wrongdoers",
    rules=("R-BI-08", "R-BI-10", "R-BI-11"),
)

BEHAVIOUR_CHECK = RecordType(
    name="behaviour_check",
    title=label("班前检查 | Pre-shift check"),
    system="conduct",
    subject="project",
    roles=("cs_supervisor", "trade_supervisor", "project_manager"),
    rules=("R-BI-03", "R-BI-05", "R-BI-06"),
    help=(BEHAVIOUR, ETHICS),
    readers=(*LEADERS, "trade_supervisor"),
    fields=(
        text("staff", "员工 | Staff", must=True),
        checks("items", "检查项 | Items", PRE_SHIFT),
        one("result", "结果 | Result", RESULT, must=True),
        some("handled", "处理 | Dealt with by", HANDLED, must=True, when=when("result", "failed")),
        NOTE,
    ),
)
MYSTERY_CHECK = RecordType(
    name="mystery_check",
    title=label("暗访 | Mystery check"),
    system="conduct",
    subject="project",
    roles=("quality_dept", "hr_admin", "project_manager"),
    rules=("R-BI-03", "R-BI-04"),
    photos=Photos(kinds=("overview", "detail")),
    readers=LEADERS,
    fields=(
        text("staff", "员工或岗位 | Staff or post", must=True),
        checks("items", "检查项 | Items", PRE_SHIFT),
        long_text("seen", "所见 | What was seen", must=True),
        one("result", "结果 | Result", RESULT, must=True),
        some("handled", "处理 | Dealt with by", HANDLED, must=True, when=when("result", "failed")),
        day(
            "published_on", "项目内公布日期 | Made known inside the project on", when=when("result", "failed")
        ),
        NOTE,
    ),
)
SERVICE_QUALITY_CHECK = RecordType(
    name="service_quality_check",
    title=label("服务质量抽查 | Check of how somebody serves"),
    system="conduct",
    subject="project",
    roles=("cs_supervisor", "project_manager", "quality_dept"),
    rules=("R-BI-14",),
    readers=LEADERS,
    fields=(
        text("staff", "员工 | Staff", must=True),
        one("means", "检查方式 | Means", CHECKED_BY, must=True),
        long_text("found", "情况 | What was found", must=True),
        instant("talked_at", "与员工沟通时间 | Talked over at", must=True),
        long_text("correction", "改进 | What changes"),
        NOTE,
    ),
)
OFFICE_CHECK = RecordType(
    name="office_check",
    title=label("办公纪律检查 | Check of office discipline"),
    system="conduct",
    subject="project",
    roles=("hr_admin", "project_manager"),
    rules=("R-BI-07", "R-BI-15"),
    readers=LEADERS,
    fields=(
        text("place", "部门 | Department", must=True),
        checks("items", "检查项 | Items", OFFICE_ITEMS),
        long_text("findings", "问题 | Findings"),
        NOTE,
    ),
)
INCENTIVE_RECORD = RecordType(
    name="incentive",
    title=label("奖惩 | Incentive"),
    system="conduct",
    subject="project",
    roles=("cs_supervisor", "project_manager", "hr_admin", "company_leader"),
    rules=("R-BI-13",),
    readers=LEADERS,
    fields=(
        text("staff", "员工 | Staff", must=True),
        one("kind", "奖惩 | Incentive", INCENTIVE, must=True),
        REASON,
        yes("public", "公布 | Made known", must=True),
        NOTE,
    ),
)
CONDUCT_CASE = RecordType(
    name="conduct_case",
    title=label("违纪举报 | Report of misconduct"),
    system="conduct",
    subject="conduct_case",
    subject_prefixes=("project", "area", "conduct_case"),
    opens_subject=True,
    roles=(
        "steward", "cs_agent", "cs_supervisor", "project_manager", "engineer", "quality_dept", "hr_admin", "finance",
        "office_viewer",
    ),
    rules=("R-BI-09", "R-BI-12"),
    photos=Photos(kinds=("document", "overview", "detail")),
    help=(ETHICS,),
    readers=CASE_READERS,
    fields=(
        one("kind", "违规类别 | Kind", CASE_KIND, must=True),
        text("staff", "涉及人员 | Who it is about", must=True),
        long_text("facts", "情况 | Facts", must=True),
        instant("happened_at", "发生时间 | When"),
        link("source", "相关记录 | Related record", "complaint", "customer_file", "key_loan", in_form=False),
        NOTE,
    ),
)  # fmt: skip
TRANSITIONS = (
    Transition("investigating", ("reported",), CASE_READERS),
    Transition("found", ("investigating",), CASE_READERS, guards=(Filled("R-BI-12", ("findings",)),)),
    Transition(
        "unfounded", ("reported", "investigating"), CASE_READERS, guards=(Filled("R-BI-12", ("findings",)),)
    ),
    Transition("sanctioned", ("found",), ("company_leader",), guards=(NotOwn("R-BI-12", ("conduct_case",)),)),
    Transition(
        "graded",
        ("found",),
        ("hr_admin",),
        guards=(
            Is("R-CMP-15", "kind", ("missed_complaint",)),
            NotOwn("R-CMP-15", ("conduct_case",)),
            Filled("R-CMP-15", ("grade",)),
        ),
    ),
)
CONDUCT_CASE_STEP = step_record(
    "conduct_case",
    "案件办理 | Case step",
    "conduct",
    CASE_STATUS,
    TRANSITIONS,
    text("investigator", "调查人 | Investigator", must=True, when=when("to", "investigating")),
    long_text("findings", "调查结论 | Findings", when=when("to", "found", "unfounded")),
    one("sanction", "处理决定 | Sanction", INCENTIVE, must=True, when=when("to", "sanctioned")),
    one("grade", "漏记投诉处理 | Consequence", GRADE, must=True, when=when("to", "graded")),
    whole("days_to_appeal", "申诉期限（天） | Days to appeal", when=when("to", "sanctioned", "graded")),
    rules=("R-BI-12", "R-CMP-15"),
    readers=CASE_READERS,
)
LIFE_CYCLES = (
    LifeCycle(
        kind="conduct_case",
        title=label("违纪案件 | Cases of misconduct"),
        states=CASE_STATUS,
        initial="reported",
        transitions=TRANSITIONS,
        step="conduct_case_step",
        ends=("unfounded", "sanctioned", "graded"),
        readers=CASE_READERS,
    ),
)
RECORD_TYPES = (
    BEHAVIOUR_CHECK,
    MYSTERY_CHECK,
    SERVICE_QUALITY_CHECK,
    OFFICE_CHECK,
    INCENTIVE_RECORD,
    CONDUCT_CASE,
    CONDUCT_CASE_STEP,
)
