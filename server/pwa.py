"""The built PWA as files: the page for every screen's address, hashed assets for ever, nothing else.

For: `PwaFiles(folder, off_switch)`, the last route of the application.
Not for: building it (pwa/, hatch_build.py), or the service worker's rules (pwa/src/sw.ts).
Source: promises D15, S-17, S-27.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response

# A name under assets/ carries a hash of its content, so it may be kept for a year; anything else is asked for anew.
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
# Sent with every file: a worker's code is governed by what came with its own script.
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",  # widths of bars and rings are set through the CSSOM, which needs no exception
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "require-trusted-types-for 'script'",
        "trusted-types svelte-trusted-html xunlu-scripts",  # Svelte's templates; pwa/src/trusted.ts
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
OFF_SWITCH = "sw-off"  # in XUNLU_DATA
# While the off switch stands, a phone's worker is replaced by one that only leaves, whatever state the old one is in.
_LEAVING_WORKER = """\
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(leave()))
async function leave() {
  for (const name of await caches.keys()) await caches.delete(name)
  await self.registration.unregister()
}
"""
_NOT_BUILT = (
    "The PWA is not built. Run `make pwa`, or install a released wheel.\n"
    "界面文件还没有构建。请先运行 make pwa。\n"
)


def find_pwa() -> Path:
    """The folder of the built PWA: inside an installed wheel, else in the working copy."""
    installed = Path(__file__).parent / "static"
    if installed.is_dir():
        return installed
    return Path(__file__).parent.parent / "pwa" / "dist"


class PwaFiles:
    def __init__(self, folder: Path, off_switch: Path) -> None:
        """While the file `off_switch` exists, phones give up their service worker and what it kept."""
        self._folder = folder.resolve()
        self._off_switch = off_switch

    async def answer(self, request: Request) -> Response:
        """The file of that name; the page itself for any address without a file ending."""
        index = self._folder / "index.html"
        if not index.is_file():
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        name = request.path_params["path"]
        if name in ("sw-off.json", "sw.js") and (order := self._order(name)) is not None:
            return order
        file = self._file(name)
        if file is None:
            if "." in name.rsplit("/", 1)[-1]:
                raise HTTPException(404)
            file = index
        headers = {
            "Cache-Control": _FOR_EVER if name.startswith("assets/") and file != index else _ASK_AGAIN,
            "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
        }
        if file == index:
            headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=()"
        return FileResponse(file, headers=headers, media_type=_type_of(file))

    def _order(self, name: str) -> Response | None:
        """What the off switch answers; None for the build's own file."""
        is_off = self._off_switch.exists()
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": _CONTENT_SECURITY_POLICY}
        if name == "sw-off.json":
            return JSONResponse({"off": is_off}, headers=headers)
        return Response(_LEAVING_WORKER, headers=headers, media_type="text/javascript") if is_off else None

    def _file(self, name: str) -> Path | None:
        if not name or "\0" in name:
            return None
        file = (self._folder / name).resolve()
        return file if file.is_relative_to(self._folder) and file.is_file() else None


def _type_of(file: Path) -> str:
    # Not left to the machine's table of types, which differs from one machine to the next.
    known = {
        ".js": "text/javascript",
        ".webmanifest": "application/manifest+json",
        ".svg": "image/svg+xml",
        ".html": "text/html",
        ".css": "text/css",
        ".json": "application/json",
    }
    return known.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
