"""Files that survive a power cut: what is reported written is on the disk, under its name.

For: the few steps every durable write here is made of.
Not for: what the files mean (media/store, media/uploads).
Source: promises D7, F-32, F-34.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from media.errors import StorageFailed, StorageFull

FILE_MODE = 0o600
FOLDER_MODE = 0o700


@contextmanager
def storage_errors() -> Iterator[None]:
    """Translate what the disk says into what a caller can act on."""
    try:
        yield
    except OSError as cause:
        if cause.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("the server's disk is full; try again later", {"Retry-After": "300"}) from cause
        if cause.errno == errno.EIO:
            raise StorageFailed("the server's disk failed; try again later", {"Retry-After": "60"}) from cause
        raise


def write_new(path: Path, content: bytes) -> None:
    """Write `content` to the new file `path` and flush it to the disk. Nothing is left behind on failure."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def fsync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DurableFolders:
    """Makes folders whose own names are durable before anything in them is called durable."""

    def __init__(self, root: Path) -> None:
        root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        fsync_folder(root.parent)
        self._root = root
        self._known: set[Path] = {root}

    def make(self, folder: Path) -> Path:
        """Make `folder`, somewhere below the root, and return it."""
        if folder not in self._known:
            parent = self.make(folder.parent)
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            # Also when it was there already: another run may have died before it could flush the name.
            fsync_folder(parent)
            self._known.add(folder)
        return folder
