"""What folding has to know of a subject before its facts, looked up for many subjects at once.

For: `Ahead.of(subject)`: its status as it stands, where its document says it lives, and its due items.
Not for: what other folds may change meanwhile: facts (judging.py), statuses that are looked at (surroundings.py).
Source: issue 4, a year of facts is rebuilt in ten minutes: asked one by one, the asking costs more than the answers.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from server.catalogue.subjects import kind_of
from server.intake.references import SUBJECTS
from server.intake.tables import due_item, reference, status

LOOKED_UP = 50
_SUBJECTS: Any = bindparam("subjects", expanding=True)
_STATUSES = select(*(column for column in status.c if column.name != "search")).where(
    status.c.subject.in_(_SUBJECTS)
)
_HOMES = select(reference.c.id, reference.c.database, reference.c.project, reference.c.area).where(
    reference.c.id.in_(_SUBJECTS)
)
_DUE_ITEMS = select(due_item).where(due_item.c.subject.in_(_SUBJECTS))


class Known(NamedTuple):
    """Of one subject: only its own fold writes any of this."""

    status: Any  # the row, without the words for the registers' filter; None when there is none
    home: Any  # database, project and area of its reference document; None when there is none
    due_items: Sequence[Any]


class Ahead:
    """Looks up the subject that is asked about, and with it those that wait behind it."""

    def __init__(self, connection: Connection, waiting: list[tuple[int, str]]) -> None:
        """`waiting`: the heap of ranks and subjects from which folding takes its next."""
        self._connection = connection
        self._waiting = waiting
        self._known: dict[str, Known] = {}

    def of(self, subject: str) -> Known:
        """Each answer is given once: what is asked again has been folded in between."""
        if subject not in self._known:
            behind = (name for _, name in heapq.nsmallest(LOOKED_UP, self._waiting))
            self._look_up([subject, *(name for name in behind if name not in self._known)])
        return self._known.pop(subject)

    def _look_up(self, subjects: Sequence[str]) -> None:
        asked = {"subjects": subjects}
        statuses = {row.subject: row for row in self._connection.execute(_STATUSES, asked)}
        documented = [name for name in subjects if kind_of(name) in SUBJECTS]
        homes: dict[str, Any] = {}
        if documented:
            found = self._connection.execute(_HOMES, {"subjects": documented})
            homes = {row.id: row for row in found}
        due_items: dict[str, list[Any]] = {name: [] for name in subjects}
        for row in self._connection.execute(_DUE_ITEMS, asked):
            due_items[row.subject].append(row)
        for name in subjects:
            self._known[name] = Known(statuses.get(name), homes.get(name), due_items[name])
