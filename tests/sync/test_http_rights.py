"""Who may see and do what, and what hostile requests get."""

from __future__ import annotations

import gzip
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from sync.http import SyncLimits, create_app
from sync.http.app import ENDPOINTS
from sync.sqlite import SqliteStore
from tests.sync.people import OPERATOR, House, bearer
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
REV = {"rev": "1-a"}


@pytest.fixture
def everyone(store: SqliteStore, house: House, limits: SyncLimits) -> httpx2.AsyncClient:
    """No credentials of its own; mounted below /db, as the application does."""
    app = Starlette(routes=[Mount("/db", create_app(store, house, limits))])
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://xunlu.test/db/")


def addresses(database: str) -> list[tuple[str, str]]:
    """Every address of the endpoint, filled in."""
    filled = []
    for endpoint in ENDPOINTS:
        path = (
            endpoint.pattern.replace("{db}", database).replace("{id}", "d1").replace("{attachment}", "p.jpg")
        )
        filled.append((endpoint.method, path))
    return filled


async def test_without_credentials_nothing_is_answered(everyone: httpx2.AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}):
        for method, path in addresses("area-a1"):
            answer = await everyone.request(method, path, headers=headers, json={})
            assert (method, path, answer.status_code) == (method, path, 401)
            assert answer.json()["error"] == "unauthorized"


