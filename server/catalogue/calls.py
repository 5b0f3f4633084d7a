"""Telephone: memos that reach the person wanted, and checks of how calls are taken.

For: what is recorded about calls, the life cycle of a memo, and what a person is told beside the forms.
Not for: figures (rules/calls.py), the phrases themselves (phrases.py).
Source: domain 4.5; R-CALL.
"""

from __future__ import annotations

from server.catalogue.field_words import (
    NOTE,
    UNIT,
    checks,
    instant,
    long_text,
    one,
    text,
    ticks,
    when,
    whole,
    yes,
)
from server.catalogue.fields import checklist, enum, label
from server.catalogue.lifecycle import LifeCycle, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import RecordType, card

STATUS = enum(
    "call_memo.status",
    "备忘录状态",
    "Memo",
    taken="待转达 | To be delivered",
    delivered="已转达 | Delivered",
    done="已回复 | Answered",
)
WHEREABOUTS = enum(
    "call_memo.whereabouts",
    "受话人去向",
    "Where the person is",
    in_meeting="开会 | In a meeting",
    with_visitor="会客 | With a visitor",
    out="外出 | Out",
    on_leave="休假 | On leave",
)
ACTION = enum(
    "call_memo.action",
    "请求事项",
    "Asked for",
    call_back="请回电 | Call back",
    will_call_again="将再来电 | Will call again",
    come="请来面谈 | Come and talk",
    pass_on="仅转告 | Only pass on",
)
DELIVERED_HOW = enum(
    "call_memo.delivered_how",
    "转达方式",
    "How",
    spoken="当面 | In person",
    phone="电话 | By telephone",
    slip="纸条 | By a slip",
    message="消息 | By message",
)
OPENING = checklist(
    "call_check.opening",
    greeting="问好 | Greeting",
    unit_name="报单位 | Name of the unit",
    own_name="报姓 | Own family name",
    offer="主动询问需求 | Offer of help",
)
MANNERS = checklist(
    "call_check.manners",
    rude="无粗鲁 | Not rude",
    haughty="无傲慢 | Not haughty",
    listless="无懒散 | Not listless",
    hasty="无急躁 | Not hasty",
    domineering="无独断 | Not domineering",
    dithering="无优柔 | Not dithering",
    impatient="无不耐烦 | Not impatient",
)
FORM_OF_ADDRESS = enum(
    "call_check.wording",
    "用语",
    "Wording",
    address="称呼得当 | Right form of address",
    honorific="使用敬语 | Honorific words",
    homophones="谐音字说清 | Homophones made clear",
    no_slang="无俚语 | No slang",
    no_jargon="无术语 | No jargon",
    no_jokes="少玩笑 | Hardly any jokes",
)
ANSWERING = card(
    "answering_a_call",
    "接听电话 | Answering a call",
    "第二声后、第三声前接起 | Pick up after the second ring, before the third has ended",
    "问好、报单位、报姓、问需求 | Greet, name the unit and yourself, offer help",
    "说普通话，口径一致，简洁友好 | Mandarin, one wording for all, friendly and concise",
    "逐条记下并复述 | Note point by point and read back",
    "来路不明先请示，不挂断 | Unclear who calls: ask for instruction, do not hang up",
    "等对方先挂 | Let the caller hang up first",
    rules=("R-CALL-03", "R-CALL-06", "R-CALL-12"),
)
CALLING = card(
    "making_a_call",
    "拨打电话 | Making a call",
    "列好要点 | Prepare the points",
    "核对号码后拨打 | Check the number, then dial",
    "问好 | Greet",
    "自我介绍 | Introduce yourself",
    "说明找谁 | Name the person wanted",
    "逐条说明 | Go through the points",
    "确认对方理解 | Check that it was understood",
    "致谢 | Thank",
    "道别 | Say goodbye",
    "最后挂断 | Hang up last",
    rules=("R-CALL-07",),
)
TRANSFER = card(
    "transferring_a_call",
    "转接与不在 | Transfer, and a person who is not there",
    "问清姓名单位，复述要转的话 | Ask name and unit, repeat what is passed on",
    "双方通话后再放下 | Stay until both talk",
    "每次无人接先致歉再请稍候 | Apologise and ask to wait at each unanswered try",
    "开会：说明后请留言，或递纸条 | In a meeting: offer a memo, or take in a slip",
    "会客或重要会议：请留言或稍后再拨，紧急请示 | With a visitor: a memo or a later call; urgent: ask for instruction",
    "外出：告知去向和返回时间，不说“没来上班” | Out: say where and until when; never “has not come in”",
    "见总经理、副总须经秘书电话约定 | The general manager is seen by appointment through the secretary",
    rules=("R-CALL-08", "R-CALL-09", "R-CALL-11", "R-CALL-14"),
)
DIRECTIONS = card(
    "how_to_reach_us",
    "到项目怎么走 | How to reach the project",
    "按项目公布的地址和公交线路告知 | Tell the address and the bus lines that the project has published",
    rules=("R-CALL-18",),
)

