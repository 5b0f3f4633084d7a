"""Return visits: what holds for all of them; when one is due says the area that calls for it.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: the record (server/catalogue/return_visits.py), limits after a complaint or a repair (complaints.py, repairs.py).
Source: domain 3.7.
"""

from __future__ import annotations

from server.catalogue.fields import Label
from server.catalogue.rules.kinds import Rule, rule
from server.catalogue.setting_keys import SettingKey

RULES: tuple[Rule, ...] = (
    rule(
        "R-RV-04", "deadline", "投诉处理后须回访", "A complaint handled is visited again",
        reason=Label("尚无成功的回访记录", "No return visit has reached the customer yet"),
    ),
    rule("R-RV-05", "state", "上门催费即上门收费记录", "Dunning in person is a fee visit"),
    rule("R-RV-19", "conduct", "电话回访选合适时间", "A phone visit is made at a suitable hour"),
    rule("R-RV-20", "conduct", "上门选合适时机", "A visit uses a fitting occasion"),
    rule("R-RV-21", "evidence", "未访到不算完成", "An attempt that reached nobody does not count"),
    rule("R-RV-22", "state", "不满意即重新处理", "Not satisfied: the matter is reopened"),
)  # fmt: skip
SETTINGS: tuple[SettingKey, ...] = ()
