"""One declaration per API operation → route, permission, validation and OpenAPI description.

For: declaring what `/api` offers. A module of routes has `operations(services) -> list[Operation]`:

    def operations(services: Services) -> list[Operation]:
        async def list_due(request: Request, call: Call) -> JsonValue:
            return await asyncio.to_thread(due_page, services.engine, call.caller, call.query)

        return [
            Operation(
                "GET", "/api/due", "list_due", "Due items", any_of("cs_supervisor", "steward"), list_due,
                query={
                    "area": {"type": "string", "maxLength": 64},
                    "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
                },
                answer={"$ref": "#/components/schemas/DuePage"},
                errors=(NotCaughtUp,),
            ),
        ]

A handler gets the `Call`: `call.caller` (the Person, already permitted), `call.path` and `call.query`
(validated; numbers and booleans converted; defaults filled in; an optional parameter without a default is
simply absent) and `call.body` (validated JSON; None where the operation takes none). It returns JSON, or a
Starlette Response for anything else (XLSX, 204). It raises errors of server/errors; those listed in `errors`
appear in the description. A missing or invisible object is `raise missing()`.

Order, for every request: permission (401; 403, or 404 exactly like a missing object where the path names
one), path (404), query (400), content type (415), body size (413), strict JSON (400), schema (422), handler.
Schemas may refer to shared ones by `#/components/schemas/Name`; a module of routes offers its own as
`COMPONENTS: dict[str, Schema]`, and server/app puts them together.

Not for: `/db` and `/media`, which are applications of their own.
Source: promises D10, D12, S-01, S-05; JSON Schema 2020-12; OpenAPI 3.1.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.access.person import Permission, Person
from server.errors import (
    InvalidBody,
    JsonValue,
    MethodNotAllowed,
    NotFound,
    NotPermitted,
    Unauthenticated,
    XunluError,
)
from server.http.answers import error_response, json_response
from server.http.requests import ParameterReader, path_names, problems, read_json_body, validator

log = logging.getLogger(__name__)

Schema = Mapping[str, Any]
Identify = Callable[[HTTPConnection], Awaitable[Person]]  # raises Unauthenticated
Handler = Callable[[Request, "Call"], Awaitable["Response | JsonValue"]]

DEFAULT_MAX_BODY_BYTES = 1_000_000  # promises D10
PATH_PARAMETER: Schema = {"type": "string", "minLength": 1, "maxLength": 200}


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was permitted and is valid."""

    person: Person | None
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any = None

    @property
    def caller(self) -> Person:
        """The signed-in person. Raises Unauthenticated in an operation open to anyone."""
        if self.person is None:
            raise Unauthenticated("请先登录。Sign in first.")
        return self.person


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method on one path takes, gives and asks for. There is none without a permission."""

    method: str  # GET, POST, PUT, PATCH, DELETE
    path: str  # Starlette's form: /api/records/{type}/{id}
    name: str  # operationId: unique, snake_case, a verb first
    summary: str
    permission: Permission
    handler: Handler
    query: Mapping[str, Schema] = field(default_factory=dict)  # name → schema of one scalar; all optional
    required_query: frozenset[str] = frozenset()
    path_parameters: Mapping[str, Schema] = field(default_factory=dict)  # default: PATH_PARAMETER
    body: Schema | None = None
    answer: Schema | None = None  # schema of the JSON answer; None: no JSON body (204, or only `exports`)
    status: int = 200
    exports: Sequence[str] = ()  # further media types of the same answer
    errors: Sequence[type[XunluError]] = ()  # what the handler may raise, beside what every operation may
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    tag: str = ""

    @property
    def names_an_object(self) -> bool:
        return "{" in self.path


def routes(
    operations: Sequence[Operation], identify: Identify, components: Mapping[str, Schema] | None = None
) -> list[Route]:
    """One Starlette route per path, which dispatches by method and so knows its true `Allow`.

    Raises ValueError when two operations share a name, or a method and path.
    """
    _refuse_duplicates(operations)
    by_path: dict[str, dict[str, _Endpoint]] = {}
    for operation in operations:
        endpoint = _Endpoint(operation, identify, components or {})
        by_path.setdefault(operation.path, {})[operation.method] = endpoint
    return [Route(path, _PathEndpoint(endpoints), name=path) for path, endpoints in by_path.items()]


def _refuse_duplicates(operations: Sequence[Operation]) -> None:
    for what, keys in (
        ("name", [operation.name for operation in operations]),
        ("method and path", [f"{operation.method} {operation.path}" for operation in operations]),
    ):
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"operations with the same {what}: {', '.join(twice)}")


class _PathEndpoint:
    """All operations of one path."""

    def __init__(self, endpoints: Mapping[str, _Endpoint]) -> None:
        self._endpoints = dict(endpoints)
        if "GET" in self._endpoints:
            self._endpoints["HEAD"] = self._endpoints["GET"]  # the server drops the body
        self.operations = [endpoint.operation for endpoint in endpoints.values()]
        self._allow = ", ".join(sorted(self._endpoints))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        endpoint = self._endpoints.get(request.method)
        if endpoint is None:
            error = MethodNotAllowed(f"{request.method} is not offered here; {self._allow} is")
            response = error_response(error, headers={"Allow": self._allow})
        else:
            response = await endpoint.answer(request)
        await response(scope, receive, send)


class _Endpoint:
    """One operation, with its validators made once."""

    def __init__(self, operation: Operation, identify: Identify, components: Mapping[str, Schema]) -> None:
        self.operation = operation
        self._identify = identify
        names = path_names(operation.path)
        self._path = ParameterReader(
            {name: operation.path_parameters.get(name, PATH_PARAMETER) for name in names},
            frozenset(names),
            components,
        )
        self._query = ParameterReader(operation.query, operation.required_query, components)
        self._body = None if operation.body is None else validator(operation.body, components)

    async def answer(self, request: Request) -> Response:
        try:
            person = await self._permitted(request)
            call = Call(
                person=person,
                path=self._read_path(request),
                query=self._query.read_query(request.scope["query_string"]),
                body=await self._read_body(request),
            )
            result = await self.operation.handler(request, call)
        except XunluError as error:
            return error_response(error)
        except ClientDisconnect:
            log.info("client left before its request was read operation=%s", self.operation.name)
            return Response(status_code=400)
        if isinstance(result, Response):
            return result
        return json_response(result, self.operation.status)

    async def _permitted(self, request: Request) -> Person | None:
        permission = self.operation.permission
        if permission.allows is None:
            return None
        person = await self._identify(request)
        if not permission.allows(person):
            # S-01: for an object the answer must not tell "exists but not for you" from "does not exist".
            raise (
                missing()
                if self.operation.names_an_object
                else NotPermitted("您的岗位没有此项权限。Your role does not allow this.")
            )
        return person

    def _read_path(self, request: Request) -> Mapping[str, str]:
        try:
            return self._path.read_path(request.path_params)
        except ValueError as error:
            raise missing() from error

    async def _read_body(self, request: Request) -> Any:
        if self._body is None:
            return None
        body = await read_json_body(request, self.operation.max_body_bytes)
        found = problems(self._body, body)
        if found:
            raise InvalidBody("内容不符合要求。The body does not match its schema.", problems=found)
        return body


def missing() -> NotFound:
    """The one answer for what does not exist or may not be seen: handlers raise it too."""
    return NotFound("没有找到。Not found.")
