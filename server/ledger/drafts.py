"""A status in the making: what a fold finds is put down here, and sealed at the end.

For: due items with their judgement, history, held facts, and the two instants every status has.
Not for: what to find (the folds), how it is published (documents.py).
Source: docs/architecture.md, "Status documents".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from server.ledger.calendar import day_of, start_of_day
from server.ledger.counted import Counted
from server.ledger.documents import ENDED_ITEMS_STAY, ended_at
from server.ledger.model import Context, DueItem, Fact, HeldFact, HistoryEntry, JsonValue, Status
from server.ledger.moments import Moment
from server.ledger.reading import day, text
from server.ledger.recurrences import DueWindow, Outcome
from server.ledger.rules import due_rule

DAYS_KEPT = 400
MONTHS_KEPT = 13
NAMED_BY = "field:"


class Draft:
    """What is known of one subject so far."""

    def __init__(self, subject: str, kind: str, facts: Counted, context: Context) -> None:
        self.subject = subject
        self.kind = kind
        self.facts = facts
        self.context = context
        self.moment = Moment(context.now)
        self._due: dict[str, DueItem] = {}
        self._history: list[HistoryEntry] = []
        self._held: list[HeldFact] = list(facts.held)

    @property
    def today(self) -> date:
        return day_of(self.context.now, self.context.calendar)

    @property
    def duties_from(self) -> date | None:
        """The first day on which duties count; None: from the first day known."""
        return day(self.context.settings, "duties_from")

    def begins(self, on: date) -> bool:
        """Whether that day has come. The status must depend on the answer."""
        return self.moment.passed(start_of_day(on, self.context.calendar))

    def due(
        self,
        rule: str,
        window: DueWindow,
        outcome: Outcome,
        fields: Mapping[str, JsonValue] | None = None,
        who: str | None = None,
    ) -> None:
        """Put down a due item, assigned to `who` or whom its rule says: a role, or the user whom a field of the case names."""
        person = who or due_rule(rule).assigned_to
        people = self.context.people
        if person.startswith(NAMED_BY):
            named = text(fields or {}, person.removeprefix(NAMED_BY))
            assigned_to = named or people.steward
        else:
            assigned_to = people.of(person)
        item = DueItem(
            rule=rule,
            subject=self.subject,
            period=window.period,
            opens_at=window.opens_at,
            due_at=window.due_at,
            status=outcome.status,
            assigned_to=assigned_to,
            satisfied_by=outcome.satisfied_by,
            satisfied_at=outcome.satisfied_at,
        )
        self._due[item.id] = item

    def hold(self, fact: Fact, code: str, reason: str) -> None:
        """Say that a fact does not count here, and why, in Chinese and English."""
        self._held.append(HeldFact(fact.id, code, reason))

    def happened(
        self,
        fact: Fact,
        change: str,
        before: str | None = None,
        after: str | None = None,
        reason: str | None = None,
    ) -> None:
        self._history.append(
            HistoryEntry(fact.performed_at, fact.author, fact.id, change, before, after, reason)
        )

    def note(self, entry: HistoryEntry) -> None:
        """Put down what time alone did."""
        self._history.append(entry)

    def seal(self, project: str, area: str, state: str, fields: Mapping[str, JsonValue]) -> Status:
        """Return the status; nothing may be put down afterwards."""
        due = tuple(sorted(self._due.values(), key=lambda item: (item.due_at, item.rule, item.period)))
        for item in due:
            if (ended := ended_at(item, self.context.now)) is not None:
                self.moment.passed(ended + ENDED_ITEMS_STAY)
        instants = [self.moment.changed_at, self.facts.heard_at]
        return Status(
            subject=self.subject,
            kind=self.kind,
            project=project,
            area=area,
            state=state,
            fields=dict(fields),
            due=due,
            history=tuple(
                sorted(self._history, key=lambda entry: (entry.at, entry.fact or "", entry.change))
            ),
            held=tuple(sorted(self._held, key=lambda held: (held.fact, held.code))),
            updated_at=max((at for at in instants if at is not None), default=None),
            wake_at=self.moment.wake_at,
        )
