"""Documents that the server itself wrote, in the read model: places, debts, settings, calendars.

For: `take_reference`, which writes one and says what looks at it; `take_references`, the same for many; `load_settings`, the
configuration in force.
Not for: facts (take.py), the shape of such documents (server/catalogue/reference.py).
Source: docs/architecture.md section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, union, update

from server.access.directory import Snapshot
from server.catalogue.reference import reference_body
from server.intake.facts import plain_document
from server.intake.rules import Rules
from server.intake.tables import reference, status
from server.ledger.model import JsonObject, JsonValue

if TYPE_CHECKING:
    from sync.database import JournalEntry

# Reference documents that bear on every subject of their project.
PROJECT_WIDE = frozenset({"setting", "weather_day", "calendar", "calendar_day", "project"})
SUBJECTS = ("unit", "household")  # that have a status of their own

_IDS: Any = bindparam("ids", expanding=True)
_KNOWN_UNITS = select(reference.c.id, reference.c.unit).where(reference.c.id.in_(_IDS))
_DELETE_ALL = delete(reference).where(reference.c.id.in_(_IDS))
_KNOWN = select(reference.c.unit, reference.c.body).where(reference.c.id == bindparam("about"))
_DELETE = delete(reference).where(reference.c.id == bindparam("about"))
_INSERT = insert(reference)


def _looking_at(is_of: Callable[[ColumnElement[Any]], ColumnElement[bool]]) -> Any:
    """Everything that looks at some units, one table after the other, each by its own index."""
    # With something added the type is no column that the database could take for the way to every household there is.
    households = select(reference.c.id).where(is_of(reference.c.unit), reference.c.type + "" == "household")
    return union(select(status.c.subject).where(is_of(status.c.unit)), households)


_OF_UNIT = _looking_at(lambda unit: unit == bindparam("of"))
_OF_UNITS = _looking_at(lambda unit: unit.in_(bindparam("of", expanding=True)))
_SETTINGS = (
    select(reference.c.body)
    .where(reference.c.type == "setting")
    .where(or_(reference.c.project.is_(None), reference.c.project == bindparam("of")))
    .order_by(reference.c.project.is_not(None), reference.c.id)
)


def known_reference(connection: Connection, doc_id: str) -> Any:
    return connection.execute(_KNOWN, {"about": doc_id}).first()


def take_reference(
    connection: Connection, entry: JournalEntry, document: JsonObject, before: Any
) -> tuple[dict[str, Any], set[str]]:
    """Write a reference document, or take it out; return its row, and the subjects that look at it."""
    row = _row(entry, document)
    if before is not None:
        connection.execute(_DELETE, {"about": entry.id})
    if not entry.deleted:
        connection.execute(_INSERT, row)
    return row, _touched(connection, row, None if before is None else before.unit)


def take_references(connection: Connection, entries: Sequence[JournalEntry]) -> set[str]:
    """As `take_reference`, for documents of different ids, none deleted and none of its whole project (`is_of_a_place`)."""
    rows = [_row(entry, plain_document(entry.body, entry.id)) for entry in entries]
    known = connection.execute(_KNOWN_UNITS, {"ids": [entry.id for entry in entries]}).all()
    if known:
        connection.execute(_DELETE_ALL, {"ids": [row.id for row in known]})
    connection.execute(_INSERT, rows)
    units = sorted({*(row["unit"] for row in rows), *(row.unit for row in known)} - {None})
    subjects = {row["id"] for row in rows if row["type"] in SUBJECTS}
    return subjects | {*units, *connection.scalars(_OF_UNITS, {"of": units})}


def is_of_a_place(kind: JsonValue) -> bool:
    """Whether a document of this type bears on its own unit only."""
    return isinstance(kind, str) and kind not in PROJECT_WIDE


def document_of(entry: JournalEntry, before: Any) -> JsonObject:
    """What the entry says; what is left of a deleted document says nothing about itself."""
    if entry.deleted and before is not None:
        known: JsonObject = before.body
        return known
    return plain_document(entry.body, entry.id)


def load_settings(
    connection: Connection, rules: Rules, directory: Snapshot, project: str
) -> Mapping[str, JsonValue]:
    """The configuration in force: `setting:` documents over the catalogue's defaults; a project's own over the common ones."""
    known = directory.projects.get(project)
    values: dict[str, JsonValue] = {} if known is None else {"time_zone": known.time_zone}
    for document in connection.scalars(_SETTINGS, {"of": project}):
        body = reference_body(document)
        key = body.get("key")
        if isinstance(key, str) and "value" in body:
            values[key] = body["value"]
    return rules.settings(values)


def _touched(connection: Connection, row: Mapping[str, Any], unit_before: str | None) -> set[str]:
    if row["type"] in PROJECT_WIDE:
        whole = update(status).values(dirty=True)
        connection.execute(
            whole if row["project"] is None else whole.where(status.c.project == row["project"])
        )
        return set()
    touched = {row["id"]} if row["type"] in SUBJECTS else set()
    for unit in {row["unit"], unit_before} - {None}:
        touched |= {str(unit), *connection.scalars(_OF_UNIT, {"of": unit})}
    return touched


def _row(entry: JournalEntry, document: JsonObject) -> dict[str, Any]:
    unit = reference_body(document).get("unit_id")
    return {
        "id": entry.id,
        "type": document["type"],
        "project": _text_or_none(document, "project"),
        "area": _text_or_none(document, "area"),
        "database": entry.database,
        "unit": entry.id if document["type"] == "unit" else unit if isinstance(unit, str) else None,
        "body": document,
    }


def _text_or_none(document: JsonObject, name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) else None
