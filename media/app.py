"""The mountable application: uploads in, photos out.

For: `Mount("/media", create_app(store, access, on_stored))`.
Not for: signing people in, echoing the epoch: the application around it does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from media.access import MediaAccess
from media.errors import MediaError
from media.limits import MediaLimits
from media.photos import PhotoEndpoint
from media.store import Evidence, EvidenceStore
from media.tus import TusEndpoints, error_response
from media.uploads import Uploads


def create_app(
    store: EvidenceStore,
    access: MediaAccess,
    on_stored: Callable[[Evidence], Awaitable[None]],
    *,
    limits: MediaLimits | None = None,
    now: Callable[[], datetime] | None = None,
) -> Starlette:
    """Build the application. `on_stored` is awaited once a photo is durably stored, before the sender is told.

    When `on_stored` raises, the sender gets an error and the photo stays; the sender's next call on that upload tells
    the application again. So it may be called more than once for a photo.
    `now` returns aware datetimes; without it the store's clock is used.
    """
    limits = limits or MediaLimits()
    uploads = Uploads(store, limits, now or store.now, on_stored)
    routes = TusEndpoints(uploads, access, limits).routes()
    routes.append(Route("/photos/{sha256}", PhotoEndpoint(store, access).photo, methods=["GET"]))
    app = Starlette(routes=routes, exception_handlers={MediaError: _media_error, HTTPException: _http_error})
    app.router.redirect_slashes = False  # a redirect would repeat the Host header it was sent
    return app


async def _media_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, MediaError)
    return error_response(error)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    word = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    return JSONResponse(
        {"error": word, "reason": error.detail, "code": word}, error.status_code, error.headers
    )
