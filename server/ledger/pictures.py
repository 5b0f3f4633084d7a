"""The same picture in two records: evidence of one of them is not of its time and place.

For: `reuses(facts)`, a pure function: each record that names a picture which an earlier one names already.
Not for: telling somebody (server/jobs/pictures.py), one record that names a picture twice (server/catalogue/validation.py), the
month's list for the office (server/office/check_reports.py).
Source: R-X-27, "same picture not used twice (hash)".

Earlier is who acted earlier, whatever arrived first. No reuse are: a correction or withdrawal; a record that names the other
one, as a violation names its patrol; another kind of record of the same case, and a further step of it. Reuse all the same: a
second patrol of one work with the picture of the first, as each is to show its own day, and what was before as what came after.
Confidential records quote others' pictures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from server.catalogue.registry import RECORD_TYPES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import SUBJECT_KINDS, kind_of
from server.ledger.counted import counted, in_time
from server.ledger.model import Fact, JsonValue

CASES = frozenset(SUBJECT_KINDS) - {"unit", "household", *SCOPES}
COMPARED = 20  # the earliest records of a picture that a later one is compared with: who uses one so often is known by then
BEFORE_AND_AFTER = frozenset({"before", "after"})
DEPTH = 6  # of values in a body


@dataclass(frozen=True, slots=True)
class Reuse:
    """A record with a picture that is not its own."""

    fact: Fact
    of: tuple[str, ...]  # earlier records with one of its pictures, oldest first


@dataclass(frozen=True, slots=True)
class _Record:
    fact: Fact
    named: frozenset[str]  # every text of its body: ids of other records among them
    cases: frozenset[str]  # that it is about, opens or mentions


def reuses(facts: Iterable[Fact]) -> list[Reuse]:
    """Return every reuse among the facts, oldest first; `facts` hold the corrections and withdrawals of each other."""
    first: dict[str, list[tuple[_Record, frozenset[str]]]] = defaultdict(
        list
    )  # by picture: who, as which kinds
    found: list[Reuse] = []
    for fact in counted(facts).facts:
        declared = RECORD_TYPES.get(fact.type)
        if declared is None or declared.readers or not fact.photos:
            continue
        record = _record(fact)
        kinds: dict[str, set[str]] = defaultdict(set)
        for photo in fact.photos:
            kinds[photo.sha256].add(photo.kind)
        of: dict[str, Fact] = {}
        for sha256, shown_as in kinds.items():
            of |= {
                each.fact.id: each.fact
                for each, kind in first[sha256]
                if kind | shown_as >= BEFORE_AND_AFTER or not _belong_together(each, record)
            }
            if len(first[sha256]) < COMPARED:
                first[sha256].append((record, frozenset(shown_as)))
        if of:
            found.append(Reuse(fact, tuple(each.id for each in sorted(of.values(), key=in_time))))
    return found


def _record(fact: Fact) -> _Record:
    named = frozenset(_texts(dict(fact.body), DEPTH))
    about = {fact.id, fact.subject, *named}
    return _Record(fact, named, frozenset(name for name in about if kind_of(name) in CASES))


def _belong_together(one: _Record, other: _Record) -> bool:
    if one.fact.id in other.named or other.fact.id in one.named:
        return True
    if not one.cases & other.cases:
        return False
    kind = one.fact.type
    return kind != other.fact.type or RECORD_TYPES[kind].step_roles is not None


def _texts(value: JsonValue, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each, depth - 1)
