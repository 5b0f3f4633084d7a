"""Recording a fact for an online user: the server completes the document and writes it as a device would have.

For: `record_fact(services, document, person)`, which `POST /api/facts` calls.
Not for: decisions (decide.py) and what phones push (sync). What breaks a business rule is stored and held, as there (D2).
Source: contract sections 4 and 5; promises D2, D5, F-53.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from ulid import ULID

from server.catalogue.registry import RECORD_TYPES
from server.errors import AlreadyExists, InvalidInput, NotCaughtUp, NotPermitted
from server.intake.facts import instant_or_none
from server.intake.tables import fact
from server.receipts import NoCanonicalForm, receipt_hash
from sync.errors import EditConflict

if TYPE_CHECKING:
    from server.access.directory import Snapshot
    from server.access.person import Person
    from server.ledger.model import JsonObject
    from server.services import Services


class Recorded(NamedTuple):
    id: str
    rev: str
    hash: str
    state: str  # accepted or held
    code: str | None = None  # why it is held
    reason: str | None = None


GIVEN = ("type", "subject", "body", "photos", "gps", "amends", "voids")


async def record_fact(services: Services, document: JsonObject, person: Person) -> Recorded:
    """Record a fact; `document` lacks what the server knows (author, device, project, v).

    Giving `_id` and `performed_at` makes it safe to repeat: the same fact again is the same record.
    Raises InvalidInput, NotPermitted, AlreadyExists (another fact has this id), NotCaughtUp (recorded, but not judged yet).
    """
    complete = _completed(services, document, person)
    directory = services.directory.current()
    database = services.store.database(_database_of(directory, complete))
    try:
        rev = await database.record(complete, person.name, person.device)
    except EditConflict as cause:
        raise AlreadyExists(
            f"编号 {complete['_id']} 已有另一条记录。 Another record already has the id {complete['_id']}."
        ) from cause
    await services.intake.catch_up()
    row = await asyncio.to_thread(_find, services, str(complete["_id"]), rev)
    if row is None:
        raise NotCaughtUp(
            "记录已保存，尚未审核。 The record is stored but not judged yet.", retry_after_seconds=2
        )
    if row.held_code is None or row.released_by is not None:
        return Recorded(row.id, rev, row.hash, "accepted")
    return Recorded(row.id, rev, row.hash, "held", row.held_code, row.held_reason)


def _database_of(directory: Snapshot, document: JsonObject) -> str:
    """Confidential records go where no phone looks."""
    if RECORD_TYPES[str(document["type"])].readers:
        return directory.office_database(str(document["project"]))
    return directory.area_database(str(document["area"]))


def _find(services: Services, fact_id: str, rev: str) -> Any:
    with services.engine.connect() as connection:
        return connection.execute(select(fact).where(fact.c.id == fact_id, fact.c.rev == rev)).first()


def _completed(services: Services, document: JsonObject, person: Person) -> JsonObject:
    kind = document.get("type")
    declared = RECORD_TYPES.get(kind) if isinstance(kind, str) else None
    if declared is None or declared.server_made:
        raise InvalidInput(f"不能这样记录 {kind!r}。 {kind!r} cannot be recorded this way.", path="/type")
    area = document.get("area")
    directory = services.directory.current()
    if not isinstance(area, str) or area not in directory.areas or area not in person.areas:
        raise NotPermitted("您不负责该片区。 You do not record in this area.")
    project = directory.areas[area]
    now = services.clock.now()
    at = document.get("performed_at")
    if at is None:
        zone = ZoneInfo(directory.projects[project.project].time_zone)
        at = now.astimezone(zone).isoformat(timespec="milliseconds")
    elif instant_or_none(at) is None:
        raise InvalidInput(
            "performed_at 须为带时区的时间。 performed_at must be an instant with an offset.",
            path="/performed_at",
        )
    identity = document.get("_id", f"{kind}:{ULID.from_datetime(now)}")
    if not isinstance(identity, str) or not identity.startswith(f"{kind}:"):
        raise InvalidInput(f"编号须以 {kind}: 开头。 The id must begin with {kind}:", path="/_id")
    given = {name: document[name] for name in GIVEN if name in document}
    subject = given.get("subject", identity if declared.opens_subject else None)
    if not isinstance(subject, str) or not subject:
        raise InvalidInput("缺少 subject。 The subject is missing.", path="/subject")
    complete: JsonObject = {
        "photos": [],
        "body": {},
        **given,
        "_id": identity,
        "v": 1,
        "project": project.project,
        "area": area,
        "subject": subject,
        "author": person.name,
        "device": person.device or "desk",
        "performed_at": at,
    }
    try:
        receipt_hash(complete)
    except NoCanonicalForm as cause:
        raise InvalidInput(
            f"记录含有无法保存的内容: {cause}。 The record holds something that cannot be stored: {cause}",
            path="",
        ) from cause
    return complete
