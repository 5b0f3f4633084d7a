"""Keys: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/keys.py).
Source: domain 3.10, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label, label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, clock_time, percent, whole

RULES: tuple[Rule, ...] = (
    rule("R-KEY-01", "state", "钥匙专人管理", "One named keeper"),
    rule("R-KEY-02", "checklist", "钥匙有标签、有挂点", "Every key is labelled and has its place"),
    Recurrence(
        "R-KEY-03",
        label("钥匙每日核对 | Daily key count"),
        "recurrence",
        of="project",
        every="day",
        acts=Acts(("key_count",)),
        assigned_to="key_keeper",
    ),
    Recurrence(
        "R-KEY-04",
        label("主管每周抽查钥匙 | Weekly key check"),
        "recurrence",
        ("key.spot_share", "key.spot_least"),
        of="project",
        every="week",
        acts=Acts(("key_spot_check",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Deadline(
        "R-KEY-05",
        label("钥匙缺失处理 | Missing key decided"),
        "approval",
        ("key.loss_days",),
        reason=Label("须由项目经理处理，并已告知业主", "The manager decides, and the owner has been told"),
        of="key_loss_case",
        start=Start(("reported",)),
        within=Limit("days", "key.loss_days"),
        acts=Acts(entering=("decided",)),
        assigned_to="manager",
        escalates_to="deputy_gm",
    ),
    rule("R-KEY-06", "checklist", "纸质与电子台账同步", "Paper and electronic ledgers are both updated"),
    rule(
        "R-KEY-07",
        "evidence",
        "借用与领取须签字",
        "Loans and pick-ups are signed",
        reason=Label("须有业主签字照片", "A photo of the owner's signature is needed"),
    ),
    Deadline(
        "R-KEY-08",
        label("钥匙按时归还 | Key returned in time"),
        "deadline",
        ("key.loan_due",),
        of="key_loan",
        start=Start(("out",)),
        within=Limit("clock", "key.loan_due"),
        acts=Acts(entering=("returned",)),
        dropped_in=("lost",),
        assigned_to="key_keeper",
    ),
)

SETTINGS: tuple[SettingKey, ...] = (
    percent("key.spot_share", 20, "R-KEY-04", "抽查比例（%）", "Keys checked, percent"),
    whole("key.spot_least", 10, "R-KEY-04", "抽查最少把数", "Keys checked at least", 1, 1000),
    whole("key.loss_days", 3, "R-KEY-05", "缺失处理时限（天）", "Days to decide on a missing key", 1, 90),
    clock_time("key.loan_due", "18:00", "R-KEY-08", "借用归还时间", "Keys are back by"),
)