async def test_a_database_one_may_not_see_is_a_database_that_is_not_there(
    everyone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await store.database("area-a1").push([edit("d1", "1-a", canary="CANARY")], STEWARD)

    for (method, hidden), (_, absent) in zip(addresses("area-a1"), addresses("area-zz"), strict=True):
        if hidden == "":
            continue
        answers = [
            await everyone.request(method, path, headers=bearer("steward2"), json={"docs": [], "keys": []})
            for path in (hidden, absent)
        ]
        assert answers[0].status_code == 404, (method, hidden)
        assert answers[0].content == answers[1].content
        assert dict(answers[0].headers) == dict(answers[1].headers)
    assert await store.database("area-a1").find_revision("d1", "1-a") is not None


async def test_nobody_but_the_operator_makes_deletes_or_compacts_databases(
    everyone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    for method, path in (("PUT", "area-new"), ("PUT", "area-a1")):
        assert (await everyone.request(method, path, headers=bearer("steward1"))).status_code == 404
    for method, path in (("DELETE", "area-a1"), ("POST", "area-a1/_compact"), ("PUT", "area-a1/_revs_limit")):
        answer = await everyone.request(method, path, headers=bearer("steward1"), content=b"5")
        assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")
    assert await store.databases() == ["area-a1", "area-b"]


@pytest.mark.parametrize(
    "name", ["_users", "_replicator", "_all_dbs", "_config", "_session", "_up", "_node/_local"]
)
async def test_what_couchdb_has_besides_is_not_offered(everyone: httpx2.AsyncClient, name: str) -> None:
    for method in ("GET", "PUT", "POST", "DELETE"):
        answer = await everyone.request(method, name, headers=bearer("steward1"), json={})
        assert answer.status_code in (404, 405), method
    assert (await everyone.get(name, headers=OPERATOR)).status_code == 404


@pytest.mark.parametrize(
    "part", ["_design/app", "_design/app/_view/all", "_security", "_find", "_index", "_purge", "_shards"]
)
async def test_what_couchdb_databases_have_besides_is_not_offered(
    everyone: httpx2.AsyncClient, part: str
) -> None:
    for headers in (bearer("steward1"), OPERATOR):
        for method in ("GET", "PUT", "POST", "DELETE"):
            answer = await everyone.request(method, f"area-a1/{part}", headers=headers, json={})
            assert answer.status_code == 404, (method, part)


async def test_a_reader_cannot_write(everyone: httpx2.AsyncClient, store: SqliteStore) -> None:
    for method, path in (
        ("PUT", "area-a1/x"),
        ("POST", "area-a1"),
        ("POST", "area-a1/_bulk_docs"),
        ("DELETE", "area-a1/x"),
    ):
        answer = await everyone.request(method, path, headers=bearer("guest"), json={"docs": [{"_id": "x"}]})
        assert answer.status_code == 403, path
    assert await store.journal(0, 10) == []


async def test_who_may_only_push_learns_nothing_of_what_is_there(
    everyone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await store.database("area-a1").push([edit("d1", "1-a", canary="CANARY")], STEWARD)
    mover = bearer("mover")

    shown = (await everyone.get("area-a1", headers=mover)).json()
    assert (shown["doc_count"], shown["update_seq"]) == (0, f"0-{store.epoch}")
    diff = await everyone.post("area-a1/_revs_diff", headers=mover, json={"d1": ["1-a"], "d2": ["1-a"]})
    assert diff.json() == {"d1": {"missing": ["1-a"]}, "d2": {"missing": ["1-a"]}}
    for method, path in addresses("area-a1"):
        answer = await everyone.request(
            method, path, headers=mover, json={"docs": [{"id": "d1", "_id": "z"}], "keys": ["d1"]}
        )
        assert b"CANARY" not in answer.content, path
    pushed = await everyone.post("area-a1/_bulk_docs", headers=mover, json={"docs": [{"_id": "d3"}]})
    assert pushed.json()[0]["ok"] is True


async def test_nobody_reads_or_moves_anothers_checkpoint(everyone: httpx2.AsyncClient) -> None:
    await everyone.put("area-a1/_local/c", headers=bearer("steward1", "phone-1"), json={"seq": 1})

    for other in (bearer("steward1", "phone-2"), bearer("guest", "phone-1"), OPERATOR):
        assert (await everyone.get("area-a1/_local/c", headers=other)).status_code == 404
        await everyone.put("area-a1/_local/c", headers=other, json={"seq": 999})
    mine = await everyone.get("area-a1/_local/c", headers=bearer("steward1", "phone-1"))
    assert mine.json()["seq"] == 1


async def test_a_steward_cannot_delete_evidence(everyone: httpx2.AsyncClient, store: SqliteStore) -> None:
    steward = bearer("steward1")
    made = (await everyone.put("area-a1/patrol:1", headers=steward, json={"n": 1})).json()

    gone = await everyone.delete("area-a1/patrol:1", headers=steward, params={"rev": made["rev"]})
    bulk = await everyone.post(
        "area-a1/_bulk_docs",
        headers=steward,
        json={"docs": [{"_id": "patrol:1", "_rev": made["rev"], "_deleted": True}]},
    )

    assert (gone.status_code, gone.json()["code"]) == (403, "deletion")
    assert bulk.json()[0]["code"] == "deletion"
    assert (await everyone.get("area-a1/patrol:1", headers=steward)).json()["n"] == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("_bulk_docs", b'{"docs":[{"_id":"x","n":NaN}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","n":1e400}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","n":9007199254740993}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","n":1,"n":2}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x"}],"docs":[{"_id":"y"}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","__proto__":{"a":1}}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","n":"\\ud800"}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x\\u0000"}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","n":' + b"[" * 60 + b"]" * 60 + b"}]}"),
        ("_bulk_docs", b'{"docs":[{"_id":"x","_hidden":1}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","_attachments":{"p":{"data":"!"}}}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"good"},{"_id":"_hidden/x"}]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"good"},7]}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x","_rev":"2-b","_revisions":{"start":2,"ids":["c","a"]}}],"new_edits":false}'),
        ("_bulk_docs", b'{"docs":[{"_id":"x"}],"new_edits":false}'),
        ("_bulk_docs", b'{"docs":{}}'),
        ("_bulk_docs", b'{"docs":[],"new_edits":1}'),
        ("_bulk_docs", b"[]"),
        ("_bulk_docs", b""),
        ("_bulk_docs", b"\xff\xfe"),
        ("_bulk_get", b'{"docs":[{"rev":"1-a"}]}'),
        ("_bulk_get", b'{"docs":[{"id":"x","rev":"zzz"}]}'),
        ("_bulk_get", b'{"docs":"x"}'),
        ("_revs_diff", b'{"x":"1-a"}'),
        ("_revs_diff", b'{"x":["1"]}'),
        ("_revs_diff", b'{"x":[1]}'),
        ("_all_docs", b'{"keys":"x"}'),
        ("", b'{"_rev":7}'),
    ],
)  # fmt: skip
async def test_hostile_bodies_are_refused_and_nothing_is_stored(
    everyone: httpx2.AsyncClient, store: SqliteStore, path: str, body: bytes
) -> None:
    for headers in (bearer("steward1"), OPERATOR):
        answer = await everyone.post(
            f"area-a1/{path}", headers={**headers, "Content-Type": "application/json"}, content=body
        )
        assert answer.status_code == 400, answer.text
        assert set(answer.json()) >= {"error", "reason"}
    assert await store.journal(0, 10) == []


async def test_too_much_is_refused(everyone: httpx2.AsyncClient, store: SqliteStore) -> None:
    async def post(path: str, body: Any) -> int:
        return (await everyone.post(f"area-a1/{path}", headers=OPERATOR, json=body)).status_code

    assert await post("_bulk_docs", {"docs": [{"text": "x" * 250_000}]}) == 413
    assert await post("_bulk_docs", {"docs": [{"text": "x" * 21_000}]}) == 413
    assert await post("_bulk_docs", {"docs": [{}] * 1001}) == 413
    assert await post("_bulk_get", {"docs": [{"id": "x"}] * 1001}) == 413
    assert await post("_revs_diff", {"x": ["1-a"] * 1001}) == 413
    assert await post("_all_docs", {"keys": ["x"] * 1001}) == 413
    ids = ["a"] * 100_000
    assert (
        await post("_bulk_docs", {"docs": [{"_id": "x", "_revisions": {"start": 100_000, "ids": ids}}]})
        == 413
    )

    async def endless() -> Any:
        while True:
            yield b" " * 10_000

    answer = await everyone.post(
        "area-a1/_bulk_docs", headers={**OPERATOR, "Content-Type": "application/json"}, content=endless()
    )
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert await store.journal(0, 10) == []


async def test_bodies_of_another_kind_are_refused(everyone: httpx2.AsyncClient, store: SqliteStore) -> None:
    body = b'{"docs":[{"_id":"x"}]}'
    kinds: list[tuple[dict[str, str], int]] = [
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "multipart/related; boundary=x"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "identity, br"}, 415),
    ]
    for headers, status in kinds:
        sent = gzip.compress(body) if headers.get("Content-Encoding") == "gzip" else body
        answer = await everyone.post("area-a1/_bulk_docs", headers={**OPERATOR, **headers}, content=sent)
        assert (headers, answer.status_code) == (headers, status)
    twice = [*OPERATOR.items(), ("Content-Type", "application/json"), ("Content-Type", "text/plain")]
    assert (await everyone.post("area-a1/_bulk_docs", headers=twice, content=body)).status_code == 400
    assert await store.journal(0, 10) == []


