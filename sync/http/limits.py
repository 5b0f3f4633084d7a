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
    document_rows: int = 25  # the same, when whole documents are in it: each may have `document_bytes`
    attached_rows: int = 10  # the same, when attachments come with their bytes

    def rows_at_once(self, has_documents: bool, has_attachments: bool) -> int:
        if has_attachments:
            return self.attached_rows
        return min(self.document_rows, self.page_rows) if has_documents else self.page_rows

    feed_timeout_seconds: float = 60.0  # CouchDB's; the most a client may ask for as well
    feed_seconds: float = 3600.0  # a feed with heartbeats ends by then, and is asked for anew
    held_documents: int = 2000  # of one author, set aside at a time
    leaves: int = 32  # conflicting edits of one document; then it takes none from who is no operator
