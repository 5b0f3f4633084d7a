"""Move-in: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/move_in.py).
Source: domain 3.9.
"""

from __future__ import annotations

from server.catalogue.fields import Label, label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    rule("R-MOV-01", "checklist", "入住六步按序办理", "Six steps in their order"),
    rule("R-MOV-02", "checklist", "入住统一口径", "Wording for move-in"),
    Deadline(
        "R-MOV-03",
        label("验房问题当日转开发商 | Handover defect sent to the developer the same day"),
        "state",
        reason=Label("须有业主签字照片", "A photo of the owner's signature is needed"),
        of="handover_defect",
        start=Start(("found",)),
        within=Limit("same_day"),
        acts=Acts(entering=("sent",)),
    ),
    rule("R-MOV-06", "state", "建立电子台账", "Electronic ledgers are opened", by="server.ledger.move_ins"),
    rule(
        "R-MOV-08",
        "state",
        "移出未交付清单并定计费起始日",
        "Leaves the undelivered list; fees start",
        by="server.ledger.move_ins",
    ),
    rule("R-MOV-04", "checklist", "留意群诉风险", "The risk of a group complaint is watched"),
    Deadline(
        "R-MOV-05",
        label("入住资料七日归档 | Move-in papers archived in seven days"),
        "evidence",
        ("mov.archive_days",),
        reason=Label("资料须齐全：业主信息登记表、前期协议、照片", "The file needs its papers"),
        of="move_in_case",
        start=Start(("keys_handed",)),
        within=Limit("days", "mov.archive_days"),
        acts=Acts(entering=("archived",)),
        assigned_to="cs_agent",
    ),
    rule(
        "R-MOV-07",
        "evidence",
        "移交钥匙物品须签收",
        "Keys and items are listed and signed for",
        reason=Label("请列出钥匙与物品，并拍签收照片", "List keys and items, with a photo of the signature"),
    ),
    rule(
        "R-MOV-09",
        "evidence",
        "发放服务指南",
        "The customer gets the service guide",
        reason=Label("请先发放服务指南", "The service guide is given first"),
    ),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole("mov.archive_days", 7, "R-MOV-05", "入住归档时限（天）", "Days to archive", 1, 90),
)
