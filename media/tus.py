"""The resumable upload protocol: tus 1.0.0 with creation, creation-with-upload, checksum, expiration, termination.

For: POST and OPTIONS on the collection; HEAD, PATCH and DELETE on one upload.
Not for: what lies on the disk (media/uploads), bytes (media/receive), what a photo must be (media/headers).
Each call asks who is calling; somebody else's upload answers like one that does not exist. The method is the one of the
request line: `X-HTTP-Method-Override` is refused, because rights are bound to the matched route.
Source: tus.io protocol 1.0.0; promises S-23, S-24, S-25, S-40.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from email.utils import format_datetime

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from media.access import MediaAccess
from media.errors import (
    BadMetadata,
    BadRequest,
    MediaError,
    TooLarge,
    UnsupportedTusVersion,
    UploadForbidden,
    WrongContentType,
    WrongOffset,
    WrongPhotoType,
)
from media.headers import MIME_TYPES
from media.limits import MediaLimits
from media.receive import CHECKSUM_ALGORITHMS, parse_checksum, receive
from media.store import is_sha256
from media.uploads import Upload, Uploads

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
_OFFSET_STREAM = "application/offset+octet-stream"
_ALWAYS = {"Tus-Resumable": VERSION, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_MAX_METADATA_CHARACTERS = 1_000


class TusEndpoints:
    def __init__(self, uploads: Uploads, access: MediaAccess, limits: MediaLimits) -> None:
        self._uploads = uploads
        self._access = access
        self._limits = limits

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/uploads", self.collection, methods=["POST", "OPTIONS"]),
            Route("/uploads/{upload_id}", self.one, methods=["HEAD", "PATCH", "DELETE", "OPTIONS"]),
        ]

    async def collection(self, request: Request) -> Response:
        return await self._answer(request, {"POST": self._create, "OPTIONS": self._options})

    async def one(self, request: Request) -> Response:
        answers = {"HEAD": self._head, "PATCH": self._patch, "DELETE": self._delete, "OPTIONS": self._options}
        return await self._answer(request, answers)

    async def _answer(
        self, request: Request, answers: Mapping[str, Callable[[Request], Awaitable[Response]]]
    ) -> Response:
        try:
            if request.method != "OPTIONS":
                _check_protocol(request)
            response = await answers[request.method](request)
        except MediaError as error:
            response = error_response(error)
        except ClientDisconnect:
            response = Response(status_code=400)  # nobody is listening; what arrived is kept
        for name, value in _ALWAYS.items():
            response.headers[name] = value
        return response

    async def _options(self, request: Request) -> Response:
        headers = {
            "Tus-Version": VERSION,
            "Tus-Extension": EXTENSIONS,
            "Tus-Max-Size": str(self._limits.max_photo_bytes),
            "Tus-Checksum-Algorithm": ",".join(CHECKSUM_ALGORITHMS),
        }
        return Response(status_code=204, headers=headers)

    async def _create(self, request: Request) -> Response:
        owner = await self._owner(request)
        length = self._announced_length(request)
        metadata = parse_metadata(request.headers.get("upload-metadata"))
        has_body = "content-type" in request.headers and _content_length(request) != 0
        if has_body:
            self._check_body(request, 0, length)
        upload = self._uploads.create(owner, length, metadata["sha256"], metadata["mime"])
        headers = {
            "Location": f"{request.scope.get('root_path', '')}/uploads/{upload.id}",
            "Upload-Expires": _http_date(upload),
        }
        if has_body:
            with self._uploads.locked(owner, upload.id):
                headers["Upload-Offset"] = str(await self._take(request, upload, 0))
        return Response(status_code=201, headers=headers)

    async def _head(self, request: Request) -> Response:
        owner = await self._owner(request)
        upload = self._uploads.find(owner, request.path_params["upload_id"])
        offset = self._uploads.offset(upload)
        if offset == upload.length and not self._uploads.is_done(upload):
            # All bytes are here, but a kill came before the photo was stored: "complete" may only be said after that.
            with self._uploads.locked(owner, upload.id):
                await self._uploads.finish(upload)
        headers = {
            "Upload-Offset": str(offset),
            "Upload-Length": str(upload.length),
            "Upload-Metadata": _metadata_header(upload),
            "Upload-Expires": _http_date(upload),
        }
        return Response(status_code=200, headers=headers)

    async def _patch(self, request: Request) -> Response:
        owner = await self._owner(request)
        with self._uploads.locked(owner, request.path_params["upload_id"]) as upload:
            offset = self._uploads.offset(upload)
            if _natural_number(request, "upload-offset") != offset:
                raise WrongOffset(f"the upload is at {offset}", {"Upload-Offset": str(offset)})
            self._check_body(request, offset, upload.length)
            end = await self._take(request, upload, offset)
        return Response(
            status_code=204, headers={"Upload-Offset": str(end), "Upload-Expires": _http_date(upload)}
        )

    async def _delete(self, request: Request) -> Response:
        owner = await self._owner(request)
        with self._uploads.locked(owner, request.path_params["upload_id"]) as upload:
            self._uploads.discard(upload)
        return Response(status_code=204)

    async def _owner(self, request: Request) -> str:
        caller = await self._access.identify(request)
        if not self._access.may_upload(caller):
            raise UploadForbidden("this user may not add photos")
        return caller.name

    async def _take(self, request: Request, upload: Upload, offset: int) -> int:
        if offset < upload.length:
            offset = await receive(
                request,
                self._uploads.part(upload),
                offset,
                upload.length,
                parse_checksum(request.headers.get("upload-checksum")),
                self._limits.silence_seconds,
            )
        if offset == upload.length and not self._uploads.is_done(upload):
            await self._uploads.finish(upload)
        return offset

    def _announced_length(self, request: Request) -> int:
        for refused in ("upload-defer-length", "upload-concat"):
            if refused in request.headers:
                raise BadRequest(
                    f"{refused} is not offered: the length is fixed at creation, one photo per upload"
                )
        length = _natural_number(request, "upload-length")
        if length > self._limits.max_photo_bytes:
            raise TooLarge(f"{length} bytes are more than {self._limits.max_photo_bytes}")
        if length == 0:
            raise BadRequest("an empty file is not a photo")
        return length

    def _check_body(self, request: Request, offset: int, length: int) -> None:
        if request.headers.get("content-type") != _OFFSET_STREAM:
            raise WrongContentType(f"the body must be {_OFFSET_STREAM}")
        if offset + (_content_length(request) or 0) > length:
            raise TooLarge(f"the upload was announced with {length} bytes and more are coming")
        parse_checksum(request.headers.get("upload-checksum"))


def error_response(error: MediaError) -> JSONResponse:
    content = {"error": error.error, "reason": error.reason, "code": error.code}
    return JSONResponse(content, error.status, {"Cache-Control": "no-store", **error.headers})


def parse_metadata(header: str | None) -> dict[str, str]:
    """Read `Upload-Metadata`; `sha256` (64 lowercase hex) and `mime` must be there. Raises BadMetadata, WrongPhotoType."""
    if header is None or len(header) > _MAX_METADATA_CHARACTERS:
        raise BadMetadata(
            f"Upload-Metadata with sha256 and mime is needed, at most {_MAX_METADATA_CHARACTERS} characters"
        )
    metadata: dict[str, str] = {}
    for pair in header.split(","):
        name, _, encoded = pair.strip().partition(" ")
        if name in metadata:
            raise BadMetadata(f"Upload-Metadata has {name!r} twice")
        try:
            metadata[name] = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as cause:
            raise BadMetadata(f"Upload-Metadata: the value of {name!r} is not base64 of a text") from cause
    if not is_sha256(metadata.get("sha256", "")):
        raise BadMetadata("Upload-Metadata: sha256 must be the photo's hash, 64 lowercase hex characters")
    if metadata.get("mime") not in MIME_TYPES:
        raise WrongPhotoType(f"Upload-Metadata: mime must be one of {', '.join(MIME_TYPES)}")
    return metadata


def _metadata_header(upload: Upload) -> str:
    pairs = {"sha256": upload.sha256, "mime": upload.mime}
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items())


def _check_protocol(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise UnsupportedTusVersion(f"Tus-Resumable must be {VERSION}", {"Tus-Version": VERSION})
    if "x-http-method-override" in request.headers:
        raise BadRequest("X-HTTP-Method-Override is not offered: use the method itself")
    if request.headers.get("content-encoding", "identity") != "identity":
        raise WrongContentType("a compressed body is not accepted")


def _natural_number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    # Digits only: int() would also take signs, spaces, underscores and other scripts.
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise BadRequest(f"{header} must be a whole number")
    return int(text)


def _content_length(request: Request) -> int | None:
    return _natural_number(request, "content-length") if "content-length" in request.headers else None


def _http_date(upload: Upload) -> str:
    return format_datetime(upload.expires_at, usegmt=True)
