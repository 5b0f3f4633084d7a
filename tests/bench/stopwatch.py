"""Wall time here, and processor time of another process.

Source: proc(5), /proc/pid/stat.
"""

from __future__ import annotations

import os
import time
from pathlib import Path


class Stopwatch:
    """Started when made. With a process id it also counts that process's work, its finished children included."""

    def __init__(self, pid: int | None = None) -> None:
        self._pid = pid
        self._cpu = _cpu_seconds(pid)
        self._began = time.perf_counter()

    def seconds(self) -> float:
        return time.perf_counter() - self._began

    def cpu_seconds(self) -> float:
        return _cpu_seconds(self._pid) - self._cpu


def _cpu_seconds(pid: int | None) -> float:
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
