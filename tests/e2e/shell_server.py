"""The built app alone, served by the server's own code over a line that lies: portals, cut files, newer builds.

For: stories about what a phone keeps of the app (promises S-27). Not for: records; `/api` answers 503 here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.pwa import OFF_SWITCH, PwaFiles, find_pwa
from tests.api.conftest import Started

START_LIMIT_SECONDS = 30


class ShellServer:
    """`lie` is asked for every path: what the line answers in the server's place, or None for the truth."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "dist"
        shutil.copytree(find_pwa(), self.files)
        self.off_switch = folder / OFF_SWITCH
        self.lie: Callable[[str], Response | None] = lambda path: None
        self.asked: list[str] = []
        app = Starlette(
            routes=[
                Route("/api/{path:path}", _not_now, methods=["GET", "POST"]),
                Route("/{path:path}", PwaFiles(self.files, self.off_switch).answer),
            ]
        )

        async def line(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            self.asked.append(path)
            answer = self.lie(path) if scope["type"] == "http" else None
            await (answer or app)(scope, receive, send)

        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._server = Started(uvicorn.Config(line, log_level="error", ws="none", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],), name="shell")

    def start(self) -> None:
        self._thread.start()
        assert self._server.is_started.wait(START_LIMIT_SECONDS), "the server did not start"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(START_LIMIT_SECONDS)
        self._listening.close()

    def listed(self) -> dict[str, str]:
        """Path → integrity of every file of the build that stands there now, as its own worker lists them."""
        return {f"/{entry['url']}": entry["integrity"] for entry in self._entries()}

    def release(self, mark: str) -> None:
        """Put a newer build there: another page and another worker; hashed files stay as they are."""
        page, worker = self.files / "index.html", self.files / "sw.js"
        (before,) = (entry for entry in self._entries() if entry["url"] == "index.html")
        marked = page.read_text(encoding="utf-8").replace(
            "<title>", f'<meta name="build" content="{mark}"><title>'
        )
        page.write_text(marked, encoding="utf-8")
        after = {
            "integrity": integrity_of(page.read_bytes()),
            "revision": hashlib.md5(mark.encode()).hexdigest(),
            "url": "index.html",
        }
        text = worker.read_text(encoding="utf-8")
        assert _written(before) in text
        worker.write_text(text.replace(_written(before), _written(after)), encoding="utf-8")

    def _entries(self) -> list[dict[str, str]]:
        text = (self.files / "sw.js").read_text(encoding="utf-8")
        found = re.findall(r'\{"integrity":"[^"]+","revision":(?:null|"[^"]+"),"url":"[^"]+"\}', text)
        assert found, "the worker lists no files"
        return [json.loads(entry) for entry in found]


def _written(entry: dict[str, str]) -> str:
    return json.dumps(entry, separators=(",", ":"))


def integrity_of(content: bytes) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


async def _not_now(request: Request) -> Response:
    return Response(status_code=503)
