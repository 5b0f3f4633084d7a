"""Anomalies in vacant units: from the finding to the owner's signature.

For: what is recorded about an anomaly that has to be put right, and its life cycle.
Not for: the check on which it was found (vacancy.py), repairs in homes (repairs.py).
Source: domain 4.3; R-VAC-07, R-VAC-08.
"""

from __future__ import annotations

from server.catalogue.field_words import NOTE, UNIT, about, instant, link, long_text, one, text, when
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import LifeCycle, Log, Signed, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role
from server.catalogue.vacancy import ANOMALY_KIND

STATUS = enum(
    "vacancy_anomaly.status",
    "异常状态",
    "Anomaly",
    found="已发现 | Found",
    contractor_informed="已告知施工方 | Contractor told",
    repairing="维修中 | Being repaired",
    repaired="已修复 | Repaired",
    owner_signed="业主已签 | Signed by the owner",
    closed="已关闭 | Closed",
)
_FIELD: tuple[Role, ...] = ("steward", "cs_supervisor", "engineer")
VACANCY_ANOMALY = RecordType(
    name="vacancy_anomaly",
    title=label("空置房异常 | Anomaly in a vacant unit"),
    system="vacancy",
    subject="vacancy_anomaly",
    subject_prefixes=("unit", "vacancy_anomaly"),
    opens_subject=True,
    roles=_FIELD,
    offline=True,
    photos=Photos(min=1),
    rules=("R-VAC-07",),
    fields=(
        UNIT,
        instant("found_at", "发现时间 | Found at", must=True, initial="now"),
        text("place", "位置 | Place", must=True),
        one("kind", "类别 | Kind", ANOMALY_KIND, must=True),
        long_text("text", "情况 | What it is"),
        link("vacancy_check", "巡检 | Check", "vacancy_check", in_form=False),
    ),
)
TRANSITIONS = (
    Transition("contractor_informed", ("found",), _FIELD),
    Transition("repairing", ("found", "contractor_informed"), _FIELD),
    Transition("repaired", ("contractor_informed", "repairing"), _FIELD),
    Transition("repairing", ("repaired",), _FIELD),
    Transition("owner_signed", ("repaired",), _FIELD, guards=(Signed("R-VAC-08"),)),
    Transition("closed", ("owner_signed",), _FIELD),
)
VACANCY_ANOMALY_STEP = step_record(
    "vacancy_anomaly",
    "空置房异常处理 | Anomaly step",
    "vacancy",
    STATUS,
    TRANSITIONS,
    text("contractor", "施工方联系人 | Contractor", must=True, when=when("to", "contractor_informed")),
    instant(
        "owner_told_at",
        "告知业主时间 | Owner told at",
        when=when("to", "contractor_informed", "repairing", "repaired"),
    ),
    text("signed_by", "签字人 | Signed by", must=True, when=when("to", "owner_signed")),
    rules=("R-VAC-07", "R-VAC-08"),
    offline=True,
)
VACANCY_FOLLOW_UP = RecordType(
    name="vacancy_follow_up",
    title=label("空置房异常跟进 | Follow-up of an anomaly"),
    system="vacancy",
    subject="vacancy_anomaly",
    roles=_FIELD,
    offline=True,
    rules=("R-VAC-07",),
    fields=(
        about("vacancy_anomaly", "异常 | Anomaly"),
        long_text("text", "跟进 | What is new", must=True),
        NOTE,
    ),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="vacancy_anomaly",
        title=label("空置房异常台账 | Anomalies in vacant units"),
        states=STATUS,
        initial="found",
        transitions=TRANSITIONS,
        step="vacancy_anomaly_step",
        ends=("closed",),
        logs=(Log("follow_ups", label("跟进 | Follow-ups"), "vacancy_follow_up", ("text",)),),
    ),
)
RECORD_TYPES = (VACANCY_ANOMALY, VACANCY_ANOMALY_STEP, VACANCY_FOLLOW_UP)
