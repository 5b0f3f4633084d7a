"""A disk that fails on demand, below a real SQLite: every byte that SQLite writes, reads and flushes passes through here.

For: `FaultyDisk` as a context manager; while it is open, connections that are made use it.
Not for: a disk that is really full (test_disk_full.py).
Source: sqlite.org, "The OS Interface or VFS"; apsw documentation, "Virtual File System".
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

import apsw

Error = Callable[[], BaseException]


class FaultyDisk(apsw.VFS):
    """`fail(...)` arms one kind of failure; `mend()` ends all. `what`: write, flush, read, cut_read; `where`: file or wal."""

    def __init__(self) -> None:
        self.name = f"faulty-{id(self)}"
        super().__init__(self.name, "unix", makedefault=True)
        self._faults: dict[tuple[str, str], tuple[Error | None, int, int]] = {}
        self.failures = 0

    def __enter__(self) -> FaultyDisk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mend()
        self.unregister()

    def fail(
        self, what: str, where: str, error: Error | None = None, *, after: int = 0, times: int = 10**9
    ) -> None:
        """The next `after` such calls go well, the `times` then do not."""
        self._faults[what, where] = (error, after, times)

    def mend(self) -> None:
        self._faults.clear()

    def meets(self, what: str, where: str) -> bool:
        """Whether this call is to fail. Raises what it is to fail with, if anything."""
        error, after, times = self._faults.get((what, where), (None, 0, 0))
        if after:
            self._faults[what, where] = (error, after - 1, times)
            return False
        if not times:
            return False
        self._faults[what, where] = (error, 0, times - 1)
        self.failures += 1
        if error is not None:
            raise error()
        return True

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: FaultyDisk, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._where = "wal" if flags[0] & apsw.SQLITE_OPEN_WAL else "file"

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.meets("write", self._where)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.meets("flush", self._where)
        super().xSync(flags)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._disk.meets("read", self._where)
        data = super().xRead(amount, offset)
        return b"" if self._disk.meets("cut_read", self._where) else data


def full() -> BaseException:
    return apsw.FullError("database or disk is full")


def failed_flush() -> BaseException:
    return _with_result(apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_FSYNC)


def failed_write() -> BaseException:
    return _with_result(apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_WRITE)


def failed_read() -> BaseException:
    return _with_result(apsw.IOError("disk I/O error"), apsw.SQLITE_IOERR_READ)


def _with_result(error: apsw.Error, result: int) -> apsw.Error:
    error.result, error.extendedresult = result & 0xFF, result
    return error
