"""Violations: the report, the decision on it, the notice, every contact, and the re-check.

For: what is recorded about a violation found on a decoration site.
Not for: taking it further when it is not put right (violation_chain.py); the order in which these may happen and what
each makes due (server/ledger/violation.py).
Source: domain 4.3, 4.4, 6; R-DEC-10 to R-DEC-15, R-X-07.
"""

from __future__ import annotations

from server.catalogue.checks.times import MinutesBetween
from server.catalogue.decoration import NOTE
from server.catalogue.enums import VIOLATION_CATEGORY, VIOLATION_SEVERITY
from server.catalogue.fields import Field, Label, When, enum
from server.catalogue.types import Photos, RecordType

STOPPED_HOW = enum(
    "violation.stopped_how",
    "制止方式",
    "How it was stopped",
    persuaded="劝阻 | Persuaded",
    written_notice="书面告知 | Told in writing",
    supervisor_called="报主管 | Supervisor called",
)
DECISION = enum(
    "violation_decision.decision",
    "决定",
    "Decision",
    confirm="确认 | Confirm",
    return_="退回 | Return",
    reject="不成立 | Reject",
    close="关闭 | Close",
    rectify_again="继续整改 | Rectify again",
)
ACTION = enum(
    "violation_decision.actions",
    "措施",
    "Actions",
    notice="下发整改通知 | Rectification notice",
    stop_work="责令停工 | Stop work",
    report="报主管部门 | Report to the authority",
    deposit_claim="扣除押金 | Claim on the deposit",
)
SERVED_HOW = enum(
    "violation_notice.served_how",
    "送达方式",
    "Served how",
    signed="签收 | Signed for",
    posted="张贴 | Posted at the door",
    sent="发送 | Sent",
)
RECHECK_RESULT = enum(
    "violation_recheck.recheck_result",
    "复查结果",
    "Result of the re-check",
    rectified="已整改 | Rectified",
    partly="部分整改 | Partly rectified",
    not_rectified="未整改 | Not rectified",
)
PROJECT_LINK = Field(
    "decoration_project_id",
    "link",
    Label("装修项目", "Decoration project"),
    links=("decoration_project",),
    repeats_envelope="subject",
    in_form=False,
)
VIOLATION_LINK = Field(
    "violation",
    "link",
    Label("违规", "Violation"),
    links=("violation",),
    repeats_envelope="subject",
    in_form=False,
)

_REFUSED = Field("correction_refused", "bool", Label("拒不整改", "Refuses to put it right"))

VIOLATION = RecordType(
    name="violation",
    title=Label("违规记录", "Violation"),
    system="decoration",
    subject="violation",
    subject_prefixes=("decoration_project", "violation"),
    opens_subject=True,
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=2, kinds=("before",)),
    rules=("R-DEC-10", "R-DEC-11", "R-DEC-14", "R-DEC-15"),
    fields=(
        PROJECT_LINK,
        Field("patrol_id", "link", Label("巡查", "Patrol"), links=("decoration_patrol",), in_form=False),
        Field("found_at", "datetime", Label("发现时间", "Found at"), required=True, initial="now"),
        Field("category", "enum", Label("违规类别", "Category"), required=True, options=VIOLATION_CATEGORY),
        Field(
            "severity",
            "enum",
            Label("严重程度", "Severity"),
            required=True,
            options=VIOLATION_SEVERITY,
            help=Label("承重结构、燃气、消防一律为严重", "Structure, gas and fire always count as serious"),
        ),
        Field("place_in_unit", "text", Label("部位", "Place in the unit"), required=True),
        Field("description", "long_text", Label("情况说明", "Description"), required=True),
        Field("stopped_at", "datetime", Label("制止时间", "Stopped at"), required=True, initial="now"),
        Field(
            "stopped_how", "enum", Label("制止方式", "How it was stopped"), required=True, options=STOPPED_HOW
        ),
        Field(
            "supervisor_called_at",
            "datetime",
            Label("电话报主管时间", "Supervisor called at"),
            help=Label("无网络时请电话报主管并记下时间", "Without network call the supervisor and note when"),
        ),
        Field("owner_informed_at", "datetime", Label("告知业主时间", "Owner told at")),
        Field("person_spoken_to", "text", Label("现场沟通人", "Person spoken to")),
        Field("clause", "text", Label("依据条款", "Clause of the contract")),
        Field("demand", "long_text", Label("整改要求", "What is demanded")),
        Field("rectify_by", "date", Label("建议整改期限", "Proposed limit")),
        Field("conduct_ok", "bool", Label("劝阻时耐心、无争执", "Stayed patient, no quarrel")),
        NOTE,
    ),
    checks=(MinutesBetween("found_at", "stopped_at", None, "R-DEC-10"),),
)

