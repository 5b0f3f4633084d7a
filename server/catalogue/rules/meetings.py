"""Meetings: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/meetings.py).
Source: domain 3.17, 7.2; T-19.
"""

from __future__ import annotations

from server.catalogue.fields import Label, When, label
from server.catalogue.rules.kinds import Acts, Deadline, Having, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, whole


def _held(kind: str) -> Acts:
    return Acts(("meeting_step",), When("kind", (kind,)))


RULES: tuple[Rule, ...] = (
    Recurrence(
        "R-MTG-01",
        label("总裁办公会（前三个工作日） | President's meeting in the first three working days"),
        "recurrence",
        ("mtg.presidents_working_day",),
        of="project",
        every="month",
        acts=_held("presidents"),
        closes_on_working_day="mtg.presidents_working_day",
        assigned_to="hr_admin",
        escalates_to="company_leader",
    ),
    Recurrence(
        "R-MTG-03",
        label("周一、周四训话晨会 | Morning address on Monday and Thursday"),
        "recurrence",
        (),
        of="project",
        every="day",
        acts=_held("morning_address"),
        weekdays=(0, 3),
        assigned_to="hr_admin",
        escalates_to="company_leader",
    ),
    Recurrence(
        "R-MTG-04",
        label("部门周例会 | Weekly department meeting"),
        "recurrence",
        (),
        of="project",
        every="week",
        acts=_held("department"),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Recurrence(
        "R-MTG-05",
        label("部门交流会 | Department exchange meeting"),
        "recurrence",
        (),
        of="project",
        every="month",
        acts=_held("exchange"),
        assigned_to="hr_admin",
        escalates_to="company_leader",
    ),
    Recurrence(
        "R-MTG-06",
        label("主任论坛 | Managers' forum"),
        "recurrence",
        (),
        of="project",
        every="two_months",
        acts=_held("managers_forum"),
        assigned_to="hr_admin",
        escalates_to="company_leader",
    ),
    Recurrence(
        "R-MTG-07",
        label("董事会 | Board meeting"),
        "recurrence",
        (),
        of="project",
        every="half_year",
        acts=_held("board"),
        assigned_to="company_leader",
        escalates_to="company_leader",
    ),
    Recurrence(
        "R-MTG-09",
        label("月末员工大会 | All-staff meeting at the month's end"),
        "recurrence",
        ("mtg.all_staff_days",),
        of="project",
        every="month",
        acts=_held("all_staff"),
        opens_days_before_end="mtg.all_staff_days",
        assigned_to="manager",
        escalates_to="deputy_gm",
    ),
    Recurrence(
        "R-MTG-16",
        label("班前班后会 | Team meeting of every working day"),
        "recurrence",
        (),
        of="project",
        every="day",
        acts=_held("team"),
        working_days_only=True,
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Deadline(
        "R-MTG-02",
        label("议程提前一周发出 | Agenda sent a week ahead"),
        "deadline",
        ("mtg.agenda_days",),
        of="meeting",
        start=Start(("planned",)),
        within=Limit("before", "mtg.agenda_days", "planned_at"),
        acts=Acts(entering=("agenda_sent", "held")),
        dropped_in=("not_held",),
        having=Having("kind", ("presidents", "board")),
        assigned_to="hr_admin",
        escalates_to="company_leader",
    ),
    Recurrence(
        "R-MTG-08",
        label("管理处晨会 | Office morning meeting"),
        "recurrence",
        of="project",
        every="day",
        working_days_only=True,
        acts=Acts(("meeting",), When("kind", ("office_morning",))),
        assigned_to="manager",
        escalates_to="manager",
    ),
    rule("R-MTG-10", "norm", "会议准时，不超过两小时", "On time, two hours at most"),
    rule("R-MTG-11", "norm", "发言 5–8 分钟", "A speaker takes 5 to 8 minutes"),
    rule("R-MTG-12", "checklist", "会前准备材料", "Participants prepare material"),
    rule(
        "R-MTG-13",
        "evidence",
        "会议有决议，决议有责任人",
        "Resolutions, each with a name and a plan",
        reason=Label("请填写会议纪要与决议", "Fill in the minutes and the resolutions"),
    ),
    Deadline(
        "R-MTG-14",
        label("三日内发出纪要 | Minutes sent out in three days"),
        "deadline",
        ("mtg.minutes_days",),
        of="meeting",
        start=Start(("held",), field="ended_at"),
        within=Limit("days", "mtg.minutes_days"),
        acts=Acts(entering=("minuted",)),
        having=Having(
            "kind", ("presidents", "department", "exchange", "managers_forum", "board", "all_staff")
        ),
        assigned_to="field:chair",
    ),
    Deadline(
        "R-MTG-15",
        label("决议落实 | Resolution carried out"),
        "state",
        reason=Label("由会议主持方确认，不能是落实人", "The chair confirms, and not whoever carried it out"),
        of="resolution",
        start=Start(("open",)),
        within=Limit("until", field="due_at"),
        acts=Acts(entering=("done",)),
        assigned_to="field:owner",
    ),
    rule("R-INF-06", "checklist", "例会评审信息", "Information is reviewed at the regular meeting"),
    rule("R-INF-11", "recurrence", "通报下周工作", "What a department will do next week is told"),
)

SETTINGS: tuple[SettingKey, ...] = (
    whole(
        "mtg.presidents_working_day",
        3,
        "R-MTG-01",
        "总裁办公会工作日",
        "President's meeting by working day",
        1,
        20,
    ),
    whole("mtg.agenda_days", 7, "R-MTG-02", "议程提前天数", "Days an agenda is ahead", 1, 60),
    whole("mtg.minutes_days", 3, "R-MTG-14", "纪要时限（天）", "Days to the minutes", 1, 60),
    whole(
        "mtg.all_staff_days", 5, "R-MTG-09", "员工大会月末天数", "Last days of the month for all staff", 1, 28
    ),
)
