"""CouchDB's replication protocol over HTTP, on any store.

For: `create_app(store, access, limits)`, mountable anywhere. Not for: storing (sync.database) or rights (sync.access).
"""

from sync.http.app import create_app
from sync.http.limits import SyncLimits

__all__ = ["SyncLimits", "create_app"]
