"""Every error of the application that a caller can meet: its code, and the one table of HTTP statuses.

For: raising (`raise NotFound("…")`) and turning what was raised into an answer (`status_of`, `error_body`).
Not for: the errors of `sync/` and `media/`, which keep their own tables because they import nothing of ours.
A code is read by programs: never change one, never use one twice. A class comes with its line in STATUS.
Reasons that a person may read are Chinese first, English after it.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


class XunluError(Exception):
    """What went wrong, for a program (`code`, `details`) and for a person (`reason`)."""

    code: ClassVar[str] = "internal"

    def __init__(self, reason: str, *, retry_after_seconds: int | None = None, **details: JsonValue) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        self.details = details


class BadSettings(XunluError):
    """A setting is wrong or unknown; the server does not start."""

    code = "bad_settings"


class BadQuery(XunluError):
    """The query string is malformed, repeats a parameter, or names one that the route does not have."""

    code = "bad_query"


class BadBody(XunluError):
    """The body is absent or is not strict JSON."""

    code = "bad_body"


class InvalidBody(XunluError):
    """The body is JSON but not what the route's schema asks for."""

    code = "invalid_body"


class InvalidInput(XunluError):
    """A value has the right shape but names something that cannot be used here."""

    code = "invalid_input"


class Unauthenticated(XunluError):
    """No valid access token: absent, malformed, expired, or its session is over."""

    code = "not_signed_in"


class DeviceRevoked(Unauthenticated):
    """The phone was reported lost: its sessions ended, and what it can read is to be erased."""

    code = "device_revoked"


class WrongCredentials(XunluError):
    """Unknown user, wrong password or disabled account: one answer for all three."""

    code = "wrong_credentials"


class RefreshRefused(XunluError):
    """The refresh token is unknown, expired, or was used before: sign in again."""

    code = "sign_in_again"


class TooManyTries(XunluError):
    """Too many failed sign-ins for this account within the window."""

    code = "too_many_tries"


class AccountLocked(XunluError):
    """The hard stop: an administrator has to reset the account."""

    code = "account_locked"


class NotPermitted(XunluError):
    """The signed-in user's roles do not allow this."""

    code = "not_permitted"


class OwnReport(XunluError):
    """Nobody decides on a report of their own."""

    code = "own_report"


class NotFound(XunluError):
    """It does not exist, or the caller may not know that it does."""

    code = "not_found"


class MethodNotAllowed(XunluError):
    """The path exists, the method does not."""

    code = "method_not_allowed"


class NotAcceptable(XunluError):
    """None of the formats asked for is offered here."""

    code = "not_acceptable"


class AlreadyExists(XunluError):
    """Something else already has this name."""

    code = "already_exists"


class AlreadyDecided(XunluError):
    """Somebody decided this round before."""

    code = "already_decided"


class EvidenceChanged(XunluError):
    """The evidence is no longer what was on the screen."""

    code = "evidence_changed"


class EvidenceMissing(XunluError):
    """A photo that the report names is not stored yet."""

    code = "evidence_missing"


class WrongState(XunluError):
    """The subject is not in a state in which this can be done."""

    code = "wrong_state"


class BodyTooLarge(XunluError):
    """The body is larger than the route takes."""

    code = "body_too_large"


class UnsupportedMediaType(XunluError):
    """The body is not plain `application/json`."""

    code = "unsupported_media_type"


class ImportRefused(XunluError):
    """A file cannot be imported; nothing of it was."""

    code = "import_refused"


class NotCaughtUp(XunluError):
    """Intake has not read everything yet; asking again later gets a true answer."""

    code = "not_caught_up"


class ServerBusy(XunluError):
    """The server cannot do this right now and says so instead of guessing."""

    code = "server_busy"


STATUS: dict[type[XunluError], int] = {
    XunluError: 500,
    BadSettings: 500,  # met by operators at start, never by a client
    BadQuery: 400,
    BadBody: 400,
    Unauthenticated: 401,
    DeviceRevoked: 401,
    WrongCredentials: 401,
    RefreshRefused: 401,
    NotPermitted: 403,
    OwnReport: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    NotAcceptable: 406,
    AlreadyExists: 409,
    AlreadyDecided: 409,
    EvidenceChanged: 409,
    EvidenceMissing: 409,
    WrongState: 409,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    InvalidBody: 422,
    InvalidInput: 422,
    ImportRefused: 422,
    TooManyTries: 429,
    AccountLocked: 429,
    NotCaughtUp: 503,
    ServerBusy: 503,
}

# CouchDB's words where it has one, so that a client of /db and /api reads one vocabulary.
ERROR_WORDS: dict[int, str] = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "bad_content_type",
    422: "unprocessable",
    429: "too_many_requests",
    500: "internal_server_error",
    503: "unavailable",
}


def status_of(error: XunluError | type[XunluError]) -> int:
    """The HTTP status of an error; a class without a line of its own has that of its nearest parent."""
    kind = error if isinstance(error, type) else type(error)
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def error_body(error: XunluError) -> dict[str, JsonValue]:
    """The JSON body that tells a client about `error`."""
    return {
        "error": ERROR_WORDS[status_of(error)],
        "reason": error.reason,
        "code": error.code,
        **error.details,
    }
