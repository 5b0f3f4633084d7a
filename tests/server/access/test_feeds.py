"""Replication by the shipped endpoint and store, as far as rights decide it (promises S-01, S-04, F-11, F-22)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette

import sync.http
from server.access import administration
from server.access.server_access import ServerAccess
from server.access.service import AccessService
from sync.database import Store
from sync.sqlite import open_store
from tests.server.access.conftest import Office, run
from tests.server.access.test_ownership import patrol


class Site:
    """The office with a document store beside it."""

    def __init__(self, office: Office, store: Store) -> None:
        self.office = office
        self.store = store
        office.access = AccessService(office.engine, office.directory, office.settings, office.clock, store)
        services = replace(office.services, store=store, access=office.access)
        self.app = sync.http.create_app(store, ServerAccess(services))
        for name in office.directory.current().databases:
            run(store.create(name))
        run(office.access.notice_changes())

    def request(self, token: str, method: str, path: str, body: Any = None) -> Request:
        return Request(self.app, token, method, path, body)

    def asks(self, token: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        request = self.request(token, method, path, body)
        run(request.done())
        return request.status, json.loads(request.content)


class Request:
    """One request, whose answer can be watched while it comes."""

    def __init__(self, app: Starlette, token: str, method: str, path: str, body: Any) -> None:
        self.app = app
        self.status = 0
        self.content = b""
        self.started = asyncio.Event()
        self._body = b"" if body is None else json.dumps(body).encode()
        address, _, query = path.partition("?")
        self._scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https",
            "path": address, "raw_path": address.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [
                (b"authorization", f"Bearer {token}".encode()), (b"host", b"x"), (b"content-type", b"application/json"),
                (b"content-length", str(len(self._body)).encode()),
            ],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        self._asked = False

    async def done(self) -> None:
        await self.app(self._scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.content += message.get("body", b"")
            self.started.set()


@pytest.fixture
def site(office: Office, tmp_path: Any) -> Iterator[Site]:
    store = open_store(tmp_path / "documents", now=office.clock.now)
    yield Site(office, store)
    run(store.close())


def test_a_push_is_taken_or_set_aside_with_its_reason_row_by_row(site: Site) -> None:
    token = site.office.sign_in(device="dev-1").tokens.access_token
    good = patrol(site.office)
    foreign = patrol(site.office, _id="decoration_patrol:01KAJ0000000000000000000AB", author="steward2")

    status, rows = site.asks(
        token, "POST", "/area-a1/_bulk_docs", {"docs": [good, foreign], "new_edits": False}
    )

    assert status == 201
    refused = [row for row in rows if "error" in row]
    assert [(row["id"], row["error"], row["code"]) for row in refused] == [
        (foreign["_id"], "forbidden", "not_author")
    ]
    entries = run(site.store.journal(0, 10))
    assert [(entry.id, entry.author, entry.refusal and entry.refusal.code) for entry in entries] == [
        (good["_id"], "steward1", None),
        (foreign["_id"], "steward1", "not_author"),
    ]


@pytest.mark.parametrize("path", ["", "/_changes", "/_all_docs", "/status:x", "/_local/x"])
def test_a_database_of_others_is_not_there(site: Site, path: str) -> None:
    token = site.office.sign_in().tokens.access_token

    assert site.asks(token, "GET", f"/area-a2{path}") == site.asks(token, "GET", f"/area-none{path}")
    assert site.asks(token, "GET", f"/area-a2{path}")[0] == 404


def test_after_a_transfer_old_work_is_pushed_and_nothing_is_read(site: Site) -> None:
    office = site.office
    token = office.sign_in(device="dev-1").tokens.access_token
    document = patrol(office)
    office.later(minutes=5)
    office.change(administration.end_area, "steward1", "a1")

    status, rows = site.asks(token, "POST", "/area-a1/_bulk_docs", {"docs": [document], "new_edits": False})
    assert (status, [row for row in rows if "error" in row]) == (201, [])
    for path in ("/area-a1/_changes", "/area-a1/_all_docs", f"/area-a1/{document['_id']}"):
        assert site.asks(token, "GET", path)[0] in (403, 404)


def _sign_out(site: Site, token: str) -> None:
    run(site.office.access.sign_out(site.office.who(token)))


CUTS: dict[str, Callable[[Site, str], Any]] = {
    "signed out": _sign_out,
    "disabled": lambda site, token: site.office.change(administration.disable_user, "steward1"),
    "moved": lambda site, token: site.office.change(administration.end_area, "steward1", "a1"),
    "password changed": lambda site, token: site.office.change(
        administration.set_password, "steward1", "another password"
    ),
    "phone lost": lambda site, token: site.office.change(administration.revoke_device, "dev-1"),
}


@pytest.mark.parametrize("feed", ["continuous", "longpoll", "eventsource"])
@pytest.mark.parametrize("cut", CUTS)
def test_an_open_feed_ends_within_two_seconds_and_says_nothing_more(site: Site, cut: str, feed: str) -> None:
    token = site.office.sign_in(device="dev-1").tokens.access_token
    database = site.store.database("area-a1")
    run(database.publish([{"_id": "setting:one", "type": "setting", "body": {}}]))
    since = "0" if feed != "longpoll" else "now"
    request = site.request(
        token, "GET", f"/area-a1/_changes?feed={feed}&since={since}&heartbeat=1000&timeout=60000"
    )

    async def opened() -> asyncio.Task[None]:
        task = asyncio.ensure_future(request.done())
        await asyncio.wait_for(request.started.wait(), 5)
        return task

    task = run(opened())
    CUTS[cut](site, token)
    run(site.office.access.notice_changes())  # made every second by server/startup
    run(database.publish([{"_id": "setting:canary", "type": "setting", "body": {}}]))

    async def ended() -> None:
        await asyncio.wait_for(task, 2)

    run(ended())
    assert request.status == 200
    assert b"canary" not in request.content
    assert (b"setting:one" in request.content) is (feed != "longpoll")
