"""Inbox documents: one for each reminder or alarm, under an id that follows from what it is about.

For: writing one into the table `notice` in the caller's transaction (`send`, `send_all`), once for ever.
Not for: deciding that one is due (server/jobs), its words (words.py), bringing it to the phone (intake/publishing.py),
the inbox on the desk (server/office/inbox.py).
Source: contract section 4; docs/architecture.md, "Due items and inbox"; promises I5, D14.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from server.catalogue.fields import Label
from server.intake.tables import notice
from server.notify.words import REMINDERS

if TYPE_CHECKING:
    from server.ledger.model import JsonObject

LOOKED_UP = 500


@dataclass(frozen=True, slots=True)
class Message:
    """A reminder (levels 1 and 2) or an alarm (3 and 4) for one user."""

    user: str
    rule: str
    subject: str
    period: str
    level: int
    title: Label
    text: Label
    due_at: datetime
    area: str | None = None
    unit_no: str | None = None
    link: str | None = None
    items: tuple[str, ...] | None = None  # subjects, when it is about many

    @property
    def kind(self) -> str:
        return "reminder" if self.level in REMINDERS else "alarm"

    @property
    def id(self) -> str:
        return f"{self.kind}:{self.rule}:{self.subject}:{self.period}:{self.level}"


def send(connection: Connection, message: Message, now: datetime) -> bool:
    """Write the message unless it was ever written before; return whether it was written now."""
    if sent_items(connection, message.id) is not None:
        return False
    connection.execute(insert(notice), _row(message, now))
    return True


def send_all(connection: Connection, messages: Sequence[Message], now: datetime) -> None:
    """As `send`, for many at once."""
    by_id = {message.id: message for message in messages}
    known: set[str] = set()
    ids = sorted(by_id)
    for start in range(0, len(ids), LOOKED_UP):
        some = notice.c.id.in_(ids[start : start + LOOKED_UP])
        known |= set(connection.scalars(select(notice.c.id).where(some)))
    rows = [_row(by_id[name], now) for name in ids if name not in known]
    if rows:
        connection.execute(insert(notice), rows)


def sent_items(connection: Connection, message_id: str) -> Sequence[str] | None:
    """The subjects a message already lists; None when it was never written."""
    body = connection.execute(select(notice.c.body).where(notice.c.id == message_id)).scalar()
    return None if body is None else [str(one) for one in body.get("items", [])]


def extend(connection: Connection, message: Message, now: datetime) -> None:
    """Let a message that was sent list more subjects: the same message, not a second one."""
    sent_at = connection.execute(select(notice.c.sent_at).where(notice.c.id == message.id)).scalar_one()
    connection.execute(
        update(notice)
        .where(notice.c.id == message.id)
        .values(body=_document(message, sent_at), published=False)
    )


def _row(message: Message, now: datetime) -> dict[str, Any]:
    return {
        "id": message.id,
        "user": message.user,
        "kind": message.kind,
        "body": _document(message, now),
        "sent_at": now,
        "published": False,
    }


def _document(message: Message, at: datetime) -> JsonObject:
    document: JsonObject = {
        "_id": message.id,
        "type": message.kind,
        "rule": message.rule,
        "subject": message.subject,
        "period": message.period,
        "level": message.level,
        "title": message.title.as_json(),
        "text": message.text.as_json(),
        "due_at": _text(message.due_at),
        "at": _text(at),
        "area": message.area,
        "unit_no": message.unit_no,
        "link": message.link,
    }
    if message.items is not None:
        document["items"] = list(message.items)
    return document


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
