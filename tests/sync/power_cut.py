"""A disk that can say what it would hold had the power been cut this very moment.

For: `PowerDisk`: the real files are written below a real SQLite; beside them stands what was flushed, and what was not yet.
Not for: errors (disk_faults.py), or losing a file's name: folders are taken as flushed.
Source: promises G2, F-32. Of what was not flushed any part may be on the disk, in any order, cut at any sector.
"""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any
from unittest import mock

import apsw

from sync.sqlite import SqliteStore, open_store

SECTOR_BYTES = 512


class PowerDisk(apsw.VFS):
    """Watches the database files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"power-{id(self)}"
        super().__init__(self._name, "unix")
        self._lock = threading.Lock()
        self._flushed: dict[str, bytearray] = {}
        self._waiting: dict[str, list[tuple[int, bytes | int]]] = {}

    def open_store(self) -> SqliteStore:
        """Whose writing connection uses this disk."""
        connect = apsw.Connection

        def connect_here(path: str, flags: int) -> apsw.Connection:
            is_writing = flags & apsw.SQLITE_OPEN_READWRITE
            return connect(path, flags, vfs=self._name if is_writing else "unix")

        with mock.patch.object(apsw, "Connection", connect_here):
            return open_store(self._folder)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        with self._lock:
            if path.name not in self._flushed:
                self._flushed[path.name] = bytearray(path.read_bytes()) if path.exists() else bytearray()
                self._waiting[path.name] = []
        return _File(self, path.name, name, flags)

    def write(self, file: str, offset: int, data: bytes) -> None:
        with self._lock:
            self._waiting[file].append((offset, bytes(data)))

    def cut(self, file: str, size: int) -> None:
        with self._lock:
            self._waiting[file].append((-1, size))

    def flush(self, file: str, changes: int) -> None:
        with self._lock:
            waiting = self._waiting[file]
            for change in waiting[:changes]:
                _apply(self._flushed[file], *change)
            del waiting[:changes]

    def waiting(self, file: str) -> int:
        with self._lock:
            return len(self._waiting[file])

    def lose_power(self, dice: random.Random, into: Path) -> None:
        """Put into `into` what the disk would hold: everything flushed, and of the rest what chance will have."""
        into.mkdir()
        with self._lock:
            for file, flushed in self._flushed.items():
                content = bytearray(flushed)
                share = dice.choice([0.0, 0.2, 0.5, 0.9, 1.0])
                kept = [change for change in self._waiting[file] if dice.random() < share]
                if dice.random() < 0.5:
                    dice.shuffle(kept)
                for offset, what in kept:
                    if isinstance(what, bytes) and dice.random() < 0.2:
                        what = what[: dice.randrange(0, len(what) + 1, SECTOR_BYTES)]
                    _apply(content, offset, what)
                (into / file).write_bytes(content)


def _apply(content: bytearray, offset: int, what: bytes | int) -> None:
    if isinstance(what, int):
        del content[what:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(what)] = what


class _File(apsw.VFSFile):
    def __init__(self, disk: PowerDisk, file: str, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk, self._file = disk, file

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._disk.write(self._file, offset, data)

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._disk.cut(self._file, newsize)

    def xSync(self, flags: int) -> None:
        changes = self._disk.waiting(self._file)  # what is written while it is flushed may come too late
        super().xSync(flags)
        self._disk.flush(self._file, changes)
