"""Around the works: what is seen and told before they start, talks with the owner while they go on, agreement and acceptance.

For: what is recorded about a decoration project beside its steps and patrols.
Not for: the project and its patrols (decoration.py), deposit and permit (decoration_papers.py), what is due (server/ledger).
Source: domain 4.4, 6; R-DEC-04, R-DEC-05, R-DEC-16, R-DEC-17, R-X-04.
"""

from __future__ import annotations

from server.catalogue.checks.answers import MustBeTrue
from server.catalogue.checks.photos import PhotoPerEntry
from server.catalogue.decoration import PATROL_ITEMS, SPOKEN_TO
from server.catalogue.field_words import (
    NOTE,
    about,
    checks,
    day,
    group,
    long_text,
    money,
    one,
    some,
    text,
    ticks,
    when,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.types import Photos, RecordType, card

PARTY = enum(
    "decoration.party",
    "各方",
    "Parties",
    owner="业主 | Owner",
    contractor="施工单位 | Contractor",
    designer="设计单位 | Designer",
    engineer="工程人员 | Engineer",
    steward="片区管家 | Steward",
)
POINTS = enum(
    "decoration_briefing.points",
    "告知要点",
    "Points told",
    forbidden_acts="禁止行为 | Forbidden acts",
    working_hours="施工时段 | Working hours",
    waste="垃圾清运 | Waste removal",
    fire="消防 | Fire safety",
    neighbours="邻里告知 | Neighbours",
)
ROUND = enum("acceptance.round", "验收轮次", "Round", first="初验 | First", second="复验 | Second")
RESULT = enum("acceptance.result", "验收结果", "Result", passed="合格 | Passed", failed="不合格 | Failed")
BRIEFING_CARD = card(
    "decoration_briefing",
    "施工前告知 | Before work starts",
    "与业主一同查看房屋，逐间记录已有问题并拍照 | See the unit with the owner; note and photograph what is wrong, by room",
    "向业主、设计、施工三方说明注意事项与禁止行为 | Tell owner, designer and contractor what to observe and what is forbidden",
    "请业主与施工单位签字或拍签收照片 | Let owner and contractor sign, or photograph their signature",
    rules=("R-DEC-04", "R-DEC-05"),
)
_PROJECT = about("decoration_project", "装修项目 | Decoration project")

PRE_VIEW = RecordType(
    name="decoration_pre_view",
    title=label("装修前查房 | View before decoration"),
    system="decoration",
    subject="decoration_project",
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1),
    rules=("R-DEC-04",),
    help=(BRIEFING_CARD,),
    fields=(
        _PROJECT,
        text("with_whom", "陪同的业主 | Owner who was there", must=True),
        group(
            "anomalies",
            "已有问题 | What is wrong already",
            text("room", "房间 | Room", must=True),
            long_text("text", "情况 | What it is", must=True),
            hint="每间有问题的房间另拍一张照片 | One more photo for each room with a defect",
        ),
        NOTE,
    ),
    checks=(PhotoPerEntry("anomalies", "R-DEC-04"),),
)
BRIEFING = RecordType(
    name="decoration_briefing",
    title=label("装修告知 | Decoration briefing"),
    system="decoration",
    subject="decoration_project",
    roles=("steward", "cs_supervisor", "cs_agent"),
    offline=True,
    photos=Photos(min=1, kinds=("signature", "document")),
    rules=("R-DEC-05",),
    help=(BRIEFING_CARD,),
    fields=(
        _PROJECT,
        some("parties", "告知对象 | Who was told", PARTY, must=True),
        text("persons", "姓名 | Names", must=True),
        ticks("points", "告知要点 | Points told", POINTS, must=True),
        NOTE,
    ),
)
TALK = RecordType(
    name="decoration_talk",
    title=label("装修沟通 | Talk about the works"),
    system="decoration",
    subject="decoration_project",
    roles=("steward", "cs_supervisor"),
    offline=True,
    rules=("R-DEC-16",),
    fields=(
        _PROJECT,
        one("who", "沟通对象 | Spoken to", SPOKEN_TO, must=True),
        yes("intention", "有违规意向 | Something forbidden is intended", must=True),
        long_text("text", "内容 | What was said", must=True),
        long_text(
            "advice", "劝导与结果 | Advice, and what came of it", must=True, when=when("intention", True)
        ),
        NOTE,
    ),
)
AGREEMENT = RecordType(
    name="decoration_agreement",
    title=label("装修管理协议 | Decoration agreement"),
    system="decoration_papers",
    subject="decoration_project",
    roles=("steward", "cs_agent", "cs_supervisor"),
    photos=Photos(min=1, kinds=("document", "signature")),
    rules=("R-X-04",),
    fields=(
        _PROJECT,
        long_text("works", "施工内容 | Works", must=True),
        day("works_from", "施工自 | From", must=True),
        day("works_to", "施工至 | Until", must=True),
        text("permitted_hours", "允许施工时段 | Permitted hours", must=True),
        long_text("waste_removal", "垃圾清运 | Waste removal", must=True),
        long_text("facade", "外立面与防护栏 | Façade and window guards", must=True),
        yes("forbidden_acts", "已载明禁止行为 | Names the forbidden acts", must=True),
        money("fee", "管理费 | Fee", must=True),
        long_text("liability", "违约责任 | Liability", must=True),
    ),
    checks=(MustBeTrue("forbidden_acts", "R-X-04"),),
)
ACCEPTANCE = RecordType(
    name="acceptance",
    title=label("装修验收 | Acceptance"),
    system="decoration",
    subject="decoration_project",
    roles=("engineer", "steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1, kinds=("signature",)),
    rules=("R-DEC-17", "R-DEC-18"),
    fields=(
        _PROJECT,
        one("round", "验收轮次 | Round", ROUND, must=True),
        some("participants", "参加方 | Participants", PARTY, must=True),
        text("engineer", "工程人员 | Engineer", must=True),
        checks("items", "检查项 | Items", PATROL_ITEMS),
        yes("leak_tight", "闭水合格 | Leak test passed"),
        yes("drainage_ok", "排水通畅 | Drainage free", must=True),
        yes("power_ok", "用电正常 | Power in order", must=True),
        yes("rubbish_removed", "垃圾已清 | Rubbish removed", must=True),
        one("result", "验收结果 | Result", RESULT, must=True),
        day("rectify_by", "整改期限 | Rectify by", must=True, when=when("result", "failed")),
        NOTE,
    ),
)
RECORD_TYPES = (PRE_VIEW, BRIEFING, TALK, AGREEMENT, ACCEPTANCE)
