"""What is known of a household in confidence: a misfortune and the visit it calls for, influence on others who do not pay.

For: records that only those named as readers see, kept where no phone looks, and their life cycles.
Not for: visits to everybody (visits.py), measures against arrears (fees.py), consents and requests (privacy.py).
Source: domain 3.4, 3.7, 6; R-RV-03, R-FEE-12, R-X-29.
"""

from __future__ import annotations

from server.catalogue.field_words import HOUSEHOLD, UNIT, instant, long_text, one, text, when, yes
from server.catalogue.fields import enum, label
from server.catalogue.lifecycle import Filled, LifeCycle, Transition
from server.catalogue.steps import step_record
from server.catalogue.types import RecordType, Role

CARING: tuple[Role, ...] = ("steward", "cs_supervisor", "project_manager")
LEADING: tuple[Role, ...] = ("cs_supervisor", "project_manager")
MISFORTUNE_STATUS = enum(
    "misfortune.status",
    "家庭变故关怀",
    "Misfortune",
    known="已获知 | Known",
    visited="已登门慰问 | Visited in person",
    closed="已结束 | Closed",
)
MISFORTUNE_KIND = enum(
    "misfortune.kind",
    "变故类别",
    "Kind",
    illness="重病 | Serious illness",
    bereavement="亲人离世 | Bereavement",
    accident="意外 | Accident",
    other="其他 | Other",
)
MISFORTUNE = RecordType(
    name="misfortune",
    title=label("家庭变故 | Misfortune in a household"),
    system="visits",
    subject="misfortune",
    subject_prefixes=("household", "misfortune"),
    opens_subject=True,
    roles=(*CARING, "cs_agent"),
    readers=CARING,
    rules=("R-RV-03", "R-X-29"),
    fields=(
        UNIT,
        HOUSEHOLD,
        one("kind", "类别 | Kind", MISFORTUNE_KIND, must=True),
        instant("known_at", "获知时间 | Known at", must=True, initial="now"),
        long_text("note", "备注（不写病情细节） | Note, without medical details"),
    ),
)
MISFORTUNE_TRANSITIONS = (
    Transition(
        "visited",
        ("known",),
        CARING,
        guards=(
            Filled(
                "R-RV-03",
                ("visited_by", "help"),
            ),
        ),
    ),
    Transition("closed", ("known", "visited"), LEADING),
)
MISFORTUNE_STEP = step_record(
    "misfortune",
    "家庭变故关怀 | Misfortune step",
    "visits",
    MISFORTUNE_STATUS,
    MISFORTUNE_TRANSITIONS,
    text("visited_by", "登门人 | Who visited", must=True, when=when("to", "visited")),
    long_text("help", "提供的帮助 | Help that staff gave", must=True, when=when("to", "visited")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "closed")),
    rules=("R-RV-03",),
    readers=CARING,
)
INFLUENCE_STATUS = enum(
    "influence_mark.status",
    "影响力欠费户",
    "Influence",
    marked="已标记 | Marked",
    contacted="已沟通 | Contacted",
    ended="已解除 | Ended",
)
INFLUENCE_MARK = RecordType(
    name="influence_mark",
    title=label("有影响力的欠费户 | Influential household in arrears"),
    system="fees",
    subject="influence_mark",
    subject_prefixes=("household", "influence_mark"),
    opens_subject=True,
    roles=LEADING,
    readers=LEADING,
    rules=("R-FEE-12",),
    fields=(
        UNIT,
        HOUSEHOLD,
        yes("opinion_leader", "意见领袖 | Opinion leader", must=True),
        text("contact_by", "联系人 | Who keeps in contact", must=True),
        long_text("why", "影响说明 | How they influence others", must=True),
    ),
)
INFLUENCE_TRANSITIONS = (
    Transition("contacted", ("marked", "contacted"), LEADING, guards=(Filled("R-FEE-12", ("outcome",)),)),
    Transition("ended", ("marked", "contacted"), LEADING),
)
INFLUENCE_STEP = step_record(
    "influence_mark",
    "影响力欠费户沟通 | Contact with an influential household",
    "fees",
    INFLUENCE_STATUS,
    INFLUENCE_TRANSITIONS,
    long_text("outcome", "沟通结果 | What came of it", must=True, when=when("to", "contacted")),
    long_text("reason", "理由 | Reason", must=True, when=when("to", "ended")),
    rules=("R-FEE-12",),
    readers=LEADING,
)
LIFE_CYCLES = (
    LifeCycle(
        kind="misfortune",
        title=label("家庭变故台账 | Misfortunes"),
        states=MISFORTUNE_STATUS,
        initial="known",
        transitions=MISFORTUNE_TRANSITIONS,
        step="misfortune_step",
        ends=("closed",),
        readers=CARING,
    ),
    LifeCycle(
        kind="influence_mark",
        title=label("有影响力的欠费户台账 | Influential households in arrears"),
        states=INFLUENCE_STATUS,
        initial="marked",
        transitions=INFLUENCE_TRANSITIONS,
        step="influence_mark_step",
        ends=("ended",),
        readers=LEADING,
    ),
)
RECORD_TYPES = (MISFORTUNE, MISFORTUNE_STEP, INFLUENCE_MARK, INFLUENCE_STEP)
