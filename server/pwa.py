"""The built PWA as files: the page for every screen's address, hashed assets for ever, nothing else.

For: `PwaFiles(folder)`, the last route of the application.
Not for: building it (pwa/, hatch_build.py), or the service worker's rules (pwa/src/sw.ts).
Source: promises D15, S-17, S-27.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

# A name under assets/ carries a hash of its content, so it may be kept for a year; anything else is asked for anew.
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",  # widths of bars and rings are style attributes
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
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
    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def answer(self, request: Request) -> Response:
        """The file of that name; the page itself for any address without a file ending."""
        index = self._folder / "index.html"
        if not index.is_file():
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        name = request.path_params["path"]
        file = self._file(name)
        if file is None:
            if "." in name.rsplit("/", 1)[-1]:
                raise HTTPException(404)
            file = index
        headers = {"Cache-Control": _FOR_EVER if name.startswith("assets/") and file != index else _ASK_AGAIN}
        if file == index:
            headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
            headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=()"
        return FileResponse(file, headers=headers, media_type=_type_of(file))

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
