"""Which subjects a fact is about.

For: intake, which folds every subject a new fact touches.
Not for: what the fact changes about them (server/ledger).
Source: docs/architecture.md, "Subjects and who touches them".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.types import RecordType
from server.ledger.model import JsonValue

SUBJECT_KINDS = ("decoration_project", "violation", "unit", "household")
_OWN_MEMBERS = ("amends", "voids")


def subjects_of(document: Mapping[str, JsonValue]) -> list[str]:
    """Return every subject the fact touches, its own first; empty when its type is unknown."""
    declared = RECORD_TYPES.get(str(document.get("type")))
    if declared is None:
        return []
    return list(dict.fromkeys(name for name in _named(document, declared) if kind_of(name) in SUBJECT_KINDS))


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
        if field.kind == "link" and field.repeats_envelope == "subject":
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


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value else None
