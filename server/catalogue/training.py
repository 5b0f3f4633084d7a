"""Training and talks: plans, sessions, tests before a post is taken, weekly talks with each member of staff, care, needs.

For: what is recorded about how staff are taught, heard and looked after.
Not for: limits and figures (rules/training.py), behaviour and cases (conduct.py).
What is said of one person is read by leaders only and never reaches a phone's replica.
Source: domain 4.5; R-TRN, R-COM; R-X-28, R-X-32.
"""

from __future__ import annotations

from server.catalogue.checks.figures import AtLeast
from server.catalogue.conduct import LEADERS
from server.catalogue.field_words import (
    NOTE,
    checks,
    day,
    group,
    long_text,
    one,
    some,
    text,
    ticks,
    when,
    whole,
)
from server.catalogue.fields import checklist, enum, label
from server.catalogue.types import Photos, RecordType, Role, card

_LEADING: tuple[Role, ...] = ("cs_supervisor", "project_manager", "trade_supervisor", "hr_admin")
TOPIC = enum(
    "training.topic",
    "主题",
    "Topic",
    move_in="入住 | Move-in",
    decoration="装修 | Decoration",
    repair="维修 | Repairs",
    complaint="投诉 | Complaints",
    visit="走访说明 | Visits and explanations",
    command_centre="指挥中心 | Command centre",
    fees="收费 | Fees",
    keys="钥匙 | Keys",
    files="档案 | Files",
    law="法规 | Law",
    communication="沟通处理 | Communication",
    behaviour="行为识别 | Behaviour",
    other="其他 | Other",
)
METHOD = enum(
    "training.method",
    "方式",
    "Method",
    lecture="授课 | Lecture",
    contest="竞赛 | Contest",
    simulation="情景模拟 | Simulation",
    visit="外出参观 | Visit elsewhere",
    study="自学 | Study",
    practice="带教 | Practice with a mentor",
)
PROOF = enum(
    "training.proof",
    "考核方式",
    "Proven by",
    written="笔试 | Written test",
    practice="实操 | Practice",
    simulation="模拟 | Simulation",
    on_site="现场 | Test on site",
)
RESULT = enum("assessment.result", "结果", "Result", passed="合格 | Passed", failed="不合格 | Failed")
TALK_CHANNEL = enum(
    "staff_talk.channel",
    "沟通方式",
    "Channel",
    face_to_face="面谈 | Face to face",
    weekly_meeting="周会 | Weekly meeting",
    shift="班前班后 | Before or after a shift",
    online="线上 | Online",
    other="其他 | Other",
)
MOOD = enum(
    "staff_talk.mood",
    "情绪",
    "Mood",
    good="良好 | Good",
    even="平稳 | Even",
    low="低落 | Low",
    upset="激动 | Upset",
)
PLAN_PARTS = checklist(
    "training_plan.parts",
    skill="专业技能 | Professional skill",
    knowledge="专业知识 | Knowledge",
    law="法规 | Law",
    communication="沟通处理 | Communication and handling",
)
ABILITIES = checklist(
    "steward_profile.abilities",
    goal="确定目标 | Fix a goal",
    resources="利用资源 | Use resources",
    problems="解决问题 | Solve problems",
    listening="倾听 | Listen",
    motivating="激励 | Motivate",
    guiding="引导 | Guide",
)
CONDITIONS = enum(
    "steward_profile.conditions",
    "基本条件",
    "Basic conditions",
    trade="专业知识 | Trade knowledge",
    rules="公司制度 | Company rules",
    law="法规 | Law",
    contact="沟通表达 | Contact and talk",
    service="服务意识 | Service sense",
    ethics="职业道德 | Ethics",
    empathy="同理心 | Empathy",
    execution="执行力 | Execution",
)
RATED_BY = enum("steward_profile.rated_by", "评价人", "Rated by", self="自评 | Self", leader="上级 | Leader")
APPLYING = card(
    "applying_what_was_learnt",
    "帮助员工学以致用 | Applying what was learnt",
    "说给他听 | Tell",
    "做给他看 | Show",
    "让他做 | Let do",
    "肯定或纠正 | Praise or correct",
    rules=("R-TRN-05",),
)
KNOWING_STAFF = card(
    "knowing_staff",
    "了解下属 | Knowing one's staff",
    "了解背景、性格、长处，只记必要内容 | Know background, character and strengths; note only what is needed",
    "员工也可写总裁信箱 | Staff may also write to the president's mailbox",
    rules=("R-COM-03", "R-COM-05"),
)

