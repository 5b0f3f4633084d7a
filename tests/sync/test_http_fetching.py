"""What a pull is given: moved as bytes where that can be, looked up in trees where not, and nobody can tell which."""

from __future__ import annotations

import random
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.database import Database, Edit
from sync.documents import content_of
from sync.http import fetching
from sync.revisions import Revision
from sync.sqlite import SqliteStore, ready
from sync.sqlite.database import SqliteDatabase
from sync.sqlite.schema import rows
from tests.sync.people import House
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
BULK_GET = "/area-a1/_bulk_get"
IDS = ("a", "巡查:1/é", 'quote"d\\', "last")


async def ask(client: httpx2.AsyncClient, docs: list[dict[str, Any]], **query: str) -> bytes:
    answer = await client.post(BULK_GET, params=query, json={"docs": docs})
    assert answer.status_code == 200, answer.text
    return answer.content


async def from_trees(
    monkeypatch: pytest.MonkeyPatch, client: httpx2.AsyncClient, docs: list[dict[str, Any]], **query: str
) -> bytes:
    with monkeypatch.context() as patch:
        patch.setattr(SqliteDatabase, "only_leaves", Database.only_leaves)
        return await ask(client, docs, **query)


def some_edits(dice: random.Random) -> list[Edit]:
    """Edits that grow lines, forks and gaps, with digests of every form."""
    known: dict[str, list[tuple[Revision, ...]]] = {}
    edits = []
    for number in range(dice.randrange(1, 25)):
        doc_id = dice.choice(IDS)
        pasts = known.setdefault(doc_id, [])
        past: tuple[Revision, ...] = dice.choice([*pasts, *pasts[-1:] * 4, ()]) if pasts else ()
        digest = f"{dice.getrandbits(128):032x}" if dice.random() < 0.8 else f"Z{number}"
        born = 1 if dice.random() < 0.7 else dice.randrange(1, 12)
        revision = Revision(past[0].generation + 1 if past else born, digest)
        history = (revision, *past)
        pasts.append(history)
        told = history[: dice.randrange(1, 5)] if dice.random() < 0.3 else history
        body = {"n": number, "text": dice.choice(["", "已整改", '{"}'])} if dice.random() < 0.8 else {}
        edits.append(Edit(doc_id, told, dice.random() < 0.2, content_of(body)))
    return edits


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
async def test_bytes_moved_are_the_bytes_that_trees_tell(
    office: httpx2.AsyncClient, store: SqliteStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    await store.delete("area-a1")
    await store.create("area-a1")
    area = store.database("area-a1")
    await area.set_revs_limit(dice.choice([1, 2, 3, 1000]))
    edits = some_edits(dice)
    for one in edits:
        await area.push([one], STEWARD)
    if dice.random() < 0.3:
        await area.compact()
    asked: list[dict[str, Any]] = [{"id": one.id, "rev": str(one.history[0])} for one in edits]
    asked += [{"id": doc_id} for doc_id in IDS] + [{"id": "nope", "rev": "1-a"}, {"id": "a", "rev": "9-z"}]
    dice.shuffle(asked)

    for query in ({"revs": "true", "latest": "true"}, {"revs": "true"}, {"latest": "true"}, {}):
        assert await ask(office, asked, **query) == await from_trees(monkeypatch, office, asked, **query)


async def test_nearly_all_of_a_pull_is_moved_as_bytes(store: SqliteStore) -> None:
    area = store.database("area-a1")
    digests = ["c" * 32, "b" * 32, "a" * 32]
    edits = [
        edit("born", f"1-{digests[2]}"),
        edit("edited", *[f"{3 - n}-{digest}" for n, digest in enumerate(digests)], n=1),
        edit("deleted", f"2-{digests[1]}", f"1-{digests[2]}", deleted=True),
        edit("oddly named", "1-x"),
    ]
    await area.push(edits, STEWARD)

    documents = await area.only_leaves([(one.id, str(one.history[0])) for one in edits], True)

    revisions = [orjson.loads(one or b"{}").get("_revisions") for one in documents]
    assert revisions == [
        {"start": 1, "ids": digests[2:]},
        {"start": 3, "ids": digests},
        {"start": 2, "ids": digests[1:]},
        {"start": 1, "ids": ["x"]},
    ]


async def test_a_large_answer_leaves_in_pieces(
    phone: httpx2.AsyncClient, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    area = store.database("area-a1")
    await area.push([edit(f"d{n:02}", "1-a", text="x" * 50) for n in range(40)], STEWARD)
    await area.push([edit("d07", "1-b"), edit("d39", "1-b")], STEWARD)
    asked = [{"id": f"d{n:02}", "rev": "1-a"} for n in range(40)] + [{"id": "nope", "rev": "1-a"}]
    whole = await ask(phone, asked, revs="true")

    for rows_in_piece, bytes_in_piece in ((3, 10**6), (1000, 1), (1000, 300), (7, 120)):
        monkeypatch.setattr(fetching, "PIECE_ROWS", rows_in_piece)
        monkeypatch.setattr(ready, "PIECE_BYTES", bytes_in_piece)
        assert await ask(phone, asked, revs="true") == whole
    packed = await phone.post(BULK_GET, json={"docs": asked}, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == await ask(phone, asked)


async def test_a_wrong_revision_in_a_later_piece_refuses_the_request(
    phone: httpx2.AsyncClient, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.database("area-a1").push([edit("a", "1-a")], STEWARD)
    monkeypatch.setattr(fetching, "PIECE_ROWS", 2)

    for wrong in ("no revision", 7, ["1-a"]):
        docs = [{"id": "a", "rev": "1-a"}] * 5 + [{"id": "a", "rev": wrong}]
        answer = await phone.post(BULK_GET, json={"docs": docs})
        assert (answer.status_code, answer.json()["error"]) == (400, "bad_request")


async def test_a_right_taken_away_ends_the_answer_before_the_next_piece(
    phone: httpx2.AsyncClient, store: SqliteStore, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.database("area-a1").push([edit(f"d{n}", "1-a", text=f"secret{n}") for n in range(6)], STEWARD)
    monkeypatch.setattr(fetching, "PIECE_ROWS", 2)
    asked = [{"id": f"d{n}", "rev": "1-a"} for n in range(6)]
    pieces_left = 2
    read = SqliteDatabase.only_leaves

    async def read_until_the_right_is_gone(self: SqliteDatabase, *args: Any) -> list[bytes | None]:
        nonlocal pieces_left
        found = await read(self, *args)
        pieces_left -= 1
        if pieces_left == 0:
            house.rights.clear()
        return found

    monkeypatch.setattr(SqliteDatabase, "only_leaves", read_until_the_right_is_gone)
    cut = await ask(phone, asked)
    assert b"secret1" in cut
    assert b"secret2" not in cut
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(cut)

    house.rights["steward1", "area-a1"] = set()
    assert (await phone.post(BULK_GET, json={"docs": asked})).status_code == 404


async def test_a_damaged_body_is_missing_and_the_others_are_not(
    phone: httpx2.AsyncClient, store: SqliteStore
) -> None:
    await store.database("area-a1").push([edit("a", "1-a", n=1), edit("b", "1-b", n=2)], STEWARD)
    await store.writer.write(lambda t: rows(t.db, "UPDATE body SET content = x'7b7d' WHERE doc = 1"))

    results = orjson.loads(await ask(phone, [{"id": "a", "rev": "1-a"}, {"id": "b", "rev": "1-b"}]))[
        "results"
    ]

    assert results[0]["docs"][0]["error"]["reason"] == "missing"
    assert results[1]["docs"] == [{"ok": {"_id": "b", "_rev": "1-b", "n": 2}}]
