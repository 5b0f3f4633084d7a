"""A record type: who records what about which kind of subject, with which photos, under which rules.

For: the declaration every area file makes, one per record type.
Not for: the fields' words (fields.py), what follows from a record (server/ledger).
Source: domain 4.3 and 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from server.catalogue.fields import Enum, Field, Label, PhotoKind, When, label

if TYPE_CHECKING:
    from server.catalogue.checks.check import Check

Role: TypeAlias = Literal[
    "steward",
    "cs_agent",
    "cs_supervisor",
    "project_manager",
    "deputy_gm",
    "company_leader",
    "mgmt_rep",
    "quality_dept",
    "ops_dept",
    "hr_admin",
    "finance",
    "engineer",
    "trade_supervisor",
    "cleaner",
    "guard",
    "duty_operator",
    "key_keeper",
    "file_keeper",
    "office_viewer",
    "admin",
    "system",
]
# A kind of subject: "unit", "household", a scope ("area", "project"), or the kind of a case. A test holds it to those known.
SubjectKind: TypeAlias = str


@dataclass(frozen=True, slots=True)
class PhotoWhen:
    """More photos under a condition on the body."""

    when: When
    min: int


@dataclass(frozen=True, slots=True)
class Photos:
    """At least `min` photos of these kinds; photos of other kinds are welcome and not counted."""

    min: int = 0
    kinds: tuple[PhotoKind, ...] = ("overview", "detail")
    when: tuple[PhotoWhen, ...] = ()


@dataclass(frozen=True, slots=True)
class StepRoles:
    """A record type that moves a life cycle: who may record each value of one enum field."""

    field: str
    roles: dict[str, tuple[Role, ...]]


@dataclass(frozen=True, slots=True)
class Card:
    """A help card: what a person is told beside the form, offline too."""

    name: str
    title: Label
    lines: tuple[Label, ...]
    rules: tuple[str, ...]


def card(name: str, title: str, *lines: str, rules: tuple[str, ...]) -> Card:
    """Declare a help card: title and lines as `中文 | English`."""
    return Card(name, label(title), tuple(label(each) for each in lines), rules)


@dataclass(frozen=True, slots=True)
class RecordType:
    """A kind of fact."""

    name: str
    title: Label
    system: str  # the area of the product it belongs to, such as "decoration"
    subject: SubjectKind
    roles: tuple[Role, ...]  # may create it
    fields: tuple[Field, ...]
    subject_prefixes: tuple[
        str, ...
    ] = ()  # id prefixes the envelope's subject may have; the kind itself when empty
    offline: bool = False  # a phone must be able to record it without any network (R-SYN-01)
    photos: Photos = Photos()
    rules: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    opens_subject: bool = False  # its own id is the subject
    server_made: bool = False  # written by the server for an online user only, never pushed by a device
    readers: tuple[
        Role, ...
    ] = ()  # confidential: only these roles read it; kept where no phone looks, recorded online
    step_roles: StepRoles | None = None
    help: tuple[Card, ...] = ()
    touches: tuple[str, ...] = ()  # link fields that name further subjects the record is about

    @property
    def may_be_about(self) -> tuple[str, ...]:
        return self.subject_prefixes or (self.subject,)

    def field(self, name: str) -> Field:
        """Return the field of this name; raises KeyError when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(f"{self.name} has no field {name!r}")


@dataclass(frozen=True, slots=True)
class ReferenceType:
    """A kind of document that only the server writes: imported or set, never recorded by a person on a phone."""

    name: str
    title: Label
    fields: tuple[Field, ...]
    key: tuple[str, ...]  # the natural key its id is made from, after the project


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a document, where, for a program and for a person."""

    path: str  # JSON pointer, such as "/body/items/3/note"
    code: str  # stable; see problems in validation.py
    zh: str
    en: str
    rule: str | None = None


__all__ = [
    "Card",
    "Enum",
    "Field",
    "Label",
    "PhotoWhen",
    "Photos",
    "Problem",
    "RecordType",
    "ReferenceType",
    "Role",
    "StepRoles",
    "SubjectKind",
    "When",
    "card",
]
