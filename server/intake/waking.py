"""Which subjects have to be folded again although no fact about them has come: time, settings, people, photos.

For: the queries behind `Intake.wake_due`, `check_photos` and `rebuild`.
Not for: folding (folding.py), the order of work (service.py).
Source: docs/architecture.md section 5 (`wake_at`); promises F-40, F-52.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, insert, select, update

from server.access.directory import Snapshot
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import SCOPE_DUTIES, duty_subject, kind_of
from server.database import writing
from server.intake.references import load_settings
from server.intake.rules import Rules
from server.intake.surroundings import people_of, people_of_project
from server.intake.tables import fact_photo, fact_subject, journal_cursor, meta, status, unfolded, withdrawal
from server.intake.take import subjects_naming
from server.ledger.model import JsonValue, People

if TYPE_CHECKING:
    from sync.database import Store

PHOTO_BATCH = 500
DUTIES = "duties"  # of meta: the duties of areas and projects that have been begun
CURSOR = "intake"
REBUILDING = "rebuilding"  # of meta, so that a rebuild cut off by a kill is ended by the next start
BEGINS = "scope.duties_from"
# A clock that is corrected by less than this changes nothing that the next minute does not put right.
BACKWARDS = timedelta(minutes=1)

_META = select(meta.c.value).where(meta.c.name == bindparam("about"))
_LEFT = select(
    select(unfolded.c.subject).limit(1).scalar_subquery(),
    select(status.c.subject).where(status.c.dirty.is_(True)).limit(1).scalar_subquery(),
    select(meta.c.value).where(meta.c.name == REBUILDING).scalar_subquery(),
    select(meta.c.value).where(meta.c.name == DUTIES).scalar_subquery(),
    select(journal_cursor.c.seq).where(journal_cursor.c.name == CURSOR).scalar_subquery(),
    select(journal_cursor.c.epoch).where(journal_cursor.c.name == CURSOR).scalar_subquery(),
)


def mark_dirty(connection: Connection, directory: Snapshot, now: datetime) -> None:
    """Mark the statuses that the clock, or a change of who answers for an area, has made wrong."""
    last = read_meta(connection, "woken_at")
    if last is not None and now < datetime.fromisoformat(last) - BACKWARDS:
        # The clock ran ahead and was put back: what was folded then speaks of a time that has not come.
        connection.execute(update(status).values(dirty=True))
    if last is None or abs(now - datetime.fromisoformat(last)) >= BACKWARDS:
        write_meta(connection, "woken_at", now.isoformat())
    for place, of_place, answering in _people_changed(connection, directory, now):
        connection.execute(update(status).where(of_place).values(dirty=True))
        write_meta(connection, place, answering)


def note_people(connection: Connection, directory: Snapshot, now: datetime) -> None:
    """Note who answers for what before anything is folded: then only a change of it is one."""
    for place, _, answering in _people_changed(connection, directory, now):
        write_meta(connection, place, answering)


def _people_changed(
    connection: Connection, directory: Snapshot, now: datetime
) -> list[tuple[str, ColumnElement[bool], str]]:
    """Places where others answer than was noted: name of the note, which statuses that is about, what to note."""
    known = {
        row.name: row.value
        for row in connection.execute(select(meta).where(meta.c.name.startswith("people:", autoescape=True)))
    }
    found: list[tuple[str, ColumnElement[bool], str]] = [
        (f"people:{area}", status.c.area == area, _answering(people_of(directory, area, now)))
        for area in directory.areas
    ]
    for project in directory.projects:
        of_no_area = (status.c.project == project) & (status.c.area == "")
        answering = _answering(people_of_project(directory, project, now))
        found.append((f"people:project:{project}", of_no_area, answering))
    return [each for each in found if known.get(each[0]) != each[2]]


def _answering(people: People) -> str:
    return orjson.dumps(
        [people.steward, people.supervisor, people.manager, dict(people.roles)], option=orjson.OPT_SORT_KEYS
    ).decode()


def duties_changed(connection: Connection, rules: Rules, directory: Snapshot) -> bool:
    """Whether areas, projects or the day their duties begin have changed since `begin_duties`, or all was forgotten."""
    return read_meta(connection, DUTIES) != _duties_wanted(connection, rules, directory)[0]


def begin_duties(connection: Connection, rules: Rules, directory: Snapshot) -> list[str]:
    """Return the duties of areas and projects that a setting has begun: no fact need have brought them up yet."""
    wanted, begun = _duties_wanted(connection, rules, directory)
    write_meta(connection, DUTIES, wanted)
    names = [("area", area.id) for area in directory.areas.values() if area.project in begun]
    names += [("project", project) for project in begun]
    return [
        duty_subject(scope, name, rule.id)
        for scope, name in sorted(names)
        for rule in SCOPE_DUTIES.values()
        if rule.of == scope
    ]


class Left(NamedTuple):
    """What waits to be folded, or to be brought to an end."""

    unfolded: bool
    dirty: bool
    rebuilding: bool
    duties: Any  # as they have been begun
    seq: int  # how far the journal is read, and of which store
    epoch: str | None


def what_is_left(connection: Connection) -> Left:
    row = connection.execute(_LEFT).one()
    return Left(row[0] is not None, row[1] is not None, bool(row[2]), row[3], row[4] or 0, row[5])


def duties_wanted(connection: Connection, rules: Rules, directory: Snapshot) -> str:
    return _duties_wanted(connection, rules, directory)[0]


def _duties_wanted(
    connection: Connection, rules: Rules, directory: Snapshot
) -> tuple[str, dict[str, JsonValue]]:
    begun: dict[str, JsonValue] = {}
    for project in sorted(directory.projects):
        since = load_settings(connection, rules, directory, project).get(BEGINS)
        if since is not None:
            begun[project] = since
    areas = sorted(area.id for area in directory.areas.values() if area.project in begun)
    known: list[JsonValue] = [begun, list[JsonValue](areas), list[JsonValue](sorted(SCOPE_DUTIES))]
    return orjson.dumps(known).decode(), begun


def next_to_wake(
    connection: Connection, now: datetime, after: str, only_dirty: bool, limit: int
) -> list[str]:
    """Subjects to fold, in order, after `after`: each is met once, whatever its fold says."""
    # Two queries, each by its own index: joined by `or` they read every status there is, in the order of subjects. With
    # something added the subject is no column that the database could take for that way all the same.
    subject = status.c.subject + ""
    found: set[str] = set()
    for waits in (status.c.dirty.is_(True), *(() if only_dirty else (status.c.wake_at <= now,))):
        some = select(status.c.subject).where(waits, subject > after).order_by(subject).limit(limit)
        found |= set(connection.scalars(some))
    return sorted(found)[:limit]


def leave_unfolded(connection: Connection, ranked: Mapping[str, int]) -> None:
    """Note subjects, each with its rank, to be folded when the backlog is read: then each is folded once."""
    names = sorted(ranked)
    known: set[str] = set()
    for start in range(0, len(names), PHOTO_BATCH):
        some = names[start : start + PHOTO_BATCH]
        known |= set(connection.scalars(select(unfolded.c.subject).where(unfolded.c.subject.in_(some))))
    rows = [{"subject": name, "rank": ranked[name]} for name in names if name not in known]
    if rows:
        connection.execute(insert(unfolded), rows)


def next_unfolded(connection: Connection, limit: int) -> list[str]:
    """Subjects that were left, those first at which others look."""
    return list(
        connection.scalars(
            select(unfolded.c.subject).order_by(unfolded.c.rank, unfolded.c.subject).limit(limit)
        )
    )


def forget_unfolded(connection: Connection, subjects: Sequence[str]) -> None:
    connection.execute(delete(unfolded).where(unfolded.c.subject.in_(subjects)))


def mark_stored(connection: Connection, hashes: Sequence[str]) -> set[str]:
    """Note photos as stored; return the subjects of the facts that name them. To a duty of a scope no photo matters."""
    naming = fact_photo.c.sha256.in_(hashes)
    facts = list(
        connection.scalars(select(fact_photo.c.fact_id).where(naming, fact_photo.c.stored.is_(False)))
    )
    connection.execute(update(fact_photo).where(naming).values(stored=True))
    return {name for name in subjects_naming(connection, facts) if kind_of(name) not in SCOPES}


def unstored_photos(
    engine: Engine, has_photo: Callable[[str], bool], after: str
) -> tuple[list[str], str | None]:
    """Of one page of photos not noted as stored, those that are; and where the next page starts."""
    with engine.connect() as connection:
        page = list(
            connection.scalars(
                select(fact_photo.c.sha256)
                .where(fact_photo.c.stored.is_(False), fact_photo.c.sha256 > after)
                .distinct()
                .order_by(fact_photo.c.sha256)
                .limit(PHOTO_BATCH)
            )
        )
    return [sha256 for sha256 in page if has_photo(sha256)], page[-1] if len(page) == PHOTO_BATCH else None


def unstored_of(engine: Engine, has_photo: Callable[[str], bool], subject: str) -> list[str]:
    """The photos of a subject's facts that are not noted as stored, and are."""
    with engine.connect() as connection:
        hashes = connection.scalars(
            select(fact_photo.c.sha256)
            .join(fact_subject, fact_subject.c.fact_id == fact_photo.c.fact_id)
            .where(fact_subject.c.subject == subject, fact_photo.c.stored.is_(False))
            .distinct()
        ).all()
    return [sha256 for sha256 in hashes if has_photo(sha256)]


