"""Status documents: what phones and the office get to see of a status.

For: `status_document(status, now)`, published by intake and kept in the read model.
Not for: computing a status (the folds), its revision or database (server/intake).
Source: docs/architecture.md, "Status documents"; contract section 4.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.ledger.model import DueItem, HeldFact, HistoryEntry, JsonObject, JsonValue, Status
from server.ledger.moments import lapses_at
from server.ledger.reading import stamp
from server.ledger.rules import Recurrence, due_rule

ENDED_ITEMS_STAY = timedelta(days=7)
HISTORY_ENTRIES = 20
# A status that nothing has ever changed: a unit whose register begins in the future.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def status_document(status: Status, now: datetime) -> JsonObject:
    """Return the document; the same status gives the same bytes until its `wake_at`."""
    shown = [item for item in status.due if is_shown(item, now)]
    return {
        "_id": f"status:{status.subject}",
        "type": "status",
        "of": status.subject,
        "kind": status.kind,
        "project": status.project,
        "area": status.area,
        "state": status.state,
        "fields": dict(status.fields),
        "due": [_due(item) for item in sorted(shown, key=lambda item: (item.due_at, item.rule, item.period))],
        "history": [_entry(entry) for entry in status.history[-HISTORY_ENTRIES:]],
        "held": [_held(fact) for fact in status.held],
        "updated_at": stamp(status.updated_at or NEVER),
    }


def is_shown(item: DueItem, now: datetime) -> bool:
    """Whether a status document still lists the item: open ones, and those that ended in the last days."""
    ended = ended_at(item, now)
    return ended is None or now < ended + ENDED_ITEMS_STAY


def ended_at(item: DueItem, now: datetime) -> datetime | None:
    """Return when the item ended; None while it is open.

    A period ends with its last second, met or missed; the limit of a case when it is met, and never by being missed.
    """
    lapse = lapses_at(item.due_at)
    if isinstance(due_rule(item.rule, item.period), Recurrence):
        return lapse if now >= lapse or item.satisfied_by else None
    if item.satisfied_at is not None:
        return item.satisfied_at
    return lapse if item.status in ("cancelled", "waived") else None


def _due(item: DueItem) -> JsonObject:
    return {
        "id": item.id,
        "rule": item.rule,
        "period": item.period,
        "opens_at": stamp(item.opens_at),
        "due_at": stamp(item.due_at),
        "status": item.status,
        "assigned_to": item.assigned_to,
        "satisfied_by": item.satisfied_by,
    }


def _entry(entry: HistoryEntry) -> JsonObject:
    return {
        "at": stamp(entry.at),
        "by": entry.by,
        "fact": entry.fact,
        "change": entry.change,
        "from": entry.from_state,
        "to": entry.to_state,
        "reason": entry.reason,
    }


def _held(fact: HeldFact) -> JsonValue:
    return {"fact": fact.fact, "code": fact.code, "reason": fact.reason}
