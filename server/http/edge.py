"""What every answer carries, whichever part of the server made it.

For: the epoch and the echo by which a phone tells our answers from a portal page's, and the headers that
keep a browser from doing more with an answer than it should.
Not for: rights, which belong to the matched route (server/http/operations, sync, media).
Source: promises D3, D4, D15, F-13, S-17; docs/architecture.md section 4.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EPOCH = "X-Xunlu-Epoch"
NONCE = "X-Xunlu-Nonce"
ECHO = "X-Xunlu-Echo"
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_API = ("/api/", "/db/", "/media/")
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


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
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if is_api:
                    headers[EPOCH] = self._epoch()
                    headers.setdefault("Cache-Control", "no-store")
                    if _NONCE.fullmatch(nonce):
                        headers[ECHO] = nonce
            await send(message)

        await self._app(scope, receive, send_marked)
