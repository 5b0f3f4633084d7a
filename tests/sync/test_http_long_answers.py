"""A long answer comes in pieces: of few documents each, as long as there is a right and a database, and otherwise is none.

Source: promises S-04, S-26, F-37.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from sync.access import Action
from sync.sqlite import SqliteStore
from tests.sync.people import House
from tests.sync.store_contract import STEWARD, edit

pytestmark = pytest.mark.anyio
DB = "/area-a1"


def after_each_read(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch, act: Callable[[Any], Awaitable[None]]
) -> None:
    for way in ("read", "glance"):
        reading = getattr(store, way)

        async def watched(function: Any, *values: Any, reading: Any = reading) -> Any:
            found = await reading(function, *values)
            await act(found)
            return found

        monkeypatch.setattr(store, way, watched)


ASKED = {"docs": [{"id": f"d{n:03}", "rev": "1-a"} for n in range(90)]}
LONG = [
    ("GET", "_changes?include_docs=true", None, "*/*"),
    ("GET", "_all_docs?include_docs=true", None, "*/*"),
    ("POST", "_all_docs?include_docs=true", {"keys": [f"d{n:03}" for n in range(90)]}, "*/*"),
    ("POST", "_bulk_get", ASKED, "multipart/mixed"),
    ("POST", "_bulk_get?attachments=true", ASKED, "*/*"),
]


@pytest.mark.parametrize(("method", "path", "body", "accept"), LONG)
async def test_a_long_answer_is_read_a_few_documents_at_a_time(
    phone: httpx2.AsyncClient, store: SqliteStore, monkeypatch: pytest.MonkeyPatch,
    method: str, path: str, body: Any, accept: str,
) -> None:  # fmt: skip
    """Each may have a megabyte: read at once, one person's question would take the server's memory."""
    area = store.database("area-a1")
    await area.push([edit(f"d{n:03}", "1-a", text=f"text-{n:03}") for n in range(90)], STEWARD)
    most = 0

    async def count(found: Any) -> None:
        nonlocal most
        most = max(most, repr(found).count("text-"))

    after_each_read(store, monkeypatch, count)
    answer = await phone.request(method, f"{DB}/{path}", json=body, headers={"Accept": accept})

    assert [answer.text.count(f"text-{n:03}") for n in range(90)] == [1] * 90
    assert 0 < most <= 20


@pytest.mark.parametrize(("method", "path", "body", "accept"), LONG[1:])
async def test_a_long_answer_is_cut_short_when_its_database_goes(
    phone: httpx2.AsyncClient, store: SqliteStore, monkeypatch: pytest.MonkeyPatch,
    method: str, path: str, body: Any, accept: str,
) -> None:  # fmt: skip
    area = store.database("area-a1")
    await area.push([edit(f"d{n:03}", "1-a", text=f"text-{n:03}") for n in range(90)], STEWARD)

    async def delete(found: Any) -> None:
        if "text-030" in repr(found):
            await store.delete("area-a1")

    after_each_read(store, monkeypatch, delete)
    answer = await phone.request(method, f"{DB}/{path}", json=body, headers={"Accept": accept})

    assert answer.status_code == 200
    assert "text-000" in answer.text
    assert "text-089" not in answer.text
    assert not answer.text.rstrip().endswith(("\n]}", "--"))  # neither JSON nor multipart that is whole


@pytest.mark.parametrize("place", ["_changes?include_docs=true", "_all_docs?include_docs=true"])
async def test_a_long_answer_ends_where_the_right_ends(
    phone: httpx2.AsyncClient, store: SqliteStore, house: House, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    await store.database("area-a1").push([edit(f"d{n:03}", "1-a") for n in range(90)], STEWARD)
    asked = 0
    permits = house.permits

    def permits_for_a_while(caller: Any, database: str, action: Action) -> bool:
        nonlocal asked
        asked += 1
        return asked < 5 and permits(caller, database, action)

    monkeypatch.setattr(house, "permits", permits_for_a_while)
    answer = await phone.get(f"{DB}/{place}")

    assert "d020" in answer.text
    assert "d089" not in answer.text
    if place.startswith("_all_docs"):
        with pytest.raises(ValueError, match="Expecting"):
            answer.json()
