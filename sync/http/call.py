"""One request: what it asks, who asks, and reading it strictly.

For: handlers; query parameters and bodies that are not exactly what they should be are refused before anything is done.
Not for: matching addresses and rights (app.py), answers (answers.py).
Source: promises D10, S-05, S-25.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from sync import strict_json
from sync.access import Access, Action, Caller, JsonObject
from sync.database import Database, Store
from sync.errors import BadContentEncoding, BadContentType, BadJson, BadQuery, BadRequest, BodyTooLarge
from sync.http.limits import SyncLimits

MAX_PARAMETERS = 50
_WRAPPED = 3  # containers around a document in a request: object, list, and one more


@dataclass(frozen=True, slots=True)
class Call:
    request: Request
    store: Store
    access: Access
    limits: SyncLimits
    caller: Caller
    names: dict[str, str]  # what stands in the address: db, id
    query: dict[str, str]

    @property
    def database(self) -> Database:
        """Raises NoSuchDatabase."""
        return self.store.database(self.names["db"])

    def may(self, action: Action) -> bool:
        """By the rights of this moment."""
        return self.access.permits(self.caller, self.names["db"], action)

    @property
    def owner(self) -> str:
        """Whose checkpoints these are: a user's on one device."""
        return f"{self.caller.name}\n{self.caller.device or ''}"

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.query.get(name)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise BadQuery(f"Invalid boolean parameter: {name}={value[:50]!r}")
        return value == "true"

    def number(self, name: str, default: int | None = None) -> int | None:
        value = self.query.get(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 15:
            raise BadQuery(f"Invalid value for {name}: {value[:50]!r}. It must be a non-negative integer")
        return int(value)

    def json(self, *names: str) -> Any:
        """The first of these parameters that is there, parsed; None when there is none."""
        for name in names:
            if name in self.query:
                try:
                    return strict_json.parse(self.query[name].encode())
                except BadJson as error:
                    raise BadQuery(f"Invalid JSON in parameter {name}: {error.reason}") from error
        return None

    async def body(self) -> bytes:
        """Raises BodyTooLarge, BadContentEncoding."""
        announced = b"0"
        for name, value in self.request.scope["headers"]:
            if name == b"content-encoding" and value.strip().lower() != b"identity":
                raise BadContentEncoding
            if name == b"content-length":
                announced = value
        if announced.isdigit() and int(announced) > self.limits.request_bytes:
            raise BodyTooLarge
        parts: list[bytes] = []
        size = 0
        async for part in self.request.stream():
            size += len(part)
            if size > self.limits.request_bytes:
                raise BodyTooLarge
            parts.append(part)
        return b"".join(parts)

    async def json_body(self, is_type_needed: bool = True, default: Any = None) -> Any:
        """`default` stands for an empty body. Raises BadContentType, BadJson, and what `body` raises."""
        types = self._headers(b"content-type")
        if len(types) > 1:
            raise BadRequest("Content-Type is given more than once")
        kind = types[0].partition(";")[0].strip().lower() if types else None
        raw = await self.body()
        if default is not None and not raw.strip():
            return default
        if kind != "application/json" and (is_type_needed or kind is not None):
            raise BadContentType
        value = strict_json.parse(raw, strict_json.MAX_DEPTH + _WRAPPED)
        # It goes with the scope, so after the answer: freeing a large one takes a while, and nobody is to wait for that.
        self.request.scope["sync.body"] = value
        return value

    def _headers(self, name: bytes) -> list[str]:
        """Every value of a header, as they came."""
        return [value.decode("latin-1") for key, value in self.request.scope["headers"] if key == name]

    async def json_object(self, is_type_needed: bool = True, default: Any = None) -> JsonObject:
        value = await self.json_body(is_type_needed, default)
        if not isinstance(value, dict):
            raise BadRequest("Request body must be a JSON object")
        return value

    def check_rows(self, count: int) -> None:
        if count > self.limits.rows:
            raise BodyTooLarge(f"{count} rows in one request; at most {self.limits.rows} are taken")


def parse_query(raw: bytes) -> dict[str, str]:
    """Raises BadQuery: a repeated parameter may be read as another one by someone else."""
    if not raw:
        return {}
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS
        )
    except ValueError as error:
        raise BadQuery("The query string is malformed") from error
    query = dict(pairs)
    if len(query) != len(pairs):
        raise BadQuery("A query parameter is given more than once")
    if any("\0" in part for pair in pairs for part in pair):
        raise BadQuery("The query string holds a NUL character")
    return query
