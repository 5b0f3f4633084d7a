"""What a dry run tells: changes of due items, and alarms that several records raise together.

For: `Change` and `Raised`, each with its line of the output.
Not for: when there is one (run.py), the figures (server/ledger/kpi.py).
An alarm of several records has no due item: it is overdue from the arrival of the record that completes it, for whoever is told.
Source: contract section 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from server.ledger.model import DueItem, JsonObject
from server.ledger.reading import stamp
from server.notify.inbox import Message


@dataclass(frozen=True, slots=True)
class Change:
    """A due item as it is from this instant on."""

    at: datetime
    item: DueItem
    level: int
    status: str

    def as_json(self) -> JsonObject:
        item = self.item
        return {
            "at": stamp(self.at),
            "rule": item.rule,
            "subject": item.subject,
            "period": item.period,
            "status": self.status,
            "due_at": stamp(item.due_at),
            "assigned_to": item.assigned_to,
            "level": self.level,
            "satisfied_by": item.satisfied_by,
        }


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm that several records raise together, and whom it is for."""

    at: datetime
    message: Message

    def as_json(self) -> JsonObject:
        message = self.message
        return {
            "at": stamp(self.at),
            "rule": message.rule,
            "subject": message.subject,
            "period": message.period,
            "status": "overdue",
            "due_at": stamp(message.due_at),
            "assigned_to": message.user,
            "level": message.level,
            "satisfied_by": None,
        }
