"""A dry run: documents arrive at their instants, time passes, and every change of a due item is told, and every alarm.

For: `simulate(arrivals, until, …)`, which yields the changes in order of time and at the end the figures.
Not for: the form of a line (lines.py); what follows from a fact: the shipped intake and folds do that, on tables in memory, and
the shipped jobs say what is an alarm. Nothing is published, and every photo that a fact names counts as stored.
Source: contract section 6; design page, "the fold is pure".
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.pool import StaticPool

from server.access.directory import Snapshot
from server.catalogue.settings import settings_with
from server.catalogue.types import Problem
from server.database import create_tables
from server.intake.facts import fact_of
from server.intake.folding import Folding
from server.intake.rules import CatalogueRules
from server.intake.tables import fact, reference, status
from server.intake.take import Taking
from server.intake.waking import begin_duties, duties_changed, next_to_wake
from server.jobs.together import alarms_together
from server.ledger.calendar import calendar_document
from server.ledger.documents import ended_at
from server.ledger.kpi import A_DAY, FACTS, NO_EVIDENCE, Figure, Material
from server.ledger.kpi_table import figures
from server.ledger.model import Calendar, Context, DueItem, Fact, JsonObject, JsonValue, Status
from server.ledger.reading import text
from server.receipts import NoCanonicalForm, receipt_hash
from server.simulation.lines import Change, Raised
from server.simulation.people import directory_of
from server.simulation.reading import Arrival, BadInput
from sync.database import JournalEntry

OPEN = frozenset({"pending", "due_soon", "overdue"})
WAKE_BATCH = 500
CALENDARS = frozenset(
    {"calendar", "calendar_day"}
)  # what is recorded of it gives way to a calendar that is given
Days = tuple[Sequence[str], Sequence[str]]  # holidays, make-up days


class WatchedRules(CatalogueRules):
    """The shipped rules; what a fold gives is kept aside, roles are not asked for, and some settings are fixed."""

    def __init__(self, fixed: Mapping[str, JsonValue]) -> None:
        self._fixed = dict(fixed)
        self.folded: dict[str, tuple[Status | None, Calendar]] = {}

    def settings(self, values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        return settings_with({**super().settings(values), **self._fixed})

    def role_problem(self, document: JsonObject, roles: Collection[str]) -> Problem | None:
        return None

    def fold(self, subject: str, facts: Sequence[Fact], context: Context) -> Status | None:
        found = super().fold(subject, facts, context)
        self.folded[subject] = (found, context.calendar)
        return found


@dataclass
class _Watch:
    """What is known of every due item, and the levels it will reach."""

    rules: WatchedRules
    items: dict[str, dict[str, DueItem]] = field(default_factory=dict)  # subject → id → item
    reached: dict[str, int] = field(default_factory=dict)
    # When it is told, id, subject, level, and its own instant: of a limit that moves nearer that may be past already.
    coming: list[tuple[datetime, str, str, int, datetime]] = field(default_factory=list)
    calendars: dict[str, Calendar] = field(default_factory=dict)  # by subject

    def changes(self, at: datetime, by_time: bool) -> list[Change]:
        """What the folds since the last time have changed; `by_time`: nothing has arrived meanwhile.

        A period long over that is no longer looked back at was not cancelled: time alone took it off the list.
        """
        found: list[Change] = []
        for subject, (folded, calendar) in sorted(self.rules.folded.items()):
            before = self.items.get(subject, {})
            after = {item.id: item for item in folded.due} if folded is not None else {}
            for item_id, item in after.items():
                if before.get(item_id) != item:
                    if _differs(before.get(item_id), item):
                        found.append(Change(at, item, self.reached.get(item_id, 0), item.status))
                    self._expect(item, calendar, at)
            found += [
                Change(at, item, self.reached.get(item_id, 0), "cancelled")
                for item_id, item in before.items()
                if item_id not in after and item.status in OPEN and not (by_time and ended_at(item, at))
            ]
            self.items[subject] = after
        self.rules.folded.clear()
        return sorted(found, key=lambda one: (one.item.rule, one.item.subject, one.item.period))

    def levels(self, before: datetime) -> Iterator[Change]:
        """Levels that are reached before an instant by what is still open."""
        while self.coming and self.coming[0][0] < before:
            told_at, item_id, subject, level, at = heapq.heappop(self.coming)
            item = self.items.get(subject, {}).get(item_id)
            if item is None or item.status not in OPEN or level <= self.reached.get(item_id, 0):
                continue
            if (level, at) not in self.rules.levels(item, self.calendars[subject]):
                continue  # its limit was moved
            self.reached[item_id] = level
            yield Change(told_at, item, level, item.status)

    def _expect(self, item: DueItem, calendar: Calendar, now: datetime) -> None:
        self.calendars[item.subject] = calendar
        if item.status in OPEN:
            for level, at in self.rules.levels(item, calendar):
                heapq.heappush(self.coming, (max(at, now), item.id, item.subject, level, at))


def simulate(
    arrivals: Sequence[Arrival],
    until: datetime,
    settings: Mapping[str, JsonValue] | None = None,
    calendar: Days | None = None,
) -> Iterator[Change | Raised | dict[str, Figure]]:
    """Yield every change and alarm up to `until`, in order of time; the last thing is the figures by their ids.

    Raises BadInput for a document that has no canonical form.
    """
    directory = directory_of([one.document for one in arrivals])
    rules = WatchedRules(settings or {})
    watch = _Watch(rules)
    engine = create_engine("sqlite+apsw://", poolclass=StaticPool)
    try:
        create_tables(engine)
        with engine.connect() as connection:
            yield from _Run(connection, rules, directory, watch).play(arrivals, until, calendar)
            yield figures(_material(connection, watch, until))
    finally:
        engine.dispose()


class _Run:
    def __init__(
        self, connection: Connection, rules: WatchedRules, directory: Snapshot, watch: _Watch
    ) -> None:
        self._connection, self._rules, self._watch = connection, rules, watch
        self._directory = directory
        self._seq = 0
        self._raised: set[str] = set()  # ids of alarms that were told

    def play(
        self, arrivals: Sequence[Arrival], until: datetime, calendar: Days | None
    ) -> Iterator[Change | Raised]:
        played = (
            one
            for one in arrivals
            if one.received_at <= until and (calendar is None or one.document["type"] not in CALENDARS)
        )
        groups = groupby(played, key=lambda one: one.received_at)
        is_first = True
        for at, group in groups:
            yield from self._pass_time(at)
            documents = [one.document for one in group]
            if is_first and calendar is not None:
                documents += self._calendar_documents(calendar)
            is_first = False
            looked_at = self._seq
            self._take(documents, at)
            yield from self._settle(at)
            yield from self._alarms(at, looked_at)
        yield from self._pass_time(until)
        self._wake(until)
        yield from self._settle(until, by_time=True)
        yield from self._watch.levels(_just_after(until))

    def _pass_time(self, until: datetime) -> Iterator[Change]:
        """Everything that time alone does before an instant."""
        while (at := self._next_wake()) is not None and at < until:
            yield from self._watch.levels(at)
            self._wake(at)
            yield from self._settle(at, by_time=True)
        yield from self._watch.levels(until)

    def _next_wake(self) -> datetime | None:
        found: datetime | None = self._connection.execute(select(func.min(status.c.wake_at))).scalar()
        return found

    def _wake(self, at: datetime) -> None:
        while subjects := next_to_wake(self._connection, at, "", False, WAKE_BATCH):
            self._fold(subjects, at)

    def _settle(self, at: datetime, *, by_time: bool = False) -> list[Change]:
        """Fold what others' changes have marked, then tell what has changed."""
        while subjects := next_to_wake(self._connection, at, "", True, WAKE_BATCH):
            self._fold(subjects, at)
        return self._watch.changes(at, by_time)

    def _alarms(self, at: datetime, looked_at: int) -> Iterator[Raised]:
        """What is an alarm by what has arrived since a place of the journal, each told once."""
        news = fact.c.seq > looked_at
        found = alarms_together(self._connection, self._rules, self._directory, at, news)
        for message in sorted(found, key=lambda one: one.id):
            if message.id not in self._raised:
                self._raised.add(message.id)
                yield Raised(at, message)

    def _take(self, documents: Sequence[JsonObject], at: datetime) -> None:
        entries = [self._entry(document, at) for document in documents]
        taking = Taking(self._rules, self._directory)
        touched = taking.take(self._connection, entries)
        self._fold(sorted(touched), at, taking.changed)
        if duties_changed(self._connection, self._rules, self._directory):
            self._fold(begin_duties(self._connection, self._rules, self._directory), at)

    def _fold(self, subjects: Sequence[str], at: datetime, changed: Collection[str] = ()) -> None:
        folding = Folding(self._rules, self._directory, lambda sha256: True, at)
        folding.fold(self._connection, subjects, changed)

    def _entry(self, document: JsonObject, at: datetime) -> JournalEntry:
        self._seq += 1
        is_fact = self._rules.is_record_type(str(document["type"]))
        try:
            rev = f"1-{receipt_hash(document)[:32]}"
        except NoCanonicalForm as error:
            raise BadInput([f"{document['_id']}: {error}"]) from error
        area, project = text(document, "area"), text(document, "project")
        return JournalEntry(
            seq=self._seq,
            database=f"area-{area}" if area else f"project-{project or 'none'}",
            id=str(document["_id"]),
            rev=rev,
            author=(text(document, "author") or "unknown") if is_fact else None,
            device=text(document, "device"),
            received_at=at,
            deleted=document.get("_deleted") is True,
            body=document,
            refusal=None,
        )

    def _calendar_documents(self, days: Days) -> list[JsonObject]:
        holidays, makeup_days = ([date.fromisoformat(one) for one in listed] for listed in days)
        return [calendar_document(project, holidays, makeup_days) for project in self._directory.projects]


