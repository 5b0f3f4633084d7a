"""The embedded store: every database of an installation in one SQLite file.

For: `open_store(folder)`. Not for: more than one writing process; then use an Apache CouchDB.
"""

from sync.sqlite.store import SqliteStore, open_store

__all__ = ["SqliteStore", "open_store"]
