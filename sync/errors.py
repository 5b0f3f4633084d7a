"""Every way in which the replication endpoint says no, with CouchDB's words and status codes.

For: raising; `sync.http` turns each into an answer by this one table.
Not for: refusals of single documents, which are data (sync.access.Refusal).
Source: Apache CouchDB 3.5, chttpd `error_info`.
"""

from __future__ import annotations

from typing import Any, ClassVar


class SyncError(Exception):
    """Base of all; `error` is CouchDB's word for it and `reason` tells a person what and where."""

    status: ClassVar[int] = 500
    error: ClassVar[str] = "internal_server_error"
    default_reason: ClassVar[str] = "The server could not complete the request."

    def __init__(self, reason: str | None = None, **more: Any) -> None:
        self.reason = self.default_reason if reason is None else reason
        self.more = more
        super().__init__(self.reason)

    def body(self) -> dict[str, Any]:
        return {"error": self.error, "reason": self.reason, **self.more}


class Unauthorized(SyncError):
    status = 401
    error = "unauthorized"
    default_reason = "You are not authorized to access this server."


class Forbidden(SyncError):
    status = 403
    error = "forbidden"
    default_reason = "You are not allowed to do this."


class NoSuchDatabase(SyncError):
    """Also the answer for a database the caller may not see, byte for byte."""

    status = 404
    error = "not_found"
    default_reason = "Database does not exist."


class NoSuchDocument(SyncError):
    status = 404
    error = "not_found"
    default_reason = "missing"


class DocumentDeleted(NoSuchDocument):
    default_reason = "deleted"


class RevisionGone(SyncError):
    """An attachment was to be edited upon a revision that is not here, or of which only the place is left."""

    status = 409
    error = "not_found"
    default_reason = "missing_rev"


class NoSuchRoute(SyncError):
    status = 404
    error = "not_found"
    default_reason = "missing"


class MethodNotAllowed(SyncError):
    status = 405
    error = "method_not_allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__(f"Only {allowed} allowed")
        self.allowed = allowed


class BadRequest(SyncError):
    status = 400
    error = "bad_request"
    default_reason = "The request could not be understood."


class BadQuery(BadRequest):
    error = "query_parse_error"


class BadJson(BadRequest):
    """The bytes are not the strict JSON of promises D10."""

    default_reason = "invalid UTF-8 JSON"


class BadDatabaseName(BadRequest):
    error = "illegal_database_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Name: '{name}'. Only lowercase characters (a-z), digits (0-9), and any of the characters "
            "_, $, (, ), +, -, and / are allowed. Must begin with a letter."
        )


class BadDocumentId(BadRequest):
    error = "illegal_docid"


class BadDocument(BadRequest):
    error = "doc_validation"


class BadRequestInDocument(BadDocument):
    """What CouchDB words as bad_request although a document is at fault: a malformed revision, or no object at all."""

    error = "bad_request"


class DatabaseExists(SyncError):
    status = 412
    error = "file_exists"
    default_reason = "The database could not be created, the file already exists."


class MissingStub(SyncError):
    status = 412
    error = "missing_stub"


class EditConflict(SyncError):
    status = 409
    error = "conflict"
    default_reason = "Document update conflict."


class BodyTooLarge(SyncError):
    status = 413
    error = "too_large"
    default_reason = "the request entity is too large"


class DocumentTooLarge(SyncError):
    status = 413
    error = "document_too_large"


class BadContentType(SyncError):
    status = 415
    error = "bad_content_type"
    default_reason = "Content-Type must be application/json"


class BadContentEncoding(SyncError):
    status = 415
    error = "bad_content_encoding"
    default_reason = "Compressed request bodies are not accepted; send the body as it is."


class BadAttachment(BadRequest):
    error = "bad_request"


class AttachmentCorrupted(BadRequest):
    error = "content_md5_mismatch"
    default_reason = "Possible message corruption."


class RangeNotSatisfiable(SyncError):
    status = 416
    error = "requested_range_not_satisfiable"
    default_reason = "Requested range not satisfiable"


class StorageFull(SyncError):
    """The disk is full: nothing of the request was stored, reading goes on."""

    status = 507
    error = "insufficient_storage"
    default_reason = "服务器磁盘已满, 本次没有保存; 请稍后再试. The server's disk is full. Nothing was stored; try again later."


class StoreBroken(SyncError):
    """A write to disk failed. What the disk holds is uncertain until the process has started again."""

    status = 503
    error = "service_unavailable"
    default_reason = (
        "服务器磁盘出错, 已停止写入; 本次没有保存. "
        "The server stopped taking writes after a disk error. Nothing was stored; try again later."
    )


class StoreBusy(StoreBroken):
    """Another program holds the file; nothing is wrong with it."""

    default_reason = "The store's file is held by another program. Nothing was stored; try again later."


class StoreUnreadable(SyncError):
    """What was asked for could not be read from the disk. It is not said to be missing: a replica would believe it."""

    status = 503
    error = "service_unavailable"
    default_reason = "服务器读盘失败, 请稍后再试. The server could not read from its disk. Try again later; its log says more."


class StoreClosed(SyncError):
    status = 503
    error = "service_unavailable"
    default_reason = "The server is shutting down. Try again in a moment."


class StoreUnfit(Exception):
    """The store may not be opened here: says what is wrong and what to do. Stops the start."""
