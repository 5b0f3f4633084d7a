"""The hash by which phone and server know that they hold the same document.

For: receipts, a fact's only revision, and hashes over lists of evidence.
Not for: revision trees (sync), hashes of photos (media).
Source: RFC 8785; docs/architecture.md section 3; vectors in tests/vectors/receipt_hash.json.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from hashlib import sha256

import orjson
import rfc8785

from server.ledger.model import JsonValue

GREATEST_WHOLE = 2**53 - 1  # JSON numbers are doubles
PLAIN_LEVELS = 32


class NoCanonicalForm(ValueError):
    """The value cannot be written as RFC 8785 JSON: an integer over 2^53-1, a lone surrogate, not a number."""

    code = "no_canonical_form"


def receipt_hash(document: Mapping[str, JsonValue]) -> str:
    """Return the lowercase hex SHA-256 of the canonical form, without underscore members other than `_id`.

    Raises NoCanonicalForm.
    """
    return canonical_hash(
        {name: value for name, value in document.items() if name == "_id" or not name.startswith("_")}
    )


def canonical_hash(value: JsonValue) -> str:
    """Return the lowercase hex SHA-256 of the RFC 8785 form of `value`. Raises NoCanonicalForm."""
    return sha256(canonical_form(value)).hexdigest()


def canonical_form(value: JsonValue) -> bytes:
    """Return the RFC 8785 form of `value`. Raises NoCanonicalForm."""
    if _is_plain(value):
        with contextlib.suppress(orjson.JSONEncodeError):  # a lone surrogate: told of below
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    try:
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:  # CanonicalizationError, UnicodeEncodeError of a key
        raise NoCanonicalForm(str(error)) from error


def _is_plain(value: JsonValue) -> bool:
    """Whether orjson writes the value in the same bytes, in a fraction of the time: it does nearly whatever arrives.

    Not so where names are not ASCII, which it may sort otherwise, of numbers that it writes in another way or that have no
    canonical form, and deep down.
    """
    level: list[JsonValue] = [value]
    for _ in range(PLAIN_LEVELS):
        below: list[JsonValue] = []
        for each in level:
            if each is None or isinstance(each, str | bool):
                continue
            if isinstance(each, dict):
                if not all(isinstance(name, str) and name.isascii() for name in each):
                    return False
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif isinstance(each, int):
                if abs(each) > GREATEST_WHOLE:
                    return False
            elif not (isinstance(each, float) and 0.001 < abs(each) < 1e15 and each % 1):
                return False
        if not below:
            return True
        level = below
    return False


def revision_of(receipt: str) -> str:
    """Return the revision a fact with this receipt hash has: the same for everyone who writes it."""
    return f"1-{receipt[:32]}"
