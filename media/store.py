"""The evidence store: every original under its own SHA-256, never altered, on the disk before anyone is told.

For: has, describe, add, open, preview; taking over a finished upload.
Not for: receiving uploads (media/uploads), judging who may see a photo (the mounting application).
Layout below the root: `originals/ab/cd/<sha256>`, `uploads/` (unfinished), `previews/` (disposable), `tmp/`.
A photo's type and size are read from the photo itself; when it was first stored is its file time. So there is no second
file that could disagree with the first.
Source: promises D7, F-41, F-44, S-40.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from media.cage import Cage
from media.durable import DurableFolders, fsync_folder, storage_errors, write_new
from media.errors import HashMismatch, NotFound, TooLarge, WrongPhotoType
from media.headers import MIME_TYPES, read_header
from media.limits import MAX_PHOTO_BYTES
from media.previews import PREVIEW_SIZES_PX, Previews

_SHA256 = re.compile(r"[0-9a-f]{64}")
_READ_BYTES = 1024 * 1024
_READ_ONLY = 0o400


@dataclass(frozen=True, slots=True)
class Evidence:
    """An original as it lies in the store."""

    sha256: str
    bytes: int
    mime: str  # by content, whatever was announced
    width_px: int
    height_px: int
    stored_at: datetime  # UTC, when it was first stored


def is_sha256(text: str) -> bool:
    return _SHA256.fullmatch(text) is not None


def utc_now() -> datetime:
    return datetime.now(UTC)


class EvidenceStore:
    """A folder of photos addressed by content. Safe to open in several processes at once."""

    def __init__(self, root: Path, now: Callable[[], datetime] = utc_now) -> None:
        self.root = root
        self.now = now
        self.cage = Cage("inspect")
        self._folders = DurableFolders(root)
        self._originals = self._folders.make(root / "originals")
        self.uploads_folder = self._folders.make(root / "uploads")
        self._tmp = self._folders.make(root / "tmp")
        self._previews = Previews(self._folders.make(root / "previews"), Cage("preview"))

    def has(self, sha256: str) -> bool:
        return is_sha256(sha256) and self.path(sha256).is_file()

    def describe(self, sha256: str) -> Evidence | None:
        """Return what is known about a stored photo, None when it is not here."""
        if not is_sha256(sha256):
            return None
        try:
            with self.path(sha256).open("rb") as photo:
                header = read_header(photo)
                stat = os.fstat(photo.fileno())
        except FileNotFoundError:
            return None
        stored_at = datetime.fromtimestamp(stat.st_mtime, UTC)
        return Evidence(sha256, stat.st_size, header.mime, header.width_px, header.height_px, stored_at)

    def add(self, content: bytes, mime: str) -> Evidence:
        """Store a photo that is already here in full: the same checks and the same durability as an upload.

        Safe to repeat. Raises WrongPhotoType, TooLarge, NotAPhoto and its kinds, StorageFull.
        """
        if mime not in MIME_TYPES:
            raise WrongPhotoType(f"{mime} is not one of {', '.join(MIME_TYPES)}")
        if len(content) > MAX_PHOTO_BYTES:
            raise TooLarge(f"{len(content)} bytes are more than {MAX_PHOTO_BYTES}")
        read_header(BytesIO(content))
        temporary = self._tmp / secrets.token_hex(16)
        with storage_errors():
            write_new(temporary, content)
            return self._take_in(temporary, hashlib.sha256(content).hexdigest())

    def adopt(self, finished: Path, sha256: str) -> Evidence:
        """Take over the flushed file `finished` (same file system) as the photo `sha256`; it is moved.

        Reads it once more: what is stored is what was announced. The caller has had it inspected. Blocks on the disk.
        Raises HashMismatch, StorageFull.
        """
        with storage_errors():
            if hash_file(finished) != sha256:
                raise HashMismatch(
                    "the bytes received are not the photo that was announced; send it again from the start"
                )
            return self._take_in(finished, sha256)

    def open(self, sha256: str) -> BinaryIO:
        """Open the original for reading. Raises NotFound."""
        if not is_sha256(sha256):
            raise NotFound("there is no such photo")
        try:
            return self.path(sha256).open("rb")
        except FileNotFoundError as cause:
            raise NotFound("there is no such photo") from cause

    async def preview(self, sha256: str, size: str = "view") -> Path | None:
        """Return a small upright JPEG copy without metadata; None when the photo is missing or cannot be decoded.

        `size` is `view` (1600 px on the longest side) or `thumb` (320 px). Made once, kept on disk, disposable.
        """
        if not self.has(sha256):
            return None
        return await self._previews.find_or_make(self.path(sha256), sha256, PREVIEW_SIZES_PX[size])

    def path(self, sha256: str) -> Path:
        return self._originals / sha256[:2] / sha256[2:4] / sha256

    def sweep_leftovers(self, now: datetime, older_than: timedelta) -> int:
        """Remove temporary files that a killed process left behind. Returns how many."""
        removed = 0
        for leftover in self._tmp.iterdir():
            if datetime.fromtimestamp(leftover.stat().st_mtime, UTC) < now - older_than:
                leftover.unlink(missing_ok=True)
                removed += 1
        return removed

    def _take_in(self, temporary: Path, sha256: str) -> Evidence:
        place = self.path(sha256)
        folder = self._folders.make(place.parent)
        stored_at = place.stat().st_mtime if place.exists() else self.now().timestamp()
        os.utime(temporary, (stored_at, stored_at))
        temporary.chmod(_READ_ONLY)
        # A photo that is here already is replaced by its equal: as long as a first time, so that the time taken tells
        # nobody that it was known, and a copy damaged on the disk is healed.
        temporary.replace(place)
        fsync_folder(folder)
        evidence = self.describe(sha256)
        if evidence is None:
            raise NotFound(f"photo {sha256} vanished from the store while it was being stored")
        return evidence


def hash_file(path: Path) -> str:
    """Lowercase hex SHA-256 of a file's bytes. Blocks on the disk."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()
