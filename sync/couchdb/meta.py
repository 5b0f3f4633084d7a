"""The installation's own document database at CouchDB: its epoch, and which databases there are.

For: CouchStore. Not for: making a CouchDB ready by hand (`xunlu couchdb`), which writes the same documents (guards.py).
Source: CouchDB 3.5 documentation, "/{db}", "/{db}/_security".
"""

from __future__ import annotations

import contextlib
import uuid
from typing import Any

from sync.couchdb import guards, lookups
from sync.couchdb.bodies import as_object
from sync.couchdb.client import Address, CouchClient
from sync.couchdb.client import name as part
from sync.couchdb.errors import CouchRefused, CouchUnreachable
from sync.errors import DatabaseExists, EditConflict, NoSuchDatabase, NoSuchDocument

_TRIES = 5


async def prepare(address: Address, prefix: str) -> tuple[str, set[str]]:
    """Make what is missing; returns the epoch and the names of the databases. Raises SyncError."""
    client = CouchClient(address)
    try:
        await client.call("GET", "/")
        for home in (guards.meta_home(prefix), guards.held_home(prefix)):
            await _make_when_missing(client, home, address.account)
        home = guards.meta_home(prefix)
        epoch, names = await read(client, home)
        if epoch is None:
            with contextlib.suppress(EditConflict):
                await _put_new(client, home, {"_id": guards.EPOCH_ID, "epoch": uuid.uuid4().hex})
            epoch, names = await read(client, home)
        if epoch is None:
            raise CouchRefused
        return epoch, names
    finally:
        await client.close()


async def read(client: CouchClient, home: str) -> tuple[str | None, set[str]]:
    """The epoch, None when there is none yet, and the names of the databases that are whole."""
    epoch = await lookups.read(client, home, guards.EPOCH_ID)
    names, after = set[str](), guards.DATABASE_ID_PREFIX
    while True:
        listed = await lookups.list_documents(
            client, home, lookups.PAGE_ROWS, after, guards.DATABASE_ID_PREFIX + "\uffff", 0, False, False, True, False
        )  # fmt: skip
        names |= {one.id[len(guards.DATABASE_ID_PREFIX) :] for one in listed}
        if len(listed) < lookups.PAGE_ROWS:
            break
        after = listed[-1].id
    return (None if epoch is None else str(as_object(epoch)["epoch"])), names


async def new_epoch(client: CouchClient, home: str) -> str:
    """Write another epoch than before, and return it."""
    epoch = uuid.uuid4().hex
    for _ in range(_TRIES):
        there = await lookups.read(client, home, guards.EPOCH_ID)
        document = {"_id": guards.EPOCH_ID, "epoch": epoch}
        if there is not None:
            document["_rev"] = str(there.revision)
        with contextlib.suppress(EditConflict):  # another process changes it, or our own first try arrived
            await _put_new(client, home, document)
            return epoch
    raise CouchUnreachable


async def is_registered(client: CouchClient, home: str, database: str) -> bool:
    return await lookups.read(client, home, guards.registration(database)["_id"]) is not None


async def register(client: CouchClient, home: str, database: str) -> None:
    """Safe to repeat."""
    with contextlib.suppress(EditConflict):  # another process was as fast
        await _put_new(client, home, guards.registration(database))


async def unregister(client: CouchClient, home: str, database: str) -> None:
    """Safe to repeat."""
    registered = await lookups.read(client, home, guards.registration(database)["_id"])
    if registered is not None:
        path = f"/{part(home)}/{part(registered.id)}"
        with contextlib.suppress(EditConflict, NoSuchDocument):
            await client.call("DELETE", path, query={"rev": str(registered.revision)})


async def make_database(client: CouchClient, home: str, account: str | None) -> None:
    """One that only the account reads and writes. Safe to repeat. Raises CouchRefused when the account may not make it."""
    with contextlib.suppress(DatabaseExists):
        await client.call("PUT", f"/{part(home)}", query={"q": guards.SHARDS})
    if account is None:
        return  # a CouchDB without accounts, as in a test
    await client.call("PUT", f"/{part(home)}/_security", body=guards.security(account))
    with contextlib.suppress(EditConflict):  # it is there
        await client.call("PUT", f"/{part(home)}/{guards.DESIGN_ID}", body=guards.design(account))


async def _make_when_missing(client: CouchClient, home: str, account: str | None) -> None:
    try:
        await client.call("GET", f"/{part(home)}")
    except NoSuchDatabase:
        await make_database(client, home, account)


async def _put_new(client: CouchClient, home: str, document: dict[str, Any]) -> None:
    """Raises EditConflict when it is there."""
    await client.call("PUT", f"/{part(home)}/{part(document['_id'])}", body=document)
