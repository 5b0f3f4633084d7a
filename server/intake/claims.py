"""Claims on decisions: the row that only one decision of a round can be.

For: `claim` (in a transaction), and recording in the store what is claimed, also after a kill.
Not for: whether a decision may be made (decide.py).
Source: promises D6, F-49, I5: the claim is made in one transaction and has a unique key; the fact follows from it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, insert, select, update

from server.database import writing
from server.intake.tables import decision

if TYPE_CHECKING:
    from datetime import datetime

    from server.ledger.model import JsonObject
    from sync.database import Store


def find_claim(connection: Connection, violation: str, round_: str) -> Any:
    """Who has decided this round, recorded or about to be; None when nobody has."""
    return connection.execute(
        select(decision).where(decision.c.violation == violation, decision.c.round == round_)
    ).first()


def claim(
    connection: Connection, violation: str, round_: str, database: str, document: JsonObject, at: datetime
) -> None:
    """Write the claim. The transaction must have asked `find_claim` before."""
    connection.execute(
        insert(decision).values(
            violation=violation,
            round=round_,
            database=database,
            decided_by=document["author"],
            decided_at=at,
            body=document,
            published=False,
        )
    )


async def record_claimed(engine: Engine, store: Store) -> None:
    """Record every claimed decision that is not known to be recorded. Safe to repeat: same document, same revision."""
    for row in await asyncio.to_thread(_unrecorded, engine):
        await store.database(row.database).record(row.body, row.decided_by, None)
        await asyncio.to_thread(_note_recorded, engine, row.violation, row.round)


def _unrecorded(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(select(decision).where(decision.c.published.is_(False))))


def _note_recorded(engine: Engine, violation: str, round_: str) -> None:
    with writing(engine) as connection:
        connection.execute(
            update(decision)
            .where(decision.c.violation == violation, decision.c.round == round_)
            .values(published=True)
        )
