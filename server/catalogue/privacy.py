"""Personal data: consents by purpose, requests to see, correct or delete, and appeals of staff against what is held of them.

For: what is recorded when somebody agrees, withdraws or asks, and the life cycles of a request and an appeal.
Not for: who read and exported what (server/access/audit.py), how long records are kept (rules/privacy.py and its report).
Source: domain 6; R-X-28, R-X-29, R-X-32.
"""

from __future__ import annotations

from server.catalogue.conduct import LEADERS
from server.catalogue.field_words import HOUSEHOLD, NOTE, UNIT, day, long_text, one, text, when, yes
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role

_OFFICE: tuple[Role, ...] = ("cs_agent", "cs_supervisor", "project_manager", "file_keeper", "admin")
_DECIDING: tuple[Role, ...] = ("cs_supervisor", "project_manager", "admin")
PURPOSE = enum(
    "consent.purpose",
    "用途",
    "Purpose",
    service="物业服务联系 | Contact for the service",
    location="拍照定位 | Location of a photo",
    entry="入户查看 | Entering the unit",
    recording="通话录音 | Recording of calls",
    survey="满意度调查 | Surveys",
    sensitive="敏感信息 | Sensitive data",
)
REQUEST_KIND = enum(
    "privacy_request.kind",
    "请求类别",
    "Kind",
    see="查阅 | To see",
    copy="复制导出 | A copy",
    correct="更正 | To correct",
    delete="删除 | To delete",
    withdraw="撤回同意 | To withdraw consent",
)
REQUEST_STATUS = enum(
    "privacy_request.status",
    "请求状态",
    "Request",
    received="已收到 | Received",
    in_work="处理中 | Being handled",
    answered="已答复 | Answered",
    refused="已说明不予处理 | Refused, with the reason",
)
CONSENT = RecordType(
    name="consent",
    title=label("个人信息同意 | Consent"),
    system="files",
    subject="household",
    roles=("steward", *_OFFICE),
    offline=True,
    photos=Photos(kinds=("signature", "document")),
    rules=("R-X-28",),
    fields=(
        UNIT,
        one("purpose", "用途 | Purpose", PURPOSE, must=True),
        yes("given", "同意 | Given", must=True),
        text("shown", "已出示的告知书版本 | Version of the notice shown", must=True),
        NOTE,
    ),
)
PRIVACY_REQUEST = RecordType(
    name="privacy_request",
    title=label("个人信息请求 | Request about personal data"),
    system="files",
    subject="privacy_request",
    subject_prefixes=("household", "privacy_request"),
    opens_subject=True,
    roles=("steward", *_OFFICE),
    readers=_OFFICE,
    photos=Photos(kinds=("document", "signature")),
    rules=("R-X-28",),
    fields=(
        UNIT,
        HOUSEHOLD,
        one("kind", "请求类别 | Kind", REQUEST_KIND, must=True),
        yes("identity_checked", "已核身份 | Identity checked", must=True),
        long_text("text", "请求内容 | What is asked", must=True),
    ),
)
REQUEST_TRANSITIONS = (
    Transition("in_work", ("received",), _OFFICE),
    Transition("answered", ("received", "in_work"), _DECIDING, guards=(Filled("R-X-28", ("done",)),)),
    Transition("refused", ("received", "in_work"), _DECIDING, guards=(Filled("R-X-28", ("ground",)),)),
)
REQUEST_STEP = step_record(
    "privacy_request",
    "请求处理 | Request step",
    "files",
    REQUEST_STATUS,
    REQUEST_TRANSITIONS,
    long_text("done", "处理结果 | What was done", must=True, when=when("to", "answered")),
    long_text("ground", "依据 | Ground", must=True, when=when("to", "refused")),
    rules=("R-X-28",),
    readers=_OFFICE,
)
APPEAL_STATUS = enum(
    "staff_appeal.status",
    "申诉状态",
    "Appeal",
    filed="已提出 | Filed",
    heard="已听取 | Heard",
    upheld="成立 | Upheld",
    rejected="不成立 | Rejected",
)
STAFF_APPEAL = RecordType(
    name="staff_appeal",
    title=label("员工申诉 | Appeal of staff"),
    system="conduct",
    subject="staff_appeal",
    subject_prefixes=("project", "staff_appeal"),
    opens_subject=True,
    roles=(
        "steward", "cs_agent", "cs_supervisor", "engineer", "trade_supervisor", "duty_operator", "key_keeper",
        "file_keeper", "guard", "cleaner", "hr_admin",
    ),
    readers=LEADERS,
    rules=("R-X-32",),
    fields=(
        long_text("against", "申诉事项 | Against what", must=True),
        day("of", "发生日期 | Of", must=True),
        long_text("text", "理由 | Why", must=True),
    ),
)  # fmt: skip
APPEAL_TRANSITIONS = (
    Transition("heard", ("filed",), ("hr_admin", "project_manager")),
    *(
        Transition(
            to,
            ("filed", "heard"),
            ("hr_admin", "company_leader"),
            guards=(NotOwn("R-X-32", ("staff_appeal",)), Filled("R-X-32", ("answer",))),
        )
        for to in ("upheld", "rejected")
    ),
)
STAFF_APPEAL_STEP = step_record(
    "staff_appeal",
    "申诉处理 | Appeal step",
    "conduct",
    APPEAL_STATUS,
    APPEAL_TRANSITIONS,
    long_text("answer", "答复 | Answer", must=True, when=when("to", "upheld", "rejected")),
    rules=("R-X-32",),
    readers=LEADERS,
)
LIFE_CYCLES = (
    LifeCycle(
        kind="privacy_request",
        title=label("个人信息请求台账 | Requests about personal data"),
        states=REQUEST_STATUS,
        initial="received",
        transitions=REQUEST_TRANSITIONS,
        step="privacy_request_step",
        ends=("answered", "refused"),
        readers=_OFFICE,
    ),
    LifeCycle(
        kind="staff_appeal",
        title=label("员工申诉台账 | Appeals of staff"),
        states=APPEAL_STATUS,
        initial="filed",
        transitions=APPEAL_TRANSITIONS,
        step="staff_appeal_step",
        ends=("upheld", "rejected"),
        readers=LEADERS,
    ),
)
RECORD_TYPES = (CONSENT, PRIVACY_REQUEST, REQUEST_STEP, STAFF_APPEAL, STAFF_APPEAL_STEP)
