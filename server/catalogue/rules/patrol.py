"""Public parts: the rules.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/patrol.py).
Source: domain 3.3.
"""

from __future__ import annotations

from server.catalogue.fields import label
from server.catalogue.rules.kinds import Acts, Recurrence, Rule, rule
from server.catalogue.setting_keys import SettingKey

RULES: tuple[Rule, ...] = (
    Recurrence(
        "R-PAT-01",
        label("公共部位每日巡视 | Daily patrol of public parts"),
        "recurrence",
        of="area",
        every="day",
        acts=Acts(("public_area_patrol",)),
    ),
    rule("R-PAT-02", "deadline", "问题当场处理或转出", "A problem is handled at once or passed on"),
    Recurrence(
        "R-PAT-04",
        label("主管每周巡查并出自检报告 | Weekly tour with a self-check report"),
        "recurrence",
        of="project",
        every="week",
        acts=Acts(("self_check_report",)),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-PAT-05", "checklist", "巡视检查项", "What a patrol looks at"),
    rule("R-RPT-03", "report", "周报：自检、抽查、对账", "Weekly: self-check, sample, reconciliation"),
)
SETTINGS: tuple[SettingKey, ...] = ()
