"""Answers that a CouchDB client relies on and that are easily given differently; each follows CouchDB 3.5's own code.

The answers of every endpoint are compared with a CouchDB in test_couchdb_client.py (when one is given); what differs by
decision is in docs/couchdb-differences.md.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from sync.access import Action
from sync.sqlite import SqliteStore
from tests.sync.people import House, bearer

pytestmark = pytest.mark.anyio
DB = "/area-a1"
JSON = "application/json"


async def replicate(office: httpx2.AsyncClient, *documents: dict[str, Any]) -> Any:
    body = {"docs": documents, "new_edits": False}
    return (await office.post(f"{DB}/_bulk_docs", json=body)).json()


async def conflicted(office: httpx2.AsyncClient) -> None:
    """`a` with the winner 2-c and the leaf 2-b."""
    await replicate(office, {"_id": "a", "_rev": "1-a"})
    for digest in "bc":
        past = {"start": 2, "ids": [digest, "a"]}
        await replicate(office, {"_id": "a", "_rev": f"2-{digest}", "_revisions": past, "n": digest})


async def test_a_design_document_that_a_replicator_brings_does_not_stop_the_others(
    office: httpx2.AsyncClient, phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    for number, client in enumerate((office, phone)):
        documents: list[dict[str, Any]] = [
            {"_id": f"patrol:{number}a", "_rev": "1-a"},
            {"_id": "_design/rules", "_rev": "3-c", "views": {}},
            {"_id": f"patrol:{number}b", "_rev": "1-b"},
        ]
        rows = await replicate(client, *documents)

        assert [row["id"] for row in rows] == [document["_id"] for document in documents]
        assert [row.get("error") for row in rows] == [None, "forbidden", None]
        assert (rows[1]["rev"], rows[1]["code"]) == ("3-c", "design_document")
    entries = await store.journal(0, 10)
    assert [entry.id for entry in entries] == ["patrol:0a", "patrol:0b", "patrol:1a", "patrol:1b"]
    assert [entry.refusal for entry in entries] == [None] * 4
    assert (await office.get(f"{DB}/_design/rules")).status_code == 404


async def test_latest_is_the_winner_whatever_revision_was_named(office: httpx2.AsyncClient) -> None:
    await conflicted(office)

    for named in ("1-a", "2-b"):
        answer = await office.get(f"{DB}/a", params={"rev": named, "latest": "true"})
        assert answer.json()["_rev"] == "2-c"
    leaves = await office.get(f"{DB}/a", params={"open_revs": '["2-b"]', "latest": "true"})
    assert [row["ok"]["_rev"] for row in leaves.json()] == ["2-b"]


async def test_an_answer_that_tells_of_conflicts_is_never_304(office: httpx2.AsyncClient) -> None:
    await conflicted(office)
    plain = await office.get(f"{DB}/a", params={"revs": "true"})
    assert plain.headers["etag"] == '"2-c"'
    known = {"If-None-Match": '"2-c"'}

    assert (await office.get(f"{DB}/a", headers=known)).status_code == 304
    for option in ("conflicts", "meta", "revs_info", "local_seq"):
        answer = await office.get(f"{DB}/a", params={option: "true"}, headers=known)
        assert (option, answer.status_code, answer.headers.get("etag")) == (option, 200, None)
    assert (
        await office.get(f"{DB}/a", params={"deleted_conflicts": "true"}, headers=known)
    ).status_code == 304


async def test_what_is_gone_cannot_be_deleted_again(office: httpx2.AsyncClient) -> None:
    made = (await office.put(f"{DB}/a", json={})).json()
    assert (await office.delete(f"{DB}/a")).status_code == 409
    assert (await office.delete(f"{DB}/a", params={"rev": made["rev"]})).status_code == 200
    before = (await office.get(DB)).json()["update_seq"]

    again = await office.delete(f"{DB}/a")
    assert (again.status_code, again.json()["reason"]) == (404, "deleted")
    never = await office.delete(f"{DB}/z", params={"rev": "1-a"})
    assert (never.status_code, never.json()["reason"]) == (404, "missing")
    assert (await office.get(DB)).json()["update_seq"] == before


async def test_a_deletion_that_is_put_is_answered_as_a_deletion(office: httpx2.AsyncClient) -> None:
    first = await office.put(f"{DB}/a", json={})
    gone = await office.put(f"{DB}/a", json={"_rev": first.json()["rev"], "_deleted": True})
    back = await office.put(f"{DB}/a", json={"n": 1})

    assert [answer.status_code for answer in (first, gone, back)] == [201, 200, 201]
    assert back.json()["rev"].startswith("3-")


async def test_who_may_only_push_cannot_tell_by_deleting_what_is_there(
    phone: httpx2.AsyncClient, house: House
) -> None:
    house.rights["mover", "area-a1"] = {Action.PUSH}
    await phone.put(f"{DB}/patrol:1", json={})

    for doc_id in ("patrol:1", "patrol:2"):
        answer = await phone.delete(f"{DB}/{doc_id}", params={"rev": "1-a"}, headers=bearer("mover"))
        assert (answer.status_code, answer.json()["code"]) == (403, "deletion")


async def test_a_slip_of_a_documents_address_does_not_delete_its_database(office: httpx2.AsyncClient) -> None:
    answer = await office.delete(DB, params={"rev": "1-a"})

    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")
    assert (await office.get(DB)).status_code == 200


async def test_an_event_source_that_reconnects_goes_on_where_it_was(office: httpx2.AsyncClient) -> None:
    for doc_id in ("a", "b", "c"):
        await office.put(f"{DB}/{doc_id}", json={})
    rows = (await office.get(f"{DB}/_changes")).json()["results"]
    asked = {"feed": "eventsource", "since": "0", "timeout": "0"}

    again = await office.get(f"{DB}/_changes", params=asked, headers={"Last-Event-ID": rows[1]["seq"]})
    named = await office.get(f"{DB}/_changes", params={"last-event-id": rows[1]["seq"]})

    assert [line for line in again.text.splitlines() if line.startswith("id: ")] == [f"id: {rows[2]['seq']}"]
    assert [row["id"] for row in named.json()["results"]] == ["c"]


async def test_live_is_another_word_for_continuous(office: httpx2.AsyncClient) -> None:
    await office.put(f"{DB}/a", json={})

    texts = [
        (await office.get(f"{DB}/_changes", params={"feed": feed, "timeout": "0"})).text
        for feed in ("live", "continuous")
    ]

    assert texts[0] == texts[1]
    assert texts[0].count("\n") == 2


@pytest.mark.parametrize(
    ("accept", "is_json"),
    [
        ("multipart/mixed", False),
        ("multipart/related", False),
        ("multipart/mixed, application/json", True),
        ("*/*", True),
        ("multipart/mixed, */*;q=0.1", True),
    ],
)
async def test_who_takes_json_gets_json_from_bulk_get(
    office: httpx2.AsyncClient, accept: str, is_json: bool
) -> None:
    await office.put(f"{DB}/a", json={})

    answer = await office.post(f"{DB}/_bulk_get", json={"docs": [{"id": "a"}]}, headers={"Accept": accept})

    assert (answer.headers["content-type"] == JSON) is is_json


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "a?rev=x", None),
        ("PUT", "a", {"_rev": "x"}),
        ("PUT", "a?rev=x", {}),
        ("PUT", "a?rev=1-a", {"_rev": "1-b"}),
        ("DELETE", "a?rev=x", None),
        ("POST", "", []),
        ("POST", "_bulk_docs", {"docs": [{"_id": "b"}], "new_edits": False}),
        ("POST", "_bulk_docs", {"docs": ["b"]}),
        ("POST", "_bulk_docs", {}),
        ("POST", "_revs_diff", {"a": ["x"]}),
        ("POST", "_bulk_get", {}),
    ],
)
async def test_what_couchdb_calls_a_bad_request_is_called_so(
    office: httpx2.AsyncClient, method: str, path: str, body: Any
) -> None:
    await office.put(f"{DB}/a", json={})

    answer = await office.request(method, f"{DB}/{path}", json=body)

    assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


@pytest.mark.parametrize("doc_id", ["a/b", "巡查:1/二 ü+&?#%", "%2F", "a b", "\U0001f600"])
async def test_any_text_names_a_document_wherever_it_is_named(
    office: httpx2.AsyncClient, doc_id: str
) -> None:
    address = f"{DB}/{quote(doc_id, safe='')}"
    made = (await office.put(address, json={"n": 1})).json()

    assert made["id"] == doc_id
    assert (await office.get(address)).json()["_id"] == doc_id
    assert (await office.head(address)).headers["etag"] == f'"{made["rev"]}"'
    assert [row["id"] for row in (await office.get(f"{DB}/_changes")).json()["results"]] == [doc_id]
    listed = (await office.post(f"{DB}/_all_docs", json={"keys": [doc_id]})).json()["rows"]
    assert listed[0]["value"]["rev"] == made["rev"]
    diff = await office.post(f"{DB}/_revs_diff", json={doc_id: [made["rev"], "2-b"]})
    assert diff.json() == {doc_id: {"missing": ["2-b"], "possible_ancestors": [made["rev"]]}}
    got = await office.post(f"{DB}/_bulk_get", json={"docs": [{"id": doc_id}]})
    assert got.json()["results"][0]["docs"][0]["ok"]["_id"] == doc_id


async def test_a_slash_that_is_not_escaped_leads_to_an_attachment(office: httpx2.AsyncClient) -> None:
    await office.put(f"{DB}/a%2Fb", json={"n": 1})

    answer = await office.get(f"{DB}/a/b")

    assert answer.status_code == 404
    checkpoint = await office.put(f"{DB}/_local/a/b", json={"n": 1})
    assert checkpoint.json()["id"] == "_local/a/b"
    assert (await office.get(f"{DB}/_local%2Fa%2Fb")).json()["n"] == 1


async def test_batch_ok_is_as_durable_as_any_write(office: httpx2.AsyncClient) -> None:
    answer = await office.put(f"{DB}/a", params={"batch": "ok"}, json={"n": 1})

    assert (answer.status_code, set(answer.json())) == (201, {"ok", "id", "rev"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("COPY", f"{DB}/a"),
        ("POST", f"{DB}/a"),
        ("PUT", f"{DB}/_changes"),
        ("GET", f"{DB}/_bulk_docs"),
        ("GET", f"{DB}/_revs_diff"),
        ("DELETE", f"{DB}/_all_docs"),
        ("POST", f"{DB}/_local/c"),
        ("GET", f"{DB}/_ensure_full_commit"),
    ],
)
async def test_a_method_that_is_not_offered_names_those_that_are(
    office: httpx2.AsyncClient, method: str, path: str
) -> None:
    answer = await office.request(method, path, json={})

    assert answer.status_code == 405
    assert answer.json()["error"] == "method_not_allowed"
    assert answer.json()["reason"] == f"Only {answer.headers['allow']} allowed"
    assert method not in answer.headers["allow"].split(",")


@pytest.mark.parametrize(
    "path",
    ["_local_docs", "_design_docs", "_security", "_purge", "_find", "_index", "_shards", "_sync_shards"],
)
async def test_what_is_not_offered_is_not_found(office: httpx2.AsyncClient, path: str) -> None:
    for method in ("GET", "POST", "PUT"):
        assert (await office.request(method, f"{DB}/{path}", json={})).status_code == 404
