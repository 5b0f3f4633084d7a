"""Which databases of a CouchDB are ours: those there, and those that ought to be.

For: `our_homes`, `needed_databases`. Not for: what is in them.
"""

from __future__ import annotations

from server.access.directory import Snapshot
from server.couchdb.admin import Administration, Refused
from sync.couchdb.guards import DATABASE_ID_PREFIX, held_home, home_of, meta_home


def our_homes(admin: Administration, prefix: str) -> list[str]:
    """The names, at CouchDB, of all databases there that carry our prefix.

    Who is no server admin is not told; then those that the store has registered, and its own two.
    """
    own = (held_home(prefix), meta_home(prefix))
    try:
        names = admin.get("_all_dbs")
    except Refused as refused:
        if refused.status not in (401, 403):
            raise
        registered = [home_of(prefix, name) for name in registered_databases(admin, prefix)]
        return sorted(home for home in (*own, *registered) if is_there(admin, home))
    return sorted(name for name in names if name in own or name.startswith(home_of(prefix, "")))


def is_there(admin: Administration, home: str) -> bool:
    """Also when we are not let in."""
    try:
        return admin.has(home)
    except Refused as refused:
        if refused.status not in (401, 403):
            raise
        return True


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
