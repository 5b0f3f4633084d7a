"""Room on the disk: a reserve that is given up when the disk is full, so that whoever mends can still write.

For: the writing thread, which asks before each transaction and says when the disk was full.
Not for: deciding which write may use what the reserve gave up (writer.py).
Source: promises F-33; POSIX, posix_fallocate.

The reserve is a file whose blocks are really taken. It is laid when the store opens, given up at the first write that finds no
room, and laid again as soon as there is room for it and some more: only then are ordinary writes taken again. A store that was
closed properly leaves none behind.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import sys
from pathlib import Path

import apsw

RESERVE_NAME = "reserve"
NO_RESERVE = 0
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Writing failed, not flushing: nothing that was said to be on the disk is in doubt.
_FAILED_WRITES = frozenset({apsw.SQLITE_IOERR_WRITE, apsw.SQLITE_IOERR_SHMSIZE, apsw.SQLITE_IOERR_SHMMAP})
_BLOCK = bytes(1024 * 1024)

logger = logging.getLogger(__name__)


def is_out_of_room(db: apsw.Connection, error: BaseException) -> bool:
    """Whether a failed statement only found no room: a full disk, a used up quota, a limit on the size of files."""
    if isinstance(error, apsw.FullError):
        return True
    return (
        isinstance(error, apsw.IOError)
        and getattr(error, "extendedresult", None) in _FAILED_WRITES
        and db.system_errno in _NO_ROOM
    )


class Space:
    """Belongs to the writing thread; `is_full` and `free_bytes` may be asked from any."""

    def __init__(self, folder: Path, reserve_bytes: int) -> None:
        self._folder = folder
        self._path = folder / RESERVE_NAME
        self._reserve_bytes = reserve_bytes
        self.is_full = False
        if not self._lay():
            self.is_full = True
            logger.error("disk full: %s has no room for the reserve of %d bytes", folder, reserve_bytes)

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._folder).free

    def note_full(self) -> None:
        """A write found no room. From now on only what may use the reserve is written."""
        if not self.is_full:
            logger.error(
                "disk full at %s: the reserve of %d bytes is given up", self._folder, self._reserve_bytes
            )
        self.is_full = True
        self._path.unlink(missing_ok=True)

    def look_again(self) -> None:
        """While the disk is full: find out whether it still is."""
        if self.is_full and self._lay():
            self.is_full = False
            logger.warning("there is room again at %s: the reserve is laid, writes are taken", self._folder)

    def close(self) -> None:
        self._path.unlink(missing_ok=True)

    def _lay(self) -> bool:
        if self._reserve_bytes == NO_RESERVE:
            return True
        taken = reserved_bytes(self._folder)
        if taken == self._reserve_bytes:
            return True
        try:
            if (
                self.free_bytes() + taken < self._reserve_bytes * 5 // 4
            ):  # some more, or it would be full again at once
                return False
            with open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                _take_blocks(file.fileno(), self._reserve_bytes)
        except OSError as error:
            logger.warning("no reserve at %s: %s", self._folder, error.strerror)
            self._path.unlink(missing_ok=True)
            return False
        return True


def reserved_bytes(folder: Path) -> int:
    """What a reserve in this folder takes now."""
    try:
        return (folder / RESERVE_NAME).stat().st_size
    except FileNotFoundError:
        return 0


def _take_blocks(file: int, wanted_bytes: int) -> None:
    os.ftruncate(file, 0)
    if sys.platform == "linux":
        os.posix_fallocate(file, 0, wanted_bytes)
        return
    for start in range(0, wanted_bytes, len(_BLOCK)):
        os.pwrite(file, _BLOCK[: wanted_bytes - start], start)
