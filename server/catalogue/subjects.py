"""Which subjects a fact is about.

For: intake, which folds every subject a new fact touches.
Not for: what the fact changes about them (server/ledger).
Source: docs/architecture.md, "Subjects and who touches them"; R-FIL-06: what names a unit or a household is listed with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.catalogue.registry import LIFE_CYCLES, RECORD_TYPES
from server.catalogue.rules.kinds import SCOPES, Acts, Quota, Recurrence
from server.catalogue.rules.registry import RULES
from server.catalogue.types import RecordType
from server.ledger.model import JsonValue

OWN_FOLDS = ("decoration_project", "violation", "unit", "household")  # kinds with a fold of their own
SUBJECT_KINDS = (*OWN_FOLDS, *LIFE_CYCLES, *SCOPES)
_OWN_MEMBERS = ("amends", "voids")


def subjects_of(document: Mapping[str, JsonValue]) -> list[str]:
    """Return every subject the fact touches, its own first; empty when its type is unknown."""
    declared = RECORD_TYPES.get(str(document.get("type")))
    if declared is None:
        return []
    named = (name for name in _named(document, declared) if kind_of(name) in SUBJECT_KINDS)
    # An area or a project is no subject itself; each duty of it is.
    own = (name for name in named if kind_of(name) not in SCOPES)
    return list(dict.fromkeys([*own, *_duties_of_scopes(document)]))


def duty_subject(scope: str, name: str, rule: str) -> str:
    """Return the subject under which a duty of an area or a project is folded, `area:a1:R-PAT-01`."""
    return f"{scope}:{name}:{rule}"


def scope_of_duty(subject: str) -> tuple[str, str, str]:
    """Return scope, name of the area or project, and rule of such a subject."""
    scope, _, rest = subject.partition(":")
    name, _, rule = rest.rpartition(":")
    return scope, name, rule


def kind_of(subject: str) -> str:
    """Return the kind in a subject's id, `unit` of `unit:demo-3-1-502`."""
    return subject.partition(":")[0]


def own_subject(document: Mapping[str, JsonValue], declared: RecordType) -> str | None:
    """Return the subject the fact opens or belongs to first.

    A fact that opens a subject is named like it; its correction or withdrawal belongs to the subject it corrects.
    """
    if not declared.opens_subject:
        return _text(document.get("subject"))
    for member in _OWN_MEMBERS:
        if (corrected := _text(document.get(member))) is not None:
            return corrected
    return _text(document.get("_id"))


def _named(document: Mapping[str, JsonValue], declared: RecordType) -> Iterator[str]:
    own = own_subject(document, declared)
    if own is not None:
        yield own
    envelope = _text(document.get("subject"))
    if envelope is not None and not _is_other_opening(envelope, own, declared):
        yield envelope
    body = document.get("body")
    if not isinstance(body, dict):
        return
    for field in declared.fields:
        if field.kind == "link" and (field.repeats_envelope == "subject" or field.name in declared.touches):
            if (linked := _text(body.get(field.name))) is not None:
                yield linked
        elif field.kind == "group":  # a patrol tells how open violations go on
            inner = [each.name for each in field.fields if each.kind == "link"]
            entries = body.get(field.name)
            for entry in entries if isinstance(entries, list) else []:
                for name in inner:
                    if isinstance(entry, dict) and (linked := _text(entry.get(name))) is not None:
                        yield linked


def _is_other_opening(envelope: str, own: str | None, declared: RecordType) -> bool:
    """Whether the envelope names a subject of the kind the fact itself opens, and not the one it opens."""
    return declared.opens_subject and kind_of(envelope) == declared.name and envelope != own


def _duties_of_scopes(document: Mapping[str, JsonValue]) -> Iterator[str]:
    for rule in SCOPE_DUTIES_BY_TYPE.get(str(document.get("type")), ()):
        if (name := _text(document.get(str(rule.of)))) is not None:
            yield duty_subject(str(rule.of), name, rule.id)


def _scope_duties() -> dict[str, Recurrence]:
    return {each.id: each for each in RULES.values() if isinstance(each, Recurrence) and each.of in SCOPES}


def acts_of(rule: Recurrence) -> Iterator[Acts]:
    """Return every kind of fact a recurrence looks at: what meets it, its base, and what it depends on."""
    yield from (each for each in (rule.acts, rule.only_with) if each is not None)
    if isinstance(rule, Quota):
        yield rule.base


def _by_type(duties: Mapping[str, Recurrence]) -> dict[str, tuple[Recurrence, ...]]:
    found: dict[str, list[Recurrence]] = {}
    for rule in duties.values():
        for name in dict.fromkeys(name for acts in acts_of(rule) for name in acts.types):
            found.setdefault(name, []).append(rule)
    return {name: tuple(rules) for name, rules in found.items()}


SCOPE_DUTIES = _scope_duties()
SCOPE_DUTIES_BY_TYPE = _by_type(SCOPE_DUTIES)


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None
