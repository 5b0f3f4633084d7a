"""Public parts: the steward's daily patrol of the own area, and the supervisor's weekly tour.

For: what is recorded on a patrol of public parts and in the weekly self-check report.
Not for: decoration patrols (decoration.py), defects that follow (inspections.py).
Source: domain 4.5, 3.3; R-PAT.
"""

from __future__ import annotations

from server.catalogue.checks.answers import NeededWhenAbnormal
from server.catalogue.checks.photos import PhotoPerAbnormalItem
from server.catalogue.field_words import NOTE, checks, group, link, long_text, one, text
from server.catalogue.fields import checklist, enum, label
from server.catalogue.types import Photos, RecordType

ITEMS = checklist(
    "public_area_patrol.items",
    facility="公共设施 | Facilities",
    cleaning="保洁 | Cleaning",
    greening="绿化 | Greening",
    pests="虫鼠 | Pests",
    lighting="照明 | Lighting",
    passage="通道 | Passages",
    fire="消防 | Fire safety",
    lift="电梯 | Lifts",
    car_park="停车场 | Car park",
)
HANDLED = enum(
    "public_area_patrol.handled",
    "处理方式",
    "Handled",
    on_the_spot="当场处理 | On the spot",
    repair="转报修 | As a repair",
    defect="转缺陷 | As a defect",
    complaint="转投诉 | As a complaint",
)
PUBLIC_AREA_PATROL = RecordType(
    name="public_area_patrol",
    title=label("公共部位巡视 | Patrol of public parts"),
    system="patrol",
    subject="area",
    roles=("steward", "cs_supervisor"),
    offline=True,
    photos=Photos(min=1),
    rules=("R-PAT-01", "R-PAT-02", "R-PAT-05"),
    fields=(
        text("route", "路线 | Route", must=True),
        checks("items", "检查项 | Items", ITEMS),
        group(
            "problems",
            "问题 | Problems",
            text("place", "位置 | Place", must=True),
            long_text("text", "情况 | What it is", must=True),
            one("handled", "处理方式 | Handled", HANDLED, must=True),
            link(
                "passed_to", "转出记录 | Passed on as", "repair_order", "defect", "complaint", in_form=False
            ),
        ),
        NOTE,
    ),
    checks=(NeededWhenAbnormal("items", "problems", "R-PAT-02"), PhotoPerAbnormalItem("items", "R-PAT-02")),
)
SELF_CHECK_REPORT = RecordType(
    name="self_check_report",
    title=label("自检报告 | Self-check report"),
    system="patrol",
    subject="project",
    roles=("cs_supervisor", "project_manager"),
    offline=True,
    photos=Photos(),
    rules=("R-PAT-04", "R-RPT-03"),
    fields=(
        group(
            "findings",
            "发现 | Findings",
            text("place", "位置 | Place", must=True),
            long_text("text", "情况 | What", must=True),
        ),
        long_text("measures", "措施 | Measures", must=True),
        NOTE,
    ),
)
RECORD_TYPES = (PUBLIC_AREA_PATROL, SELF_CHECK_REPORT)
