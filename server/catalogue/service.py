"""One-stop service: a request from its first receiver to the customer's word, special services, greeting duty.

For: what is recorded about requests, and the life cycle of one.
Not for: complaints (complaints.py), repairs (repairs.py), which a request may become.
Source: domain 4.5, 3.18; R-SVC.
"""

from __future__ import annotations

from server.catalogue.enums import CHANNEL
from server.catalogue.field_words import (
    HOUSEHOLD,
    NOTE,
    UNIT,
    instant,
    long_text,
    money,
    one,
    text,
    when,
    yes,
)
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, Log, Recorded, Transition
from server.catalogue.rules.kinds import Having
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role, card

KIND = enum(
    "service_request.kind",
    "需求类别",
    "Kind",
    enquiry="咨询 | Enquiry",
    request="服务需求 | Request",
    special="特约服务 | Special service",
    convenience="便民服务 | Convenience service",
)
STATUS = enum(
    "service_request.status",
    "一站式状态",
    "Request",
    received="已受理 | Received",
    arranged="已安排 | Arranged",
    done="已完成 | Done",
    confirmed="客户已确认 | Confirmed by the customer",
    closed="已结束 | Closed",
    reopened="重新处理 | Taken up again",
)
GUARD_SERVICE = card(
    "guard_service",
    "护卫岗服务规范 | Service at the gate and in the lobby",
    "早中两班 16 小时立岗，夜班坐岗 | Stand for 16 hours over the early and middle shift, not at night",
    "3–5 米起身微笑，双手接证，25 秒内登记归还 | Rise and smile at 3 to 5 m; take papers with both hands, back within 25 s",
    "目送客户至 5 米 | See the visitor off to 5 m",
    "主动引导来访与参观者，协助提物带童 | Guide visitors; help with loads or children",
    rules=("R-SVC-08", "R-SVC-09", "R-SVC-10"),
)
CENTRE_SERVICE = card(
    "centre_service",
    "服务中心接待规范 | Reception at the service centre",
    "客户距 3 米起身，一人接待一位，送别鞠躬 | Rise at 3 m, one person for one customer, bow on leaving",
    "起身顺序：左二、右二、左一、右一，忙者跳过 | Who rises next: left 2, right 2, left 1, right 1; the busy are skipped",
    "咨询要详答并确认，超出范围当即说明 | Answer in detail and confirm; say at once what is out of range",
    "接待者可调动人、财、物 | Whoever receives may call on people, money and goods",
    "文书格式统一标识 | Letters and forms carry the one identity",
    rules=("R-SVC-05", "R-SVC-06", "R-SVC-07", "R-SVC-12", "R-SVC-14"),
)
_CENTRE: tuple[Role, ...] = ("cs_agent", "cs_supervisor", "duty_operator")
_ALL: tuple[Role, ...] = (
    *_CENTRE,
    "steward",
    "engineer",
    "guard",
    "cleaner",
    "project_manager",
    "trade_supervisor",
)
SERVICE_REQUEST = RecordType(
    name="service_request",
    title=label("一站式服务登记 | One-stop request"),
    system="service",
    subject="service_request",
    subject_prefixes=("household", "unit", "area", "service_request"),
    opens_subject=True,
    roles=_ALL,
    offline=True,
    rules=("R-SVC-01", "R-SVC-02"),
    help=(CENTRE_SERVICE, GUARD_SERVICE),
    fields=(
        UNIT,
        HOUSEHOLD,
        one("kind", "需求类别 | Kind", KIND, must=True),
        one("channel", "渠道 | Channel", CHANNEL, must=True),
        text("requester", "需求人 | Requester", must=True),
        text("first_receiver", "首问责任人 | First receiver", must=True),
        long_text("need", "需求 | What is wanted", must=True),
        instant("promised_at", "承诺时间 | Promised by", must=True),
        yes("special_customer", "特殊客户 | Special customer"),
        NOTE,
    ),
)
TRANSITIONS = (
    Transition("arranged", ("received", "reopened"), _CENTRE),
    Transition(
        "done",
        ("arranged", "received", "reopened"),
        _ALL,
        guards=(
            Filled("R-FEE-16", ("price_shown_at",), Having("kind", ("special",))),
            Filled("R-FEE-17", ("cost", "labour", "price"), Having("kind", ("special",))),
        ),
    ),
    Transition("confirmed", ("done",), _ALL),
    Transition("reopened", ("done", "confirmed"), by="return_visit", when=when("satisfaction", "2", "1")),
    Transition(
        "closed",
        ("confirmed",),
        _CENTRE,
        guards=(Recorded("R-RV-17", "return_visit", when("result", "reached")),),
    ),
)
SERVICE_REQUEST_STEP = step_record(
    "service_request",
    "一站式服务办理 | One-stop request step",
    "service",
    STATUS,
    TRANSITIONS,
    text("assigned_to", "承办人 | Carried out by", must=True, when=when("to", "arranged")),
    instant("price_shown_at", "告知价格时间 | Price shown at", when=when("to", "arranged", "done")),
    money("cost", "成本 | Cost", when=when("to", "done")),
    money("labour", "人工 | Labour", when=when("to", "done")),
    money("price", "收费 | Price", when=when("to", "done")),
    long_text("result", "结果 | Result", must=True, when=when("to", "done")),
    instant("customer_confirmed_at", "客户确认时间 | Confirmed at", must=True, when=when("to", "confirmed")),
    rules=("R-SVC-01", "R-SVC-02", "R-REP-19"),
    offline=True,
)
GREETING_DUTY = RecordType(
    name="greeting_duty",
    title=label("迎候值岗 | Greeting duty"),
    system="service",
    subject="project",
    roles=("project_manager", "cs_supervisor", "trade_supervisor"),
    offline=True,
    photos=Photos(),
    rules=("R-SVC-04",),
    fields=(
        text("place", "位置 | Place", must=True),
        instant("from", "起 | From", must=True),
        instant("until", "止 | Until", must=True),
        long_text("text", "情况 | What was seen"),
    ),
)
SERVICE_CATALOGUE = RecordType(
    name="service_item",
    title=label("有偿便民服务公示 | Paid or convenience service published"),
    system="service",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    photos=Photos(min=1),
    rules=("R-SVC-11",),
    fields=(
        text("name", "服务项目 | Service", must=True),
        money("price", "价格 | Price", must=True),
        text("promise", "承诺 | Promise", must=True),
        text("hours", "时间 | Hours"),
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="service_request",
        title=label("一站式服务台账 | One-stop requests"),
        states=STATUS,
        initial="received",
        transitions=TRANSITIONS,
        step="service_request_step",
        ends=("closed",),
        logs=(
            Log("return_visits", label("回访 | Return visits"), "return_visit", ("result", "satisfaction")),
        ),
    ),
)
RECORD_TYPES = (SERVICE_REQUEST, SERVICE_REQUEST_STEP, GREETING_DUTY, SERVICE_CATALOGUE)
