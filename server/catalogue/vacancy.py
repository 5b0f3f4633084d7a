"""Vacant units: the monthly check, airing, and cleaning.

For: what is recorded inside a vacant unit.
Not for: which units are vacant (reference type unit) and when a visit is due (server/ledger/vacancy.py).
Source: domain 4.4, 6; R-VAC-02 to R-VAC-04, R-VAC-09, R-VAC-12, R-X-20.
"""

from __future__ import annotations

from server.catalogue.checks.answers import MustBeTrue
from server.catalogue.checks.photos import PhotoPerEntry
from server.catalogue.checks.times import MinutesBetween
from server.catalogue.decoration import NOTE
from server.catalogue.enums import VACANCY_KIND
from server.catalogue.fields import Field, Label, When, checklist, enum
from server.catalogue.types import Photos, RecordType, card

CHECK_ITEMS = checklist(
    "vacancy_check.items",
    door_lock="门锁 | Door and lock",
    windows="门窗 | Windows",
    walls_ceiling_leak="墙顶渗漏 | Leaks in walls or ceiling",
    floor_drain="地漏下水 | Floor drains",
    pipes_valves="管道阀门 | Pipes and valves",
    electrics="电路 | Electrics",
    items_left="遗留物品 | Items left",
    smell_mould="异味霉变 | Smell or mould",
    pests="虫鼠 | Pests",
    overall="整体 | Overall",
)
CHECK_REASON = enum(
    "vacancy_check.reason",
    "巡检原因",
    "Reason",
    monthly="月度 | Monthly",
    special_weather="特殊天气 | Special weather",
    after_repair="修后 | After a repair",
    request="业主要求 | Owner's request",
)
ANOMALY_KIND = enum(
    "vacancy.anomaly_kind",
    "异常类别",
    "Kind of anomaly",
    leak="渗漏 | Leak",
    crack="开裂空鼓 | Crack or hollow",
    damage="损坏 | Damage",
    mould="霉变 | Mould",
    pests="虫鼠 | Pests",
    utilities="水电异常 | Water or power",
    intrusion="闯入遗失 | Intrusion or loss",
    other="其他 | Other",
)
ROOM = enum(
    "vacancy.rooms",
    "房间",
    "Rooms",
    living="客厅 | Living room",
    bedroom="卧室 | Bedroom",
    kitchen="厨房 | Kitchen",
    bathroom="卫生间 | Bathroom",
    study="书房 | Study",
    balcony="阳台 | Balcony",
)
CLEANING_RESULT = enum(
    "vacant_cleaning.result", "保洁结果", "Result", good="合格 | Good", redo="返工 | To be redone"
)
# Two people, or the owner agreed beforehand: without either the entry is shown as one made alone.
_COMPANION = Field(
    "companion",
    "text",
    Label("同行人", "Who came along"),
    help=Label("入户应两人同行，或事先取得业主同意", "Two people enter, or the owner agreed beforehand"),
)
_CONSENT = Field("consent_ref", "text", Label("业主同意（方式与时间）", "The owner's consent: how and when"))
ENTRY_CARD = card(
    "vacant_entry",
    "进入空置房 | Entering a vacant unit",
    "两人同行，或事先取得业主同意 | Two people, or the owner's prior consent",
    "钥匙登记借出，用后归还 | The key is borrowed on record and brought back",
    "屋内物品不移动 | Nothing inside is moved",
    rules=("R-X-20",),
)
_UNIT = Field(
    "unit_id",
    "link",
    Label("房屋", "Unit"),
    links=("unit",),
    repeats_envelope="subject",
    in_form=False,
)

