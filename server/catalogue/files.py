"""Customer files: loans with the manager's signature, and the monthly check of catalogue against contents.

For: what is recorded about customer files, and the life cycle of a loan.
Not for: what a file holds: the records about a unit and a household, which name it themselves.
Source: domain 4.3, 4.5, 3.13; R-FIL.
"""

from __future__ import annotations

from server.catalogue.checks.figures import ShareOf
from server.catalogue.field_words import NOTE, UNIT, group, instant, long_text, text, when, whole, yes
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Lapse, LifeCycle, NotOwn, Signed, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import RecordType, Role, card

STATUS = enum(
    "file_loan.status",
    "档案借阅状态",
    "File loan",
    requested="申请 | Requested",
    approved="已批准 | Approved",
    refused="不同意 | Refused",
    out="借出 | Out",
    returned="归还 | Returned",
    overdue="逾期 | Overdue",
    lost="遗失 | Lost",
)
SECRECY = card(
    "file_secrecy",
    "档案保密 | Keeping files secret",
    "不窃取、不泄露客户资料与公司秘密 | Never take or leak customer data or company secrets",
    "证件资料不拍照、不外传 | Identity papers are neither photographed nor passed on",
    rules=("R-FIL-07",),
)
_KEEPERS: tuple[Role, ...] = ("file_keeper", "cs_supervisor")
FILE_LOAN = RecordType(
    name="file_loan",
    title=label("档案借阅 | File loan"),
    system="files",
    subject="file_loan",
    subject_prefixes=("unit", "household", "file_loan"),
    opens_subject=True,
    roles=("steward", "cs_agent", "cs_supervisor", "engineer", "finance", "file_keeper", "project_manager"),
    rules=("R-FIL-02", "R-FIL-03"),
    help=(SECRECY,),
    fields=(
        UNIT,
        text("file", "档案 | File", must=True),
        text("borrower", "借阅人 | Borrower", must=True),
        text("purpose", "用途 | Purpose", must=True),
        yes("identity_papers", "含证件资料 | Holds identity papers"),
        NOTE,
    ),
)
TRANSITIONS = (
    Transition(
        "approved",
        ("requested",),
        ("project_manager",),
        guards=(NotOwn("R-FIL-02", ("file_loan",)), Signed("R-FIL-02")),
    ),
    Transition("refused", ("requested",), ("project_manager",)),
    Transition("out", ("approved",), _KEEPERS),
    Transition("returned", ("out", "overdue"), _KEEPERS),
    Transition("lost", ("out", "overdue"), ("project_manager", "cs_supervisor")),
)
FILE_LOAN_STEP = step_record(
    "file_loan",
    "档案借阅办理 | File loan step",
    "files",
    STATUS,
    TRANSITIONS,
    instant("at", "时间 | At", must=True, initial="now"),
    text("responsible", "责任人 | Held responsible", must=True, when=when("to", "lost")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "refused", "lost")),
    rules=("R-FIL-02", "R-FIL-05"),
)
FILE_CHECK = RecordType(
    name="file_check",
    title=label("档案核查 | File check"),
    system="files",
    subject="project",
    roles=("file_keeper", "cs_supervisor", "project_manager"),
    rules=("R-FIL-01", "R-FIL-04"),
    fields=(
        whole("files", "档案总数 | Files", must=True),
        whole("sampled", "抽查数 | Checked", must=True),
        group(
            "differences",
            "差异 | Differences",
            text("file", "档案 | File", must=True),
            long_text("text", "情况 | What", must=True),
        ),
        NOTE,
    ),
    checks=(ShareOf("sampled", "files", "fil.check_share", "R-FIL-04", "fil.check_least"),),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="file_loan",
        title=label("档案借阅台账 | File loans"),
        states=STATUS,
        initial="requested",
        transitions=TRANSITIONS,
        step="file_loan_step",
        ends=("returned", "refused", "lost"),
        lapses=(Lapse("R-FIL-03", ("out",), "overdue"),),
    ),
)
RECORD_TYPES = (FILE_LOAN, FILE_LOAN_STEP, FILE_CHECK)
