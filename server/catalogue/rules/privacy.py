"""Personal data: the rules, their figures, and how long each kind of record is kept.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/privacy.py, care.py), the list of what is past its time (server/office/retention.py).
Source: domain 6, to be checked by a local lawyer before use.
"""

from __future__ import annotations

from server.catalogue.fields import Label, label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

RULES: tuple[Rule, ...] = (
    Deadline(
        "R-X-28",
        label("个人信息请求按期答复 | Request about personal data answered in time"),
        "deadline",
        ("privacy.answer_days",),
        reason=Label("请写明处理结果或依据", "Say what was done, or on what ground not"),
        of="privacy_request",
        start=Start(("received",)),
        within=Limit("days", "privacy.answer_days"),
        acts=Acts(entering=("answered", "refused")),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule("R-X-29", "state", "敏感信息限定知情人", "Sensitive data is for few"),
    rule(
        "R-X-30", "report", "保存期限清单", "Records past their time are listed",
        "keep.vacancy_years", "keep.fee_years", "keep.case_years", "keep.visit_years", "keep.pass_days", "keep.call_months",
        by="server.office.retention",
    ),
    Deadline(
        "R-X-32",
        label("员工申诉按期答复 | Appeal of staff answered in time"),
        "state",
        ("privacy.appeal_days",),
        reason=Label("须有答复，且不能由申诉人决定", "An answer is needed, and nobody decides on their own appeal"),
        of="staff_appeal",
        start=Start(("filed",)),
        within=Limit("days", "privacy.appeal_days"),
        acts=Acts(entering=("upheld", "rejected")),
        assigned_to="hr_admin",
        escalates_to="company_leader",
        escalates_again_to="company_leader",
    ),
    rule("R-X-33", "norm", "查看、更改、导出、审批均留痕", "Who saw, changed, exported, approved", by="server.access.audit"),
)  # fmt: skip
SETTINGS: tuple[SettingKey, ...] = (
    whole(
        "privacy.answer_days", 15, "R-X-28", "个人信息请求答复时限（天）", "Days to answer a request", 1, 90
    ),
    whole("privacy.appeal_days", 15, "R-X-32", "员工申诉答复时限（天）", "Days to answer an appeal", 1, 90),
    whole("keep.vacancy_years", 2, "R-X-30", "空置房记录保存年限", "Years vacancy records are kept", 1, 100),
    whole("keep.fee_years", 5, "R-X-30", "收费凭据保存年限", "Years fee evidence is kept", 1, 100),
    whole(
        "keep.case_years", 5, "R-X-30", "投诉维修保存年限", "Years complaints and repairs are kept", 1, 100
    ),
    whole("keep.visit_years", 2, "R-X-30", "走访记录保存年限", "Years visit notes are kept", 1, 100),
    whole("keep.pass_days", 30, "R-X-30", "出入证收回后保存天数", "Days worker passes are kept", 1, 3650),
    whole("keep.call_months", 6, "R-X-30", "通话记录保存月数", "Months call records are kept", 1, 120),
)
