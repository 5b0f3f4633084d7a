"""The OpenAPI 3.1 description, made from the same declarations that answer the requests.

For: `/api/openapi.json`, the tests that hold the server to it, and whoever writes a client.
Not for: `/db` (Apache CouchDB's documentation describes it) and `/media` (tus 1.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from server.access.person import ANYONE
from server.errors import (
    ERROR_WORDS,
    BadBody,
    BadQuery,
    BodyTooLarge,
    InvalidBody,
    NotFound,
    NotPermitted,
    Unauthenticated,
    UnsupportedMediaType,
    XunluError,
    status_of,
)
from server.http.requests import path_names, plain_path

if TYPE_CHECKING:
    from server.http.operations import Call, Operation

Schema = Mapping[str, Any]

ERROR_SCHEMA: Schema = {
    "type": "object",
    "required": ["error", "reason", "code"],
    "properties": {
        "error": {"type": "string", "enum": sorted(ERROR_WORDS.values())},
        "reason": {"type": "string", "description": "For a person: Chinese first, English after it"},
        "code": {"type": "string", "description": "For a program: never changes its meaning"},
    },
}


def description_operation(operations: Sequence[Operation], components: Mapping[str, Schema]) -> Operation:
    """The operation that serves the description of `operations` and of itself."""
    from server.http.operations import Operation

    async def describe_api(request: Request, call: Call) -> Any:
        return described

    own = Operation(
        "GET", "/api/openapi.json", "describe_api", "This description", ANYONE, describe_api,
        answer={"type": "object"}, tag="api",
    )  # fmt: skip
    described = describe([*operations, own], components)
    return own


def describe(operations: Sequence[Operation], components: Mapping[str, Schema]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for operation in sorted(operations, key=lambda each: (each.path, each.method)):
        paths.setdefault(plain_path(operation.path), {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Xunlu 巡录", "version": version("xunlu"), "license": {"name": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {
                "Error": dict(ERROR_SCHEMA),
                **{name: dict(schema) for name, schema in components.items()},
            },
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Permission: {operation.permission.name}",
        "security": [{"bearer": []}] if operation.permission.needs_sign_in else [],
        "responses": _responses(operation),
    }
    if operation.tag:
        described["tags"] = [operation.tag]
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": dict(operation.body)}},
        }
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    from server.http.operations import PATH_PARAMETER

    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": operation.path_parameters.get(name, PATH_PARAMETER),
        }
        for name in path_names(operation.path)
    ] + [
        {"name": name, "in": "query", "required": name in operation.required_query, "schema": dict(schema)}
        for name, schema in operation.query.items()
    ]


def _responses(operation: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.answer is not None:
        content["application/json"] = {"schema": dict(operation.answer)}
    for media_type in operation.exports:
        content[media_type] = {"schema": {"type": "string", "format": "binary"}}
    success: dict[str, Any] = {"description": operation.summary}
    if content:
        success["content"] = content
    responses = {str(operation.status): success}
    codes: dict[int, list[str]] = {}
    for error in _errors(operation):
        codes.setdefault(status_of(error), []).append(error.code)
    for status, names in sorted(codes.items()):
        responses[str(status)] = {
            "description": f"{ERROR_WORDS[status]}: {', '.join(sorted(set(names)))}",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    return responses


def _errors(operation: Operation) -> list[type[XunluError]]:
    """What any request to this operation may meet, and what its handler says it raises."""
    errors: list[type[XunluError]] = [BadQuery, *operation.errors]
    if operation.permission.needs_sign_in:
        errors += [Unauthenticated] if operation.names_an_object else [Unauthenticated, NotPermitted]
    if operation.names_an_object:
        errors.append(NotFound)
    if operation.body is not None:
        errors += [BadBody, BodyTooLarge, UnsupportedMediaType, InvalidBody]
    return errors
