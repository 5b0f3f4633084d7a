"""Plans, reviews and ideas of a department, audits and awards, posts.

For: what a leader records about work that is planned and looked at, and the sheet of a post.
Not for: figures (rules/plans.py), plans of one area (visit, fee and event plans stand with their areas), the staffing calculator
(server/ledger/staffing.py).
Source: domain 4.5; R-PLN, R-GOV, R-JOB.
"""

from __future__ import annotations

from server.catalogue.field_words import (
    NOTE,
    checks,
    day,
    group,
    link,
    long_text,
    one,
    some,
    text,
    ticks,
    when,
    whole,
    yes,
)
from server.catalogue.fields import checklist, enum, label
from server.catalogue.types import Photos, RecordType, Role, card

_LEADING: tuple[Role, ...] = (
    "cs_supervisor",
    "project_manager",
    "trade_supervisor",
    "quality_dept",
    "hr_admin",
)
PLAN_KIND = enum(
    "work_plan.kind",
    "计划类别",
    "Kind",
    department="部门工作计划 | Work of the department",
    visit="走访计划 | Visits",
    fee="收费计划 | Fees",
    event="活动计划 | Events",
    training="培训计划 | Training",
    quality="质量检查计划 | Quality checks",
)
TARGET_QUALITIES = enum(
    "work_plan.qualities",
    "目标要求",
    "What a target is",
    measurable="可衡量 | Measurable",
    assessable="可考核 | Assessable",
    challenging="有挑战 | Challenging",
)
CONTEST = enum(
    "award.level",
    "级别",
    "Level",
    district="区 | District",
    city="市 | City",
    province="省 | Province",
    state="国家 | State",
    company="公司 | Company",
)
AWARD_KIND = enum(
    "award.kind",
    "类别",
    "Kind",
    contest="创优评比 | Contest of model projects",
    certificate="证书 | Certificate",
    cup="奖杯 | Cup",
    authority_check="主管部门检查 | Check by an authority",
)
AUDIT_RESULT = enum(
    "system_audit.result",
    "结论",
    "Conclusion",
    passed="通过 | Passed",
    conditional="整改后通过 | Passed after correction",
    failed="未通过 | Failed",
)
SIX_PARTS = enum(
    "post.parts",
    "岗位说明六要素",
    "Six parts of a post sheet",
    work="主要工作 | Main work",
    resources="资源工具 | Resources and tools",
    ability="能力要求 | Ability",
    indicators="绩效指标 | Performance indicators",
    reporting="汇报关系 | Reporting line",
    workload="工作量 | Workload",
)
PRINCIPLES = checklist(
    "post.principles",
    by_work="因事设岗 | By work, not by person",
    whole_part_whole="整分合 | Whole, part, whole",
    fewest="最少岗位数 | Fewest posts",
    naming="规范命名 | Standard naming",
    customer="客户导向 | Customer oriented",
    normal_case="一般性（约九成情形） | The normal case, about 90 % of situations",
)
POST_STEPS = card(
    "classifying_posts",
    "岗位分类步骤 | Steps of classifying posts",
    "横向划分职门、职组、职系 | Divide crosswise into families, groups and series",
    "纵向按职责、难度、技能划分职级、职等 | Rank lengthwise by duty, difficulty and skill",
    "写成岗位说明书，作为人事决定依据 | Write a description as the basis of HR decisions",
    rules=("R-JOB-05",),
)
PLANS_OWED = card(
    "plans_owed",
    "应交计划 | Plans that are owed",
    "走访计划：每月；收费计划：每月3日前 | Visit plan: monthly; fee plan: by the 3rd",
    "活动年度计划：12月；培训计划：1月 | Event plan of the year: December; training plan: January",
    "本人亲自：绩效、部门计划、员工关怀、质量检查、谈话 | In person: appraisal, plans, care, quality checks, talks",
    "本人亲自：创新、班组会、投诉、培训、重点客户 | In person: innovation, team meetings, complaints, training, key customers",
    rules=("R-PLN-01", "R-PLN-06"),
)

