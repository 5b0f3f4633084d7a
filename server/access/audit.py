"""The audit trail: who signed in, was granted what, exported, or looked at an original photo.

For: `append` inside the transaction of what it tells about, so that neither exists without the other.
Not for: the log (operators' words, without names), or the history of records (server/ledger).
Each entry's hash covers the hash before it: changing, removing or slipping in one breaks every later one, which
`first_broken` finds. Only the newest entries can be cut off unseen; `head` is what a daily anchor outside keeps.
Source: promises S-35; R-X-33: who saw, changed, exported and approved what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import rfc8785
from sqlalchemy import Connection, Engine, insert, select

from server.access.tables import audit_entry
from server.errors import JsonValue

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry: kept outside, it shows that none was cut off."""

    seq: int
    hash: str


def append(
    connection: Connection, at: datetime, actor: str, action: str, detail: Mapping[str, JsonValue]
) -> Head:
    """Add an entry. `connection` must hold the write lock (server.database.writing): entries form one line."""
    previous = head(connection)
    seq = previous.seq + 1
    text = rfc8785.dumps(dict(detail)).decode()
    digest = _digest(previous.hash, seq, at, actor, action, text)
    connection.execute(
        insert(audit_entry).values(
            seq=seq, at=at, actor=actor, action=action, detail=text, previous=previous.hash, hash=digest
        )
    )
    return Head(seq, digest)


def head(connection: Connection) -> Head:
    newest = select(audit_entry.c.seq, audit_entry.c.hash).order_by(audit_entry.c.seq.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return Head(0, GENESIS) if row is None else Head(row.seq, row.hash)


def first_broken(engine: Engine) -> int | None:
    """The number of the first entry that is not what was written; None when the whole chain holds."""
    previous, expected = GENESIS, 1
    with engine.connect() as connection:
        for row in connection.execute(select(audit_entry).order_by(audit_entry.c.seq)):
            digest = _digest(previous, expected, row.at, row.actor, row.action, row.detail)
            if (row.seq, row.previous, row.hash) != (expected, previous, digest):
                return expected
            previous, expected = row.hash, expected + 1
    return None


def _digest(previous: str, seq: int, at: datetime, actor: str, action: str, detail: str) -> str:
    instant = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return hashlib.sha256(rfc8785.dumps([previous, seq, instant, actor, action, detail])).hexdigest()
