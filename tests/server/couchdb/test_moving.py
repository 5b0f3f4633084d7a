"""A move there and back as an operator types it, and what somebody who is signed in notices of it: nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from server.opening import close_services, open_services
from server.settings import Settings
from server.startup import prepare
from tests.pouchdb_server import PouchdbServer
from tests.server.couchdb.conftest import PASSWORD, Xunlu, make_people


def test_whoever_is_signed_in_stays_so_when_the_documents_move(
    tmp_path: Path, own_couchdb: PouchdbServer, xunlu: Xunlu
) -> None:
    address = {"XUNLU_COUCHDB_URL": own_couchdb.url}
    at_home = Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data"), **address})
    moved = Settings.from_environ({"XUNLU_DATA": str(tmp_path / "data"), **address, "XUNLU_STORE": "couchdb"})
    make_people(at_home)

    async def sign_in() -> tuple[str, str]:
        services = open_services(at_home)
        try:
            await prepare(services)
            signed_in = await services.access.sign_in("lin", PASSWORD, "dev-7f3a", None)
            return signed_in.tokens.access_token, services.store.epoch
        finally:
            await close_services(services)

    async def ask(settings: Settings) -> tuple[str, str]:
        services = open_services(settings)
        try:
            return (await services.access.identify_token(token)).name, services.store.epoch
        finally:
            await close_services(services)

    token, first = asyncio.run(sign_in())
    there = xunlu("copy", "sqlite", "couchdb", "--json", **address)
    assert there.returncode == 0, there.stderr
    assert json.loads(there.stdout)["documents"] > 0
    name, second = asyncio.run(ask(moved))
    assert name == "lin"

    at_home.documents.rename(tmp_path / "data" / "documents.old")
    back = xunlu("copy", "couchdb", "sqlite", **address)
    assert back.returncode == 0, back.stderr
    assert "XUNLU_STORE=sqlite" in back.stdout
    name, third = asyncio.run(ask(at_home))
    assert name == "lin"
    assert len({first, second, third}) == 3
