"""Pushed documents taken apart together are what each is alone, and a long push is answered as many short ones are."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.documents import receive
from sync.errors import SyncError
from sync.http.bulk import MANY
from sync.http.plain import plain_edits
from sync.http.pushing import _replicated
from sync.sqlite import SqliteStore

DB = "/area-a1"
MAX_BYTES = 200
IDS = st.sampled_from(
    ["a", "b/ü", "", "_x", "_design/d", 7, None, "l" * 128, "l" * 129, "ü" * 256, "ü" * 257]
)
DIGESTS = st.sampled_from(["a", "f" * 32, "F" * 64, "f" * 65, "", "a,b", "ü", 1, None])
REVISIONS: st.SearchStrategy[Any] = st.one_of(
    st.fixed_dictionaries(
        {
            "start": st.sampled_from([1, 2, 3, 0, -1, True, 2.0, "1", 2**31, None]),
            "ids": st.lists(DIGESTS, max_size=3) | st.just("a"),
        }
    ),
    st.sampled_from([None, [], "start", {"start": 1}, {"start": 2, "ids": ["a", "b"], "more": 1}]),
)
BODIES = st.dictionaries(
    st.sampled_from(["n", "", "ü", "a\n_b", "B_", "photos"]),
    st.sampled_from([1, "é", None, [1.5, {"_x": 1}]]),
    max_size=3,
)
SPECIAL = st.sampled_from(
    [("_deleted", True), ("_deleted", False), ("_deleted", 1), ("_attachments", {}), ("_conflicts", []), ("_secret", 1), ("_", 1)]
)  # fmt: skip


@st.composite
def plain(draw: Any) -> dict[str, Any]:
    ids = draw(st.lists(st.sampled_from(["a", "f" * 32]), min_size=1, max_size=3))
    start = draw(st.integers(len(ids), 4))
    body = draw(BODIES)
    doc_id = draw(st.sampled_from(["a", "b/ü", "l" * 128, "ü" * 256]))
    return {"_id": doc_id, "_rev": f"{start}-{ids[0]}", "_revisions": {"start": start, "ids": ids}, **body}


@st.composite
def odd(draw: Any) -> Any:
    document = draw(plain())
    twist = draw(st.integers(0, 5))
    if twist == 0:
        del document[draw(st.sampled_from(["_id", "_rev", "_revisions"]))]
    elif twist == 1:
        document["_id"] = draw(IDS)
    elif twist == 2:
        document["_rev"] = draw(st.sampled_from(["1-a", "01-a", "", None, 1, "2-f"]))
    elif twist == 3:
        document["_revisions"] = draw(REVISIONS)
    elif twist == 4:
        name, value = draw(SPECIAL)
        document[name] = value
    else:
        return draw(st.sampled_from([None, 1, "text", [], {}, ["_id"]]))
    return document


@given(st.lists(plain(), max_size=4) | st.lists(plain() | odd(), max_size=4))
def test_taken_together_they_are_what_each_is_alone(documents: list[Any]) -> None:
    together = plain_edits(documents, MAX_BYTES)

    try:
        alone = [_replicated(receive(document, MAX_BYTES)) for document in documents]
    except SyncError:
        assert together is None
    else:
        assert together is None or together == alone


@given(st.lists(plain().filter(lambda each: len(each["_id"]) <= 128), max_size=4))
def test_what_replicators_send_is_taken_together(documents: list[Any]) -> None:
    assert plain_edits(documents, 1_000_000) is not None


@pytest.mark.anyio
async def test_a_long_push_is_answered_and_stored_as_short_ones_are(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    refused = (7, MANY)

    def fact(number: int) -> dict[str, Any]:
        author = "steward9" if number in refused else "steward1"
        digests = [f"{number:032x}"]
        return {
            "_id": f"patrol:{number}",
            "_rev": f"1-{digests[0]}",
            "_revisions": {"start": 1, "ids": digests},
            "author": author,
            "n": number,
        }

    facts = [fact(number) for number in range(2 * MANY)]
    url = f"{DB}/_bulk_docs"

    rows = (await phone.post(url, json={"docs": facts, "new_edits": False})).json()

    apart = [
        (await phone.post(url, json={"docs": facts[at : at + 10], "new_edits": False})).json()
        for at in range(0, len(facts), 10)
    ]
    assert rows == [row for some in apart for row in some]
    assert [row["id"] for row in rows] == [each["_id"] for each in facts]
    assert [row.get("code") for row in rows] == ["author" if n in refused else None for n in range(2 * MANY)]
    assert (await store.database("area-a1").read("patrol:1") or {})["n"] == 1
    assert (await store.figures()).held == len(refused)
