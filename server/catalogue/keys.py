"""Keys: the key and where it is, loans, entrustment, the daily count, the weekly check, and what follows a loss.

For: what is recorded about keys, and the life cycles of a key, a loan and a loss.
Not for: limits and figures (rules/keys.py).
Source: domain 4.3, 4.5, 3.10; R-KEY.
"""

from __future__ import annotations

from server.catalogue.checks.figures import ShareOf
from server.catalogue.field_words import (
    NOTE,
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
from server.catalogue.lifecycle import Filled, Lapse, LifeCycle, NotOwn, Signed, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role

KIND = enum(
    "key.kind",
    "钥匙类别",
    "Kind of key",
    door="入户门 | Door",
    entrance="单元门 | Entrance",
    mailbox="信箱 | Mailbox",
    spare="备用 | Spare",
)
KEY_STATE = enum(
    "key.state",
    "钥匙状态",
    "Key",
    in_="在柜 | In",
    out="借出 | Out",
    missing="缺失 | Missing",
    returned_to_owner="已还业主 | Returned to the owner",
)
LOAN_STATUS = enum(
    "key_loan.status",
    "借用状态",
    "Loan",
    requested="申请 | Requested",
    out="借出 | Out",
    returned="归还 | Returned",
    overdue="逾期 | Overdue",
    lost="遗失 | Lost",
)
LOSS_STATUS = enum(
    "key_loss_case.status", "缺失处理状态", "Loss", reported="已报告 | Reported", decided="已处理 | Decided"
)
_KEEPERS: tuple[Role, ...] = ("key_keeper", "cs_supervisor", "cs_agent")
KEY = RecordType(
    name="key",
    title=label("钥匙登记 | Key"),
    system="keys",
    subject="key",
    subject_prefixes=("unit", "area", "key"),
    opens_subject=True,
    roles=_KEEPERS,
    rules=("R-KEY-02",),
    fields=(
        UNIT,
        text(
            "code",
            "编号 | Code",
            must=True,
            hint="标签只写编号，不写房号 | The label shows the code, never the room",
        ),
        one("kind", "钥匙类别 | Kind", KIND, must=True),
        text("place", "挂点 | Hook or place", must=True),
        link("entrustment", "托管 | Entrustment", "key_entrustment", in_form=False),
        NOTE,
    ),
)
KEY_TRANSITIONS = (
    Transition("out", ("in",), by="key_loan_step", when=when("to", "out")),
    Transition("in", ("out", "missing"), by="key_loan_step", when=when("to", "returned")),
    Transition("missing", ("in", "out"), by="key_loan_step", when=when("to", "lost")),
    Transition("missing", ("in", "out"), by="key_loss_case"),
    Transition("in", ("missing",), _KEEPERS),
    Transition("returned_to_owner", ("in",), _KEEPERS, guards=(Signed("R-KEY-07"),)),
)
KEY_STEP = step_record(
    "key",
    "钥匙处理 | Key step",
    "keys",
    KEY_STATE,
    KEY_TRANSITIONS,
    text("place", "挂点 | Hook or place", when=when("to", "in")),
    rules=("R-KEY-07",),
)
KEY_ENTRUSTMENT = RecordType(
    name="key_entrustment",
    title=label("钥匙托管 | Key entrusted"),
    system="keys",
    subject="unit",
    roles=(*_KEEPERS, "steward"),
    photos=Photos(min=1, kinds=("signature", "document")),
    rules=("R-KEY-07",),
    fields=(
        link("unit_id", "房屋 | Unit", "unit", repeats_envelope="subject", in_form=False),
        text("purpose", "用途 | Purpose", must=True),
        day("from", "自 | From", must=True),
        day("to", "至 | Until"),
        NOTE,
    ),
)
_KEY = link("key", "钥匙 | Key", "key", must=True)
KEY_LOAN = RecordType(
    name="key_loan",
    title=label("钥匙借用 | Key loan"),
    system="keys",
    subject="key_loan",
    subject_prefixes=("key", "key_loan"),
    opens_subject=True,
    roles=(*_KEEPERS, "steward", "engineer", "cleaner", "project_manager"),
    offline=True,
    rules=("R-KEY-07", "R-KEY-08"),
    fields=(
        UNIT,
        _KEY,
        text("borrower", "借用人 | Borrower", must=True),
        text("purpose", "用途 | Purpose", must=True),
        NOTE,
    ),
)
LOAN_TRANSITIONS = (
    Transition("out", ("requested",), _KEEPERS, guards=(Filled("R-KEY-08", ("borrower", "purpose")),)),
    Transition("returned", ("out", "overdue"), _KEEPERS),
    Transition("lost", ("out", "overdue"), ("project_manager",)),
)
KEY_LOAN_STEP = step_record(
    "key_loan",
    "钥匙借还 | Key handed out or back",
    "keys",
    LOAN_STATUS,
    LOAN_TRANSITIONS,
    link("key", "钥匙 | Key", "key", must=True, initial="fields.key"),
    instant("at", "时间 | At", must=True, initial="now"),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "lost")),
    rules=("R-KEY-08",),
    touches=("key",),
)
KEY_LOSS_CASE = RecordType(
    name="key_loss_case",
    title=label("钥匙缺失报告 | Key missing"),
    system="keys",
    subject="key_loss_case",
    subject_prefixes=("key", "key_loss_case"),
    opens_subject=True,
    roles=(*_KEEPERS, "steward"),
    rules=("R-KEY-05",),
    fields=(
        UNIT,
        _KEY,
        instant("found_missing_at", "发现时间 | Found missing at", must=True, initial="now"),
        text("responsible", "责任人 | Responsible", must=True),
        long_text("cause", "原因 | Cause"),
        NOTE,
    ),
)
LOSS_TRANSITIONS = (
    Transition(
        "decided",
        ("reported",),
        ("project_manager",),
        guards=(NotOwn("R-KEY-05", ("key_loss_case",)), Filled("R-KEY-05", ("owner_informed_at",))),
    ),
)
KEY_LOSS_STEP = step_record(
    "key_loss_case",
    "钥匙缺失处理 | Decision on a missing key",
    "keys",
    LOSS_STATUS,
    LOSS_TRANSITIONS,
    long_text("decision", "处理决定 | Decision", must=True),
    instant("owner_informed_at", "告知业主时间 | Owner told at", must=True),
    rules=("R-KEY-05",),
)
_DIFFERENCES = group(
    "differences",
    "差异 | Differences",
    text("code", "编号 | Code", must=True),
    long_text("text", "情况 | What", must=True),
)
KEY_COUNT = RecordType(
    name="key_count",
    title=label("钥匙每日核对 | Daily key count"),
    system="keys",
    subject="project",
    roles=_KEEPERS,
    rules=("R-KEY-01", "R-KEY-03", "R-KEY-06"),
    fields=(
        whole("expected", "台账数 | In the ledger", must=True),
        whole("counted", "实点数 | Counted", must=True),
        yes("paper_updated", "纸质台账已更新 | Paper ledger updated", must=True),
        _DIFFERENCES,
        NOTE,
    ),
)
KEY_SPOT_CHECK = RecordType(
    name="key_spot_check",
    title=label("钥匙每周抽查 | Weekly key check"),
    system="keys",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    rules=("R-KEY-04",),
    fields=(
        whole("expected", "台账数 | In the ledger", must=True),
        whole("sampled", "抽查数 | Checked", must=True),
        _DIFFERENCES,
        NOTE,
    ),
    checks=(ShareOf("sampled", "expected", "key.spot_share", "R-KEY-04", "key.spot_least"),),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="key",
        title=label("钥匙台账 | Keys"),
        states=KEY_STATE,
        initial="in",
        transitions=KEY_TRANSITIONS,
        step="key_step",
        ends=("returned_to_owner",),
    ),
    LifeCycle(
        kind="key_loan",
        title=label("钥匙借用台账 | Key loans"),
        states=LOAN_STATUS,
        initial="requested",
        transitions=LOAN_TRANSITIONS,
        step="key_loan_step",
        ends=("returned", "lost"),
        lapses=(Lapse("R-KEY-08", ("out",), "overdue"),),
    ),
    LifeCycle(
        kind="key_loss_case",
        title=label("钥匙缺失台账 | Missing keys"),
        states=LOSS_STATUS,
        initial="reported",
        transitions=LOSS_TRANSITIONS,
        step="key_loss_case_step",
        ends=("decided",),
    ),
)
RECORD_TYPES = (
    KEY,
    KEY_STEP,
    KEY_ENTRUSTMENT,
    KEY_LOAN,
    KEY_LOAN_STEP,
    KEY_LOSS_CASE,
    KEY_LOSS_STEP,
    KEY_COUNT,
    KEY_SPOT_CHECK,
)
