"""Which databases of a CouchDB are ours: those there, and those that ought to be.

For: `our_homes`, `needed_databases`. Not for: what is in them.
"""

from __future__ import annotations

from server.access.directory import Snapshot
from server.couchdb.admin import Administration, Refused
from sync.couchdb.guards import DATABASE_ID_PREFIX, held_home, home_of, meta_home


def our_homes(admin: Administration, prefix: str) -> list[str]:
    """The names, at CouchDB, of all databases there that carry our prefix."""
    own = (held_home(prefix), meta_home(prefix))
    return sorted(
        name for name in admin.get("_all_dbs") if name in own or name.startswith(home_of(prefix, ""))
    )


def registered_databases(admin: Administration, prefix: str) -> set[str]:
    """Our databases by our own names, as the store has registered them; none when it was never here."""
    begin, end = DATABASE_ID_PREFIX, DATABASE_ID_PREFIX + "\uffff"
    try:
        rows = admin.get(meta_home(prefix), "_all_docs", startkey=f'"{begin}"', endkey=f'"{end}"')["rows"]
    except Refused as refused:
        if refused.status == 404:
            return set()
        raise
    return {row["id"][len(DATABASE_ID_PREFIX) :] for row in rows}


def needed_databases(admin: Administration, prefix: str, directory: Snapshot) -> list[str]:
    """What the people, areas and projects there are now need, and whatever was registered at any time."""
    needed = {entry.name for entry in directory.databases.values() if entry.is_open}
    return sorted(needed | registered_databases(admin, prefix))