TRAINING_PLAN = RecordType(
    name="training_plan",
    title=label("年度培训计划 | Training plan of the year"),
    system="training",
    subject="project",
    roles=_LEADING,
    rules=("R-TRN-01",),
    fields=(
        whole("year", "年度 | Year", must=True, min=2000, max=2100),
        checks("parts", "需求对应 | Needs it answers", PLAN_PARTS),
        group(
            "sessions",
            "课程 | Sessions",
            one("topic", "主题 | Topic", TOPIC, must=True),
            text("month", "月份 | Month", must=True),
            text("for_whom", "对象 | For whom"),
            must=True,
        ),
        NOTE,
    ),
)
TRAINING = RecordType(
    name="training",
    title=label("培训记录 | Training session"),
    system="training",
    subject="project",
    roles=_LEADING,
    photos=Photos(kinds=("document", "overview")),
    rules=("R-TRN-03", "R-TRN-04", "R-TRN-06"),
    help=(APPLYING,),
    fields=(
        one("topic", "主题 | Topic", TOPIC, must=True),
        long_text("need", "针对的需求 | Need it answers", must=True),
        one("method", "方式 | Method", METHOD, must=True),
        group(
            "participants",
            "参加人 | Participants",
            text("staff", "员工 | Staff", must=True),
            whole("score", "得分 | Score", max=100),
            must=True,
        ),
        some("proof", "考核方式 | Proven by", PROOF, must=True),
        whole("pass_mark", "合格线 | Pass mark", must=True, max=100),
        NOTE,
    ),
    checks=(AtLeast("pass_mark", "trn.pass_mark", "R-TRN-02"),),
)
ASSESSMENT = RecordType(
    name="assessment",
    title=label("上岗考核 | Test before taking a post"),
    system="training",
    subject="project",
    roles=_LEADING,
    rules=("R-TRN-02", "R-TRN-03"),
    readers=(*LEADERS, "trade_supervisor"),
    fields=(
        text("staff", "员工 | Staff", must=True),
        text("post", "岗位 | Post", must=True),
        some("proof", "考核方式 | Proven by", PROOF, must=True),
        whole("score", "得分 | Score", must=True, max=100),
        one("result", "结果 | Result", RESULT, must=True),
        NOTE,
    ),
    checks=(AtLeast("score", "trn.pass_mark", "R-TRN-02", when=when("result", "passed")),),
)
STEWARD_PROFILE = RecordType(
    name="steward_profile",
    title=label("管家素质评价 | Profile of a steward"),
    system="training",
    subject="project",
    roles=("steward", *_LEADING),
    rules=("R-TRN-07",),
    readers=LEADERS,
    fields=(
        text("staff", "员工 | Staff", must=True),
        one("rated_by", "评价人 | Rated by", RATED_BY, must=True),
        ticks("conditions", "基本条件 | Basic conditions", CONDITIONS),
        checks("abilities", "六种能力 | Six abilities", ABILITIES),
        NOTE,
    ),
)
STAFF_TALK = RecordType(
    name="staff_talk",
    title=label("员工沟通 | Talk with a member of staff"),
    system="staff",
    subject="project",
    roles=_LEADING,
    rules=("R-COM-01", "R-COM-02", "R-PLN-06"),
    help=(KNOWING_STAFF,),
    readers=LEADERS,
    fields=(
        text("staff", "员工 | Staff", must=True),
        whole("minutes", "时长（分钟） | Minutes", must=True, max=480),
        one("channel", "沟通方式 | Channel", TALK_CHANNEL, must=True),
        one("mood", "情绪 | Mood", MOOD),
        long_text("points", "要点 | Points", must=True),
        long_text("actions", "跟进 | What follows"),
        NOTE,
    ),
    checks=(AtLeast("minutes", "com.talk_min", "R-COM-01"),),
)
STAFF_CARE = RecordType(
    name="staff_care",
    title=label("员工关怀 | Care for a member of staff"),
    system="staff",
    subject="project",
    roles=_LEADING,
    rules=("R-COM-06", "R-PLN-06"),
    readers=LEADERS,
    fields=(
        text("staff", "员工 | Staff", must=True),
        long_text("what", "关怀内容 | What was done", must=True),
        NOTE,
    ),
)
STAFF_NEED_SURVEY = RecordType(
    name="staff_need_survey",
    title=label("员工需求调查 | Survey of staff needs"),
    system="staff",
    subject="project",
    roles=("hr_admin", "project_manager"),
    rules=("R-COM-04",),
    readers=LEADERS,
    fields=(
        whole("year", "年度 | Year", must=True, min=2000, max=2100),
        whole("answers", "回收份数 | Answers", must=True),
        long_text("common_needs", "共性需求 | Common needs", must=True),
        text("reply_paper", "公司答复文件 | Company paper in reply"),
        group(
            "single_replies",
            "个别答复 | Single replies",
            text("issue", "问题 | Issue", must=True),
            text("leader", "面谈领导 | Leader who talked", must=True),
            day("on", "日期 | On", must=True),
        ),
        NOTE,
    ),
)
RECORD_TYPES = (
    TRAINING_PLAN,
    TRAINING,
    ASSESSMENT,
    STEWARD_PROFILE,
    STAFF_TALK,
    STAFF_CARE,
    STAFF_NEED_SURVEY,
)
