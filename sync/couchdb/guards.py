"""What keeps everybody but the server's account out of a database, and what the store's own documents look like.

For: the store when it makes a database, and provision.py when it makes or checks one: both write the same.
Not for: CouchDB's configuration (provision.py checks it).
Source: CouchDB 3.5 documentation, "/{db}/_security", "Validate Document Update Functions"; promises S-11, S-37.
"""

from __future__ import annotations

import re

import orjson

from sync.access import JsonObject
from sync.errors import BadDatabaseName

DEFAULT_PREFIX = "xunlu"
DESIGN_ID = "_design/xunlu"
EPOCH_ID = "epoch"
DATABASE_ID_PREFIX = "database:"
SHARDS = "1"  # databases are many and small; one shard keeps a database's changes in one order
MAX_NAME_LENGTH = 200
_NAME = re.compile(r"[a-z][a-z0-9_$()+/-]*")


def check_name(database: str) -> None:
    """Raises BadDatabaseName."""
    if _NAME.fullmatch(database) is None or len(database) > MAX_NAME_LENGTH:
        raise BadDatabaseName(database)


def home_of(prefix: str, database: str) -> str:
    """The name at CouchDB. The store's own two have an underscore there, so no database can have theirs."""
    return f"{prefix}-{database}"


def held_home(prefix: str) -> str:
    return f"{prefix}_held"


def meta_home(prefix: str) -> str:
    return f"{prefix}_meta"


def registration(database: str) -> JsonObject:
    """The document of the meta database that says a database is whole."""
    return {"_id": f"{DATABASE_ID_PREFIX}{database}"}


def security(account: str) -> JsonObject:
    """Nobody but the account is admin or member; server admins always may."""
    names = {"names": [account], "roles": []}
    return {"admins": names, "members": names}


def design(account: str) -> JsonObject:
    """Whoever else may be let in to read, only the account writes, and the server admins, who may do everything anyway.

    A replication runs with somebody's account: ours may write, nobody else's.
    """
    only = orjson.dumps(account).decode()
    return {
        "_id": DESIGN_ID,
        "language": "javascript",
        "validate_doc_update": (
            "function (newDoc, oldDoc, userCtx) {"
            f" if (userCtx.name !== {only} && userCtx.roles.indexOf('_admin') === -1) {{"
            " throw({forbidden: 'Only the server of Xunlu writes here.'});"
            " } }"
        ),
    }