@pytest.mark.parametrize(
    "address",
    [
        "area-a1/d1?rev=1-a&rev=1-b",
        "area-a1?%ff=1",
        "area-a1/d1%00",
        "area-a1/%ff",
        "area-a1?x=%00",
        "area-a1?" + "&".join(f"a{n}=1" for n in range(60)),
    ],
    ids=lambda address: address[:24],
)
async def test_addresses_that_two_could_read_differently_are_refused(
    everyone: httpx2.AsyncClient, address: str
) -> None:
    assert (await everyone.get(address, headers=OPERATOR)).status_code == 400


async def test_an_unknown_method_is_told_the_known_ones(everyone: httpx2.AsyncClient) -> None:
    answer = await everyone.request("PATCH", "area-a1/d1", headers=OPERATOR)

    assert answer.status_code == 405
    assert answer.headers["allow"] == "DELETE,GET,HEAD,PUT"
    assert answer.json()["error"] == "method_not_allowed"


async def test_an_encoded_slash_does_not_reach_another_database(
    everyone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await store.database("area-b").push([edit("d1", "1-a", canary="CANARY")], STEWARD)

    for address in (
        "area-a1%2F..%2Farea-b/d1",
        "area-a1/..%2f..%2farea-b%2fd1",
        "area-a1%2Farea-b/d1",
        "%2Farea-b/d1",
    ):
        answer = await everyone.get(address, headers=bearer("steward1"))
        assert answer.status_code == 404, address
        assert b"CANARY" not in answer.content


async def test_a_full_disk_is_said_so_and_can_be_tried_again(
    everyone: httpx2.AsyncClient, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync.errors import StorageFull

    async def full(*_: object, **__: object) -> None:
        raise StorageFull

    monkeypatch.setattr(store.writer, "write", full)
    answer = await everyone.put("area-a1/x", headers=OPERATOR, json={})

    assert (answer.status_code, answer.json()["error"]) == (507, "insufficient_storage")
    assert int(answer.headers["retry-after"]) > 0
