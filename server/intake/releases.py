"""Releasing a held fact: a supervisor lets it count after all.

For: `release(services, fact_id, reason, person)`. The release is a document of the project, so a rebuild keeps it.
Not for: the list of held facts (server/office), what a release leads to (take.py).
Source: promises D2; contract section 5 (`POST /api/held/{id}/release`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from server.errors import InvalidInput, NotFound, NotPermitted, OwnReport, WrongState
from server.intake.tables import fact

if TYPE_CHECKING:
    from server.access.person import Person
    from server.ledger.model import JsonObject
    from server.services import Services

RELEASERS = ("cs_supervisor", "project_manager")
# Nothing that a release could make count: no envelope, or no place under its id; nor what its subject's state forbids.
# Nor what only the server may write (S-08, D6): a decision that a phone sends is none, whoever agrees to it.
NEVER = frozenset({"unreadable", "id_taken", "bad_id", "deletion", "server_owned", "server_made"})
MAX_REASON = 1000


async def release(services: Services, fact_id: str, reason: str, person: Person) -> JsonObject:
    """Let a held fact count; return the release document. Releasing twice is a WrongState.

    Raises NotFound, NotPermitted, OwnReport, WrongState, InvalidInput.
    """
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON:
        raise InvalidInput(
            f"请填写放行理由，最多 {MAX_REASON} 字。 Give a reason of at most {MAX_REASON} characters.",
            path="/reason",
        )
    await services.intake.catch_up()
    row = await asyncio.to_thread(_find, services, fact_id)
    if row is None or row.area not in person.areas:
        raise NotFound("没有这条记录。 There is no such record.")
    if not person.has_role_in(row.project, *RELEASERS):
        raise NotPermitted(
            "只有客服主管或项目经理可以放行。 Only a supervisor or the project manager may release."
        )
    if row.author == person.name:
        raise OwnReport("本人的记录须由他人放行。 Somebody else has to release your own record.")
    if row.held_code is None or row.released_by is not None:
        raise WrongState("这条记录没有被暂扣。 The record is not held.", state="accepted")
    if row.held_code in NEVER or row.held_by is not None or "#" in row.id:
        raise WrongState(
            "这条记录无法放行，请作者重新填写。 This record cannot be released; its author has to record it again.",
            state=row.held_code,
        )
    document: JsonObject = {
        "_id": f"release:{row.id}",
        "type": "release",
        "v": 1,
        "project": row.project,
        "area": row.area,
        "fact": row.id,
        "rev": row.rev,
        "by": person.name,
        "at": services.clock.now().isoformat(timespec="milliseconds"),
        "reason": reason,
    }
    database = services.directory.current().project_database(row.project)
    await services.store.database(database).publish([document])
    await services.intake.catch_up()
    return document


def _find(services: Services, fact_id: str) -> Any:
    with services.engine.connect() as connection:
        return connection.execute(select(fact).where(fact.c.id == fact_id)).first()