WORK_PLAN = RecordType(
    name="work_plan",
    title=label("部门计划 | Plan of a department"),
    system="plans",
    subject="project",
    roles=_LEADING,
    rules=("R-PLN-01", "R-PLN-02", "R-PLN-06"),
    help=(PLANS_OWED,),
    fields=(
        one("kind", "计划类别 | Kind", PLAN_KIND, must=True),
        text("period", "期间 | Period", must=True),
        group(
            "targets",
            "目标 | Targets",
            text("target", "目标 | Target", must=True),
            text("owner", "负责人 | Owner", must=True),
            day("due", "完成日期 | By", must=True),
            text("progress", "进展 | Progress"),
            must=True,
        ),
        ticks("qualities", "目标要求 | What a target is", TARGET_QUALITIES, must=True),
        day("discussed_on", "讨论日期 | Talked over on", must=True),
        NOTE,
    ),
)
WORK_REVIEW = RecordType(
    name="work_review",
    title=label("工作记录周查 | Weekly reading of work records"),
    system="plans",
    subject="project",
    roles=_LEADING,
    rules=("R-PLN-03", "R-PLN-04"),
    fields=(
        long_text("read", "查阅了哪些记录 | What was read", must=True),
        yes("faults", "发现问题 | Faults were found", must=True),
        long_text("analysis", "与员工分析 | Analysed with staff", must=True, when=when("faults", True)),
        long_text("measures", "纠正措施 | Corrective measures", must=True, when=when("faults", True)),
        NOTE,
    ),
)
SERVICE_IDEA = RecordType(
    name="service_idea",
    title=label("服务创新 | Service idea"),
    system="plans",
    subject="project",
    roles=("steward", "cs_agent", *_LEADING),
    rules=("R-PLN-05",),
    offline=True,
    fields=(
        long_text("idea", "想法 | Idea", must=True),
        text("by", "提出人 | From", must=True),
        yes("tried", "已试行 | Tried"),
        long_text("outcome", "效果 | Outcome", when=when("tried", True)),
        NOTE,
    ),
)
AWARD = RecordType(
    name="award",
    title=label("奖项与检查 | Awards and checks by authorities"),
    system="plans",
    subject="project",
    roles=("hr_admin", "quality_dept", "project_manager"),
    photos=Photos(min=1, kinds=("document",)),
    rules=("R-GOV-01", "R-GOV-02"),
    fields=(
        one("kind", "类别 | Kind", AWARD_KIND, must=True),
        text("name", "名称 | Name", must=True),
        one("level", "级别 | Level", CONTEST, must=True),
        day("date", "日期 | Date", must=True),
        text("kept_at", "存放处 | Kept at", must=True),
        NOTE,
    ),
)
SYSTEM_AUDIT = RecordType(
    name="system_audit",
    title=label("体系外审 | Audit of the management system"),
    system="plans",
    subject="project",
    roles=("quality_dept", "mgmt_rep"),
    photos=Photos(kinds=("document",)),
    rules=("R-GOV-03",),
    fields=(
        text("body", "认证机构 | Certification body", must=True),
        day("from_day", "开始 | From", must=True),
        day("to_day", "结束 | To", must=True),
        one("result", "结论 | Conclusion", AUDIT_RESULT, must=True),
        long_text("findings", "不符合项 | Findings"),
        NOTE,
    ),
)
POST = RecordType(
    name="post",
    title=label("岗位说明书 | Post sheet"),
    system="posts",
    subject="project",
    roles=("hr_admin", "project_manager"),
    rules=("R-JOB-01", "R-JOB-02", "R-JOB-03", "R-JOB-04"),
    help=(POST_STEPS,),
    fields=(
        text("name", "岗位名称 | Name", must=True),
        link("replaces", "替代的岗位说明 | Post sheet it replaces", "post", in_form=False),
        long_text("main_work", "主要工作 | Main work", must=True),
        long_text("resources", "资源工具 | Resources and tools", must=True),
        long_text("ability", "能力要求 | Ability", must=True),
        long_text("indicators", "绩效指标 | Performance indicators", must=True),
        text("reports_to", "汇报关系 | Reports to", must=True),
        long_text("workload", "工作量 | Workload", must=True),
        some("parts", "六要素已齐 | Six parts complete", SIX_PARTS, must=True),
        checks("principles", "设岗原则 | Principles", PRINCIPLES),
        text("family", "职门 | Family", must=True),
        text("group", "职组 | Group", must=True),
        text("series", "职系 | Series", must=True),
        text("class", "职级 | Class", must=True),
        whole("grade", "职等 | Grade", must=True, max=50),
        yes("active", "启用 | Active", must=True),
        NOTE,
    ),
)
RECORD_TYPES = (WORK_PLAN, WORK_REVIEW, SERVICE_IDEA, AWARD, SYSTEM_AUDIT, POST)
