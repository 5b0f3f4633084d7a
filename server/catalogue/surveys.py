"""Satisfaction surveys and open letters: the round from forms to report, each household's answer, the letter and its promises.

For: what is recorded about a survey, and the life cycles of a round, an answer and an open letter.
Not for: limits and figures (rules/surveys.py), samples (server/ledger/quotas.py), rates (server/ledger/satisfaction.py).
Source: domain 4.3, 4.5, 3.15; R-SAT.
"""

from __future__ import annotations

from server.catalogue.checks.figures import ShareOf
from server.catalogue.enums import SATISFACTION
from server.catalogue.field_words import (
    UNIT,
    day,
    group,
    instant,
    link,
    long_text,
    one,
    text,
    when,
    whole,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, Log, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.survey_checks import EnoughForms
from server.catalogue.types import Photos, RecordType, Role

SCOPE = enum("survey.scope", "调查范围", "Scope", sample="抽样 | Sample", full="全部客户 | All customers")
STATUS = enum(
    "survey.status",
    "征询状态",
    "Survey",
    planned="已计划 | Planned",
    forms_received="已领表 | Forms received",
    distributed="已发放 | Handed out",
    recovered="已回收 | Recovered",
    counted="已统计 | Counted",
    answered="已公开答复 | Answered in public",
    reported="已报品质 | Reported to quality",
    closed="已结束 | Closed",
)
LETTER_STATUS = enum(
    "open_letter.status",
    "公开信状态",
    "Open letter",
    draft="草稿 | Draft",
    in_review="送审 | In review",
    agreed="已同意 | Agreed",
    posted="已张贴 | Posted",
    sent_to_quality="已送品质 | Sent to quality",
    verified="承诺已核实 | Promises verified",
)
RESPONSE_STATUS = enum(
    "survey_response.status",
    "征询答复状态",
    "Response",
    collected="已收集 | Collected",
    visited="已回访 | Visited again",
)
_OFFICE: tuple[Role, ...] = ("cs_supervisor", "project_manager")
_QUALITY: tuple[Role, ...] = ("quality_dept",)
SURVEY = RecordType(
    name="survey",
    title=label("意见征询 | Survey round"),
    system="surveys",
    subject="survey",
    subject_prefixes=("project", "survey"),
    opens_subject=True,
    roles=("quality_dept", "project_manager"),
    rules=("R-SAT-02",),
    fields=(
        text("round", "轮次 | Round", must=True),
        one("scope", "调查范围 | Scope", SCOPE, must=True),
        long_text("note", "备注 | Note"),
    ),
)
TRANSITIONS = (
    Transition("forms_received", ("planned",), _OFFICE),
    Transition("distributed", ("forms_received",), _OFFICE),
    Transition("recovered", ("distributed",), _OFFICE),
    Transition("counted", ("recovered",), _OFFICE),
    Transition("answered", ("counted",), _OFFICE),
    Transition("reported", ("counted", "answered"), _OFFICE),
    Transition("closed", ("reported",), _QUALITY, guards=(NotOwn("R-SAT-11", ("reported",)),)),
)
_TO = "to"
SURVEY_STEP = step_record(
    "survey",
    "征询步骤 | Survey step",
    "surveys",
    STATUS,
    TRANSITIONS,
    day("forms_received_on", "领表日期 | Forms received on", must=True, when=when(_TO, "forms_received")),
    one("scope", "调查范围 | Scope", SCOPE, must=True, when=when(_TO, "distributed"), initial="fields.scope"),
    whole("base_count", "在住户数 | Occupied households", must=True, when=when(_TO, "distributed")),
    day("first_move_in_on", "首批入住日期 | First move-in on", must=True, when=when(_TO, "distributed")),
    day("distributed_on", "发放日期 | Handed out on", must=True, when=when(_TO, "distributed")),
    whole("handed_out", "发放份数 | Forms handed out", must=True, when=when(_TO, "distributed", "recovered")),
    text("seed", "抽样种子 | Seed of the draw", when=when(_TO, "distributed")),
    day("recovered_on", "回收日期 | Recovered on", must=True, when=when(_TO, "recovered")),
    whole("recovered", "回收份数 | Forms recovered", must=True, when=when(_TO, "recovered")),
    whole("satisfied", "满意答数 | Satisfied answers", must=True, when=when(_TO, "counted")),
    whole("valid", "有效答数 | Valid answers", must=True, when=when(_TO, "counted")),
    day("posted_on", "张贴日期 | Posted on", must=True, when=when(_TO, "answered")),
    rules=("R-SAT-03", "R-SAT-07"),
    checks=(EnoughForms("R-SAT-04"), ShareOf("recovered", "handed_out", "sat.recovery", "R-SAT-07")),
)
SURVEY_REVIEW = RecordType(
    name="survey_review",
    title=label("征询公司分析 | Survey analysed by the company"),
    system="surveys",
    subject="survey",
    roles=_QUALITY,
    rules=("R-SAT-13",),
    fields=(
        link("survey", "意见征询 | Survey", "survey", repeats_envelope="subject", in_form=False),
        long_text("text", "统计与分析 | Statistics and analysis", must=True),
    ),
)
IMPROVEMENT_PLAN = RecordType(
    name="improvement_plan",
    title=label("满意度改进计划 | Plan to improve satisfaction"),
    system="surveys",
    subject="survey",
    roles=(*_OFFICE, "quality_dept"),
    rules=("R-SAT-17",),
    fields=(
        link("survey", "意见征询 | Survey", "survey", repeats_envelope="subject", in_form=False),
        group(
            "measures",
            "措施 | Measures",
            text("issue", "问题 | Issue", must=True),
            long_text("measure", "措施 | Measure", must=True),
            text("responsible", "责任人 | Responsible", must=True),
            day("by", "期限 | By", must=True),
            must=True,
        ),
    ),
)
SURVEY_RESPONSE = RecordType(
    name="survey_response",
    title=label("征询答复 | Survey response"),
    system="surveys",
    subject="survey_response",
    subject_prefixes=("household", "survey_response"),
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor", "quality_dept"),
    offline=True,
    touches=("survey",),
    rules=("R-SAT-14", "R-SAT-15"),
    fields=(
        UNIT,
        link("survey", "意见征询 | Survey", "survey", must=True),
        one("overall", "总体满意度 | Overall", SATISFACTION, must=True),
        group(
            "answers",
            "各题 | Questions",
            text("question", "题目 | Question", must=True),
            one("grade", "评分 | Grade", SATISFACTION, must=True),
        ),
        yes("has_opinion", "有意见 | Has an opinion", must=True),
        group(
            "opinions",
            "意见 | Opinions",
            text("topic", "主题 | Topic", must=True),
            long_text("text", "内容 | What"),
        ),
        yes("anonymous", "匿名 | Anonymous"),
        yes("key_customer", "重点客户 | Key customer"),
    ),
)
RESPONSE_TRANSITIONS = (
    Transition("visited", ("collected",), by="return_visit", when=when("result", "reached")),
)
_ISSUE = group(
    "promises",
    "承诺 | Promises",
    text("text", "内容 | What", must=True),
    day("due", "期限 | By", must=True),
    must=True,
)
OPEN_LETTER = RecordType(
    name="open_letter",
    title=label("公开信 | Open letter"),
    system="surveys",
    subject="open_letter",
    subject_prefixes=("project", "survey", "open_letter"),
    opens_subject=True,
    roles=_OFFICE,
    rules=("R-SAT-09", "R-SAT-10"),
    fields=(
        text("title", "标题 | Title", must=True),
        long_text("draft", "正文 | Text", must=True),
        _ISSUE,
    ),
)
LETTER_TRANSITIONS = (
    Transition("in_review", ("draft",), _OFFICE),
    Transition("agreed", ("in_review",), ("mgmt_rep",)),
    Transition("draft", ("in_review",), ("mgmt_rep",)),
    Transition("posted", ("agreed",), _OFFICE),
    Transition("sent_to_quality", ("posted",), _OFFICE),
    Transition("verified", ("sent_to_quality",), _QUALITY, guards=(Filled("R-SAT-12", ("verified_at",)),)),
)
OPEN_LETTER_STEP = step_record(
    "open_letter",
    "公开信步骤 | Open letter step",
    "surveys",
    LETTER_STATUS,
    LETTER_TRANSITIONS,
    instant("posted_at", "张贴时间 | Posted at", must=True, when=when(_TO, "posted")),
    instant("verified_at", "核实时间 | Verified at", must=True, when=when(_TO, "verified")),
    long_text("reason", "意见 | Remarks", must=True, when=when(_TO, "draft")),
    rules=("R-SAT-10", "R-SAT-11", "R-SAT-12"),
    photos=Photos(kinds=("overview", "document")),
)
SPECIAL_SERVICE_SURVEY = RecordType(
    name="special_service_survey",
    title=label("特约服务电话调查 | Phone survey on special services"),
    system="surveys",
    subject="project",
    roles=("quality_dept", "cs_supervisor"),
    rules=("R-SAT-16",),
    fields=(
        whole("called", "访问户数 | Households called", must=True),
        whole("satisfied", "满意户数 | Satisfied", must=True),
        instant("told_subcontractor_at", "告知分包方时间 | Subcontractor told at", must=True),
        long_text("text", "意见 | Opinions"),
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="survey",
        title=label("意见征询台账 | Surveys"),
        states=STATUS,
        initial="planned",
        transitions=TRANSITIONS,
        step="survey_step",
        ends=("closed",),
        logs=(
            Log("responses", label("答复 | Responses"), "survey_response", ("overall", "has_opinion")),
            Log("reviews", label("公司分析 | Analyses"), "survey_review", ("text",)),
        ),
    ),
    LifeCycle(
        kind="survey_response",
        title=label("征询答复台账 | Survey responses"),
        states=RESPONSE_STATUS,
        initial="collected",
        transitions=RESPONSE_TRANSITIONS,
        ends=("visited",),
        logs=(Log("return_visits", label("回访 | Return visits"), "return_visit", ("result", "channel")),),
    ),
    LifeCycle(
        kind="open_letter",
        title=label("公开信台账 | Open letters"),
        states=LETTER_STATUS,
        initial="draft",
        transitions=LETTER_TRANSITIONS,
        step="open_letter_step",
        ends=("verified",),
    ),
)
RECORD_TYPES = (
    IMPROVEMENT_PLAN,
    SURVEY,
    SURVEY_STEP,
    SURVEY_REVIEW,
    SURVEY_RESPONSE,
    OPEN_LETTER,
    OPEN_LETTER_STEP,
    SPECIAL_SERVICE_SURVEY,
)
