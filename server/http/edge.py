"""What every answer carries, whichever part of the server made it.

For: the epoch and the echo by which a phone tells our answers from a portal page's, and the headers that
keep a browser from doing more with an answer than it should.
Not for: rights, which belong to the matched route (server/http/operations, sync, media).
Source: promises D3, D4, D15, F-13, S-17; docs/architecture.md section 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EPOCH = "X-Xunlu-Epoch"
NONCE = "X-Xunlu-Nonce"
ECHO = "X-Xunlu-Echo"
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_API = ("/api/", "/db/", "/media/")
_EPOCH, _ECHO = EPOCH.lower().encode(), ECHO.lower().encode()
_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)


class Edge:
    """Outermost: also errors pass through here."""

    def __init__(self, app: ASGIApp, epoch: Callable[[], str]) -> None:
        self._app = app
        self._epoch = epoch

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_api = scope["path"].startswith(_API) or scope["path"] == "/db"
        nonce = Headers(scope=scope).get(NONCE, "")

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                names = {name for name, _ in given}
                headers = [*given, *[each for each in _ALWAYS if each[0] not in names]]
                if is_api:
                    headers.append((_EPOCH, self._epoch().encode()))
                    if b"cache-control" not in names:
                        headers.append((b"cache-control", b"no-store"))
                    if _NONCE.fullmatch(nonce):
                        headers.append((_ECHO, nonce.encode()))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, send_marked)
