"""How much one request may ask for.

Source: promises F-17 (four times what a phone sends at once), S-06, S-26, D10.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SyncLimits:
    request_bytes: int = 16 * 1024 * 1024
    document_bytes: int = 1024 * 1024
    rows: int = 10_000  # documents, ids, keys or revisions named in one request
    page_rows: int = 500  # read at once for an answer that is streamed
    attached_rows: int = 10  # the same, when attachments come with their bytes
    feed_timeout_seconds: float = 60.0  # CouchDB's; the most a client may ask for as well
    feed_seconds: float = 3600.0  # a feed with heartbeats ends by then, and is asked for anew
    held_documents: int = 2000  # of one author, set aside at a time
    leaves: int = 32  # conflicting edits of one document; then it takes none from who is no operator
