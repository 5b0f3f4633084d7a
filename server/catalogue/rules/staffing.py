"""Staffing norms: the rules; their figures stand in the calculator, as they are published.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: computing them (server/ledger/staffing.py, server/ledger/task_rates.py).
Source: domain 3.22.
"""

from __future__ import annotations

from server.catalogue.rules.kinds import Rule, rule
from server.catalogue.setting_keys import SettingKey

_HEADS = "server.ledger.staffing"
_TASKS = "server.ledger.task_rates"
RULES: tuple[Rule, ...] = (
    rule("R-STF-01", "norm", "服务中心 15 万以下 3 人", "Service centre up to 150,000 m²", by=_HEADS),
    rule("R-STF-02", "norm", "15 万以上设巡查组", "Patrol group above 150,000 m²", by=_HEADS),
    rule("R-STF-03", "norm", "服务中心每 10 万增 1 人", "Service centre, one more per 100,000 m²", by=_HEADS),
    rule("R-STF-04", "norm", "客服主管与班长", "Leaders of customer service", by=_HEADS),
    rule("R-STF-05", "norm", "固定岗", "Fixed guard posts", by=_HEADS),
    rule("R-STF-06", "norm", "门岗", "Guards of entrances", by=_HEADS),
    rule("R-STF-07", "norm", "巡逻岗", "Patrol guards", by=_HEADS),
    rule("R-STF-08", "norm", "停车场岗", "Guards of car parks", by=_HEADS),
    rule("R-STF-09", "norm", "秩序主管与班组长", "Leaders of security", by=_HEADS),
    rule("R-STF-10", "norm", "监控室", "Control rooms", by=_HEADS),
    rule("R-STF-11", "norm", "秩序总量", "Security overall", by=_HEADS),
    rule("R-STF-12", "norm", "高压房值班电工", "Duty electricians", by=_HEADS),
    rule("R-STF-13", "norm", "水电空调与综合维修", "Plumbers, electricians, air, general repair", by=_HEADS),
    rule("R-STF-14", "norm", "电梯工", "Lift mechanics", by=_HEADS),
    rule("R-STF-15", "norm", "工程主管与班长", "Leaders of engineering", by=_HEADS),
    rule("R-STF-16", "norm", "工程总量", "Engineering overall", by=_HEADS),
    rule("R-STF-17", "norm", "保洁工时定额", "Cleaning per person and hour", by=_TASKS),
    rule("R-STF-18", "norm", "玻璃与轿厢", "Glass and lift cars", by=_TASKS),
    rule("R-STF-19", "norm", "楼内保洁", "Cleaners of blocks", by=_HEADS),
    rule("R-STF-20", "norm", "保洁主管与班长", "Leaders of cleaning", by=_HEADS),
    rule("R-STF-21", "norm", "保洁总量", "Cleaning overall", by=_HEADS),
    rule("R-STF-22", "norm", "绿篱修剪", "Hedges", by=_TASKS),
    rule("R-STF-23", "norm", "乔木修剪", "Trees", by=_TASKS),
    rule("R-STF-24", "norm", "割草", "Mowing", by=_TASKS),
    rule("R-STF-25", "norm", "施肥", "Fertiliser", by=_TASKS),
    rule("R-STF-26", "norm", "喷药", "Pesticide", by=_TASKS),
    rule("R-STF-27", "norm", "浇水", "Watering", by=_TASKS),
    rule("R-STF-28", "norm", "上盆与整理", "Potting and finishing", by=_TASKS),
    rule("R-STF-29", "norm", "盆景", "Bonsai", by=_TASKS),
    rule("R-STF-30", "norm", "插花", "Flower arranging", by=_TASKS),
    rule("R-STF-31", "norm", "机具保养", "Machine upkeep", by=_TASKS),
    rule("R-STF-32", "norm", "废花与除草", "Discarded flowers and weeding", by=_TASKS),
    rule("R-STF-33", "norm", "绿化工", "Gardeners", by=_HEADS),
    rule("R-STF-34", "norm", "绿化主管与技术员", "Leaders of greening", by=_HEADS),
    rule("R-STF-35", "norm", "绿化总量", "Greening overall", by=_HEADS),
    rule("R-STF-36", "report", "明细、总量、现有与差额", "Detail, overall, actual and gap", by=_HEADS),
)
SETTINGS: tuple[SettingKey, ...] = ()
