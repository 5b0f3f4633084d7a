"""The embedded store: every database of an installation in one SQLite file.

For: `open_store(folder)`, `is_in_use(folder)`. Not for: more than one writing process; then use an Apache CouchDB.
"""

from sync.sqlite.store import SqliteStore, is_in_use, open_store

__all__ = ["SqliteStore", "is_in_use", "open_store"]
