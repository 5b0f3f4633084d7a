"""Sealed photos: they come in pieces, and are opened, inspected and kept when the last one is here.

For: `SealedPhotos.take`. Not for: photos that their user sends himself (media), or records (taking.py).
Only a photo that a stored record names is taken, so that a sign-in alone fills no disk. What has come is a file of its own
in the data directory; a restart goes on where it stood, and what nobody goes on with goes after a week.
Source: promises D7, D13, F-06.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import select

from media.errors import NotAPhoto, WrongPhotoType
from media.limits import MAX_PHOTO_BYTES
from media.store import Evidence
from server.intake.tables import fact_photo
from server.sealed.opening import CannotOpen, SealKey, bytes_of
from server.services import Services

TAG_BYTES = 16
MAX_OPEN = 64
KEPT_SECONDS = 7 * 24 * 3600
_REASONS = {
    "not_named": "没有记录用到这张照片，请先送达它的记录。No record that is here names this photo: send its record first.",
    "cannot_open": "服务器打不开这张密封的照片。The server cannot open this sealed photo.",
    "not_a_photo": "密封的内容不是所说的照片。What was sealed is not the photo it was called.",
    "too_many": "同时送来的照片太多，请稍后再试。Too many photos are on their way. It is tried again later.",
}


class Standing(NamedTuple):
    state: str  # partial, accepted, refused
    offset: int  # how much of it is here
    code: str | None = None
    reason: str | None = None


class SealedPhotos:
    def __init__(self, services: Services, key: SealKey) -> None:
        self._services = services
        self._key = key
        self._folder = services.settings.data / "sealed"
        self._locks: dict[str, asyncio.Lock] = {}

    async def take(self, given: Mapping[str, Any]) -> Standing:
        """Add a piece where it follows what is here; the answer says where the next one begins. Safe to repeat."""
        sha256 = given["sha256"]
        if self._services.evidence.has(sha256):
            return Standing("accepted", given["total"])
        if not await asyncio.to_thread(self._is_named, sha256):
            return _refused("not_named")
        # Not by hash alone: two phones may have sealed the same photo, each with a key of its own.
        name = hashlib.sha256(f"{sha256} {given['epk']}".encode()).hexdigest()
        lock = self._locks.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                return await self._take(given, self._folder / f"{name}.part")
        finally:
            if not lock.locked():
                self._locks.pop(name, None)

    async def _take(self, given: Mapping[str, Any], part: Path) -> Standing:
        total: int = given["total"]
        try:
            offset = await asyncio.to_thread(self._append, part, given)
        except ValueError:
            return _refused("cannot_open")
        if offset is None:
            return _refused("too_many")
        if offset < total:
            return Standing("partial", offset)
        content = await asyncio.to_thread(self._opened, part, given)
        if content is None:
            await asyncio.to_thread(part.unlink, missing_ok=True)
            return _refused("cannot_open")
        evidence = await self._keep(content, given, part)
        await asyncio.to_thread(part.unlink, missing_ok=True)
        if evidence is None:
            return _refused("not_a_photo")
        await self._services.intake.photo_stored(evidence)
        return Standing("accepted", total)

    def _append(self, part: Path, given: Mapping[str, Any]) -> int | None:
        """How much is here afterwards; None when too many others are begun. Raises ValueError for what is no base64url."""
        piece = bytes_of(given["data"])
        here = part.stat().st_size if part.exists() else 0
        if here == 0 and not self._make_room():
            return None
        if given["offset"] != here or here + len(piece) > given["total"] or not piece:
            return here
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
            file.write(piece)
        return here + len(piece)

    def _make_room(self) -> bool:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        parts = list(self._folder.glob("*.part"))
        oldest = time.time() - KEPT_SECONDS
        left = [part for part in parts if part.stat().st_mtime >= oldest]
        for part in set(parts) - set(left):
            part.unlink(missing_ok=True)
        return len(left) < MAX_OPEN

    def _opened(self, part: Path, given: Mapping[str, Any]) -> bytes | None:
        try:
            return self._key.open(f"photo:{given['sha256']}", given, part.read_bytes())
        except CannotOpen:
            return None

    async def _keep(self, content: bytes, given: Mapping[str, Any], part: Path) -> Evidence | None:
        if hashlib.sha256(content).hexdigest() != given["sha256"]:
            return None
        plain = part.with_suffix(".photo")
        try:
            await asyncio.to_thread(_write, plain, content)
            await self._services.evidence.cage.inspect(plain)
            return await asyncio.to_thread(self._services.evidence.add, content, given["mime"])
        except (NotAPhoto, WrongPhotoType):
            return None
        finally:
            plain.unlink(missing_ok=True)

    def _is_named(self, sha256: str) -> bool:
        with self._services.engine.connect() as connection:
            return (
                connection.execute(
                    select(fact_photo.c.sha256).where(fact_photo.c.sha256 == sha256).limit(1)
                ).first()
                is not None
            )


def _write(path: Path, content: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def _refused(code: str) -> Standing:
    return Standing("refused", 0, code, _REASONS[code])


MAX_TOTAL = MAX_PHOTO_BYTES + TAG_BYTES
