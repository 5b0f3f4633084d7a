"""Telephone: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/calls.py), the phrases (server/catalogue/phrases.py).
Source: domain 3.19, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

_BOOK = "server.catalogue.phrases"

RULES: tuple[Rule, ...] = (
    rule("R-CALL-01", "norm", "二至三声内接起", "Picked up at the second or third ring", "call.max_rings"),
    rule("R-CALL-02", "checklist", "开头语完整", "A complete opening"),
    rule("R-CALL-03", "conduct", "普通话、口径一致", "Mandarin, one wording for all"),
    rule("R-CALL-04", "evidence", "逐条记录并复述", "Noted point by point and read back"),
    rule("R-CALL-05", "evidence", "留言要素齐全", "A message has all it needs"),
    rule("R-CALL-06", "conduct", "对方先挂", "The caller hangs up first"),
    rule("R-CALL-07", "checklist", "拨打电话十步", "Ten steps of a call"),
    rule("R-CALL-08", "checklist", "转接电话", "Transferring a call"),
    rule("R-CALL-09", "state", "受话人开会时", "When the person is in a meeting"),
    rule("R-CALL-10", "checklist", "受话人外出时", "When the person is out"),
    rule("R-CALL-11", "state", "受话人会客时", "When the person has a visitor"),
    rule("R-CALL-12", "conduct", "来路不明先请示", "Unclear who calls: ask first"),
    Deadline(
        "R-CALL-13",
        label("电话留言及时转达 | A call memo is delivered in time"),
        "deadline",
        ("call.deliver_minutes",),
        of="call_memo",
        start=Start(("taken",), field="at"),
        within=Limit("minutes", "call.deliver_minutes"),
        acts=Acts(entering=("delivered", "done")),
        assigned_to="field:taken_by",
    ),
    rule("R-CALL-14", "conduct", "见领导先电话预约", "Leaders are seen by appointment"),
    rule("R-CALL-15", "checklist", "避免七忌", "Seven bad manners are avoided"),
    rule("R-CALL-16", "checklist", "使用文明用语", "Polite phrases are used", by=_BOOK),
    rule("R-CALL-17", "checklist", "不用服务忌语", "Banned phrases never occur", by=_BOOK),
    rule("R-CALL-18", "checklist", "来访路线有统一说法", "The way to the project is told from a text"),
    rule("R-CALL-19", "checklist", "称呼敬语用语得当", "Right address and wording"),
)
SETTINGS: tuple[SettingKey, ...] = (
    whole("call.max_rings", 3, "R-CALL-01", "最迟接起的铃声", "Latest ring to pick up at", 1, 20),
    whole(
        "call.deliver_minutes", 30, "R-CALL-13", "留言转达时限（分钟）", "Minutes to deliver a memo", 1, 1440
    ),
)
