"""The mark that says: a copy into this CouchDB has begun and has not ended, so nothing here may be served.

For: `set_copy_mark`, `clear_copy_mark`, `is_copy_unfinished`. Not for: copying (server/copying).
It is an ordinary document of the store's own meta database, so that backups and other machines see it too.
"""

from __future__ import annotations

from server.couchdb.admin import Administration, Refused
from sync.couchdb.guards import meta_home

COPYING_ID = "copying"


def is_copy_unfinished(admin: Administration, prefix: str) -> bool:
    return admin.has(meta_home(prefix), COPYING_ID)


def set_copy_mark(admin: Administration, prefix: str) -> None:
    """Safe to repeat. Raises Refused."""
    try:
        admin.put(meta_home(prefix), COPYING_ID, body={})
    except Refused as refused:
        if refused.status != 409:
            raise


def clear_copy_mark(admin: Administration, prefix: str) -> None:
    document = admin.get(meta_home(prefix), COPYING_ID)
    admin.delete(meta_home(prefix), COPYING_ID, rev=document["_rev"])
