"""Vacant units: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue), what follows from it (server/ledger).
Source: domain 3.2, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    Recurrence(
        "R-VAC-02",
        Label("空置房月度巡检", "Monthly check of a vacant unit"),
        "recurrence",
        ("vac.check_per_month", "vac.min_days_in_month", "duties_from"),
        every="month",
    ),
    Recurrence(
        "R-VAC-03",
        Label("空置房月度通风", "Monthly airing of a vacant unit"),
        "recurrence",
        ("vac.air_per_month", "vac.air_min_minutes", "vac.min_days_in_month", "duties_from"),
        every="month",
    ),
    Recurrence(
        "R-VAC-04",
        Label("空置房月度保洁", "Monthly cleaning of a vacant unit"),
        "recurrence",
        ("vac.clean_per_month", "vac.min_days_in_month", "duties_from"),
        every="month",
    ),
    Recurrence(
        "R-VAC-05",
        Label("连阴雨特殊服务", "Special service in continuous rain"),
        "recurrence",
        ("vac.special_due_hours", "vac.spell_repeat_days", "duties_from"),
        by="server.ledger.vacancy",
    ),
    Recurrence(
        "R-VAC-06",
        Label("大风特殊服务", "Special service in strong wind"),
        "recurrence",
        ("vac.special_due_hours", "duties_from"),
        by="server.ledger.vacancy",
    ),
    rule("R-VAC-01", "norm", "空置房三类", "Three kinds of vacancy", by="server.ledger.vacancy"),
    rule(
        "R-VAC-09",
        "norm",
        "巡检、通风、保洁分别计数",
        "Check, airing and cleaning are counted separately",
        by="server.ledger.vacancy",
    ),
    rule(
        "R-VAC-10",
        "norm",
        "当月在册满十五天",
        "Fifteen days in the register",
        "vac.min_days_in_month",
        by="server.ledger.vacancy",
    ),
    rule("R-VAC-12", "checklist", "空置房检查项", "What a check records"),
    Deadline(
        "R-VAC-07",
        Label("异常即报施工方", "Anomaly told to the contractor at once"),
        "deadline",
        ("vac.inform_min",),
        of="vacancy_anomaly",
        start=Start(("found",), field="found_at"),
        within=Limit("minutes", "vac.inform_min"),
        acts=Acts(entering=("contractor_informed", "repairing")),
        ends=("closed",),
    ),
    rule(
        "R-VAC-08",
        "evidence",
        "修复后业主签字",
        "The owner signs after the repair",
        reason=Label(
            "须有业主或开发商代表签字照片", "A photo of the owner's or developer's signature is needed"
        ),
    ),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole(
        "vac.inform_min",
        60,
        "R-VAC-07",
        "告知施工方时限（分钟）",
        "Minutes to tell the contractor",
        1,
        10_080,
    ),
    whole("vac.check_per_month", 1, "R-VAC-02", "每月巡检次数", "Checks per month", 0, 31),
    whole("vac.air_per_month", 1, "R-VAC-03", "每月通风次数", "Airings per month", 0, 31),
    whole("vac.clean_per_month", 1, "R-VAC-04", "每月保洁次数", "Cleanings per month", 0, 31),
    whole("vac.air_min_minutes", 30, "R-VAC-03", "通风最短分钟数", "Shortest airing in minutes"),
    whole("vac.min_days_in_month", 15, "R-VAC-10", "当月在册最少天数", "Least days in the register", 1, 31),
    whole(
        "vac.special_due_hours", 24, "R-VAC-05", "特殊天气服务时限（小时）", "Hours for special service", 1
    ),
    whole("vac.spell_repeat_days", 7, "R-VAC-05", "连阴雨重复天数", "Repeat in a spell, days", 1),
)
