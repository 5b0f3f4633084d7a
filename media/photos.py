"""Evidence out: the original as a download, the preview as a picture, and nothing to those who may not see it.

For: GET and HEAD of one photo.
Not for: who may see it (MediaAccess), making previews (media/previews).
Source: promises S-01, S-19, S-21, S-22.
"""

from __future__ import annotations

import re
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from media.access import MediaAccess
from media.errors import NoPreview, NotFound, RangeRefused, UnknownView, ViewNotOffered
from media.previews import PREVIEW_SIZES_PX
from media.store import EvidenceStore

VIEWS = ("original", "preview", "stamped")
_ONE_RANGE = re.compile(r"bytes=(\d{1,15}-\d{0,15}|-\d{1,15})")
_SUFFIX = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_SAFE = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class PhotoEndpoint:
    def __init__(self, store: EvidenceStore, access: MediaAccess) -> None:
        self._store = store
        self._access = access

    async def photo(self, request: Request) -> Response:
        """Answer `GET /photos/{sha256}?view=original|preview&size=view|thumb`."""
        caller = await self._access.identify(request)
        view = request.query_params.get("view", "original")
        size = request.query_params.get("size", "view")
        if view not in VIEWS or size not in PREVIEW_SIZES_PX:
            raise UnknownView(
                f"view is one of {', '.join(VIEWS)}; size is one of {', '.join(PREVIEW_SIZES_PX)}"
            )
        if view == "stamped":
            raise ViewNotOffered(
                "stamped copies are not made by this server yet; ask for the original or the preview"
            )
        _check_range(request)
        sha256 = request.path_params["sha256"]
        # Both are always asked, so that "not yours" and "not here" take the same way.
        may_view = await self._access.may_view(caller, sha256, view)
        evidence = await anyio.to_thread.run_sync(self._store.describe, sha256)
        if evidence is None or not may_view:
            raise NotFound("there is no such photo")
        if view == "original":
            return _file(self._store.path(sha256), evidence.mime, sha256, "attachment")
        preview = await self._store.preview(sha256, size)
        if preview is None:
            raise NoPreview("this photo cannot be shown as a preview; the original is kept unchanged")
        return _file(preview, "image/jpeg", f"{sha256}-{size}", "inline")


def _file(path: Path, mime: str, name: str, disposition: str) -> Response:
    headers = {**_SAFE, "ETag": f'"{name}"'}
    filename = f"{name}.{_SUFFIX[mime]}"
    return FileResponse(path, 200, headers, mime, filename=filename, content_disposition_type=disposition)


def _check_range(request: Request) -> None:
    # Many ranges in one request are a known way to burn a server (CVE-2025-62727); nobody needs them for a photo.
    wanted = request.headers.get("range")
    if wanted is not None and _ONE_RANGE.fullmatch(wanted) is None:
        raise RangeRefused("only one range of bytes may be asked for", {"Accept-Ranges": "bytes"})