async def note_lost_statuses(engine: Engine, store: Store) -> None:
    """After a rebuild: note for withdrawal the status documents whose subject no longer has a status."""
    for name in await store.databases():
        start = "status:"
        while page := await store.database(name).list_documents(500, start=start, end="status;"):
            subjects = [row.id.removeprefix("status:") for row in page]
            await asyncio.to_thread(_note_lost, engine, name, subjects)
            start = page[-1].id + "\0"


def _note_lost(engine: Engine, database: str, subjects: Sequence[str]) -> None:
    with writing(engine) as connection:
        here = status.c.database == database
        known = set(connection.scalars(select(status.c.subject).where(here, status.c.subject.in_(subjects))))
        for subject in sorted(set(subjects) - known):
            note_withdrawal(connection, subject, database)


def note_withdrawal(connection: Connection, subject: str, database: str) -> None:
    key = {"subject": subject, "database": database}
    connection.execute(
        delete(withdrawal).where(withdrawal.c.subject == subject, withdrawal.c.database == database)
    )
    connection.execute(insert(withdrawal).values(key))


def read_meta(connection: Connection, name: str) -> str | None:
    found: str | None = connection.execute(_META, {"about": name}).scalar()
    return found


def write_meta(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(meta).where(meta.c.name == name))
    connection.execute(insert(meta).values(name=name, value=value))