CALL_MEMO = RecordType(
    name="call_memo",
    title=label("电话备忘录 | Call memo"),
    system="calls",
    subject="call_memo",
    subject_prefixes=("area", "household", "unit", "call_memo"),
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager", "duty_operator", "guard"),
    offline=True,
    rules=("R-CALL-04", "R-CALL-05", "R-CALL-10"),
    help=(ANSWERING, TRANSFER, CALLING, DIRECTIONS),
    fields=(
        UNIT,
        instant("at", "来电时间 | Called at", must=True, initial="now"),
        yes("caller_refused", "来电人不愿留名 | The caller gives no name", must=True),
        text("caller", "来电人 | Caller", must=True, when=when("caller_refused", False)),
        text("caller_unit", "来电单位或房号 | Caller's unit"),
        text("caller_phone", "来电号码 | Caller's number"),
        text("wanted", "找谁 | Person wanted", must=True),
        long_text("matter", "事由 | Matter", must=True),
        text("place", "地点 | Place"),
        text("time", "时间 | Time"),
        yes("urgent", "紧急 | Urgent"),
        one("whereabouts", "受话人去向 | Where the person is", WHEREABOUTS),
        instant("back_at", "返回时间 | Back at", when=when("whereabouts", *WHEREABOUTS.values)),
        one("action_requested", "请求事项 | Asked for", ACTION),
        yes("read_back", "已复述确认 | Read back", must=True),
        text("taken_by", "记录人 | Taken by", must=True),
        NOTE,
    ),
)
TRANSITIONS = (
    Transition("delivered", ("taken",), CALL_MEMO.roles),
    Transition("done", ("taken", "delivered"), CALL_MEMO.roles),
)
CALL_MEMO_STEP = step_record(
    "call_memo",
    "备忘录转达 | Memo delivered",
    "calls",
    STATUS,
    TRANSITIONS,
    instant(
        "delivered_at", "转达时间 | Delivered at", must=True, initial="now", when=when("to", "delivered")
    ),
    one("delivered_how", "转达方式 | How", DELIVERED_HOW, must=True, when=when("to", "delivered")),
    long_text("answer", "处理结果 | What came of it", must=True, when=when("to", "done")),
    rules=("R-CALL-13",),
    offline=True,
)
CALL_CHECK = RecordType(
    name="call_check",
    title=label("电话抽查 | Call check"),
    system="calls",
    subject="project",
    roles=("cs_supervisor", "project_manager", "quality_dept"),
    rules=("R-CALL-01", "R-CALL-02", "R-CALL-15", "R-CALL-16", "R-CALL-17", "R-CALL-19"),
    fields=(
        text("recording", "录音编号 | Recording", must=True),
        text("agent", "接听人 | Who took it", must=True),
        whole("rings", "响铃次数 | Rings", max=20),
        whole("seconds", "接起用时（秒） | Seconds until picked up", max=600),
        checks("opening", "开头语 | Opening", OPENING),
        checks("manners", "七忌 | Seven bad manners", MANNERS),
        ticks("wording", "用语 | Wording", FORM_OF_ADDRESS),
        whole("polite_used", "文明用语句数 | Polite phrases used"),
        long_text("banned_hits", "出现的服务忌语 | Banned phrases heard"),
        yes("missed_complaint", "漏记投诉 | A complaint was not recorded", must=True),
        whole("score", "得分 | Score", must=True, max=100),
        long_text("talked_over", "与员工沟通及改进 | Talked over, and what changes"),
        NOTE,
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="call_memo",
        title=label("电话备忘录台账 | Call memos"),
        states=STATUS,
        initial="taken",
        transitions=TRANSITIONS,
        step="call_memo_step",
        ends=("done",),
        day="at",
    ),
)
RECORD_TYPES = (CALL_MEMO, CALL_MEMO_STEP, CALL_CHECK)
