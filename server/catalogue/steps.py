"""The record by which people move a case: one type per life cycle, its value `to` naming the state, made from the transitions.

For: `step_record`, which every life cycle with steps declares once.
Not for: the transitions themselves (lifecycle.py), records of their own that also move a case.
Source: domain 4.3.
"""

from __future__ import annotations

from server.catalogue.checks.check import Check
from server.catalogue.field_words import NOTE, about, one
from server.catalogue.fields import Enum, Field, Option, label
from server.catalogue.lifecycle import Transition, step_roles, steps_of
from server.catalogue.types import Photos, RecordType, Role, StepRoles

PHOTOS = Photos(kinds=("document", "signature", "before", "after", "overview", "detail"))


def step_record(
    kind: str,
    words: str,
    system: str,
    states: Enum,
    transitions: tuple[Transition, ...],
    *fields: Field,
    rules: tuple[str, ...],
    sign_offs: tuple[tuple[Option, tuple[Role, ...]], ...] = (),
    offline: bool = False,
    photos: Photos = PHOTOS,
    touches: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    readers: tuple[Role, ...] = (),
) -> RecordType:
    """Return the record type `<kind>_step`. Its `to` offers what transitions and sign-offs lead to, each to its roles.

    Fields of `fields` belong to some steps only: they say so by `when` on `to`.
    """
    roles = dict(step_roles(transitions).roles)
    roles |= {option.value: who for option, who in sign_offs}
    options = steps_of(states, transitions, *(option for option, _ in sign_offs))
    everyone = tuple(dict.fromkeys(role for who in roles.values() for role in who if role != "system"))
    return RecordType(
        name=f"{kind}_step",
        title=label(words),
        system=system,
        subject=kind,
        roles=everyone,
        offline=offline,
        photos=photos,
        rules=rules,
        touches=touches,
        checks=checks,
        readers=readers,
        step_roles=StepRoles("to", {option.value: roles[option.value] for option in options.options}),
        fields=(about(kind, words), one("to", "办理 | Step", options, must=True), *fields, NOTE),
    )
