"""What intake does to the read model: each a function that blocks, in a transaction of its own.

For: `Transactions`, whose callers see to it that one works at a time (service.py).
Not for: what is written (take.py, folding.py, waking.py), the order of work and publishing (service.py).
Each batch of the journal is one transaction: facts, statuses and the cursor. Another process may have taken it meanwhile.
Source: docs/architecture.md sections 1 and 5; promises D2, I5.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from sqlalchemy import Connection, Engine, bindparam, delete, insert, select, update

from server.access.signatures import Signatures
from server.clock import Clock
from server.database import writing
from server.intake.folding import Folding, rank_of
from server.intake.publishing import FirstPages, first_pages
from server.intake.rules import Rules
from server.intake.surroundings import Shared
from server.intake.tables import READ_MODEL, journal_cursor
from server.intake.take import Taking, is_of_the_read_model
from server.intake.waking import (
    CURSOR,
    DUTIES,
    REBUILDING,
    Left,
    begin_duties,
    duties_changed,
    duties_wanted,
    forget_unfolded,
    leave_unfolded,
    mark_dirty,
    mark_stored,
    next_to_wake,
    next_unfolded,
    note_people,
    read_meta,
    what_is_left,
    write_meta,
)

if TYPE_CHECKING:
    from datetime import datetime

    from media.store import EvidenceStore
    from server.access.directory import Directory, Snapshot
    from sync.database import JournalEntry, Store

log = logging.getLogger(__name__)
T = TypeVar("T")

BATCH = 500
WAKE_BATCH = 200
_CURSOR = select(journal_cursor.c.seq, journal_cursor.c.epoch).where(journal_cursor.c.name == CURSOR)
_MOVE = (
    update(journal_cursor)
    .where(journal_cursor.c.name == CURSOR)
    .values(seq=bindparam("to"), epoch=bindparam("of"))
)


class Seen(NamedTuple):
    """What one look at the read model told."""

    left: Left
    snapshot: Snapshot
    unpublished: FirstPages


@dataclass
class Known:
    """What need not be asked again while the journal is at `seq`: whatever changes it comes through the journal."""

    snapshot: Snapshot
    epoch: str
    seq: int
    shared: Shared = field(default_factory=Shared)
    duties: str | None = None  # those of areas and projects, as the settings would have them


class Transactions:
    def __init__(
        self,
        engine: Engine,
        store: Store,
        directory: Directory,
        evidence: EvidenceStore,
        rules: Rules,
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._store = store
        self._directory = directory
        self._evidence = evidence
        self._rules = rules
        self._signatures = Signatures()
        self._clock = clock
        self._known: Known | None = None

    @property
    def read_on_from(self) -> int | None:
        """Where to read on, as far as that is known without asking the tables."""
        known = self._known
        return known.seq if known is not None and known.epoch == self._store.epoch else None

    def cursor(self) -> int:
        """Where to read on; from the beginning when the store is another one than it was (a restore)."""
        with self._engine.connect() as connection:
            row = connection.execute(_CURSOR).first()
        if row is not None and row.epoch == self._store.epoch:
            return int(row.seq)
        if row is not None:
            log.warning(
                "the store is another one than before: read model rebuilt epoch=%s", self._store.epoch
            )
        self.run(self._forget)
        return 0

    def take_and_look(self, since: int, entries: list[JournalEntry]) -> Seen:
        """In one go: a thread for each would cost more than the work."""
        self._take(since, entries)
        return self.look()

    def look(self) -> Seen:
        """What is left to be done after the journal was read."""
        snapshot = self._current()
        with self._engine.connect() as connection:
            found = what_is_left(connection)
            known = self._known
            if known is None or known.snapshot is not snapshot or known.seq != found.seq:
                known = Known(snapshot, self._store.epoch, found.seq)
            if known.duties is None:
                known.duties = duties_wanted(connection, self._rules, snapshot)
            unpublished = first_pages(connection, snapshot)
        if found.epoch == known.epoch:
            self._known = known
        return Seen(found._replace(duties=found.duties != known.duties), snapshot, unpublished)

    def _take(self, since: int, entries: list[JournalEntry]) -> None:
        """Take a batch, unless another process has meanwhile."""
        snapshot = self._current()
        known, self._known = self._known, None  # as long as this has not ended well
        is_plain = all(
            self._rules.is_record_type(one.id.partition(":")[0]) or is_of_the_read_model(one)
            for one in entries
        )
        if known is None or known.snapshot is not snapshot or known.seq != since or not is_plain:
            known = Known(snapshot, self._store.epoch, since)
        with writing(self._engine) as connection:
            if connection.execute(_CURSOR).first() != (since, self._store.epoch):
                return  # another process has taken this batch
            taking = Taking(self._rules, snapshot, self._signatures, known.shared.settings)
            touched = taking.take(connection, entries)
            if len(entries) == BATCH:  # a backlog: what comes next would only fold the same subjects again
                leave_unfolded(connection, {subject: rank_of(subject) for subject in touched})
            else:
                shared = known.shared if is_plain else None
                self._folding(snapshot, self._clock.now(), shared).fold(connection, touched, taking.changed)
            self._move_cursor(connection, entries[-1].seq)
        if is_plain:
            known.seq = entries[-1].seq
            self._known = known

    def mark_dirty(self, now: datetime) -> None:
        """Mark what the clock or a change of people has made wrong."""
        snapshot = self._directory.current()
        self.run(lambda connection: mark_dirty(connection, snapshot, now))

    def begin_duties(self, now: datetime) -> None:
        """Fold the duties of areas and projects that a setting or a new area has begun, without any fact about them."""
        snapshot = self._directory.current()
        with self._engine.connect() as connection:  # mostly there is nothing: then nothing is locked
            if not duties_changed(connection, self._rules, snapshot):
                return
        with writing(self._engine) as connection:
            subjects = begin_duties(connection, self._rules, snapshot)
            self._folding(snapshot, now).fold(connection, subjects, ())

    def fold_unfolded(self) -> bool:
        """Fold some of what was left while a backlog was read; return whether there was any."""
        snapshot = self._directory.current()
        with writing(self._engine) as connection:
            subjects = next_unfolded(connection, WAKE_BATCH)
            self._folding(snapshot, self._clock.now()).fold(connection, subjects)
            forget_unfolded(connection, subjects)
        return bool(subjects)

    def fold_batch(self, now: datetime, after: str, only_dirty: bool) -> str | None:
        """Fold some of what waits, in the order of subjects behind `after`; return the last, None: there was nothing."""
        with self._engine.connect() as connection:  # mostly there is nothing: then nothing is locked
            if not next_to_wake(connection, now, after, only_dirty, 1):
                return None
        snapshot = self._directory.current()
        with writing(self._engine) as connection:
            subjects = next_to_wake(connection, now, after, only_dirty, WAKE_BATCH)
            self._folding(snapshot, now).fold(connection, subjects, ())
        return subjects[-1] if subjects else None

    def fold_photos(self, hashes: list[str]) -> None:
        """Note photos as stored and fold the subjects whose facts name them."""
        snapshot = self._directory.current()
        with writing(self._engine) as connection:
            subjects = mark_stored(connection, hashes)
            self._folding(snapshot, self._clock.now()).fold(connection, subjects, ())

    def forget(self) -> None:
        """Empty the read model: the journal is read from its beginning."""
        self.run(self._forget)

    def is_rebuilding(self) -> bool:
        with self._engine.connect() as connection:
            return bool(read_meta(connection, REBUILDING))

    def end_rebuild(self) -> None:
        self.run(lambda connection: write_meta(connection, REBUILDING, ""))

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one writing transaction."""
        with writing(self._engine) as connection:
            return work(connection)

    def _forget(self, connection: Connection) -> None:
        self._known = None
        for table in READ_MODEL:
            connection.execute(delete(table))
        self._move_cursor(connection, 0)
        note_people(connection, self._directory.recent(), self._clock.now())
        write_meta(connection, REBUILDING, "yes")
        write_meta(connection, DUTIES, "")

    def _move_cursor(self, connection: Connection, seq: int) -> None:
        if connection.execute(_MOVE, {"to": seq, "of": self._store.epoch}).rowcount == 0:
            connection.execute(insert(journal_cursor).values(name=CURSOR, seq=seq, epoch=self._store.epoch))

    def _current(self) -> Snapshot:
        return self._directory.glance() or self._directory.current()

    def _folding(self, snapshot: Snapshot, now: datetime, shared: Shared | None = None) -> Folding:
        return Folding(self._rules, snapshot, self._evidence.has, now, shared)
