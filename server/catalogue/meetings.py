"""Meetings: from the agenda to the minutes, resolutions and who carries them out, and the short daily ones.

For: what is recorded about meetings, and the life cycles of a meeting and of a resolution.
Not for: meetings with customers (visits.py), how often each kind is held (rules/meetings.py).
Source: domain 4.3, 4.5, 3.17; R-MTG.
"""

from __future__ import annotations

from server.catalogue.checks.times import MinutesBetween
from server.catalogue.field_words import NOTE, group, instant, long_text, one, text, when, whole, yes
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, NotOwn, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import Photos, RecordType, Role, card

KIND = enum(
    "meeting.kind",
    "会议类别",
    "Kind",
    presidents="总裁办公会 | President's meeting",
    morning_address="训话晨会 | Headquarters morning address",
    department="部门例会 | Department meeting",
    exchange="部门交流会 | Department exchange",
    managers_forum="主任论坛 | Managers' forum",
    board="董事会 | Board",
    office_morning="管理处晨会 | Office morning meeting",
    all_staff="员工大会 | All-staff meeting",
    team="班前班后会 | Team meeting before or after a shift",
)
STATUS = enum(
    "meeting.status",
    "会议状态",
    "Meeting",
    planned="已计划 | Planned",
    agenda_sent="议程已发 | Agenda sent",
    held="已召开 | Held",
    minuted="纪要已发 | Minutes sent out",
    not_held="未召开 | Not held",
)
RESOLUTION_STATUS = enum(
    "resolution.status",
    "决议状态",
    "Resolution",
    open="待办 | Open",
    in_work="落实中 | In work",
    done="已落实 | Done",
    confirmed="已确认 | Confirmed",
)
_CHAIRS: tuple[Role, ...] = (
    "cs_supervisor",
    "project_manager",
    "hr_admin",
    "ops_dept",
    "quality_dept",
    "finance",
    "trade_supervisor",
    "deputy_gm",
    "company_leader",
)
RULES_OF_MEETING = card(
    "meeting_rules",
    "会议规则 | Rules of a meeting",
    "会前准备材料 | Prepare material for the topics announced",
    "准时开始、准时结束，不超过两小时 | Start and end on time, two hours at most",
    "每人发言 5–8 分钟 | Speak for 5 to 8 minutes",
    "有决议，决议有人、有计划 | Reach resolutions, each with a name and a plan",
    "评审本周信息，通报下周工作 | Review the week's information, tell next week's work",
    rules=("R-MTG-11", "R-MTG-12", "R-INF-06", "R-INF-11"),
)
MEETING = RecordType(
    name="meeting",
    title=label("会议 | Meeting"),
    system="meetings",
    subject="meeting",
    subject_prefixes=("project", "meeting"),
    opens_subject=True,
    roles=_CHAIRS,
    rules=("R-MTG-05",),
    help=(RULES_OF_MEETING,),
    fields=(
        one("kind", "会议类别 | Kind", KIND, must=True),
        instant("planned_at", "计划时间 | Planned for", must=True),
        text("chair", "主持人 | Chair", must=True),
        text("topics", "议题 | Topics"),
        NOTE,
    ),
)
TRANSITIONS = (
    Transition("agenda_sent", ("planned",), _CHAIRS),
    Transition("held", ("planned", "agenda_sent"), _CHAIRS),
    Transition("minuted", ("held",), _CHAIRS, guards=(Filled("R-MTG-13", ("minutes",)),)),
    Transition("not_held", ("planned", "agenda_sent"), _CHAIRS),
)
MEETING_STEP = step_record(
    "meeting",
    "会议办理 | Meeting step",
    "meetings",
    STATUS,
    TRANSITIONS,
    text("agenda", "议程 | Agenda", must=True, when=when("to", "agenda_sent")),
    one("kind", "会议类别 | Kind", KIND, must=True, when=when("to", "held"), initial="fields.kind"),
    instant("started_at", "开始 | Began at", must=True, when=when("to", "held")),
    instant("ended_at", "结束 | Ended at", must=True, when=when("to", "held")),
    text("attendees", "参加人 | Attendees", must=True, when=when("to", "held")),
    group(
        "speakers",
        "发言 | Speakers",
        text("name", "发言人 | Speaker", must=True),
        whole("minutes", "分钟 | Minutes", must=True),
        when=when("to", "held"),
    ),
    yes("no_resolution", "无决议 | No resolution", when=when("to", "minuted")),
    long_text("minutes", "纪要 | Minutes", must=True, when=when("to", "minuted")),
    long_text("reason", "原因 | Why not", must=True, when=when("to", "not_held")),
    rules=("R-MTG-04", "R-MTG-13"),
    photos=Photos(kinds=("document", "overview", "signature")),
    checks=(MinutesBetween("started_at", "ended_at", None, "R-MTG-10"),),
)
RESOLUTION = RecordType(
    name="resolution",
    title=label("决议 | Resolution"),
    system="meetings",
    subject="resolution",
    subject_prefixes=("meeting", "resolution"),
    opens_subject=True,
    roles=_CHAIRS,
    rules=("R-MTG-13", "R-MTG-15"),
    fields=(
        long_text("text", "决议 | Resolution", must=True),
        text("owner", "责任人 | Responsible", must=True),
        long_text("plan", "行动计划 | Plan", must=True),
        instant("due_at", "完成时间 | To be done by", must=True),
    ),
)
RESOLUTION_TRANSITIONS = (
    Transition("in_work", ("open",), (*_CHAIRS, "steward", "cs_agent", "engineer")),
    Transition("done", ("open", "in_work"), (*_CHAIRS, "steward", "cs_agent", "engineer")),
    Transition("confirmed", ("done",), _CHAIRS, guards=(NotOwn("R-MTG-15", ("done",)),)),
    Transition("open", ("done",), _CHAIRS),
)
RESOLUTION_STEP = step_record(
    "resolution",
    "决议落实 | Resolution step",
    "meetings",
    RESOLUTION_STATUS,
    RESOLUTION_TRANSITIONS,
    long_text("result", "落实情况 | What was done", must=True, when=when("to", "done")),
    rules=("R-MTG-15",),
)
LIFE_CYCLES = (
    LifeCycle(
        kind="meeting",
        title=label("会议台账 | Meetings"),
        states=STATUS,
        initial="planned",
        transitions=TRANSITIONS,
        step="meeting_step",
        ends=("minuted", "not_held"),
    ),
    LifeCycle(
        kind="resolution",
        title=label("决议台账 | Resolutions"),
        states=RESOLUTION_STATUS,
        initial="open",
        transitions=RESOLUTION_TRANSITIONS,
        step="resolution_step",
        ends=("confirmed",),
    ),
)
RECORD_TYPES = (MEETING, MEETING_STEP, RESOLUTION, RESOLUTION_STEP)
