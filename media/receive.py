"""Takes the bytes of one request into the part file of an upload.

For: writing as they come, keeping what arrived when the line is cut, flushing before anybody is told.
Not for: offsets and answers (media/tus).
Source: tus 1.0.0 "PATCH" and "Checksum"; promises F-32, F-34, F-42.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

import anyio.to_thread
from starlette.requests import ClientDisconnect, Request

from media.durable import storage_errors
from media.errors import (
    BadRequest,
    ChecksumMismatch,
    SenderSilent,
    StorageFailed,
    TooLarge,
    UnknownChecksumAlgorithm,
)

CHECKSUM_ALGORITHMS = ("sha256", "sha1", "md5")
_BLOCK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Checksum:
    algorithm: str
    digest: bytes


def parse_checksum(header: str | None) -> Checksum | None:
    """Read `Upload-Checksum: <algorithm> <base64>`. Raises UnknownChecksumAlgorithm, BadRequest."""
    if header is None:
        return None
    algorithm, _, encoded = header.strip().partition(" ")
    if algorithm not in CHECKSUM_ALGORITHMS:
        raise UnknownChecksumAlgorithm(f"Upload-Checksum must use one of {', '.join(CHECKSUM_ALGORITHMS)}")
    try:
        digest = base64.b64decode(encoded, validate=True)
    except binascii.Error as cause:
        raise BadRequest("Upload-Checksum is not base64") from cause
    if len(digest) != hashlib.new(algorithm).digest_size:
        raise BadRequest(f"Upload-Checksum has the wrong length for {algorithm}")
    return Checksum(algorithm, digest)


async def receive(
    request: Request, part: Path, offset: int, length: int, checksum: Checksum | None, silence_seconds: float
) -> int:
    """Append the body of `request` to `part` at `offset` and flush it; return the new offset.

    A cut keeps what arrived, unless a checksum guards it: half a chunk proves nothing, so it is taken back.
    Raises ClientDisconnect and SenderSilent after a cut, ChecksumMismatch, TooLarge, StorageFull, StorageFailed.
    """
    digest = hashlib.new(checksum.algorithm) if checksum else None
    with part.open("r+b", buffering=0) as file:
        file.seek(offset)
        end = offset
        block = bytearray()
        try:
            async for chunk in _chunks(request, silence_seconds):
                if end + len(chunk) > length:
                    raise TooLarge(f"the upload was announced with {length} bytes and more are coming")
                end += len(chunk)
                block += chunk
                if digest is not None:
                    digest.update(chunk)
                if len(block) >= _BLOCK_BYTES:
                    await _write(file, block)
                    block = bytearray()
            if (
                checksum is not None
                and digest is not None
                and not hmac.compare_digest(digest.digest(), checksum.digest)
            ):
                raise ChecksumMismatch("the chunk does not match its Upload-Checksum; send it again")
            await _write(file, block)
        except (ClientDisconnect, SenderSilent):
            if checksum is None:
                await _write(file, block)
            else:
                file.truncate(offset)
            await _flush(file)
            raise
        except BaseException:
            file.truncate(offset)
            raise
        await _flush(file)
        return end


async def _chunks(request: Request, silence_seconds: float) -> AsyncGenerator[bytes, None]:
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(silence_seconds):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as cause:
            raise SenderSilent(f"nothing arrived for {silence_seconds:.0f} s; what did is kept") from cause
        yield chunk


async def _write(file: FileIO, block: bytearray) -> None:
    def write_all() -> None:
        rest = memoryview(block)
        while rest:
            rest = rest[file.write(rest) :]

    with storage_errors():
        await anyio.to_thread.run_sync(write_all)


async def _flush(file: FileIO) -> None:
    try:
        await anyio.to_thread.run_sync(os.fsync, file.fileno())
    except OSError as cause:
        # After a failed flush the kernel may call the same pages clean: nothing of this file can be believed.
        file.truncate(0)
        raise StorageFailed(
            "the server's disk failed; the upload starts again", {"Retry-After": "60"}
        ) from cause
