"""Which document store an installation has, and opening it.

For: `open_documents`, by the server and by every command that works on documents.
Not for: what a store does (sync/), or moving documents from one store to another (server/copying).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sync.couchdb
import sync.sqlite
from server.couchdb.admin import Administration, Refused
from server.couchdb.marks import is_copy_unfinished
from server.settings import Settings
from sync.database import Store
from sync.errors import StoreUnfit

RESERVE_BYTES = (
    64 * 1024 * 1024
)  # kept on the disk, for receipts, sign-in and mending when it is full (promises F-33)


def open_documents(settings: Settings, now: Callable[[], datetime]) -> Store:
    """Open the store that the settings name. Blocks; `now` gives the time at which things are received.

    Raises StoreUnfit with one line that says what, where and what to do.
    """
    if settings.store == "sqlite":
        return sync.sqlite.open_store(settings.documents, now=now, reserve_bytes=RESERVE_BYTES)
    assert settings.couchdb_url is not None  # Settings sees to it
    look_before_opening(settings.couchdb_url, settings.couchdb_prefix)
    return sync.couchdb.open_store(
        settings.couchdb_url, settings.couchdb_journal, now=now, prefix=settings.couchdb_prefix
    )


def look_before_opening(url: str, prefix: str) -> None:
    """Say at once, and in plain words, what would else be met after long tries. Raises StoreUnfit."""
    with Administration(url) as admin:
        try:
            admin.get()
            unfinished = is_copy_unfinished(admin, prefix)
        except Refused as refused:
            if refused.status not in (401, 403):
                raise
            raise StoreUnfit(
                f"CouchDB {admin.address} 不接受这个帐号 ({refused.reason}): 请检查 XUNLU_COUCHDB_URL 中的帐号和密码. "
                f"The CouchDB at {admin.address} does not accept this account ({refused.reason}): "
                "check name and password in XUNLU_COUCHDB_URL."
            ) from refused
        if unfinished:
            raise StoreUnfit(
                f"CouchDB {admin.address} 中的复制没有完成: 请再运行一次 xunlu copy sqlite couchdb. "
                f"A copy into the CouchDB at {admin.address} was cut off: run xunlu copy sqlite couchdb again."
            )
