"""Documents, lists and databases over HTTP answer as Apache CouchDB answers."""

from __future__ import annotations

from urllib.parse import quote

import httpx2
import pytest

from sync.sqlite import SqliteStore

pytestmark = pytest.mark.anyio
DB = "/area-a1"


async def conflicted(office: httpx2.AsyncClient) -> None:
    """Document `a`: 1-a, then 2-b and 2-c on it, then a deleted 3-d on 1-a's other child 2-x."""
    docs = [
        {"_id": "a", "_rev": "1-a", "n": 1},
        {"_id": "a", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}, "n": 2},
        {"_id": "a", "_rev": "2-c", "_revisions": {"start": 2, "ids": ["c", "a"]}, "n": 3},
        {"_id": "a", "_rev": "3-d", "_revisions": {"start": 3, "ids": ["d", "x", "a"]}, "_deleted": True},
    ]
    answer = await office.post(f"{DB}/_bulk_docs", json={"docs": docs, "new_edits": False})
    assert [row.get("ok") for row in answer.json()] == [True] * 4


async def test_the_root_names_the_epoch(office: httpx2.AsyncClient, store: SqliteStore) -> None:
    answer = await office.get("/")

    assert answer.json()["couchdb"] == "Welcome"
    assert answer.json()["uuid"] == store.epoch
    assert answer.headers["content-type"] == "application/json"


async def test_databases_are_made_shown_and_deleted_by_the_operator(office: httpx2.AsyncClient) -> None:
    assert (await office.put("/project-demo")).status_code == 201
    again = await office.put("/project-demo")
    assert (again.status_code, again.json()["error"]) == (412, "file_exists")
    assert (await office.put("/Upper")).json()["error"] == "illegal_database_name"
    assert (await office.head("/project-demo")).status_code == 200

    shown = (await office.get("/project-demo")).json()
    assert (shown["db_name"], shown["doc_count"], shown["doc_del_count"]) == ("project-demo", 0, 0)
    assert (await office.post("/project-demo/_ensure_full_commit", json={})).status_code == 201

    assert (await office.delete("/project-demo")).json() == {"ok": True}
    assert (await office.get("/project-demo")).status_code == 404
    assert (await office.head("/project-demo")).status_code == 404


