"""The table of figures a project is steered by.

For: `KPIS` by id, and `figures(material)`.
Not for: how a figure is computed (kpi.py).
Source: domain 5.3.
"""

from __future__ import annotations

from server.catalogue.fields import label
from server.ledger.kpi import (
    ANSWERED,
    SATISFIED,
    Compute,
    Figure,
    Kpi,
    Material,
    clearance_rate,
    complaint_satisfaction,
    current_rate,
    distinct,
    evidence,
    has,
    households_paid,
    in_time,
    ledger_difference,
    nothing,
    picked_up,
    plan_achievement,
    promises_kept,
    recovery,
    share,
    stands,
    sum_of_steps,
    within_a_day,
)


def _kpi(id: str, words: str, target: int | None, compute: Compute) -> Kpi:
    return Kpi(id, label(words), target, compute)


_TABLE: tuple[Kpi, ...] = (
    _kpi("K-01", "当期收缴率 | Current collection rate", 90, current_rate),
    _kpi("K-02", "清欠率 | Arrears clearance rate", None, clearance_rate),
    _kpi("K-03", "户数收缴率 | Household collection rate", 90, households_paid),
    _kpi("K-04", "收费计划完成率 | Plan achievement", 100, plan_achievement),
    _kpi("K-05", "欠费跟进覆盖率 | Arrears measure coverage", 100, in_time("R-FEE-06")),
    _kpi("K-06", "承诺兑现率 | Promise kept rate", 70, promises_kept),
    _kpi("K-07", "台账差额（分） | Ledger difference in fen", None, ledger_difference),
    _kpi("K-08", "装修巡查覆盖率 | Decoration patrol coverage", 100, in_time("R-DEC-06")),
    _kpi(
        "K-09",
        "备案完整率 | Filing completeness",
        100,
        share(("decoration_step",), stands, has("to", "in_progress")),
    ),
    _kpi("K-10", "违规及时审批率 | Violation decided in time", 100, in_time("R-DEC-11")),
    _kpi("K-11", "违规按期整改率 | Violation rectified in time", 95, in_time("R-DEC-14")),
    _kpi("K-12", "空置房巡检率 | Vacancy check coverage", 100, in_time("R-VAC-02")),
    _kpi("K-13", "通风覆盖率 | Airing coverage", 100, in_time("R-VAC-03")),
    _kpi("K-14", "空置房保洁率 | Vacant cleaning coverage", 100, in_time("R-VAC-04")),
    _kpi("K-15", "特殊天气服务率 | Special-weather coverage", 100, in_time("R-VAC-05", "R-VAC-06")),
    _kpi("K-16", "公共巡视覆盖率 | Public patrol coverage", 100, in_time("R-PAT-01")),
    _kpi("K-17", "走访达标率 | Visit coverage", 100, in_time("R-VIS-02")),
    _kpi("K-18", "走访户数 | Households visited", None, distinct(("resident_visit",), "household_id")),
    _kpi("K-19", "意见反馈率 | Visit feedback rate", 100, in_time("R-RV-07")),
    _kpi(
        "K-20",
        "重点客户拜访数 | Key customers visited",
        None,
        distinct(("resident_visit",), "key_customer", lambda fact: bool(fact.body.get("key_customer"))),
    ),
    _kpi("K-21", "维修回访率 | Repair return-visit rate", 100, in_time("R-REP-06")),
    _kpi(
        "K-22", "急修返修 24 小时回访率 | Urgent and rework 24 h rate", 100, in_time("R-REP-09", "R-REP-13")
    ),
    _kpi("K-23", "渗漏雨后回访率 | Leak follow-up rate", 100, in_time("R-REP-10")),
    _kpi("K-24", "派工单周抽查率 | Weekly sample rate", 100, in_time("R-REP-11")),
    _kpi("K-25", "三日沟通率 | 3-day communication rate", 100, in_time("R-REP-04")),
    _kpi(
        "K-26",
        "纸质电子一致率 | Paper agrees with record",
        100,
        share(("paper_match",), has("matches", True)),
    ),
    _kpi("K-27", "投诉及时办结率 | Complaint closure in time", 100, in_time("R-CMP-05", "R-CMP-06")),
    _kpi("K-28", "投诉回访率 | Complaint return-visit rate", 100, in_time("R-CMP-13")),
    _kpi("K-29", "投诉满意率 | Complaint satisfaction", 100, complaint_satisfaction),
    _kpi("K-30", "上报及时率 | Escalation in time", 100, in_time("R-CMP-07", "R-CMP-09")),
    _kpi(
        "K-31",
        "征询发放率 | Survey distribution rate",
        30,
        sum_of_steps("survey_step", "distributed", "handed_out", "base_count"),
    ),
    _kpi("K-32", "征询回收率 | Survey recovery rate", 75, recovery),
    _kpi(
        "K-33",
        "满意率 | Satisfaction rate",
        90,
        share(("survey_response",), has("overall", *SATISFIED), has("overall", *ANSWERED)),
    ),
    _kpi("K-34", "征询回访率 | Survey follow-up rate", 100, in_time("R-RV-11", "R-RV-12")),
    _kpi(
        "K-35",
        "活动满意抽样率 | Event satisfaction sample",
        25,
        sum_of_steps("event_plan_step", "summarised", "answers", "participants"),
    ),
    _kpi("K-36", "夜间查岗 | Night checks", 100, in_time("R-INS-08", "R-INS-09")),
    _kpi("K-37", "缺陷消项率 | Defect close-out rate", 95, in_time("R-INS-20")),
    _kpi(
        "K-38",
        "钥匙核对一致率 | Key count match",
        100,
        share(("key_count",), lambda fact: fact.body.get("counted") == fact.body.get("expected")),
    ),
    _kpi(
        "K-39",
        "档案借阅签批率 | File loans signed",
        100,
        share(("file_loan_step",), stands, has("to", "out")),
    ),
    _kpi("K-40", "夜间事项移交率 | Night items passed on", 100, in_time("R-DUT-03")),
    _kpi("K-41", "三声内接听率 | Picked up within three rings", 100, picked_up),
    _kpi("K-42", "员工沟通率 | Staff talks", 100, in_time("R-COM-01")),
    _kpi(
        "K-43",
        "上岗考核合格率 | Passed before taking a post",
        100,
        share(("assessment",), has("result", "passed")),
    ),
    _kpi("K-44", "纪要及时率 | Minutes in time", 100, in_time("R-MTG-14")),
    _kpi("K-45", "转呈按期完成率 | Transfer forms in time", 95, in_time("R-TRF-03")),
    _kpi("K-46", "证据完整率 | Evidence completeness", 100, evidence),
    _kpi("K-47", "24 小时内同步率 | Synced within 24 hours", 95, within_a_day),
    _kpi("K-48", "编制差额 | Staffing gap", None, nothing),
)
KPIS: dict[str, Kpi] = {each.id: each for each in _TABLE}


def figures(material: Material) -> dict[str, Figure]:
    return {each.id: each.compute(material) for each in KPIS.values()}
