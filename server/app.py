"""Puts the server together: one application from its parts, started and stopped in order.

For: `create_app`.
Not for: what any part does, or what commands need too (opening.py). Nothing here decides; it only hands each part what it needs.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

import media
import sync.http
from server import health
from server.access import routes as access_routes
from server.access.server_access import ServerAccess
from server.clock import Clock
from server.disk import RoomFirst, sql_error
from server.errors import MethodNotAllowed, NotFound, ServerBusy, XunluError
from server.http.answers import error_response, json_response
from server.http.edge import Edge
from server.http.openapi import description_operation
from server.http.operations import Operation, Schema, routes
from server.jobs.service import Jobs
from server.notify import routes as notify_routes
from server.notify.courier import Courier, courier_sinks
from server.notify.webpush import VapidKey
from server.office import routes as office_routes
from server.opening import close_services, open_services
from server.pwa import OFF_SWITCH, PwaFiles, find_pwa
from server.sealed import routes as sealed_routes
from server.sealed.opening import SealKey
from server.services import Services
from server.settings import Settings
from server.startup import DirectoryFollower
from sync.errors import SyncError

log = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 5  # as /db says it (sync/http)


def api_operations(services: Services) -> list[Operation]:
    """Every operation of `/api`, its description included."""
    seal_key = SealKey.in_folder(services.settings.data)
    operations = [
        *access_routes.operations(services, seal_key),
        *office_routes.operations(services),
        *sealed_routes.operations(services, seal_key),
        *notify_routes.operations(services, _vapid_key(services.settings)),
    ]
    return [*operations, description_operation(operations, components())]


def components() -> dict[str, Schema]:
    modules = (access_routes, office_routes, sealed_routes, notify_routes)
    return {name: schema for module in modules for name, schema in module.COMPONENTS.items()}


def _vapid_key(settings: Settings) -> VapidKey:
    return VapidKey.in_folder(settings.data, settings.contact)


def create_app(settings: Settings, clock: Clock | None = None, pwa: Path | None = None) -> Starlette:
    """The whole server as one ASGI application. Opens everything now, starts its work in the lifespan."""
    return compose(open_services(settings, clock), pwa or find_pwa())


def compose(services: Services, pwa: Path) -> Starlette:
    access = ServerAccess(services)
    sinks = courier_sinks(_vapid_key(services.settings))
    jobs = Jobs(services, Courier(services.engine, services.directory, sinks, services.clock))
    follower = DirectoryFollower(services)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await follower.start()
        await services.intake.start()
        await jobs.start()
        try:
            yield
        finally:
            await jobs.stop()
            await follower.stop()
            await services.intake.stop()
            await close_services(services)

    app = Starlette(
        routes=_routes(services, access, pwa),
        middleware=[Middleware(Edge, epoch=lambda: services.store.epoch)],
        exception_handlers={
            HTTPException: _http_error,
            XunluError: _xunlu_error,
            SyncError: _store_error,
            SQLAlchemyError: sql_error,
            Exception: _crash,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would repeat the Host header it was sent (promises S-24)
    app.state.services = services
    return app


def _routes(services: Services, access: ServerAccess, pwa: Path) -> Sequence[BaseRoute]:
    photos = media.create_app(services.evidence, access, services.intake.photo_stored)
    return [
        Mount("/db", sync.http.create_app(services.store, access)),  # asked most, so looked at first
        *routes(api_operations(services), services.access.identify, components()),
        Route("/api/{path:path}", _no_such_route, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
        Mount("/media", RoomFirst(photos, services.store)),
        *health.routes(services),
        Route(
            "/{path:path}",
            PwaFiles(pwa, services.settings.data / OFF_SWITCH).answer,
            middleware=[Middleware(GZipMiddleware)],
        ),
    ]


async def _no_such_route(request: Request) -> Response:
    return error_response(NotFound("没有这个地址。There is no such address."))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return error_response(
            MethodNotAllowed(f"{request.method} is not offered here"), headers=dict(error.headers or {})
        )
    if error.status_code == 404:
        return await _no_such_route(request)
    return json_response(
        {"error": "bad_request", "reason": error.detail, "code": "bad_request"}, error.status_code
    )


async def _xunlu_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, XunluError)
    return error_response(error)


async def _store_error(request: Request, error: Exception) -> Response:
    """The documents cannot be reached or written right now: nothing is lost, and asking again later is right."""
    assert isinstance(error, SyncError)
    log.error("document store failed cause=%r", error)
    return error_response(ServerBusy(error.reason, retry_after_seconds=RETRY_AFTER_SECONDS))


async def _crash(request: Request, error: Exception) -> Response:
    # Starlette raises it again after this answer, so that the log has the trace; the caller sees none of it.
    return error_response(XunluError("服务器出错了，已记录。The server failed; the operator can see why."))
