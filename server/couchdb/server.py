"""What answers at an address, and who we are there.

For: `identify`, which both provisioning and checking begin with.
Source: CouchDB 3.5 documentation, "/", "/_session".
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from server.couchdb.admin import Administration, NotCouchDB

OLDEST = (3, 3)  # below: no `bulk_get` that a replication asks for in one request, and no more fixes


class Kind(Enum):
    COUCHDB = "Apache CouchDB"
    POUCHDB_SERVER = (
        "pouchdb-server"  # for tests: no accounts unless set up, no cluster, no configuration of nodes
    )


class Identity(NamedTuple):
    kind: Kind
    version: str
    signed_in_as: str | None
    is_admin: bool
    answered_at: datetime | None  # by its own clock

    @property
    def is_too_old(self) -> bool:
        numbers = tuple(int(part) for part in self.version.split(".")[:2] if part.isdecimal())
        return self.kind is Kind.COUCHDB and numbers < OLDEST


def identify(admin: Administration) -> Identity:
    """Raises Unreachable, Refused (wrong password), NotCouchDB."""
    welcome = admin.ask("GET", ())
    data = welcome.data if isinstance(welcome.data, dict) else {}
    if data.get("couchdb") == "Welcome":
        kind = Kind.COUCHDB
    elif "express-pouchdb" in data:
        kind = Kind.POUCHDB_SERVER
    else:
        raise NotCouchDB(
            f"{admin.address} 的回应不是 CouchDB 的: 请检查 XUNLU_COUCHDB_URL. "
            f"What answers at {admin.address} is no CouchDB: check XUNLU_COUCHDB_URL."
        )
    user = admin.get("_session")["userCtx"]
    return Identity(
        kind, str(data.get("version", "")), user["name"], "_admin" in user["roles"], welcome.answered_at
    )
