"""The words of the ledger: fact, due item, status, and what a fold may look at.

For: the types that catalogue, intake, ledger, jobs and office share.
Not for: judging whether a fact is acceptable (server/catalogue, server/intake) or what follows from it (the folds).
Source: docs/architecture.md; domain rules R-GEN-01 to R-GEN-13.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from server.ledger.scopes_tally import Tally

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """A photo as the record that names it describes it."""

    sha256: str  # 64 lowercase hex characters
    kind: str  # overview, detail, before, after, document, meter, signature
    taken_at: datetime | None
    bytes: int
    mime: str
    source: str  # camera or gallery


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a fact does not count (yet): shown to its author and to the supervisor, never dropped."""

    code: str
    reason: str  # zh
    reason_en: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a person recorded, once."""

    id: str  # "<type>:<ULID>"
    type: str
    subject: str
    project: str
    area: str
    author: str
    device: str | None
    performed_at: datetime  # UTC; device time of the act (R-GEN-08)
    received_at: datetime  # UTC
    body: Mapping[str, JsonValue]
    hash: str  # receipt hash
    photos: tuple[PhotoRef, ...] = ()
    amends: str | None = None
    voids: str | None = None
    hold: Hold | None = None
    time_suspect: bool = False


@dataclass(frozen=True, slots=True)
class DueItem:
    """A duty with its period and limit."""

    rule: str  # R-…
    subject: str
    period: str
    opens_at: datetime
    due_at: datetime
    status: str  # due.status of the domain: pending, due_soon, met, met_late, met_synced_late, overdue, waived, cancelled
    assigned_to: str  # user name
    satisfied_by: str | None = None  # fact id
    satisfied_at: datetime | None = None

    @property
    def id(self) -> str:
        """The same for the same duty, however often it is made (R-SYN-06)."""
        return f"due:{self.rule}:{self.subject}:{self.period}"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    at: datetime
    by: str
    fact: str | None
    change: str  # what happened, an identifier such as "state" or a record type
    from_state: str | None = None
    to_state: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class HeldFact:
    fact: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Status:
    """What follows from all facts about a subject at one instant."""

    subject: str
    kind: str
    project: str
    area: str
    state: str
    fields: Mapping[str, JsonValue]
    due: tuple[DueItem, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    held: tuple[HeldFact, ...] = ()
    updated_at: datetime | None = None
    wake_at: datetime | None = None  # the next instant at which time alone would change this status


@dataclass(frozen=True, slots=True)
class People:
    """Who answers for an area: duties are assigned and escalated along this line."""

    steward: str
    supervisor: str
    manager: str
    roles: Mapping[str, str] = field(default_factory=dict)  # the other roles of the project: role → user

    def of(self, role: str) -> str:
        """Return who answers for a role; an empty post falls to the supervisor, as an empty area does."""
        match role:
            case "steward":
                return self.steward
            case "supervisor" | "cs_supervisor":
                return self.supervisor
            case "manager" | "project_manager":
                return self.manager
        return self.roles.get(role) or self.supervisor


@dataclass(frozen=True, slots=True)
class WeatherDay:
    """The weather of one day at a project."""

    day: date
    rain_mm: float = 0
    wind_level: int = 0  # Beaufort
    warning: str = "none"  # weather.warning of the catalogue
    is_rainy: bool = False  # marked so by hand, whatever was measured


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days of a project (R-GEN-07): Monday to Friday, less holidays, plus make-up days."""

    time_zone: str = "Asia/Shanghai"
    holidays: frozenset[date] = frozenset()
    makeup_days: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """Everything beside the facts that a fold may look at."""

    now: datetime
    calendar: Calendar
    people: People
    settings: Mapping[str, JsonValue]  # configuration keys of domain 7.2, defaults filled in
    # Reference documents of the subject's unit, by id: unit, household, fee_account …
    reference: Mapping[str, JsonObject]
    stored_photos: frozenset[str] = frozenset()
    linked: Mapping[str, Status] = field(default_factory=dict)  # statuses of linked subjects already folded
    weather: tuple[WeatherDay, ...] = ()  # of the project, by day
    project: str = ""
    # Of a duty of an area or a project: what is kept of its facts, which are then not given.
    tally: Tally | None = None
