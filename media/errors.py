"""Every error of `media`, its code and its HTTP status: the only table.

For: one answer form, `{"error", "reason", "code"}`. Codes are read by programs: never change one, never reuse one.
"""

from __future__ import annotations

from collections.abc import Mapping


class MediaError(Exception):
    """Something a caller must be told. Subclasses fix status and code."""

    status = 500
    error = "internal_error"
    code = "media_failed"

    def __init__(self, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.headers = dict(headers or {})


class BadRequest(MediaError):
    status, error, code = 400, "bad_request", "bad_request"


class BadMetadata(BadRequest):
    code = "bad_metadata"


class UnknownChecksumAlgorithm(BadRequest):
    code = "unknown_checksum_algorithm"


class UnknownView(BadRequest):
    code = "unknown_view"


class Unauthorized(MediaError):
    status, error, code = 401, "unauthorized", "unauthorized"

    def __init__(self, reason: str = "sign in first") -> None:
        super().__init__(reason, {"WWW-Authenticate": "Bearer"})


class UploadForbidden(MediaError):
    status, error, code = 403, "forbidden", "upload_forbidden"


class NotFound(MediaError):
    """Also the answer for what exists but is not the caller's business: nobody can tell the two apart."""

    status, error, code = 404, "not_found", "not_found"


class ViewNotOffered(MediaError):
    status, error, code = 404, "not_found", "view_not_offered"


class NoPreview(MediaError):
    status, error, code = 404, "not_found", "no_preview"


class SenderSilent(MediaError):
    status, error, code = 408, "request_timeout", "sender_silent"


class WrongOffset(MediaError):
    status, error, code = 409, "conflict", "wrong_offset"


class UnsupportedTusVersion(MediaError):
    status, error, code = 412, "precondition_failed", "unsupported_tus_version"


class TooLarge(MediaError):
    status, error, code = 413, "too_large", "photo_too_large"


class WrongContentType(MediaError):
    status, error, code = 415, "unsupported_media_type", "wrong_content_type"


class WrongPhotoType(MediaError):
    status, error, code = 415, "unsupported_media_type", "photo_type_not_allowed"


class RangeRefused(MediaError):
    status, error, code = 416, "range_not_satisfiable", "range_refused"


class NotAPhoto(MediaError):
    """The bytes are not one still picture of an allowed type."""

    status, error, code = 422, "unprocessable", "not_a_photo"


class TooManyPixels(NotAPhoto):
    code = "too_many_pixels"


class MoreThanOneFrame(NotAPhoto):
    code = "more_than_one_frame"


class HashMismatch(MediaError):
    """The whole photo is not the one that was announced."""

    status, error, code = 422, "unprocessable", "hash_mismatch"


class UploadLocked(MediaError):
    status, error, code = 423, "locked", "upload_locked"


class TooManyOpenUploads(MediaError):
    status, error, code = 429, "too_many_requests", "too_many_open_uploads"


class ChecksumMismatch(MediaError):
    """One chunk is not the one that was announced. The status is the tus checksum extension's."""

    status, error, code = 460, "checksum_mismatch", "checksum_mismatch"


class InspectionUnavailable(MediaError):
    """The photo could not be judged for a reason that is not the photo's."""

    status, error, code = 503, "unavailable", "inspection_unavailable"


class StorageFailed(MediaError):
    status, error, code = 503, "unavailable", "storage_failed"


class StorageFull(MediaError):
    status, error, code = 507, "insufficient_storage", "storage_full"
