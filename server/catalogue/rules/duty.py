"""Command centre and night duty: the rules and their figures.

For: `RULES` and `SETTINGS`, which the registry collects.
Not for: what is recorded (server/catalogue/duty.py).
Source: domain 3.11, 7.2.
"""

from __future__ import annotations

from server.catalogue.fields import Label, When, label
from server.catalogue.rules.kinds import Acts, Deadline, Limit, Recurrence, Rule, Start, rule
from server.catalogue.setting_keys import SettingKey, clock_time, whole

RULES: tuple[Rule, ...] = (
    rule("R-DUT-01", "checklist", "值班职责与夜间信息程序", "Post duties and the night procedure"),
    rule("R-DUT-02", "evidence", "夜间信息登记处理", "Night information is logged"),
    Deadline(
        "R-DUT-03",
        label("夜间未结事项交班前移交 | Open matters passed on by the end of the shift"),
        "state",
        ("dut.shift_end",),
        reason=Label("请写明转为何事、由谁负责", "Say what it becomes and who is responsible"),
        of="duty_entry",
        start=Start(("open",), field="at"),
        within=Limit("clock", "dut.shift_end"),
        acts=Acts(entering=("handled", "passed_on")),
        assigned_to="duty_operator",
    ),
    Recurrence(
        "R-DUT-04",
        label("值班记录检查 | Check of duty records"),
        "recurrence",
        ("dut.record_checks",),
        of="project",
        every="month",
        acts=Acts(("duty_record_check",)),
        needed="dut.record_checks",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Recurrence(
        "R-DUT-05",
        label("突发事件演练 | Emergency drill"),
        "recurrence",
        ("dut.drills",),
        of="project",
        every="month",
        acts=Acts(("emergency_drill",)),
        needed="dut.drills",
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    Recurrence(
        "R-DUT-06",
        label("服务热线月度测试 | Service line tested monthly"),
        "state",
        of="project",
        every="month",
        acts=Acts(("line_check",), When("line", ("service",))),
        assigned_to="supervisor",
        escalates_to="manager",
    ),
    rule(
        "R-DUT-07",
        "evidence",
        "交接班双方签字",
        "A handover is signed by both sides",
        reason=Label("须双方签字，接班人不能是交班人", "Both sides sign, and they are two people"),
    ),
)

SETTINGS: tuple[SettingKey, ...] = (
    clock_time("dut.shift_end", "08:00", "R-DUT-03", "夜班结束时间", "The night shift ends at"),
    whole("dut.record_checks", 2, "R-DUT-04", "每月检查次数", "Checks a month", 0, 31),
    whole("dut.drills", 1, "R-DUT-05", "每月演练次数", "Drills a month", 0, 31),
)
