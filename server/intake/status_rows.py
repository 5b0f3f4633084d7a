"""The row of a status: written after a fold, taken back when its subject no longer is one.

For: `write_status` and `withdraw`; both say which other subjects look at the status and have to be folded again.
Not for: what a status is (server/ledger), its due items (due_rows.py), how it reaches phones (publishing.py).
Source: docs/architecture.md section 5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from server.catalogue.rules.kinds import SCOPES
from server.intake.ahead import Known
from server.intake.due_rows import delete_due_items, write_due_items
from server.intake.facts import search_text
from server.intake.rules import Rules
from server.intake.tables import evidence_version, fact, fact_subject, status, withdrawal
from server.intake.waking import note_withdrawal
from server.ledger.model import Calendar, JsonValue, Status

PLACE = ("unit", "unit_no", "building", "entrance", "floor")
_NAMES = (
    "kind", "project", "area", "database", "unit", "unit_no", "unit_order", "state", "body", "search", "changed_at",
    "wake_at", "dirty", "published",
)  # fmt: skip
_INSERT = insert(status)
_UPDATE = (
    update(status)
    .where(status.c.subject == bindparam("about"))
    .values({name: bindparam(f"new_{name}") for name in _NAMES})
)
_PUT_IN_UNIT = (
    update(fact)
    .where(fact.c.id.in_(bindparam("ids", expanding=True)))
    .values(unit=bindparam("of", type_=fact.c.unit.type))
)
_DELETE = delete(status).where(status.c.subject == bindparam("about"))
_NOT_WITHDRAWN = delete(withdrawal).where(
    withdrawal.c.subject == bindparam("about"), withdrawal.c.database == bindparam("in_database")
)
# By the subjects that facts name: there is no index of the one that each names itself.
_VIOLATIONS = (
    select(fact.c.id)
    .join(fact_subject, fact_subject.c.fact_id == fact.c.id)
    .where(
        fact_subject.c.subject == bindparam("about"),
        fact.c.subject == bindparam("about"),
        fact.c.type + "" == "violation",
    )
)
_EVIDENCE = select(evidence_version.c.violation).where(
    evidence_version.c.violation == bindparam("about"),
    evidence_version.c.evidence_hash == bindparam("digest"),
)
_KEEP_EVIDENCE = insert(evidence_version)


def write_status(
    connection: Connection,
    rules: Rules,
    result: Status,
    database: str,
    known: Known,
    facts: Sequence[Any],
    calendar: Calendar,
    now: datetime,
) -> set[str]:
    """Write the status and its due items as far as they changed; `facts`: the rows about it. Return who looks at it."""
    before = known.status
    document = rules.status_document(result, now)
    unit, unit_no = result.fields.get("unit"), result.fields.get("unit_no")
    is_same = before is not None and before.body == document and before.database == database
    if before is None or before.database != database:
        connection.execute(_NOT_WITHDRAWN, {"about": result.subject, "in_database": database})
    if not (is_same and before.wake_at == result.wake_at and not before.dirty and before.unit == unit):
        values = {
            "kind": result.kind,
            "project": result.project,
            "area": result.area,
            "database": database,
            "unit": unit,
            "unit_no": unit_no,
            "unit_order": unit_order(str(unit_no or "")),
            "state": result.state,
            "body": document,
            "search": search_text({"unit_no": unit_no, "state": result.state, "fields": dict(result.fields)}),
            "changed_at": result.updated_at,
            "wake_at": result.wake_at,
            "dirty": False,
            "published": bool(is_same and before.published),
        }
        if before is None:
            connection.execute(_INSERT, {"subject": result.subject, **values})
        else:
            if before.database != database:
                note_withdrawal(connection, before.subject, before.database)
            bound = {f"new_{name}": value for name, value in values.items()}
            connection.execute(_UPDATE, {"about": result.subject, **bound})
    # A duty of an area or a project is in no unit; the facts that it counts are.
    astray = [] if result.kind in SCOPES else [row.id for row in facts if row.unit != unit]
    if astray:
        connection.execute(_PUT_IN_UNIT, {"ids": astray, "of": unit})
    write_due_items(connection, rules, result, calendar, known.due_items)
    _keep_evidence(connection, result)
    return set() if is_same else _followers(connection, result, before)


def withdraw(connection: Connection, before: Any) -> set[str]:
    """Take back the status of a subject that no longer is one; return the subjects that looked at it."""
    if before is None:
        return set()
    connection.execute(_DELETE, {"about": before.subject})
    delete_due_items(connection, before.subject)
    note_withdrawal(connection, before.subject, before.database)
    project = before.body.get("fields", {}).get("decoration_project")
    return {project} if before.kind == "violation" and isinstance(project, str) else set()


def unit_order(unit_no: str) -> str:
    """`unit_no` with its numbers padded, so that 2 comes before 10."""
    return re.sub(r"\d+", lambda number: number.group().zfill(6), unit_no)


def _followers(connection: Connection, result: Status, before: Any) -> set[str]:
    """Subjects whose status looks at this one."""
    if result.kind == "violation":
        project = result.fields.get("decoration_project")
        return {project} if isinstance(project, str) else set()
    # A move-in that is complete takes its unit out of the register of vacant ones (R-MOV-08).
    if result.kind == "move_in_case":
        unit = result.fields.get("unit")
        return {unit} if isinstance(unit, str) else set()
    if result.kind == "decoration_project" and (before is None or _place(before.body) != _place_of(result)):
        # A violation that arrived before its project learns from it which unit it is in.
        return set(connection.scalars(_VIOLATIONS, {"about": result.subject}))
    return set()


def _place_of(result: Status) -> tuple[JsonValue, ...]:
    return (result.area, *(result.fields.get(name) for name in PLACE))


def _place(document: Mapping[str, Any]) -> tuple[JsonValue, ...]:
    return (document.get("area"), *(document.get("fields", {}).get(name) for name in PLACE))


def _keep_evidence(connection: Connection, result: Status) -> None:
    """Remember what an evidence hash stands for (F-50)."""
    digest = result.fields.get("evidence_hash")
    if not isinstance(digest, str):
        return
    if connection.execute(_EVIDENCE, {"about": result.subject, "digest": digest}).first() is None:
        evidence = result.fields.get("evidence", [])
        row = {"violation": result.subject, "evidence_hash": digest, "evidence": evidence}
        connection.execute(_KEEP_EVIDENCE, row)
