"""Folding touched subjects again and writing what follows into the read model.

For: `Folding.fold(connection, subjects, changed)`: each subject once, and those that look at its status.
Not for: what a status is (server/ledger), what a fold may look at (surroundings.py, tallies.py), facts against each other
(judging.py), the row of a status (status_rows.py), reading the journal (take.py), publishing (publishing.py).
Source: docs/architecture.md section 5; promises D2, D5, I8, F-21.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, update

from server.access.directory import Snapshot
from server.catalogue.registry import LIFE_CYCLES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import kind_of, scope_of_duty
from server.intake.ahead import Ahead, Known
from server.intake.facts import hold_columns
from server.intake.judging import (
    COUNT_ONLY_WHAT_STANDS,
    WRONG_AREA,
    Judging,
    before_the_fold,
    fact_for,
    facts_about,
    note_corrections,
    note_held,
)
from server.intake.rules import Rules
from server.intake.status_rows import withdraw, write_status
from server.intake.surroundings import Shared, Surroundings
from server.intake.tables import fact, status
from server.intake.take import DATABASE_TROUBLE, subjects_naming
from server.intake.tallies import Tallies
from server.ledger.model import Context, Fact, Hold, Status

log = logging.getLogger(__name__)

UNREADABLE = Hold(
    "unreadable", "记录无法处理，已通知管理员", "The record cannot be processed; the operator was told"
)
# No reference document has the name of such a subject: the fact that opened it says where it lives.
OPENED_BY_A_FACT = frozenset((*LIFE_CYCLES, "decoration_project", "violation"))


class _Failed(Exception):
    """One of several folds failed: they are done again, each by itself."""


class Folding:
    """Folds subjects within one SQL transaction. Made anew for every batch: what it has loaded is of that moment.

    `shared`: what is known to be so still of settings, calendars and weather.
    """

    def __init__(
        self,
        rules: Rules,
        directory: Snapshot,
        has_photo: Callable[[str], bool],
        now: datetime,
        shared: Shared | None = None,
    ) -> None:
        self._rules = rules
        self._now = now
        self._around = Surroundings(rules, directory, has_photo, now, shared or Shared())
        self._judging = Judging(directory)
        self._changed: set[str] | None = None

    def fold(
        self, connection: Connection, subjects: Iterable[str], changed: Collection[str] | None = None
    ) -> None:
        """Fold each subject once, and after it those that look at its status.

        `changed`: ids of all facts that are otherwise than at the last fold of any of these subjects; duties of areas and
        projects look at those only. None: not known, so they look at everything.
        """
        wanted = set(subjects)
        self._changed = None if changed is None else set(changed)
        try:
            with connection.begin_nested():  # one for all: mostly none of them fails
                self._fold_all(connection, wanted, self._fold_or_fail)
        except _Failed:
            self._changed = None if changed is None else set(changed)
            self._fold_all(connection, wanted, self._fold_safely)

    def _fold_all(
        self, connection: Connection, subjects: set[str], fold: Callable[[Connection, str, Ahead], set[str]]
    ) -> None:
        waiting = [(rank_of(subject), subject) for subject in subjects]
        heapq.heapify(waiting)
        ahead = Ahead(connection, waiting)
        queued = set(subjects)
        while waiting:
            _, subject = heapq.heappop(waiting)
            queued.discard(subject)
            for follower in sorted(fold(connection, subject, ahead) - queued):
                queued.add(follower)
                heapq.heappush(waiting, (rank_of(follower), follower))

    def _fold_or_fail(self, connection: Connection, subject: str, ahead: Ahead) -> set[str]:
        try:
            return self._fold_one(connection, subject, ahead.of(subject))
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            raise _Failed from error

    def _fold_safely(self, connection: Connection, subject: str, ahead: Ahead) -> set[str]:
        """Fold one subject; when that is impossible, say so in the log, leave its status as it was and go on (I8)."""
        try:
            with connection.begin_nested():
                return self._fold_one(connection, subject, ahead.of(subject))
        except DATABASE_TROUBLE:
            raise
        except Exception as error:
            log.exception("status left as it was subject=%s cause=%r", subject, error)
            connection.execute(
                update(status).where(status.c.subject == subject).values(wake_at=None, dirty=False)
            )
            return set()

    def _fold_one(self, connection: Connection, subject: str, known: Known) -> set[str]:
        """Fold one subject; return those that have to be looked at because of what changed."""
        if kind_of(subject) in SCOPES:
            return self._fold_duty(connection, subject, known)
        before = known.status
        rows = facts_about(connection, subject)
        home = _home(subject, known, rows)
        if home is None:  # parked: nothing has opened this subject (yet, F-21)
            return withdraw(connection, before)
        database, project, area = home
        rejudged = self._judging.judge(connection, subject, rows, database)
        facts = [
            fact_for(subject, row) for row in rows if row.database == database or row.released_by is not None
        ]
        context = self._around.context(connection, subject, project, area, facts, before)
        followers = self._note_changed(connection, rejudged) - {subject}
        result = self._guarded(connection, subject, facts, context)
        if result is None:
            return followers | withdraw(connection, before)
        others = self._note_changed(connection, note_held(connection, result, rows)) - {subject}
        followers |= {name for name in others if kind_of(name) in COUNT_ONLY_WHAT_STANDS}
        note_corrections(connection, rows)
        return followers | write_status(
            connection, self._rules, result, database, known, rows, context.calendar, self._now
        )

    def _fold_duty(self, connection: Connection, subject: str, known: Known) -> set[str]:
        """Fold a duty of an area or a project: from its tally, which only what has changed is added to."""
        before = known.status
        home = self._home_of_duty(subject)
        if home is None:
            return withdraw(connection, before)
        database, project, area = home
        followers: set[str] = set()

        def judged(rows: Sequence[Any]) -> Sequence[SimpleNamespace]:
            found = [before_the_fold(row) for row in rows]
            rejudged = self._judging.judge(connection, subject, found, database)
            followers.update(self._note_changed(connection, rejudged) - {subject})
            return found

        def to_fact(row: Any) -> Fact | None:
            # Facts of any area of the project may meet a duty of the project.
            if row.database != database and row.released_by is None and row.refused:
                return None
            return fact_for(subject, row if isinstance(row, SimpleNamespace) else before_the_fold(row))

        context = self._around.shared(connection, project, area)
        is_known = before is None or not before.dirty
        tallies = Tallies(connection, self._now, judged, to_fact)
        tally = tallies.refresh(subject, self._changed if is_known else None)
        result = self._rules.fold(subject, [], replace(context, tally=tally)) if tally is not None else None
        if tally is not None:
            tally.keep()
        if result is None:
            return followers | withdraw(connection, before)
        return followers | write_status(
            connection, self._rules, result, database, known, (), context.calendar, self._now
        )

    def _note_changed(self, connection: Connection, ids: Sequence[str]) -> set[str]:
        """Facts are judged otherwise than before: return the subjects that look at them."""
        if not ids:
            return set()
        if self._changed is not None:
            self._changed.update(ids)
        return subjects_naming(connection, ids)

    def _guarded(
        self, connection: Connection, subject: str, facts: Sequence[Fact], context: Context
    ) -> Status | None:
        """Fold; when a fact makes the fold fail, hold that fact and fold without it (I8)."""
        try:
            return self._rules.fold(subject, facts, context)
        except Exception as error:
            log.exception("fold failed subject=%s facts=%d cause=%r", subject, len(facts), error)
            failure = error
        for suspect in sorted(facts, key=lambda one: (one.received_at, one.id), reverse=True):
            held = [replace(one, hold=UNREADABLE) if one is suspect else one for one in facts]
            try:
                result = self._rules.fold(subject, held, context)
            except Exception:  # noqa: BLE001 - the first failure is logged; we look for the fact that caused it
                continue
            log.error("fact held code=unreadable id=%s subject=%s", suspect.id, subject)
            connection.execute(update(fact).where(fact.c.id == suspect.id).values(hold_columns(UNREADABLE)))
            self._note_changed(connection, [suspect.id])
            return result
        raise failure

    def _home_of_duty(self, subject: str) -> tuple[str, str, str] | None:
        """An area's duty lives with the area, a project's in its own database; None when there is no such scope any more."""
        scope, name, _ = scope_of_duty(subject)
        directory = self._around.directory
        if scope == "area" and name in directory.areas:
            return (directory.area_database(name), directory.areas[name].project, name)
        if scope == "project" and name in directory.projects:
            return (directory.project_database(name), name, "")
        return None


def rank_of(subject: str) -> int:
    """When a subject is folded among others: 0 first."""
    # A decoration project looks at the statuses of its violations, so it is folded after them; a duty of an area or a project
    # counts what no other fold holds.
    if kind_of(subject) in SCOPES:
        return 2
    return 1 if subject.startswith("decoration_project:") else 0


def _home(subject: str, known: Known, rows: Sequence[SimpleNamespace]) -> tuple[str, str, str] | None:
    """The database, project and area the subject lives in: of its reference document, else of the fact that opened it."""
    kind = kind_of(subject)
    if kind not in OPENED_BY_A_FACT and known.home is not None:
        return (known.home.database, known.home.project or "", known.home.area or "")
    opening = [row for row in rows if row.id == subject or (row.type == kind and row.subject == subject)]
    # What is held for its area is held because of this very question, so it takes part in answering it.
    counted = [row for row in opening if row.held_code in (None, WRONG_AREA.code) or row.released_by]
    first = min(counted or opening, key=lambda row: (row.received_at, row.id), default=None)
    return None if first is None else (first.database, first.project, first.area)
