"""Receipt hashes: the vectors that Python and TypeScript share, and what has no hash."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from server.receipts import NoCanonicalForm, canonical_form, receipt_hash, revision_of

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "receipt_hash.json").read_text("utf-8"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in VECTORS["cases"]])
def test_phone_and_server_agree_on_the_hash_of_a_document(case: dict[str, Any]) -> None:
    assert receipt_hash(case["document"]) == case["hash"] == sha256(case["canonical"].encode()).hexdigest()


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats()
    | st.floats(-1e16, 1e16).map(lambda each: round(each, 2))
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_the_quick_way_writes_the_same_bytes(value: Any) -> None:
    try:
        expected: bytes | None = rfc8785.dumps(value)
    except ValueError:
        expected = None
    try:
        written: bytes | None = canonical_form(value)
    except NoCanonicalForm:
        written = None
    assert written == expected


def test_a_revision_is_made_from_the_hash() -> None:
    assert revision_of("0123456789abcdef" * 4) == "1-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("value", [2**53, float("nan"), float("inf"), "\ud800"])
def test_what_has_no_canonical_form_has_no_hash(value: Any) -> None:
    with pytest.raises(NoCanonicalForm):
        receipt_hash({"_id": "n:1", "value": value})


def test_a_key_without_canonical_form_has_no_hash() -> None:
    with pytest.raises(NoCanonicalForm):
        receipt_hash({"_id": "n:1", "\ud800": 1})
