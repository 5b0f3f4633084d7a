"""Answers of the HTTP API: JSON, and errors as JSON.

For: the one way a body is written, so that every error looks the same.
Not for: choosing a status (server/errors).
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.responses import Response

from server.errors import JsonValue, XunluError, error_body, status_of


def json_response(value: JsonValue, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    if status == 204:
        return Response(status_code=204, headers=dict(headers or {}))
    return Response(
        orjson.dumps(value),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def error_response(error: XunluError, headers: Mapping[str, str] | None = None) -> Response:
    status = status_of(error)
    extra = dict(headers or {})
    if status == 401:
        extra["WWW-Authenticate"] = 'Bearer realm="xunlu"'
    if error.retry_after_seconds is not None:
        extra["Retry-After"] = str(error.retry_after_seconds)
    return json_response(error_body(error), status, extra)
