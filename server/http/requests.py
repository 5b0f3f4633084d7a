"""Reading what a request brings: path and query parameters, and a strict JSON body.

For: turning text into validated values, once, before any rule looks at them.
Not for: what an operation is or who may call it (server/http/operations).
Source: promises D10, S-05, S-25; JSON Schema 2020-12.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs
from starlette.requests import Request

from server.errors import BadBody, BadQuery, BodyTooLarge, JsonValue, UnsupportedMediaType

Schema = Mapping[str, Any]

MAX_QUERY_PARAMETERS = 40
MAX_QUERY_BYTES = 8192
MAX_PROBLEMS = 20  # enough for a form; a hostile body does not get a megabyte of complaints
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?")
_PATH_NAME = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)(?::[a-z]+)?}")


def path_names(path: str) -> list[str]:
    """The parameters of a path in Starlette's form."""
    return _PATH_NAME.findall(path)


def plain_path(path: str) -> str:
    """The path without Starlette's convertors, as OpenAPI writes it."""
    return _PATH_NAME.sub(r"{\1}", path)


def validator(schema: Schema, components: Mapping[str, Schema]) -> jsonschema_rs.Draft202012Validator:
    """A validator in which `#/components/schemas/…` resolves."""
    root = {"components": {"schemas": dict(components)}, "allOf": [dict(schema)]}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


def problems(schema: jsonschema_rs.Draft202012Validator, value: Any) -> list[JsonValue]:
    """What is wrong with `value`: where (a JSON pointer) and why. Empty when nothing is."""
    found: list[JsonValue] = []
    for error in schema.iter_errors(value):
        pointer = "".join(f"/{step}" for step in error.instance_path)
        found.append({"at": pointer, "message": error.message[:300]})
        if len(found) == MAX_PROBLEMS:
            break
    return found


class ParameterReader:
    """The parameters of one operation, in its path or in its query."""

    def __init__(
        self, schemas: Mapping[str, Schema], required: frozenset[str], components: Mapping[str, Schema]
    ) -> None:
        self._schemas = schemas
        self._validator = validator(
            {
                "type": "object",
                "properties": {name: dict(schema) for name, schema in schemas.items()},
                "required": sorted(required),
                "additionalProperties": False,
            },
            components,
        )
        self._defaults = {name: schema["default"] for name, schema in schemas.items() if "default" in schema}

    def read_path(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Raises ValueError when a value cannot be the name of anything here."""
        path = {name: str(value) for name, value in values.items()}
        if any("\0" in value for value in path.values()) or not self._validator.is_valid(path):
            raise ValueError("no such path")
        return path

    def read_query(self, raw: bytes) -> dict[str, Any]:
        """Raises BadQuery, naming the parameter."""
        query: dict[str, Any] = {}
        for name, text in _pairs(raw):
            if name in query:
                raise BadQuery(f"query parameter given twice: {name[:60]}", parameter=name[:60])
            if name not in self._schemas:
                raise BadQuery(f"unknown query parameter: {name[:60]}", parameter=name[:60])
            query[name] = _typed(text, self._schemas[name])
        found = problems(self._validator, query)
        if found:
            raise BadQuery("查询条件不符合要求。A query parameter is not valid.", problems=found)
        return {**self._defaults, **query}


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    if len(raw) > MAX_QUERY_BYTES:
        raise BadQuery(f"the query is longer than {MAX_QUERY_BYTES} bytes")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_PARAMETERS
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise BadQuery("the query is not percent-encoded UTF-8, or has too many parameters") from error
    if any("\0" in name or "\0" in text for name, text in pairs):
        raise BadQuery("a query parameter holds a NUL character")
    return pairs


def _typed(text: str, schema: Schema) -> Any:
    """The value that `text` means; left as text when it means none, so that the schema refuses it."""
    kind = schema.get("type")
    if kind == "integer" and _INTEGER.fullmatch(text):
        return int(text)
    if kind == "number" and _NUMBER.fullmatch(text):
        return float(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


async def read_json_body(request: Request, max_bytes: int) -> Any:
    """The parsed body. Raises UnsupportedMediaType, BodyTooLarge or BadBody, in this order."""
    from sync.errors import BadJson
    from sync.strict_json import parse

    _refuse_other_content(request)
    content = await _read_at_most(request, max_bytes)
    if not content:
        raise BadBody("a JSON body is needed here")
    try:
        return parse(content)
    except BadJson as error:
        raise BadBody(f"the body is not acceptable JSON: {error}") from error


def _refuse_other_content(request: Request) -> None:
    kinds = request.headers.getlist("content-type")
    kind = kinds[0].split(";")[0].strip().lower() if len(kinds) == 1 else ""
    if kind != "application/json":
        raise UnsupportedMediaType("the body must be sent as Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType("compressed request bodies are not taken")


async def _read_at_most(request: Request, max_bytes: int) -> bytes:
    too_large = BodyTooLarge(f"the body is larger than {max_bytes} bytes", max_bytes=max_bytes)
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise too_large
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > max_bytes:
            raise too_large
    return bytes(content)
