"""The evidence a decision is made on, and its hash.

For: binding a decision to what its maker saw.
Not for: photos' bytes (media), whether photos are stored (the folds).
Source: docs/architecture.md, "Status documents"; R-DEC-11, R-DEC-14.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.ledger.model import Fact, JsonObject, JsonValue
from server.receipts import canonical_hash


def evidence_list(facts: Iterable[Fact]) -> list[JsonObject]:
    """Return each fact once with its receipt hash and its photos, ordered by id."""
    by_id = {fact.id: fact for fact in facts}
    return [
        {
            "fact": fact.id,
            "hash": fact.hash,
            "photos": list[JsonValue]([photo.sha256 for photo in fact.photos]),
        }
        for _, fact in sorted(by_id.items())
    ]


def evidence_hash(evidence: Iterable[JsonObject]) -> str:
    """Return the hex SHA-256 of the RFC 8785 form of the list."""
    return canonical_hash(list[JsonValue](evidence))