VIOLATION_DECISION = RecordType(
    name="violation_decision",
    title=Label("违规审批", "Decision on a violation"),
    system="decoration",
    subject="violation",
    roles=("cs_supervisor", "project_manager"),
    server_made=True,
    rules=("R-DEC-11", "R-DEC-12", "R-DEC-14"),
    fields=(
        VIOLATION_LINK,
        PROJECT_LINK,
        Field("round", "integer", Label("轮次", "Round"), required=True, min=1, in_form=False),
        Field("decision", "enum", Label("决定", "Decision"), required=True, options=DECISION),
        Field("reason", "long_text", Label("理由", "Reason"), required=True),
        Field(
            "evidence_hash",
            "text",
            Label("所见证据校验值", "Hash of the evidence seen"),
            required=True,
            in_form=False,
        ),
        Field("decided_by", "text", Label("决定人", "Decided by"), in_form=False),
        Field("decided_at", "datetime", Label("决定时间", "Decided at"), in_form=False),
        Field(
            "rectify_by",
            "date",
            Label("整改期限", "Rectify by"),
            required=True,
            when=When("decision", ("confirm", "rectify_again")),
        ),
        Field(
            "clause", "text", Label("依据条款", "Clause of the contract"), when=When("decision", ("confirm",))
        ),
        Field(
            "severity_final",
            "enum",
            Label("认定严重程度", "Severity decided"),
            options=VIOLATION_SEVERITY,
            when=When("decision", ("confirm",)),
        ),
        Field(
            "actions",
            "multi_enum",
            Label("措施", "Actions"),
            options=ACTION,
            when=When("decision", ("confirm",)),
        ),
    ),
)

VIOLATION_NOTICE = RecordType(
    name="violation_notice",
    title=Label("整改通知送达", "Rectification notice served"),
    system="decoration",
    subject="violation",
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1, kinds=("document", "signature")),
    rules=("R-DEC-13", "R-X-07"),
    fields=(
        VIOLATION_LINK,
        PROJECT_LINK,
        Field("notice_no", "text", Label("通知书编号", "Notice number"), required=True),
        Field("served_how", "enum", Label("送达方式", "Served how"), required=True, options=SERVED_HOW),
        Field(
            "notice_received_by",
            "text",
            Label("签收人", "Received by"),
            required=True,
            when=When("served_how", ("signed",)),
        ),
        Field("demand", "long_text", Label("整改要求", "What is demanded")),
        NOTE,
    ),
)

VIOLATION_PROGRESS = RecordType(
    name="violation_progress",
    title=Label("违规跟进", "Contact about a violation"),
    system="decoration",
    subject="violation",
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(kinds=("overview", "detail", "after", "document")),
    rules=("R-DEC-13",),
    fields=(
        VIOLATION_LINK,
        PROJECT_LINK,
        Field("text", "long_text", Label("进展", "Progress"), required=True),
        Field("person_spoken_to", "text", Label("沟通人", "Person spoken to")),
        Field("rectification_started", "bool", Label("已开始整改", "Rectification has begun")),
        _REFUSED,
        NOTE,
    ),
)

VIOLATION_RECHECK = RecordType(
    name="violation_recheck",
    title=Label("违规复查", "Re-check of a violation"),
    system="decoration",
    subject="violation",
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1, kinds=("after",)),
    rules=("R-DEC-13", "R-DEC-14"),
    fields=(
        VIOLATION_LINK,
        PROJECT_LINK,
        Field(
            "rechecked_at", "datetime", Label("复查时间", "Re-checked at"), repeats_envelope="performed_at"
        ),
        Field("recheck_result", "enum", Label("复查结果", "Result"), required=True, options=RECHECK_RESULT),
        Field("text", "long_text", Label("情况说明", "Description")),
        _REFUSED,
        NOTE,
    ),
)

RECORD_TYPES = (VIOLATION, VIOLATION_DECISION, VIOLATION_NOTICE, VIOLATION_PROGRESS, VIOLATION_RECHECK)
