"""How a CouchDB says no, in the words of this contract.

For: `error_of(answer)`, and the failures that only a store behind a network has.
Not for: trying again (client.py).
Source: Apache CouchDB 3.5, chttpd `error_info`; promises F-60.
"""

from __future__ import annotations

from typing import Any

from sync.errors import (
    BadRequest,
    DatabaseExists,
    DocumentDeleted,
    DocumentTooLarge,
    EditConflict,
    MissingStub,
    NoSuchDatabase,
    NoSuchDocument,
    StorageFull,
    StoreBroken,
    SyncError,
)


class CouchUnreachable(StoreBroken):
    """No answer, or one that says to come back later. Whether a write arrived is unknown."""

    default_reason = (
        "CouchDB 暂时没有回应, 请稍后再试; 重复发送不会重复保存. "
        "CouchDB does not answer at the moment. Try again later; sending again stores nothing twice."
    )


class CouchUnconfirmed(StoreBroken):
    """202: fewer copies than asked for were written. Not an acknowledgement."""

    default_reason = (
        "CouchDB 未能在足够多的节点上保存, 请稍后再试; 重复发送不会重复保存. "
        "CouchDB could not store enough copies. Try again later; sending again stores nothing twice."
    )


class CouchRefused(StoreBroken):
    """CouchDB does not let our account do this, or its answer is none that CouchDB gives."""

    default_reason = (
        "CouchDB 拒绝了服务器的请求: 请运行 xunlu couchdb check. "
        "CouchDB refused the server's request: run xunlu couchdb check."
    )


def error_of(status: int, body: Any) -> SyncError:
    """What an answer that is no success means. `body` is the parsed JSON, or None."""
    told = body if isinstance(body, dict) else {}
    error, reason = str(told.get("error", "")), str(told.get("reason", ""))
    if "enospc" in error or "enospc" in reason:
        return StorageFull()
    if status == 404 and not error:
        return CouchUnreachable()  # somebody else's page, and no word about what is there
    if status == 404:
        if reason == "deleted":
            return DocumentDeleted()
        if reason == "missing" or "attachment" in reason:
            return NoSuchDocument()
        return NoSuchDatabase()
    if status == 409:
        return EditConflict()
    if status == 412:
        return MissingStub(reason) if error == "missing_stub" else DatabaseExists()
    if status == 413:
        return DocumentTooLarge(reason or None)
    if status == 400:
        return BadRequest(reason or None)
    if status in (401, 403):
        return CouchRefused()
    if status == 202:
        return CouchUnconfirmed()
    if status == 429 or status >= 500:
        return CouchUnreachable()
    return CouchRefused()
