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
from server.ledger.rules import RULES, due_rule
from server.notify.sinks import Outward
from server.notify.words import REMINDERS

Lang = Literal["zh", "en"]
LASTS = timedelta(hours=24)  # from when it was made: later the inbox and the day's list say it better
TEST_NOTICE = "test"
# What is told of without being a duty with a limit.
ALARMS: Mapping[str, Label] = {
    "R-DEC-21": Label("漏巡清单", "Missed patrols"),
    "R-SYN-07": Label("照片仍未到达", "Photos that have not arrived"),
    "R-SYN-09": Label("手机失联", "Phones that fell silent"),
    "R-X-27": Label("照片重复使用", "A photo used twice"),
}


def outward(
    body: Mapping[str, Any], key: str, made_at: datetime, area: str | None, time_zone: str, lang: Lang
) -> Outward:
    """`body`: the inbox document. `area`: the area's name as people call it."""
    level = int(body["level"])
    alarm = _alarm(body)
    about = alarm or _duty(body)
    count = max(1, len(body.get("items") or ()))
    at = datetime.fromisoformat(str(body["due_at"])).astimezone(ZoneInfo(time_zone))
    soon = level in REMINDERS
    if lang == "zh":
        title = f"{about.zh}：预警" if alarm else f"{about.zh}{'待办' if soon else '超时'}"
        place = f"{area}，" if area else ""
        limit = f"{at:%m-%d %H:%M}" if alarm else f"时限 {at:%m-%d %H:%M}"
        text = f"{place}{count} 项，{limit}。请打开巡录查看。"
    else:
        title = f"{about.en}: {'alarm' if alarm else 'to do' if soon else 'overdue'}"
        place = f"{area}, " if area else ""
        limit = f"{at:%m-%d %H:%M}" if alarm else f"limit {at:%m-%d %H:%M}"
        text = f"{place}{count} in all, {limit}. Open Xunlu to see more."
    return Outward(key, str(body["_id"]), level, title, text, "/inbox", made_at + LASTS)


def _alarm(body: Mapping[str, Any]) -> Label | None:
    """The name of an alarm that no duty raises; a rule with a cluster may have a duty of the project beside it."""
    rule = str(body["rule"])
    declared = RULES.get(rule)
    if declared is not None and declared.cluster is not None and _is_of_several(str(body["subject"])):
        return declared.cluster.title or declared.title
    return ALARMS.get(rule)


def _is_of_several(subject: str) -> bool:
    """Whether the subject is a project itself, `project:demo`, and not a duty of it, `project:demo:R-PAT-04`."""
    return subject.startswith("project:") and subject.count(":") == 1


def _duty(body: Mapping[str, Any]) -> Label:
    rule, period = str(body["rule"]), str(body["period"])
    try:
        return due_rule(rule, period).title
    except KeyError:  # of a rule that a later version knows
        return Label("待办事项", "A duty")


def test_message(key: str, made_at: datetime, lang: Lang) -> Outward:
    """What `xunlu notify test` sends."""
    if lang == "zh":
        title, text = "通知测试", "这个通道可以收到巡录的提醒，无需处理。"
    else:
        title, text = "Test", "Reminders of Xunlu arrive here. Nothing to be done."
    return Outward(key, TEST_NOTICE, 1, title, text, None, made_at + LASTS)