async def test_a_document_is_written_edited_and_deleted(office: httpx2.AsyncClient) -> None:
    first = await office.put(f"{DB}/a", json={"n": 1})
    assert (first.status_code, first.json()["ok"], first.json()["id"]) == (201, True, "a")
    rev = first.json()["rev"]
    assert rev.startswith("1-")

    assert (await office.put(f"{DB}/a", json={"n": 2})).json()["error"] == "conflict"
    second = await office.put(f"{DB}/a", json={"n": 2, "_rev": rev})
    assert second.json()["rev"].startswith("2-")
    stale = await office.put(f"{DB}/a", json={"n": 3}, params={"rev": rev})
    assert stale.status_code == 409

    got = await office.get(f"{DB}/a")
    assert got.json() == {"_id": "a", "_rev": second.json()["rev"], "n": 2}
    assert got.headers["etag"] == f'"{second.json()["rev"]}"'
    unchanged = await office.get(f"{DB}/a", headers={"If-None-Match": got.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (await office.get(f"{DB}/a", params={"rev": rev})).json()["n"] == 1

    gone = await office.delete(f"{DB}/a", headers={"If-Match": got.headers["etag"]})
    assert gone.status_code == 200
    missing = await office.get(f"{DB}/a")
    assert (missing.status_code, missing.json()) == (404, {"error": "not_found", "reason": "deleted"})
    assert (await office.get(f"{DB}/a", params={"rev": gone.json()["rev"]})).json()["_deleted"] is True

    back = await office.put(f"{DB}/a", json={"n": 4})
    assert back.json()["rev"].startswith("4-")


async def test_what_is_not_there_is_missing(office: httpx2.AsyncClient) -> None:
    assert (await office.get(f"{DB}/nope")).json() == {"error": "not_found", "reason": "missing"}
    assert (await office.delete(f"{DB}/nope", params={"rev": "1-a"})).status_code == 404
    assert (await office.get(f"{DB}/nope", params={"open_revs": "all"})).status_code == 404
    assert (await office.get(f"{DB}/nope/photo.jpg")).status_code == 404


@pytest.mark.parametrize("doc_id", ["a/b", "巡查:1", "a b+c%", "日/志?#", "..", "-"])
async def test_any_id_can_be_written_and_read(office: httpx2.AsyncClient, doc_id: str) -> None:
    address = f"{DB}/{quote(doc_id, safe='')}"
    if doc_id == "..":  # a client would fold it away
        await office.post(f"{DB}/_bulk_docs", json={"docs": [{"_id": doc_id}]})
        rows = (await office.get(f"{DB}/_all_docs")).json()["rows"]
        assert [row["id"] for row in rows] == [doc_id]
        return
    assert (await office.put(address, json={"n": 1})).json()["id"] == doc_id
    assert (await office.get(address)).json()["_id"] == doc_id


async def test_a_posted_document_gets_an_id(office: httpx2.AsyncClient) -> None:
    made = (await office.post(DB, json={"n": 1})).json()

    assert (await office.get(f"{DB}/{made['id']}")).json()["n"] == 1


async def test_conflicts_are_shown_when_asked_for(office: httpx2.AsyncClient) -> None:
    await conflicted(office)

    plain = (await office.get(f"{DB}/a")).json()
    full = (
        await office.get(
            f"{DB}/a",
            params={"conflicts": "true", "deleted_conflicts": "true", "revs": "true", "revs_info": "true"},
        )
    ).json()

    assert plain == {"_id": "a", "_rev": "2-c", "n": 3}
    assert full["_conflicts"] == ["2-b"]
    assert full["_deleted_conflicts"] == ["3-d"]
    assert full["_revisions"] == {"start": 2, "ids": ["c", "a"]}
    assert full["_revs_info"] == [
        {"rev": "2-c", "status": "available"},
        {"rev": "1-a", "status": "available"},
    ]
    assert set((await office.get(f"{DB}/a", params={"meta": "true"})).json()) >= {"_conflicts", "_revs_info"}


async def test_open_revisions_are_read_as_json_and_as_multipart(office: httpx2.AsyncClient) -> None:
    await conflicted(office)

    every = (await office.get(f"{DB}/a", params={"open_revs": "all", "revs": "true"})).json()
    some = (await office.get(f"{DB}/a", params={"open_revs": '["2-b","7-q"]'})).json()
    latest = (await office.get(f"{DB}/a", params={"open_revs": '["1-a"]', "latest": "true"})).json()
    parts = await office.get(
        f"{DB}/a", params={"open_revs": '["2-b","7-q"]'}, headers={"Accept": "multipart/mixed"}
    )

    assert [row["ok"]["_rev"] for row in every] == ["2-c", "2-b", "3-d"]
    assert every[2]["ok"]["_deleted"] is True
    assert every[1]["ok"]["_revisions"] == {"start": 2, "ids": ["b", "a"]}
    assert some == [{"ok": {"_id": "a", "_rev": "2-b", "n": 2}}, {"missing": "7-q"}]
    assert {row["ok"]["_rev"] for row in latest} == {"2-b", "2-c", "3-d"}
    assert parts.headers["content-type"].startswith("multipart/mixed; boundary=")
    assert b'{"_id":"a","_rev":"2-b","n":2}' in parts.content
    assert b'application/json; error="true"' in parts.content
    assert (await office.get(f"{DB}/a", params={"rev": "1-a", "latest": "true"})).json()["_rev"] in {
        "2-b",
        "2-c",
    }


async def test_all_documents_are_listed(office: httpx2.AsyncClient) -> None:
    docs = [{"_id": f"d{number:03}", "n": number} for number in range(50)]
    await office.post(f"{DB}/_bulk_docs", json={"docs": docs})
    first = (await office.get(f"{DB}/d000")).json()
    await office.delete(f"{DB}/d000", params={"rev": first["_rev"]})

    async def rows(**params: str) -> list[str]:
        return [row["id"] for row in (await office.get(f"{DB}/_all_docs", params=params)).json()["rows"]]

    whole = (await office.get(f"{DB}/_all_docs", params={"include_docs": "true"})).json()
    assert (whole["total_rows"], whole["offset"]) == (49, 0)
    assert [row["doc"]["n"] for row in whole["rows"]] == list(range(1, 50))  # streamed: three pages
    assert await rows(startkey='"d010"', endkey='"d012"') == ["d010", "d011", "d012"]
    assert await rows(startkey='"d010"', endkey='"d012"', inclusive_end="false") == ["d010", "d011"]
    assert await rows(descending="true", limit="2", skip="1") == ["d048", "d047"]
    assert await rows(key='"d007"') == ["d007"]
    assert await rows(limit="0") == []
    assert (await office.get(f"{DB}/_all_docs", params={"startkey": '"d010"'})).json()["offset"] == 9

    keyed = (await office.post(f"{DB}/_all_docs", json={"keys": ["d001", "d000", "nope", 7]})).json()["rows"]
    assert keyed[0]["id"] == "d001"
    assert keyed[1]["value"]["deleted"] is True
    assert keyed[2:] == [{"key": "nope", "error": "not_found"}, {"key": 7, "error": "not_found"}]
    same = await office.get(f"{DB}/_all_docs", params={"keys": '["d001","nope"]', "include_docs": "true"})
    assert same.json()["rows"][0]["doc"]["n"] == 1


async def test_checkpoints_are_kept_by_name(office: httpx2.AsyncClient) -> None:
    assert (await office.get(f"{DB}/_local/c")).status_code == 404
    made = await office.put(f"{DB}/_local/c", json={"_id": "_local/c", "seq": 1})
    assert (made.status_code, made.json()) == (201, {"ok": True, "id": "_local/c", "rev": "0-1"})
    assert (await office.put(f"{DB}/_local%2Fc", json={"_rev": "0-1", "seq": 2})).json()["rev"] == "0-2"

    assert (await office.get(f"{DB}/_local/c")).json() == {"_id": "_local/c", "_rev": "0-2", "seq": 2}
    assert (await office.put(f"{DB}/_local/c", json={"_secret": 2})).json()["error"] == "doc_validation"
    assert (await office.put(f"{DB}/_local/c", json={"_id": "_local/d"})).status_code == 400
    assert (await office.delete(f"{DB}/_local/c")).status_code == 200
    assert (await office.delete(f"{DB}/_local/c")).status_code == 404
    assert (await office.get(f"{DB}/_all_docs")).json()["rows"] == []


async def test_old_bodies_go_with_compaction_and_histories_with_their_limit(
    office: httpx2.AsyncClient,
) -> None:
    await conflicted(office)
    assert (await office.get(f"{DB}/_revs_limit")).json() == 1000
    assert (await office.put(f"{DB}/_revs_limit", content=b"5")).json() == {"ok": True}
    assert (await office.put(f"{DB}/_revs_limit", content=b"0")).status_code == 400
    assert (await office.put(f"{DB}/_revs_limit", content=b'"5"')).status_code == 400
    assert (await office.get(f"{DB}/_revs_limit")).json() == 5

    assert (await office.post(f"{DB}/_compact", json={})).status_code == 202

    assert (await office.get(f"{DB}/a", params={"rev": "1-a"})).status_code == 404
    assert (await office.get(f"{DB}/a")).json()["n"] == 3
    info = (await office.get(f"{DB}/a", params={"revs_info": "true"})).json()["_revs_info"]
    assert [one["status"] for one in info] == ["available", "missing"]
