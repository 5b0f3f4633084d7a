"""Service mode: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/service.py).
Source: domain 3.18, 3.7, 3.4.
"""

from __future__ import annotations

from server.catalogue.fields import Label, When, label
from server.catalogue.rules.kinds import Acts, Deadline, Having, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole

_REACHED = Acts(("return_visit",), When("result", ("reached",)))

RULES: tuple[Rule, ...] = (
    Deadline(
        "R-SVC-01",
        label("一站式服务按承诺完成 | Request done as promised"),
        "state",
        of="service_request",
        start=Start(("received",)),
        within=Limit("until", field="promised_at"),
        acts=Acts(entering=("done",)),
        ends=("closed",),
        assigned_to="field:assigned_to",
    ),
    rule("R-SVC-02", "state", "首问负责制", "First asked, responsible to the end"),
    Deadline(
        "R-SVC-03",
        label("特殊客户主任再沟通 | The manager talks again with a special customer"),
        "state",
        ("svc.special_days",),
        of="service_request",
        start=Start(("done",)),
        within=Limit("days", "svc.special_days"),
        acts=Acts(("return_visit",), When("trigger", ("special_customer",))),
        having=Having("special_customer", (True,)),
        assigned_to="manager",
        escalates_to="deputy_gm",
    ),
    Recurrence(
        "R-SVC-04",
        label("管理人员迎候 | Greeting duty"),
        "recurrence",
        of="project",
        every="day",
        working_days_only=True,
        acts=Acts(("greeting_duty",)),
        assigned_to="manager",
        escalates_to="manager",
    ),
    rule("R-SVC-05", "conduct", "三米起身，一对一接待", "Rise at 3 m, one for one"),
    rule("R-SVC-06", "norm", "起身顺序", "Who rises next"),
    rule("R-SVC-07", "approval", "接待者可调动资源", "Whoever receives may call on resources"),
    rule("R-SVC-08", "conduct", "门岗立岗", "Guards stand"),
    rule("R-SVC-09", "conduct", "护卫礼仪", "Manners of guards"),
    rule("R-SVC-10", "conduct", "引导服务", "Guided service"),
    rule("R-SVC-11", "evidence", "有偿便民服务公示", "Paid and convenience services are published"),
    rule("R-SVC-12", "conduct", "咨询答复", "An enquiry is answered in detail"),
    rule("R-SVC-13", "checklist", "识别管理、服务、经营需求", "Needs for management, service, business"),
    rule("R-SVC-14", "checklist", "统一标识", "One company identity"),
    rule(
        "R-REP-19",
        "state",
        "特约服务回访，满意方算解决",
        "A special service is solved when the customer is satisfied",
    ),
    Deadline(
        "R-RV-13",
        label("特约服务后回访 | Return visit after a special service"),
        "deadline",
        ("svc.return_days",),
        of="service_request",
        start=Start(("done",)),
        within=Limit("days", "svc.return_days"),
        acts=_REACHED,
        ends=("closed",),
        having=Having("kind", ("special", "convenience")),
    ),
    rule(
        "R-RV-16",
        "deadline",
        "特殊客户再沟通",
        "A special customer is talked to again",
        by="server.catalogue.rules.service",
    ),
    Deadline(
        "R-RV-17",
        label("一站式服务回访 | Return visit after a request"),
        "quota",
        ("svc.return_days",),
        reason=Label("尚无成功的回访记录", "No return visit has reached the customer yet"),
        of="service_request",
        start=Start(("confirmed",)),
        within=Limit("days", "svc.return_days"),
        acts=_REACHED,
        ends=("closed",),
        assigned_to="cs_agent",
    ),
    rule(
        "R-FEE-16",
        "evidence",
        "服务前先告知收费",
        "A charge is shown before the service",
        reason=Label("请填写告知价格的时间", "Fill in when the price was shown"),
    ),
    rule(
        "R-FEE-17",
        "norm",
        "特约服务按成本加人工",
        "A special service is priced at cost plus labour",
        reason=Label("请填写成本、人工与收费", "Fill in cost, labour and price"),
    ),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole("svc.return_days", 3, "R-RV-17", "服务回访时限（天）", "Days to the return visit", 1, 90),
    whole("svc.special_days", 3, "R-SVC-03", "特殊客户沟通时限（天）", "Days to talk again", 1, 90),
)
