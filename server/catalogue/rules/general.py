"""General conventions: time, counting, reminders, withdrawal, and what holds for records that travel.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue), what follows from it (server/ledger).
Source: domain 3.0 and 3.25, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Rule, rule
from server.catalogue.setting_keys import SettingKey, switch, whole

RULES: tuple[Rule, ...] = (
    rule(
        "R-GEN-01",
        "norm",
        "按项目时区计日",
        "Days are counted in the project's time zone",
        "time_zone",
        by="server.ledger.calendar",
    ),
    rule(
        "R-GEN-02",
        "norm",
        "天数时限止于当日最后一秒",
        "A limit of days ends with the last second of its day",
        by="server.ledger.calendar",
    ),
    rule(
        "R-GEN-03",
        "norm",
        "小时时限精确到秒",
        "A limit of hours ends exactly so many hours later",
        by="server.ledger.deadlines",
    ),
    rule(
        "R-GEN-05",
        "norm",
        "自然周与自然月",
        "Weeks and months are calendar periods",
        by="server.ledger.periods",
    ),
    rule("R-GEN-07", "norm", "工作日历", "Calendar of working days", by="server.ledger.calendar"),
    rule(
        "R-GEN-08",
        "norm",
        "离线记录按手机时间计",
        "Offline records count at device time",
        "sync.skew_min",
        by="server.ledger.deadlines",
    ),
    rule(
        "R-GEN-04",
        "norm",
        "当日止于 23:59:59",
        "The same day ends at 23:59:59",
        by="server.ledger.case_limits",
    ),
    rule(
        "R-GEN-06",
        "norm",
        "比例按整数向上取整",
        "Shares are counted in integers and rounded up",
        by="server.ledger.quotas",
    ),
    rule(
        "R-GEN-09",
        "norm",
        "天气任务按每日天气记录",
        "Weather duties follow the weather of each day",
        "wx.rain_mm",
        "wx.continuous_days",
        "wx.gale_level",
        "wx.rainstorm_mm",
        by="server.ledger.weather",
    ),
    rule(
        "R-GEN-10",
        "deadline",
        "到期提醒与超时上报",
        "Reminders before a limit, escalation after it",
        by="server.ledger.levels",
    ),
    rule(
        "R-GEN-12",
        "norm",
        "漏做的周期保留为漏做",
        "A missed period stays missed",
        "duties_from",
        "scope.duties_from",
        by="server.ledger.recurrences",
    ),
    rule(
        "R-GEN-13",
        "evidence",
        "作废须有理由，记录保留",
        "Withdrawn with a reason, kept for the office",
        by="server.ledger.counted",
    ),
    rule(
        "R-SYN-07",
        "state",
        "照片可以晚到",
        "Photos may arrive later",
        "sync.photo_alarm_hours",
        by="server.jobs.alarms",
    ),
    rule(
        "R-SYN-09", "report", "设备失联", "Silent devices", "sync.device_alarm_hours", by="server.jobs.alarms"
    ),
    rule(
        "R-SYN-01",
        "state",
        "外业记录全程可离线",
        "Field records need no network",
        by="server.catalogue.types",
    ),
    rule(
        "R-SYN-02",
        "state",
        "离线记录恰好送达一次",
        "Each offline record arrives exactly once",
        by="server.intake.take",
    ),
    rule(
        "R-SYN-03",
        "state",
        "同一记录的两份都保留",
        "Two versions of a record: none is lost",
        by="server.intake.take",
    ),
    rule(
        "R-SYN-05",
        "approval",
        "服务器逐份校验",
        "The server checks every document",
        by="server.catalogue.validation",
    ),
    rule("R-SYN-06", "norm", "任务重复执行只算一次", "Jobs run twice act once", by="server.ledger.model"),
    rule(
        "R-SYN-08",
        "norm",
        "时限按手机时间判定",
        "Limits are judged by the time of the act",
        by="server.ledger.deadlines",
    ),
    rule(
        "R-FIL-06",
        "checklist",
        "记录自动归入客户档案",
        "Records are filed with their unit",
        by="server.catalogue.subjects",
    ),
    rule(
        "R-SYN-04",
        "state",
        "手机只存本片区数据",
        "A phone holds only the data of its areas",
        by="server.access.directory",
    ),
    rule(
        "R-X-35",
        "norm",
        "节假日与调休按公布导入",
        "Holidays and make-up days are imported",
        by="server.imports.project_days",
    ),
    # Rules of the phone. What of them the server does: of a photo that a second record names the supervisor is told, and the
    # office has the month's list (R-X-27, server/ledger/pictures.py); a lost phone's sessions and key are revoked by an
    # administrator (R-X-31, server/access/devices.py).
    rule("R-X-27", "evidence", "水印照片，原图不改", "Stamped photos, the original unaltered", by="pwa/src/capture/stamp.ts"),
    rule(
        "R-X-31", "norm", "手机丢失可锁定", "A lost phone shows nothing",
        "phone.pin_required", "phone.idle_hours", "phone.contact_hours", by="pwa/src/vault/trust.ts",
    ),
    rule(
        "R-X-38", "norm", "外业手机操作", "Work on the phone", "photo.long_side_px", "photo.max_kb",
        by="pwa/src/capture/frame.ts",
    ),
    rule("R-X-36", "norm", "天气用语", "Words of the weather", by="server.ledger.weather"),
)  # fmt: skip

SETTINGS: tuple[SettingKey, ...] = (
    SettingKey(
        "scope.duties_from",
        None,
        "day_or_none",
        "R-GEN-12",
        Label("片区与项目任务起始日", "First day of the duties of areas and projects"),
    ),
    SettingKey(
        "wx.rain_mm", 0.1, "decimal", "R-GEN-09", Label("雨日雨量（毫米）", "Rain that makes a rain day, mm")
    ),
    whole("wx.continuous_days", 3, "R-GEN-09", "连阴雨天数", "Rain days in a row that make a spell", 1, 30),
    whole("wx.gale_level", 6, "R-GEN-09", "大风级别", "Wind that makes a gale, Beaufort", 1, 17),
    whole(
        "wx.rainstorm_mm", 50, "R-GEN-09", "暴雨雨量（毫米）", "Rain that makes a storm, mm in a day", 1, 1000
    ),
    SettingKey("time_zone", "Asia/Shanghai", "time_zone", "R-GEN-01", Label("项目时区", "Time zone")),
    SettingKey(
        "duties_from", None, "day_or_none", "R-GEN-12", Label("考核起始日", "First day on which duties count")
    ),
    whole("sync.skew_min", 5, "R-GEN-08", "设备时钟允许偏差（分钟）", "Clock skew allowed, minutes", 1),
    whole("sync.photo_alarm_hours", 48, "R-SYN-07", "照片缺失报警（小时）", "Missing photo alarm, hours", 1),
    whole(
        "photo.long_side_px", 1600, "R-X-38", "照片长边（像素）", "Long side of a camera photo, px", 640, 8000
    ),
    whole("photo.max_kb", 400, "R-X-38", "照片大小（KB）", "Size of a camera photo, KB", 50, 20_000),
    switch("phone.pin_required", False, "R-X-31", "手机必须设置 PIN", "Phones must have a PIN"),
    whole(
        "phone.idle_hours",
        12,
        "R-X-31",
        "离线且未使用多久后手机锁定（小时）",
        "Phones lock when offline and not used for so long, hours",
        1,
        168,
    ),
    whole(
        "phone.contact_hours",
        72,
        "R-X-31",
        "连不上办公室多久后手机锁定（小时）",
        "Phones lock without contact to the office for so long, hours",
        1,
        720,
    ),
    whole("sync.device_alarm_hours", 24, "R-SYN-09", "设备失联报警（小时）", "Silent device alarm, hours", 1),
)
