"""What is stored and spliced is what was sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.documents import (
    MAX_HISTORY,
    fact_revision,
    next_revision,
    receipt_hash,
    receive,
    revisions_member,
    splice,
)
from sync.errors import BadDocument, BadDocumentId, DocumentTooLarge
from sync.revisions import Revision
from tests.sync.test_strict_json import TEXT, VALUES

BODIES = st.dictionaries(TEXT.filter(lambda key: key[:1] != "_"), VALUES, max_size=5)


@given(BODIES, st.booleans())
def test_a_document_comes_out_as_it_went_in(body: dict[str, Any], deleted: bool) -> None:
    received = receive({"_id": 'a"ü', "_rev": "1-a", "_deleted": deleted, **body}, 100_000)

    out = json.loads(splice(received.id, "1-a", received.content, received.deleted))

    flag = {"_deleted": True} if deleted else {}
    assert out == {"_id": 'a"ü', "_rev": "1-a", **flag, **body}


@given(BODIES)
def test_equal_bodies_are_equal_bytes(body: dict[str, Any]) -> None:
    turned = dict(reversed(body.items()))

    assert receive({"_id": "a", **body}, 100_000).content == receive({"_id": "a", **turned}, 100_000).content


@given(BODIES)
def test_a_receipt_names_the_body_and_the_id_and_nothing_else(body: dict[str, Any]) -> None:
    plain = receipt_hash({"_id": "a", **body})

    assert receipt_hash({"_rev": "1-b", "_revisions": {"start": 1}, "_id": "a", **body}) == plain
    assert receipt_hash({"_id": "b", **body}) != plain
    assert str(fact_revision({"_id": "a", **body})) == f"1-{plain[:32]}"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, "\ud800"])
def test_what_has_no_canonical_form_has_no_hash(value: object) -> None:
    with pytest.raises(ValueError, match=r".*"):
        receipt_hash({"_id": "a", "value": value})


def test_the_same_edit_of_the_same_parent_is_the_same_revision() -> None:
    parent = Revision(3, "c")

    assert next_revision(parent, False, b"{}") == next_revision(parent, False, b"{}")
    others = {
        next_revision(parent, True, b"{}"),
        next_revision(None, False, b"{}"),
        next_revision(parent, False, b""),
    }
    assert next_revision(parent, False, b"{}") not in others
    assert next_revision(parent, False, b"{}").generation == 4


def test_a_past_is_spliced_as_couchdb_writes_it() -> None:
    members = revisions_member([Revision(3, "c"), Revision(2, "b")])

    assert json.loads(splice("a", "3-c", b'{"v":1}', False, members)) == {
        "_id": "a",
        "_rev": "3-c",
        "_revisions": {"start": 3, "ids": ["c", "b"]},
        "v": 1,
    }


@pytest.mark.parametrize(
    "document",
    [
        [],
        "text",
        {"_id": "a", "_unknown": 1},
        {"_id": "a", "_deleted": 1},
        {"_id": "a", "_rev": "x"},
        {"_id": "a", "_rev": 1},
        {"_id": "a", "_revisions": []},
        {"_id": "a", "_revisions": {"start": 1, "ids": []}},
        {"_id": "a", "_revisions": {"start": True, "ids": ["a"]}},
        {"_id": "a", "_revisions": {"start": 1, "ids": ["a", "b"]}},
        {"_id": "a", "_revisions": {"start": 2, "ids": ["a", 1]}},
        {"_id": "a", "_revisions": {"start": 2, "ids": ["a", '"']}},
        {"_id": "a", "_revisions": {"start": 2**31, "ids": ["a"]}},
        {"_id": "a", "_revisions": {"start": 10**6, "ids": ["a"] * (MAX_HISTORY + 1)}},
        {"_id": "a", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["c"]}},
    ],
    ids=lambda document: json.dumps(document)[:60],
)
def test_a_malformed_document_is_refused(document: object) -> None:
    with pytest.raises(BadDocument):
        receive(document, 100_000)


@pytest.mark.parametrize("doc_id", ["", "_hidden", "_design/x", 1, None, "x" * 513])
def test_a_malformed_id_is_refused(doc_id: object) -> None:
    with pytest.raises(BadDocumentId):
        receive({"_id": doc_id}, 100_000)


def test_a_document_over_the_limit_is_refused_by_name() -> None:
    with pytest.raises(DocumentTooLarge, match="big"):
        receive({"_id": "big", "text": "x" * 101}, 100)
