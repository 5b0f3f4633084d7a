"""The words a life cycle is declared with: states, transitions, guards, what time alone moves, and what a status shows.

For: one `LifeCycle` per kind of case in the file of its area; its register, its status and its rights follow from it.
Not for: folding a case (server/ledger/cases.py), limits (server/catalogue/rules).
Source: domain 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from server.catalogue.fields import Enum, Label, Option, When
from server.catalogue.rules.kinds import Having
from server.catalogue.types import Role, StepRoles


@dataclass(frozen=True, slots=True)
class Filled:
    """Guard: these fields of the case are filled, by the step itself or before it."""

    rule: str
    fields: tuple[str, ...]
    having: Having | None = None  # asked only of cases like this


@dataclass(frozen=True, slots=True)
class Is:
    """Guard: a field of the case has one of these values."""

    rule: str
    field: str
    values: tuple[str | bool, ...]
    unless: When | None = None  # on the body of the step: the guard then asks nothing


@dataclass(frozen=True, slots=True)
class NotOwn:
    """Guard: whoever does it did not do that: `of` are record types, or values of the step record."""

    rule: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Guard: such a record about the case counts already; with `when`, one on whose body it holds."""

    rule: str
    type: str
    when: When | None = None
    having: Having | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """Guard: the step, or a record before it, brings a photo of this kind.

    `of_opening`: the record that opened the case is one of them. What a customer signs when he reports something
    says that it was taken down rightly, not that the work was done.
    """

    rule: str
    kind: str = "signature"
    having: Having | None = None
    of_opening: bool = True


Guard = Filled | Is | NotOwn | Recorded | Signed


JOINTLY = (
    "jointly"  # `by` of a transition that the last of several sign-offs takes (rules/kinds.py, Approval)
)


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from one state to another, taken by a record: by a step record whose value is `to`, or by a record of its own."""

    to: str
    frm: tuple[str, ...]
    roles: tuple[Role, ...] = ()  # of a step; () for records of their own, whose type says it
    by: str | None = None  # None: the step record of the life cycle
    when: When | None = None  # on the body of the record
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class Lapse:
    """What time alone does: when the limit of `rule` lapses while the case is in one of `frm`, it moves to `to`."""

    rule: str
    frm: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True)
class Log:
    """A list in the status: of every record of `type`, these fields of its body, with when and by whom."""

    name: str
    title: Label
    type: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """A kind of case: what opens it is the record type of the same name."""

    kind: str
    title: Label  # of its register
    states: Enum
    initial: str
    transitions: tuple[Transition, ...]
    ends: tuple[str, ...]  # nothing goes on from here by itself
    initial_when: tuple[
        tuple[When, str], ...
    ] = ()  # opened in another state than `initial`, by the opening body
    step: str | None = None  # the step record: its enum `to` names the state
    lapses: tuple[Lapse, ...] = ()
    logs: tuple[Log, ...] = ()
    shows: tuple[
        str, ...
    ] = ()  # further record types whose fields the status shows, the latest value of each
    hidden: tuple[str, ...] = field(default=("to", "reason", "note"))  # fields that it does not
    day: str | None = None  # field whose day places the case in a register's period; its opening when None
    readers: tuple[str, ...] = ()  # roles that read the register; () for the office's usual ones

    @property
    def movers(self) -> frozenset[str]:
        """Record types that can move the case."""
        named = {each.by or self.step for each in self.transitions}
        return frozenset(name for name in named if name is not None and name != JOINTLY)


def step_roles(transitions: tuple[Transition, ...]) -> StepRoles:
    """Return who may record each value of a step record's `to`, in the order of the transitions."""
    roles: dict[str, tuple[Role, ...]] = {}
    for each in transitions:
        if each.by is None:
            roles[each.to] = tuple(dict.fromkeys((*roles.get(each.to, ()), *each.roles)))
    return StepRoles("to", roles)


def steps_of(states: Enum, transitions: tuple[Transition, ...], *sign_offs: Option) -> Enum:
    """Return the enum of a step record's `to`: the states that steps lead to, and the sign-offs of an approval."""
    reached = {each.to for each in transitions if each.by is None}
    known = tuple(option for option in states.options if option.value in reached)
    others = tuple(option for option in sign_offs if option.value not in {each.value for each in known})
    return Enum(f"{states.name}.step", Label("办理", "Step"), (*known, *others))
