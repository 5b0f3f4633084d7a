"""The columns of every register: their names, titles and kinds.

For: what a page of a register says about itself, what an export writes at its head, and which columns are summed.
Not for: the rows (registers.py), cells as text (cells.py).
Columns of facts follow from the catalogue. Those of statuses are the fields that the ledger writes; a title is taken from the
field of the record it comes from where there is one.
Source: docs/architecture.md section 5 (status documents); domain 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from server.catalogue import decoration, enums, fees, reference, violations
from server.catalogue.fields import Checklist, Enum, Field, Label, Option
from server.catalogue.lifecycle import LifeCycle
from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import SCOPE_DUTIES, SUBJECT_KINDS
from server.ledger.model import JsonValue
from server.ledger.scopes import DUTY_STATE

SUBJECTS = SUBJECT_KINDS
STATES: dict[str, Enum] = {
    **{kind: cycle.states for kind, cycle in LIFE_CYCLES.items()},
    **dict.fromkeys(SCOPES, DUTY_STATE),
    "decoration_project": enums.DECORATION_STATUS,
    "violation": enums.VIOLATION_STATUS,
    "unit": enums.UNIT_STATUS,
    "household": enums.FEE_CASE_STATE,
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: str  # of the catalogue's fields, or `count`: a list of which the reader wants to know how many
    title: Label
    options: Enum | None = None
    items: Checklist | None = None
    fields: tuple[Field, ...] = ()
    summed: bool = False

    def as_json(self) -> dict[str, JsonValue]:
        column: dict[str, JsonValue] = {
            "name": self.name,
            "title": self.title.as_json(),
            "kind": self.kind,
        }
        if self.options is not None:
            column["options"] = [
                {"value": each.value, "title": each.title.as_json()} for each in self.options.options
            ]
        return column


def columns_of(register: str) -> tuple[Column, ...]:
    """Raises KeyError when there is no such register."""
    return _COLUMNS[register]


def _column(
    name: str, kind: str, zh: str, en: str, options: Enum | None = None, *, summed: bool = False
) -> Column:
    return Column(name, kind, Label(zh, en), options, summed=summed)


def _of(field: Field, name: str | None = None, *, summed: bool = False) -> Column:
    """The column of a field of the catalogue."""
    return Column(
        name or field.name,
        "count" if field.kind == "link" and field.many else field.kind,
        field.title,
        field.options,
        field.items,
        field.fields,
        summed or field.kind == "money",
    )


UNIT_NO = _column("unit_no", "text", "房号", "Unit")
AREA = _column("area", "text", "片区", "Area")
UPDATED_AT = _column("updated_at", "datetime", "更新时间", "Updated")
_PLACE = (
    _column("building", "text", "楼栋", "Building"),
    _column("entrance", "text", "单元", "Entrance"),
    _column("floor", "integer", "楼层", "Floor"),
)


def _state(kind: str) -> Column:
    return _column("state", "enum", "状态", "State", STATES[kind])


def _decoration_project() -> tuple[Column, ...]:
    field = decoration.DECORATION_PROJECT.field
    return (
        UNIT_NO,
        AREA,
        _state("decoration_project"),
        _column("stage", "enum", "施工阶段", "Stage", decoration.STAGE),
        *(_of(field(name)) for name in ("applicant", "contractor", "contractor_contact", "foreman_phone")),
        *(_of(field(name)) for name in ("designer", "scope", "planned_start", "planned_end")),
        _column("actual_start", "date", "实际开工", "Actual start"),
        _column("actual_end", "date", "实际完工", "Actual end"),
        _column("last_patrol_at", "datetime", "上次巡查", "Last patrol"),
        _column("last_patrol_by", "text", "巡查人", "Patrolled by"),
        _column("patrol_days", "integer", "巡查天数", "Patrol days", summed=True),
        _column("open_violations", "count", "未结违规", "Open violations", summed=True),
        _column("filing_missing", "ticks", "缺少资料", "Papers missing", decoration.FILING_DOCS),
        _column("pauses", "count", "暂停次数", "Pauses"),
        *_PLACE,
        UPDATED_AT,
    )


def _violation() -> tuple[Column, ...]:
    field = violations.VIOLATION.field
    named = ("category", "severity", "place_in_unit", "description", "found_at", "stopped_at", "stopped_how")
    return (
        UNIT_NO,
        AREA,
        _state("violation"),
        *(_of(field(name)) for name in named),
        _of(field("supervisor_called_at")),
        _column("reporter", "text", "上报人", "Reported by"),
        _column("round", "integer", "轮次", "Round"),
        _of(violations.VIOLATION_DECISION.field("severity_final")),
        _of(violations.VIOLATION_DECISION.field("rectify_by")),
        _column("escalated", "bool", "已升级", "Escalated"),
        _of(violations.VIOLATION_RECHECK.field("rechecked_at")),
        _of(violations.VIOLATION_RECHECK.field("recheck_result")),
        *(_of(field(name)) for name in ("demand", "clause")),
        Column("decision", "group", violations.DECISION.title, fields=violations.VIOLATION_DECISION.fields),
        _column("missing_photos", "count", "未送达照片", "Photos not arrived", summed=True),
        *_PLACE,
        UPDATED_AT,
    )


def _unit() -> tuple[Column, ...]:
    field = {each.name: each for each in reference.UNIT.fields}
    return (
        UNIT_NO,
        AREA,
        _state("unit"),
        *(_of(field[name]) for name in ("vacancy_kind", "vacant_from", "vacant_to")),
        _column("last_check_at", "datetime", "上次巡检", "Last check"),
        _column("last_airing_at", "datetime", "上次通风", "Last airing"),
        _column("last_cleaning_at", "datetime", "上次保洁", "Last cleaning"),
        _column("last_result", "enum", "上次结果", "Last result", enums.CHECKLIST_RESULT),
        _column("open_anomalies", "count", "未结异常", "Open anomalies", summed=True),
        _column("meters", "group", "表读数", "Meters"),
        *_PLACE,
        *(_of(field[name]) for name in ("gross_area", "use")),
        UPDATED_AT,
    )


def _household() -> tuple[Column, ...]:
    field = {each.name: each for each in reference.HOUSEHOLD.fields}
    visit = fees.FEE_VISIT.field
    return (
        UNIT_NO,
        AREA,
        _of(field["name"]),
        _of(field["role"]),
        _state("household"),
        _column("arrears_fen", "money", "欠费", "Arrears", summed=True),
        _column("arrears_since", "date", "欠费起", "In arrears since"),
        _column("periods", "count", "欠费期数", "Periods in arrears"),
        _column("last_measure", "enum", "上次方式", "Last measure by", visit("measure").options),
        _column("last_outcome", "enum", "上次结果", "Last outcome", visit("outcome").options),
        _column("last_measure_at", "datetime", "上次催缴", "Last measure"),
        Column(
            "promise",
            "group",
            Label("承诺", "Promise"),
            fields=(
                Field("date", "date", Label("承诺日", "Promised for")),
                Field("amount_fen", "money", Label("承诺金额", "Promised")),
            ),
        ),
        _column("next_action_on", "date", "下次跟进", "Next action"),
        _column("measures_this_month", "integer", "本月次数", "Measures this month", summed=True),
        *_PLACE,
        UPDATED_AT,
    )


def _case(cycle: LifeCycle) -> tuple[Column, ...]:
    """The register of a kind of case: what its life cycle shows."""
    shown: dict[str, Field] = {}
    for name in (cycle.kind, cycle.step, *cycle.shows):
        for field in RECORD_TYPES[name].fields if name else ():
            if not field.repeats_envelope and field.name not in (*cycle.hidden, "unit_id"):
                shown.setdefault(field.name, field)
    return (
        UNIT_NO,
        AREA,
        _column("state", "enum", "状态", "State", cycle.states),
        *(_of(field) for field in shown.values()),
        *(Column(log.name, "count", log.title) for log in cycle.logs),
        _column("opened_at", "datetime", "登记时间", "Opened"),
        _column("opened_by", "text", "登记人", "Opened by"),
        _column("closed_at", "datetime", "办结时间", "Closed"),
        *_PLACE,
        UPDATED_AT,
    )


_DUTY_TITLES = Enum(
    "duty.rule",
    Label("任务", "Duty"),
    tuple(Option(rule.id, rule.title) for rule in SCOPE_DUTIES.values()),
)


def _duties() -> tuple[Column, ...]:
    """The register of duties of areas, or of projects."""
    return (
        _column("rule", "enum", "任务", "Duty", _DUTY_TITLES),
        AREA,
        _column("state", "enum", "状态", "State", DUTY_STATE),
        _column("period", "text", "周期", "Period"),
        _column("needed", "integer", "应做", "Needed"),
        _column("done", "integer", "已做", "Done"),
        _column("base", "integer", "基数", "Base"),
        _column("missed", "integer", "漏做周期", "Periods missed", summed=True),
        _column("kept", "integer", "完成周期", "Periods kept", summed=True),
        _column("last_at", "datetime", "最近一次", "Last"),
        _column("last_by", "text", "记录人", "Recorded by"),
        UNIT_NO,
        UPDATED_AT,
    )


def _fact(record_type: str) -> tuple[Column, ...]:
    return (
        _column("performed_at", "datetime", "时间", "Time"),
        UNIT_NO,
        AREA,
        _column("author", "text", "记录人", "Recorded by"),
        *(
            _of(field)
            for field in RECORD_TYPES[record_type].fields
            if not field.repeats_envelope and field.name not in ("performed_at", "unit_id")
        ),
        _column("photos", "count", "照片", "Photos", summed=True),
        _column("received_at", "datetime", "送达时间", "Received"),
        _column("device", "text", "设备", "Device"),
        _column("time_suspect", "bool", "时间存疑", "Time in doubt"),
        _column("subject", "text", "对象", "Subject"),
    )


FACT_TYPES = tuple(sorted(name for name in RECORD_TYPES if name not in SUBJECTS))
REGISTERS = (*SUBJECTS, *FACT_TYPES)
_COLUMNS: dict[str, tuple[Column, ...]] = {
    "decoration_project": _decoration_project(),
    "violation": _violation(),
    "unit": _unit(),
    "household": _household(),
    **{kind: _case(cycle) for kind, cycle in LIFE_CYCLES.items()},
    **{scope: _duties() for scope in SCOPES},
    **{name: _fact(name) for name in FACT_TYPES},
}
