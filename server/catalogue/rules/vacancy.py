"""Vacant units: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue), what follows from it (server/ledger).
Source: domain 3.2, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole, wholes

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
        ("vac.inform_min", "vac.follow_up_days"),
        of="vacancy_anomaly",
        start=Start(("found",), field="found_at"),
        within=Limit("minutes", "vac.inform_min"),
        acts=Acts(entering=("contractor_informed", "repairing")),
        ends=("closed",),
        also=(
            Deadline(
                "R-VAC-07",
                Label("空置房异常三日跟进", "Anomaly followed up every three days"),
                "deadline",
                ("vac.follow_up_days",),
                name="follow_up",
                of="vacancy_anomaly",
                start=Start(("found",), field="found_at"),
                within=Limit("days", "vac.follow_up_days"),
                acts=Acts(("vacancy_follow_up", "vacancy_anomaly_step")),
                repeats=True,
                ends=("closed",),
            ),
        ),
    ),
    rule(
        "R-VAC-11", "state", "入户用钥匙须有借用登记", "A key used has an open loan",
        by="server.office.vacancy_reports",
    ),
    Deadline(
        "R-X-19",
        Label("空置房水电读数异常查看", "Meter rising in a vacant unit"),
        "deadline",
        ("vac.meter_water_max", "vac.meter_electric_max", "vac.meter_hours"),
        limit="hours",
        acts=Acts(("vacancy_check",)),
        by="server.ledger.meters",
    ),
    rule("R-X-20", "state", "入户两人同行或业主同意", "Two people, or the owner's consent"),
    rule(
        "R-X-21", "report", "空置房代管月报", "Monthly report to the owner of a vacant unit",
        by="server.office.vacancy_reports",
    ),
    rule(
        "R-GEN-11", "norm", "服务等级可提高频次", "A service level may raise frequencies",
        "service.level", "service.level_times", "service.lowered_because", by="server.ledger.service_level",
    ),
    rule("R-X-34", "norm", "服务等级", "Service level grades", "service.level", by="server.ledger.service_level"),
    rule(
        "R-VAC-08",
        "evidence",
        "修复后业主签字",
        "The owner signs after the repair",
        reason=Label(
            "须有业主或开发商代表签字照片", "A photo of the owner's or developer's signature is needed"
        ),
    ),
)  # fmt: skip

SETTINGS: tuple[SettingKey, ...] = (
    whole("service.level", 1, "R-X-34", "服务等级", "Service level", 1, 5),
    wholes(
        "service.level_times",
        (1, 1, 1, 1, 1),
        "R-GEN-11",
        "各等级空置房频次倍数",
        "Times the frequency, by level",
        31,
    ),
    SettingKey(
        "service.lowered_because",
        "",
        "text",
        "R-GEN-11",
        Label("低于标准频次的理由（项目经理）", "Why a frequency is below the standard, by the manager"),
        max=500,
    ),
    SettingKey(
        "vac.meter_water_max",
        0.5,
        "decimal",
        "R-X-19",
        Label("空置房用水上限（m³）", "Water in an empty unit, m³"),
    ),
    SettingKey(
        "vac.meter_electric_max",
        5,
        "decimal",
        "R-X-19",
        Label("空置房用电上限（kWh）", "Power in an empty unit, kWh"),
    ),
    whole("vac.meter_hours", 24, "R-X-19", "读数异常查看时限（小时）", "Hours to look after a meter", 1, 720),
    whole("vac.follow_up_days", 3, "R-VAC-07", "异常跟进间隔（天）", "Days between follow-ups", 1, 90),
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
