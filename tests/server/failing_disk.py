"""`python -m tests.server.failing_disk serve …`: the real command line on a disk whose next flush fails after SIGUSR1.

The process that starts again after it has a sound disk.
"""

from __future__ import annotations

import os
import signal

from server.cli import main
from tests.sync.disk_faults import FaultyDisk, failed_flush

if __name__ == "__main__":
    if "FAILED_ALREADY" not in os.environ:
        os.environ["FAILED_ALREADY"] = "yes"
        disk = FaultyDisk()
        signal.signal(signal.SIGUSR1, lambda number, frame: disk.fail("flush", "wal", failed_flush, times=1))
    main()
