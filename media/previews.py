"""Previews: small upright copies without metadata, made in the cage, kept on disk, disposable.

For: finding or making one, once, however many ask at the same time.
Not for: decoding (media/caged) or access (media/photos). Deleting the folder loses nothing.
Source: promises F-46, S-21.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from pathlib import Path

from media.cage import Cage, CageDied
from media.durable import FOLDER_MODE, storage_errors, write_new
from media.errors import NotAPhoto

PREVIEW_SIZES_PX = {"view": 1600, "thumb": 320}

_log = logging.getLogger(__name__)


class Previews:
    def __init__(self, folder: Path, cage: Cage) -> None:
        self._folder = folder
        self._cage = cage
        self._under_way: dict[str, asyncio.Task[Path | None]] = {}

    async def find_or_make(self, photo: Path, sha256: str, longest_side_px: int) -> Path | None:
        """Return the copy's path; None when the photo cannot be decoded, which is remembered."""
        name = f"{sha256}-{longest_side_px}"
        copy = self._folder / sha256[:2] / f"{name}.jpg"
        no_preview = copy.with_suffix(".none")
        if copy.is_file():
            return copy
        if no_preview.is_file():
            return None
        task = self._under_way.get(name)
        if task is None or task.get_loop() is not asyncio.get_running_loop():
            task = asyncio.ensure_future(self._make(photo, longest_side_px, copy, no_preview))
            self._under_way[name] = task
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        # Shielded: whoever asked first may leave, the others still wait for the same copy.
        return await asyncio.shield(task)

    async def _make(self, photo: Path, longest_side_px: int, copy: Path, no_preview: Path) -> Path | None:
        try:
            picture = await self._cage.preview(photo, longest_side_px)
        except (NotAPhoto, CageDied) as cause:
            _log.warning(
                "no preview photo=%s longest_side_px=%d cause=%s", photo.name, longest_side_px, cause
            )
            _write_whole(no_preview, str(cause).encode())
            return None
        _write_whole(copy, picture)
        return copy


def _write_whole(path: Path, content: bytes) -> None:
    # Flushed like evidence, though it is disposable: a power cut must not leave an empty picture under a good name.
    with storage_errors():
        path.parent.mkdir(mode=FOLDER_MODE, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        write_new(temporary, content)
        temporary.replace(path)
