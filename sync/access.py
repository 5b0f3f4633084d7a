"""What the application must tell the replication endpoint about its callers.

For: naming the caller of a request, asking what he may do with a database, and asking whether a document he
    pushes is his to push.
Not for: business rules (they are judged after a document is stored) and sessions (the application's).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from starlette.requests import HTTPConnection

JsonValue = Any  # JSON enters here; every reader narrows it
JsonObject = dict[str, Any]


class Action(Enum):
    READ = "read"
    PUSH = "push"  # without READ: push only
    ADMIN = "admin"  # create, delete, compact; write attachments and deletions


class Caller(Protocol):
    """Who a request comes from."""

    @property
    def name(self) -> str: ...
    @property
    def device(self) -> str | None: ...
    @property
    def is_operator(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a document was set aside. The code is read by programs, the reason by people."""

    code: str
    reason: str


class Access(Protocol):
    async def identify(self, connection: HTTPConnection) -> Caller:
        """Return the caller. Raises sync.errors.Unauthorized without valid credentials."""
        ...

    def permits(self, caller: Caller, database: str, action: Action) -> bool:
        """By today's rights. Must be cheap and never block: it is asked again for every batch of a feed."""
        ...

    def review(self, caller: Caller, database: str, document: Mapping[str, JsonValue]) -> Refusal | None:
        """Judge ownership of one pushed document; a refused one is set aside, never dropped.

        `document` is the whole document with `_id` and, in `_rev`, the revision it is to have. Never asked about an operator.
        """
        ...