def _differs(before: DueItem | None, after: DueItem) -> bool:
    if before is None:
        return True
    return (before.status, before.due_at, before.assigned_to, before.satisfied_by) != (
        after.status, after.due_at, after.assigned_to, after.satisfied_by,
    )  # fmt: skip


def _just_after(instant: datetime) -> datetime:
    return instant + timedelta(microseconds=1)


def _material(connection: Connection, watch: _Watch, until: datetime) -> Material:
    """Everything of the run: what stands at its end."""
    rows = connection.execute(
        select(fact).where(fact.c.voided_by.is_(None), fact.c.amended_by.is_(None), fact.c.voids.is_(None))
    ).all()
    documents = {
        kind: list(connection.scalars(select(reference.c.body).where(reference.c.type == kind)))
        for kind in ("fee_account", "cashier_entry")
    }
    facts = [fact_of(row) for row in rows]
    counting = sum(each.hold is None for each in facts)
    held = sum(each.hold is not None and each.hold.code in NO_EVIDENCE for each in facts)
    calendars = list(watch.calendars.values())
    max_rings = watch.rules.settings({})["call.max_rings"]
    return Material(
        duties=Counter((item.rule, item.status) for items in watch.items.values() for item in items.values()),
        facts=[each for each in facts if each.type in FACTS],
        accounts=documents["fee_account"],
        payments=documents["cashier_entry"],
        synced=Figure(sum(each.received_at - each.performed_at < A_DAY for each in facts), len(facts)),
        evidenced=Figure(counting, counting + held),
        until=until,
        calendar=calendars[0] if calendars else Calendar(),
        max_rings=max_rings if isinstance(max_rings, int) else 3,
    )