VACANCY_CHECK = RecordType(
    name="vacancy_check",
    title=Label("空置房巡检", "Vacant unit check"),
    system="vacancy",
    subject="unit",
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1, kinds=("overview", "detail", "meter")),
    rules=("R-VAC-02", "R-VAC-12", "R-X-20"),
    help=(ENTRY_CARD,),
    fields=(
        _UNIT,
        Field(
            "performed_at",
            "datetime",
            Label("到达时间", "Arrived at"),
            repeats_envelope="performed_at",
            in_form=False,
        ),
        Field(
            "vacancy_kind",
            "enum",
            Label("空置类别", "Kind of vacancy"),
            required=True,
            options=VACANCY_KIND,
            initial="fields.vacancy_kind",
        ),
        Field(
            "reason",
            "enum",
            Label("巡检原因", "Reason"),
            required=True,
            options=CHECK_REASON,
            initial="monthly",
        ),
        Field(
            "weather_episode_id",
            "link",
            Label("天气事件", "Weather episode"),
            when=When("reason", ("special_weather",)),
            links=("weather_episode",),
            in_form=False,
        ),
        Field("key_loan_id", "link", Label("钥匙借用", "Key loan"), links=("key_loan",), in_form=False),
        Field("items", "checklist", Label("检查项", "Items"), required=True, items=CHECK_ITEMS),
        Field(
            "anomalies",
            "group",
            Label("异常", "Anomalies"),
            help=Label("每处异常另拍一张照片", "Take one more photo for each anomaly"),
            fields=(
                Field("place", "text", Label("位置", "Place"), required=True),
                Field("kind", "enum", Label("类别", "Kind"), required=True, options=ANOMALY_KIND),
                Field("contractor_informed_at", "datetime", Label("告知施工方时间", "Contractor told at")),
                Field("owner_informed_at", "datetime", Label("告知业主时间", "Owner told at")),
            ),
        ),
        Field("meter_water", "decimal", Label("水表", "Water meter"), unit="m³", min=0),
        Field("meter_electric", "decimal", Label("电表", "Electricity meter"), unit="kWh", min=0),
        Field("meter_gas", "decimal", Label("燃气表", "Gas meter"), unit="m³", min=0),
        Field("valves_closed", "bool", Label("水气阀门已关", "Valves closed"), required=True),
        Field("main_switch_off", "bool", Label("总闸已断", "Main switch off"), required=True),
        Field(
            "windows_closed_at_exit",
            "bool",
            Label("离开时门窗已关", "Windows closed on leaving"),
            required=True,
        ),
        _COMPANION,
        _CONSENT,
        Field("left_at", "datetime", Label("离开时间", "Left at"), required=True, initial="now"),
        NOTE,
    ),
    checks=(PhotoPerEntry("anomalies", "R-VAC-12"),),
)

AIRING = RecordType(
    name="airing",
    title=Label("开窗通风", "Airing"),
    system="vacancy",
    subject="unit",
    roles=("steward", "cleaner", "cs_supervisor"),
    offline=True,
    photos=Photos(kinds=("overview", "detail")),
    rules=("R-VAC-03",),
    fields=(
        _UNIT,
        Field("opened_at", "datetime", Label("开窗时间", "Opened at"), required=True, initial="now"),
        Field("closed_at", "datetime", Label("关窗时间", "Closed at"), required=True, initial="now"),
        Field("rooms", "multi_enum", Label("房间", "Rooms"), options=ROOM),
        Field(
            "weather_ok",
            "bool",
            Label("天气适宜（无雨无大风）", "Weather fit, no rain or gale"),
            required=True,
        ),
        Field("closed_confirmed", "bool", Label("已确认关窗", "Windows confirmed closed"), required=True),
        NOTE,
    ),
    checks=(
        MinutesBetween("opened_at", "closed_at", "vac.air_min_minutes", "R-VAC-03"),
        MustBeTrue("weather_ok", "R-VAC-03"),
        MustBeTrue("closed_confirmed", "R-VAC-03"),
    ),
)

VACANT_CLEANING = RecordType(
    name="vacant_cleaning",
    title=Label("空置房保洁", "Vacant unit cleaning"),
    system="vacancy",
    subject="unit",
    roles=("steward", "cleaner", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1, kinds=("overview", "detail")),
    rules=("R-VAC-04",),
    fields=(
        _UNIT,
        Field("cleaner", "text", Label("保洁员", "Cleaner"), required=True),
        Field("arranged_at", "datetime", Label("安排时间", "Arranged at")),
        Field("done_at", "datetime", Label("完成时间", "Done at"), required=True, initial="now"),
        Field("areas", "multi_enum", Label("保洁范围", "Areas"), options=ROOM),
        Field("result", "enum", Label("保洁结果", "Result"), required=True, options=CLEANING_RESULT),
        Field("confirmed_by", "text", Label("确认人", "Confirmed by"), required=True),
        NOTE,
    ),
)

RECORD_TYPES = (VACANCY_CHECK, AIRING, VACANT_CLEANING)
