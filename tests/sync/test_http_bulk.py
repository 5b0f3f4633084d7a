"""What a replicator sends and fetches in batches."""

from __future__ import annotations

import httpx2
import pytest

from sync.sqlite import SqliteStore

pytestmark = pytest.mark.anyio
DB = "/area-a1"


def fact(number: int, **more: object) -> dict[str, object]:
    return {"_id": f"patrol:{number}", "_rev": "1-a", "author": "steward1", "n": number, **more}


async def test_a_phone_pushes_what_the_server_lacks_and_nothing_twice(phone: httpx2.AsyncClient) -> None:
    docs = [fact(1), fact(2)]
    asked = {doc["_id"]: [doc["_rev"]] for doc in docs}
    missing = (await phone.post(f"{DB}/_revs_diff", json=asked)).json()
    assert missing == {"patrol:1": {"missing": ["1-a"]}, "patrol:2": {"missing": ["1-a"]}}

    pushed = await phone.post(f"{DB}/_bulk_docs", json={"docs": docs, "new_edits": False})

    assert pushed.status_code == 201
    assert pushed.json() == [{"ok": True, "id": doc["_id"], "rev": "1-a"} for doc in docs]
    assert (await phone.post(f"{DB}/_revs_diff", json=asked)).json() == {}
    assert (await phone.post(f"{DB}/_missing_revs", json={"patrol:1": ["1-a", "2-b"]})).json() == {
        "missing_revs": {"patrol:1": ["2-b"]}
    }
    again = await phone.post(f"{DB}/_bulk_docs", json={"docs": docs, "new_edits": False})
    assert again.json() == pushed.json()


async def test_rows_come_in_the_order_sent_and_refusals_are_among_them(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    docs = [fact(1), fact(2, author="steward9"), fact(3), fact(4, _deleted=True)]

    rows = (await phone.post(f"{DB}/_bulk_docs", json={"docs": docs, "new_edits": False})).json()

    assert [row["id"] for row in rows] == [f"patrol:{n}" for n in (1, 2, 3, 4)]
    assert [row.get("ok") for row in rows] == [True, None, True, None]
    assert rows[1] == {
        "id": "patrol:2",
        "rev": "1-a",
        "error": "forbidden",
        "reason": "作者不是您. You are not its author.",
        "code": "author",
    }
    listed = (await phone.get(f"{DB}/_all_docs")).json()["rows"]
    assert [row["id"] for row in listed] == ["patrol:1", "patrol:3"]
    held = [entry for entry in await store.journal(0, 10) if entry.refusal is not None]
    assert [(entry.id, entry.author, entry.device, entry.deleted) for entry in held] == [
        ("patrol:2", "steward1", "phone", False),
        ("patrol:4", "steward1", "phone", True),
    ]


async def test_a_forged_generation_wins_nothing(phone: httpx2.AsyncClient, store: SqliteStore) -> None:
    await store.database("area-a1").publish([{"_id": "status:unit", "state": "open"}, {"_id": "x", "n": 1}])
    forged = [
        {"_id": "status:unit", "_rev": "99-f", "state": "done"},
        {"_id": "x", "_rev": "2147483647-f", "n": 2},
        {"_id": "y", "_rev": "2147483648-f", "n": 2},
    ]

    rows = (await phone.post(f"{DB}/_bulk_docs", json={"docs": forged[:2], "new_edits": False})).json()
    assert [row["code"] for row in rows] == ["server_document", "generation"]
    assert (
        await phone.post(f"{DB}/_bulk_docs", json={"docs": forged, "new_edits": False})
    ).status_code == 400
    edited = await phone.put(f"{DB}/x", json={"_rev": (await phone.get(f"{DB}/x")).json()["_rev"], "n": 3})
    assert (edited.status_code, edited.json()["code"]) == (403, "generation")

    assert (await phone.get(f"{DB}/status:unit")).json()["state"] == "open"
    assert (await phone.get(f"{DB}/x", params={"conflicts": "true"})).json()["n"] == 1


async def test_one_authors_refusals_are_limited(phone: httpx2.AsyncClient) -> None:
    docs = [fact(n, author="other") for n in range(7)]

    rows = (await phone.post(f"{DB}/_bulk_docs", json={"docs": docs, "new_edits": False})).json()

    assert [row["code"] for row in rows] == ["author"] * 5 + ["held_full"] * 2
    assert {row["error"] for row in rows} == {"forbidden"}


async def test_edits_by_hand_in_a_batch_conflict_one_by_one(office: httpx2.AsyncClient) -> None:
    first = (await office.post(f"{DB}/_bulk_docs", json={"docs": [{"_id": "a"}, {"n": 1}]})).json()
    assert all(row["ok"] for row in first)

    rows = (
        await office.post(
            f"{DB}/_bulk_docs",
            json={
                "docs": [
                    {"_id": "a", "n": 1},
                    {"_id": "a", "_rev": first[0]["rev"], "n": 2},
                    {"_id": "b"},
                    {"_id": "b"},
                ]
            },
        )
    ).json()

    assert [row.get("error") for row in rows] == ["conflict", None, None, "conflict"]
    assert "rev" not in rows[0]
    assert (await office.get(f"{DB}/a")).json()["n"] == 2


async def test_many_revisions_are_fetched_at_once(office: httpx2.AsyncClient) -> None:
    docs = [
        {"_id": "a", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}, "v": "ü"},
        {"_id": "a", "_rev": "2-c", "_revisions": {"start": 2, "ids": ["c", "a"]}, "_deleted": True},
    ]
    await office.post(f"{DB}/_bulk_docs", json={"docs": docs, "new_edits": False})

    asked = [
        {"id": "a"},
        {"id": "a", "rev": "2-c"},
        {"id": "a", "rev": "9-z"},
        {"id": "nope", "rev": "1-a"},
        {"id": "nope"},
    ]
    answer = await office.post(f"{DB}/_bulk_get", params={"revs": "true"}, json={"docs": asked})

    results = answer.json()["results"]
    assert [one["id"] for one in results] == ["a", "a", "a", "nope", "nope"]
    assert [doc["ok"]["_rev"] for doc in results[0]["docs"]] == ["2-b", "2-c"]
    assert results[1]["docs"] == [{"ok": docs[1]}]
    gap = {"error": "not_found", "reason": "missing"}
    assert results[2]["docs"] == [{"error": {"id": "a", "rev": "9-z", **gap}}]
    assert results[3]["docs"] == [{"error": {"id": "nope", "rev": "1-a", **gap}}]
    assert results[4]["docs"] == [{"error": {"id": "nope", "rev": "undefined", **gap}}]


async def test_a_document_pushed_with_its_whole_past_is_put_in_place(office: httpx2.AsyncClient) -> None:
    put = await office.put(
        f"{DB}/a",
        params={"new_edits": "false"},
        json={"_rev": "3-c", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}, "n": 3},
    )

    assert put.json() == {"ok": True, "id": "a", "rev": "3-c"}
    diff = await office.post(f"{DB}/_revs_diff", json={"a": ["2-b", "4-d"]})
    assert diff.json() == {"a": {"missing": ["4-d"], "possible_ancestors": ["3-c"]}}
