"""How much memory the processes of a browser's pages hold, as the system counts it.

For: `PageMemory`, of a browser started on a folder of its own (killed_phone.py). Linux only: it reads /proc.
Not for: what is in the memory. A page and its workers are one process. `peak_bytes` counts the browser's code too, which all
pages share; `own_bytes` does not (what the browser's task manager calls its footprint), but is seen only when looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_OWN = re.compile(r"^Rss(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)


class PageMemory:
    def __init__(self, browser_pid: int) -> None:
        self._group = os.getpgid(browser_pid)
        self.peak_bytes = 0  # of the largest page, since it was started
        self.own_bytes = 0  # the most that was seen of one page, without the browser's code

    def look(self) -> int:
        """Look at every page that there is now; returns the highest so far."""
        for status in self._pages():
            if found := _PEAK.search(status):
                self.peak_bytes = max(self.peak_bytes, 1024 * int(found[1]))
            self.own_bytes = max(self.own_bytes, 1024 * sum(map(int, _OWN.findall(status))))
        return self.peak_bytes

    def _pages(self) -> Iterator[str]:
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            with suppress(OSError):  # a process may end while we look
                is_page = b"--type=renderer" in (entry / "cmdline").read_bytes()
                if is_page and os.getpgid(int(entry.name)) == self._group:
                    yield (entry / "status").read_text()
