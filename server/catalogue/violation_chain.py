"""A violation that is not put right: taken further, the works stopped, reported to the authority.

For: the step record of the chain: oral, first notice, second notice, stop work, report.
Not for: report, decision, notices and re-checks (violations.py), how far a violation has come (server/ledger/violation_case.py).
Source: domain 4.3, 6; R-X-05, R-X-08, R-X-09.
"""

from __future__ import annotations

from server.catalogue.checks.answers import MustBeWhen
from server.catalogue.decoration import NOTE
from server.catalogue.fields import Field, Label, When, enum
from server.catalogue.types import Photos, PhotoWhen, RecordType, StepRoles
from server.catalogue.violations import PROJECT_LINK, VIOLATION_LINK

CHAIN = enum(
    "violation_step.to",
    "升级",
    "Step",
    escalated="升级 | Escalate",
    stop_work="责令停工 | Stop work",
    reported="报主管部门 | Report to the authority",
)
_STOPS = When("to", ("stop_work",))
_REPORTS = When("to", ("reported",))

VIOLATION_STEP = RecordType(
    name="violation_step",
    title=Label("违规升级", "Violation taken further"),
    system="decoration",
    subject="violation",
    roles=("cs_supervisor", "project_manager"),
    offline=True,
    photos=Photos(
        kinds=("document", "signature"), when=(PhotoWhen(When("to", ("stop_work", "reported")), 1),)
    ),
    rules=("R-X-05", "R-X-08", "R-X-09"),
    step_roles=StepRoles(
        "to",
        {
            "escalated": ("cs_supervisor", "project_manager"),
            "stop_work": ("project_manager",),
            "reported": ("cs_supervisor", "project_manager"),
        },
    ),
    fields=(
        VIOLATION_LINK,
        PROJECT_LINK,
        Field("to", "enum", Label("升级", "Step"), required=True, options=CHAIN),
        Field("reason", "long_text", Label("原因", "Reason"), required=True),
        Field(
            "notice_no", "text", Label("停工通知书编号", "Number of the notice"), required=True, when=_STOPS
        ),
        Field(
            "contractor_informed",
            "bool",
            Label("已通知施工单位", "The contractor was told"),
            required=True,
            when=_STOPS,
        ),
        Field("authority", "text", Label("主管部门", "Authority"), required=True, when=_REPORTS),
        Field(
            "reported_at",
            "datetime",
            Label("上报时间", "Reported at"),
            required=True,
            when=_REPORTS,
            initial="now",
        ),
        Field("receipt_no", "text", Label("回执编号", "Receipt number"), required=True, when=_REPORTS),
        NOTE,
    ),
    checks=(MustBeWhen(_STOPS, "contractor_informed", (True,), "R-X-08"),),
)

RECORD_TYPES = (VIOLATION_STEP,)
