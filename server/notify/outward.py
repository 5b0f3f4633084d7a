"""What leaves the house: fixed words without personal data. Whoever should know more opens the application.

For: `outward(notice, …)`. Not for: the inbox's own words (words.py), which name units and amounts.
A lock screen, a group chat and an SMS are read by others: only the duty's name, how many
there are, the area and the limit are said.
Source: promises S-31, S-34.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from server.catalogue.fields import Label
from server.ledger.rules import RULES
from server.notify.sinks import Outward
from server.notify.words import REMINDERS

Lang = Literal["zh", "en"]
LASTS = timedelta(hours=24)  # from when it was made: later the inbox and the day's list say it better
TEST_NOTICE = "test"
MISSED_PATROLS = Label("漏巡清单", "Missed patrols")  # R-DEC-21


def outward(
    body: Mapping[str, Any], key: str, made_at: datetime, area: str | None, time_zone: str, lang: Lang
) -> Outward:
    """`body`: the inbox document. `area`: the area's name as people call it."""
    rule, level = str(body["rule"]), int(body["level"])
    declared = RULES.get(rule)
    duty = (
        (declared.title if declared else Label("待办事项", "A duty"))
        if rule != "R-DEC-21"
        else MISSED_PATROLS
    )
    count = max(1, len(body.get("items") or ()))
    limit = datetime.fromisoformat(str(body["due_at"])).astimezone(ZoneInfo(time_zone))
    soon = level in REMINDERS
    if lang == "zh":
        title = f"{duty.zh}{'待办' if soon else '超时'}"
        place = f"{area}，" if area else ""
        text = f"{place}{count} 项，时限 {limit:%m-%d %H:%M}。请打开巡录查看。"
    else:
        title = f"{duty.en}: {'to do' if soon else 'overdue'}"
        place = f"{area}, " if area else ""
        text = f"{place}{count} in all, limit {limit:%m-%d %H:%M}. Open Xunlu to see more."
    return Outward(key, str(body["_id"]), level, title, text, "/inbox", made_at + LASTS)


def test_message(key: str, made_at: datetime, lang: Lang) -> Outward:
    """What `xunlu notify test` sends."""
    if lang == "zh":
        title, text = "通知测试", "这个通道可以收到巡录的提醒，无需处理。"
    else:
        title, text = "Test", "Reminders of Xunlu arrive here. Nothing to be done."
    return Outward(key, TEST_NOTICE, 1, title, text, None, made_at + LASTS)
