"""Fees: the recorded measure against a household's arrears, with its result.

For: what is recorded when a steward visits, calls or writes about unpaid fees.
Not for: the arrears themselves (reference type fee_account) and what is due next (server/ledger/fees.py).
Source: domain 4.4; R-FEE-06, R-FEE-10, R-FEE-11, R-FEE-14, R-FEE-19, R-X-22.
"""

from __future__ import annotations

from server.catalogue.checks.times import DaysAhead
from server.catalogue.decoration import NOTE
from server.catalogue.enums import (
    ARREARS_REASON,
    DUNNING_MEASURE,
    FEE_ITEM,
    FEE_VISIT_OUTCOME,
    PAYMENT_METHOD,
)
from server.catalogue.fields import Field, Label, When, enum
from server.catalogue.types import Photos, PhotoWhen, RecordType

PERSON_MET = enum(
    "fee_visit.person_met",
    "见到的人",
    "Person met",
    owner="业主 | Owner",
    family="家人 | Family",
    tenant="租户 | Tenant",
    other="其他 | Other",
)
NOTICE_KIND = enum(
    "fee_visit.notice_kind",
    "单据类别",
    "Kind of notice",
    reminder="催缴单 | Reminder",
    letter="催缴函 | Dunning letter",
)
DELIVERED_HOW = enum(
    "fee_visit.delivered_how",
    "送达方式",
    "Delivered how",
    handed="面交 | Handed over",
    door="贴门 | Put on the door",
    mail="邮寄 | Mailed",
    message="发送 | Sent as message",
)
BEHAVIOUR = enum(
    "fee_visit.behaviour_ok",
    "礼仪",
    "Behaviour",
    smile="微笑 | Smile",
    greet_first="主动问候 | Greet first",
    rise="起身 | Rise",
    both_hands="双手递接 | Both hands",
)
_PAID = When("outcome", ("paid", "partial"))
_UNPAID = When("outcome", FEE_VISIT_OUTCOME.but("paid"))
_PROMISED = When("outcome", ("promised",))
_NOTICE = When("measure", ("notice", "letter"))

FEE_VISIT = RecordType(
    name="fee_visit",
    title=Label("上门收费", "Fee visit"),
    system="fees",
    subject="household",
    subject_prefixes=("household", "unit", "fee_account"),
    roles=("steward", "cs_agent", "cs_supervisor"),
    offline=True,
    photos=Photos(
        kinds=("document", "overview", "detail"),
        when=(PhotoWhen(When("outcome", ("notice_left",)), 1), PhotoWhen(When("measure", ("notice",)), 1)),
    ),
    rules=("R-FEE-06", "R-FEE-10", "R-FEE-11", "R-FEE-14", "R-FEE-19", "R-X-22", "R-X-24"),
    fields=(
        Field(
            "unit_id",
            "link",
            Label("房屋", "Unit"),
            links=("unit",),
            repeats_envelope="subject",
            in_form=False,
        ),
        Field(
            "household_id",
            "link",
            Label("家庭户", "Household"),
            links=("household",),
            repeats_envelope="subject",
            in_form=False,
        ),
        Field(
            "performed_at",
            "datetime",
            Label("时间", "Time"),
            repeats_envelope="performed_at",
            in_form=False,
        ),
        Field("measure", "enum", Label("催收方式", "Measure"), required=True, options=DUNNING_MEASURE),
        Field("person_met", "enum", Label("见到的人", "Person met"), options=PERSON_MET),
        Field(
            "amount_due",
            "money",
            Label("应收金额", "Amount due"),
            required=True,
            min=0,
            initial="fields.arrears_fen",
        ),
        Field(
            "periods",
            "group",
            Label("欠费期间", "Periods"),
            required=True,
            min=0,
            initial="fields.periods",
            bare_entries=True,  # "2026-08" says which period and no more
            fields=(
                Field("period", "text", Label("期间", "Period"), required=True),
                Field("fee_item", "enum", Label("收费项目", "Fee item"), options=FEE_ITEM),
                Field("balance_fen", "money", Label("欠费", "Balance"), min=0),
            ),
        ),
        Field("outcome", "enum", Label("结果", "Outcome"), required=True, options=FEE_VISIT_OUTCOME),
        Field("paid_amount", "money", Label("实收金额", "Amount paid"), required=True, when=_PAID, min=1),
        Field(
            "method", "enum", Label("付款方式", "Method"), required=True, when=_PAID, options=PAYMENT_METHOD
        ),
        Field(
            "receipt_no",
            "text",
            Label("收据号", "Receipt number"),
            required=True,
            when=_PAID,
            help=Label("没有收据不能记为已收", "Without a receipt nothing counts as paid"),
        ),
        Field("promise_date", "date", Label("承诺缴费日", "Promised for"), required=True, when=_PROMISED),
        Field(
            "promise_amount",
            "money",
            Label("承诺金额", "Amount promised"),
            required=True,
            when=_PROMISED,
            min=1,
            initial="fields.arrears_fen",
        ),
        Field(
            "arrears_reason",
            "enum",
            Label("欠费原因", "Reason for arrears"),
            required=True,
            when=_UNPAID,
            options=ARREARS_REASON,
        ),
        Field("reason_text", "long_text", Label("原因说明", "Reason in words"), when=_UNPAID),
        Field(
            "obstacle",
            "link",
            Label("缴费障碍", "Obstacle"),
            links=("complaint", "repair_order"),
            in_form=False,
        ),
        Field(
            "notice_kind",
            "enum",
            Label("单据类别", "Kind of notice"),
            required=True,
            when=_NOTICE,
            options=NOTICE_KIND,
        ),
        Field("notice_no", "text", Label("单据编号", "Notice number"), when=_NOTICE),
        Field(
            "delivered_how",
            "enum",
            Label("送达方式", "Delivered how"),
            required=True,
            when=_NOTICE,
            options=DELIVERED_HOW,
        ),
        Field(
            "next_action_at",
            "date",
            Label("下次跟进日", "Next action on"),
            required=True,
            when=_UNPAID,
            help=Label("最迟 7 天内；已承诺的可到承诺日", "Within 7 days, or by the promised day"),
        ),
        Field("behaviour_ok", "ticks", Label("礼仪自查", "Behaviour"), options=BEHAVIOUR),
        NOTE,
    ),
    checks=(
        DaysAhead("promise_date", None, "R-X-22"),
        DaysAhead("next_action_at", "fee.next_action_max_days", "R-FEE-11", or_until="promise_date"),
    ),
)

RECORD_TYPES = (FEE_VISIT,)
