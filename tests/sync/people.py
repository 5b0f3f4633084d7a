"""Who calls in these stories, and what they may do: the Access that tests hand to the endpoint.

Rights can be changed while feeds are open, as an administrator does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection

from sync.access import Action, Caller, Refusal
from sync.errors import Unauthorized

OPERATOR = {"Authorization": "Basic " + base64.b64encode(b"operator:secret").decode()}
SERVER_PREFIXES = ("status:", "unit:", "reminder:")


@dataclass(frozen=True)
class Person:
    name: str
    device: str | None = None
    is_operator: bool = False


def bearer(name: str, device: str = "phone") -> dict[str, str]:
    return {"Authorization": f"Bearer {name}@{device}"}


class House:
    """Rights by (user, database). Facts are their author's: generation 1, never deleted, never a server document's."""

    def __init__(self, rights: Mapping[tuple[str, str], set[Action]] | None = None) -> None:
        self.rights: dict[tuple[str, str], set[Action]] = dict(rights or {})

    async def identify(self, connection: HTTPConnection) -> Caller:
        given = connection.headers.get("authorization", "")
        if given == OPERATOR["Authorization"]:
            return Person("operator", None, True)
        scheme, _, token = given.partition(" ")
        name, at, device = token.partition("@")
        if scheme != "Bearer" or not at:
            raise Unauthorized
        return Person(name, device)

    def permits(self, caller: Caller, database: str, action: Action) -> bool:
        return caller.is_operator or action in self.rights.get((caller.name, database), set())

    def review(self, caller: Caller, database: str, document: Mapping[str, Any]) -> Refusal | None:
        if document.get("_deleted"):
            return Refusal("deletion", "记录不能删除. Records cannot be deleted.")
        if document["_id"].startswith(SERVER_PREFIXES):
            return Refusal("server_document", "只有服务器能写. Only the server writes this.")
        if not document["_rev"].startswith("1-"):
            return Refusal("generation", "记录只写一次. A record is written once.")
        if document.get("author", caller.name) != caller.name:
            return Refusal("author", "作者不是您. You are not its author.")
        return None
