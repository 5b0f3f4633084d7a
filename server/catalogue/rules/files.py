"""Customer files: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/files.py).
Source: domain 3.13; D-23.
"""

from __future__ import annotations

from server.catalogue.fields import Label, label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, percent, whole

RULES: tuple[Rule, ...] = (
    rule("R-FIL-01", "state", "档案专人管理", "One named keeper"),
    rule(
        "R-FIL-02",
        "approval",
        "借阅须项目经理签字",
        "Every loan carries the manager's signature",
        reason=Label(
            "须由项目经理签字，且不能审批本人的借阅", "The manager signs, and never a loan of their own"
        ),
    ),
    Deadline(
        "R-FIL-03",
        label("档案按时归还 | File returned in time"),
        "evidence",
        ("fil.loan_days",),
        of="file_loan",
        start=Start(("out",)),
        within=Limit("days", "fil.loan_days"),
        acts=Acts(entering=("returned",)),
        dropped_in=("lost",),
        assigned_to="file_keeper",
    ),
    Recurrence(
        "R-FIL-04",
        label("档案月度核查 | Monthly file check"),
        "recurrence",
        ("fil.check_share", "fil.check_least"),
        of="project",
        every="month",
        acts=Acts(("file_check",)),
        assigned_to="file_keeper",
        escalates_to="supervisor",
    ),
    rule("R-FIL-05", "state", "遗失追责", "Somebody answers for a lost file"),
    rule("R-FIL-07", "conduct", "客户资料保密", "Customer data is never leaked"),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole("fil.loan_days", 3, "R-FIL-03", "借阅天数", "Days of a loan", 1, 90),
    percent("fil.check_share", 5, "R-FIL-04", "核查比例（%）", "Files checked, percent"),
    whole("fil.check_least", 10, "R-FIL-04", "核查最少份数", "Files checked at least", 1, 1000),
)
