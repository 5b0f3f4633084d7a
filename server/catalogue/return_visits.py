"""Return visits: one record for every trigger, about the case or household that called for it.

For: what is recorded when somebody asks a customer whether it is well now.
Not for: when one is due and what an unsatisfied answer reopens (the rules and life cycles of the areas).
Source: domain 4.5, 3.7; R-RV.
"""

from __future__ import annotations

from server.catalogue.enums import CHANNEL, SATISFACTION
from server.catalogue.field_words import NOTE, group, long_text, one, text, when
from server.catalogue.fields import Label, enum
from server.catalogue.types import RecordType, card

TRIGGER = enum(
    "return_visit.trigger",
    "回访缘由",
    "Trigger",
    urgent_repair="急修后 | Urgent repair",
    leak_repair="渗漏水维修后 | Leak repair",
    misfortune="家庭变故慰问 | Misfortune in a household",
    complaint="投诉处理后 | Complaint handled",
    dunning="催费 | Dunning",
    repair_all="维修后 | Repair done",
    visit_feedback="走访意见反馈 | Opinion raised on a visit",
    weekly_sample="周抽查 | Weekly sample",
    large_defect="大缺陷观察 | Large defect observed",
    rework="返修后 | Rework",
    survey_opinion="征询意见 | Opinion in a survey",
    survey_important="征询意见（重点客户） | Opinion of a key customer",
    special_service="特约服务后 | Special service done",
    quality_monthly="品质月度电访 | Monthly quality call",
    company_complaint="公司级投诉 | Complaint at company level",
    special_customer="特殊客户再沟通 | Special customer",
    one_stop="一站式服务后 | One-stop request",
    open_letter="公开信承诺 | Promise of an open letter",
)
RESULT = enum(
    "return_visit.result",
    "回访结果",
    "Result",
    reached="已访到 | Reached",
    not_reached="未访到 | Not reached",
)
ANSWER = enum("return_visit.answer", "评价", "Answer", good="好 | Good", fair="一般 | Fair", poor="差 | Poor")
PHONE_VISIT = card(
    "phone_visit",
    "回访要点 | How to make a return visit",
    "9:00–12:00、14:30–20:30 之间致电，先问是否方便 | "
    "Call from 9:00 to 12:00 or 14:30 to 20:30, and ask first whether it is convenient",
    "上门选合适时机，不使住户突然 | Visit on a fitting occasion, so that nobody is surprised",
    "问质量、态度、结果三项 | Ask about workmanship, attitude and result",
    "不满意即重新处理 | Not satisfied: the matter is taken up again",
    rules=("R-RV-19", "R-RV-20"),
)
_REACHED = when("result", "reached")

RETURN_VISIT = RecordType(
    name="return_visit",
    title=Label("回访", "Return visit"),
    system="return_visits",
    subject="complaint",
    subject_prefixes=(
        "complaint", "repair_order", "service_request", "household", "unit",
        "survey_response", "open_letter", "nonconformity_form",
    ),
    roles=("steward", "cs_agent", "cs_supervisor", "project_manager", "quality_dept", "engineer"),
    offline=True,
    rules=("R-RV-05", "R-RV-20", "R-RV-21", "R-RV-22", "R-CMP-14"),
    help=(PHONE_VISIT,),
    fields=(
        one("trigger", "回访缘由 | Trigger", TRIGGER, must=True),
        one("channel", "方式 | Channel", CHANNEL, must=True),
        one("result", "回访结果 | Result", RESULT, must=True),
        text("person", "被访人 | Person reached", must=True, when=_REACHED),
        one("satisfaction", "满意度 | Satisfaction", SATISFACTION, must=True, when=_REACHED),
        one("workmanship", "质量 | Workmanship", ANSWER, when=_REACHED),
        one("attitude", "态度 | Attitude", ANSWER, when=_REACHED),
        one("outcome", "结果 | Outcome", ANSWER, when=_REACHED),
        text("occasion", "时机 | Occasion", when=when("channel", "home", "visit")),
        group("attempts", "未访到记录 | Attempts", text("at", "时间 | When", must=True), text("how", "方式 | How")),
        long_text("follow_up", "后续 | What follows"),
        NOTE,
    ),
)  # fmt: skip
RECORD_TYPES = (RETURN_VISIT,)
