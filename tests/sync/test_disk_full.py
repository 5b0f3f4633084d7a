"""A disk that is really full, under the served endpoint: nothing is acknowledged that is not there, and it recovers by itself.

Two ways to run out of room: a small disk of its own (needs root), and a limit on the size of files (Linux).
Source: promises F-33 (0 false acknowledgements, reads go on, recovery within 10 s without a restart).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from tests.sync.people import bearer
from tests.sync.served import AREA, Served

RECOVERY_SECONDS = 10
DISK_BYTES = 96 * 1024 * 1024


class SmallDisk:
    """A disk in memory, which `fill` leaves no room on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self, served: Served) -> None:
        with self._filler.open("wb") as file:
            for size in (1024 * 1024, 4096):
                while True:
                    try:
                        os.write(file.fileno(), bytes(size))
                    except OSError:
                        break

    def make_room(self, served: Served) -> None:
        self._filler.unlink()


class LimitedFiles:
    """No file of the server may grow any more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, served: Served) -> None:
        import resource

        largest = max(path.stat().st_size for path in self.folder.glob("documents.sqlite*"))
        hard = resource.prlimit(served.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (largest, hard))

    def make_room(self, served: Served) -> None:
        import resource

        hard = resource.prlimit(served.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (hard, hard))


@pytest.fixture(params=["small disk", "limited files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk | LimitedFiles]:
    if not sys.platform.startswith("linux"):
        pytest.skip("fills a disk by means of Linux")
    if request.param == "limited files":
        yield LimitedFiles(tmp_path)
        return
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("a small disk can be mounted by root only")
    yield SmallDisk(tmp_path)
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def push(phone: httpx2.Client, doc_id: str) -> httpx2.Response:
    doc = {"_id": doc_id, "_rev": "1-a", "text": "x" * 2000}
    return phone.post(f"/{AREA}/_bulk_docs", json={"docs": [doc], "new_edits": False})


def wait_for(what: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + RECOVERY_SECONDS
    while not what():
        assert time.monotonic() < ends_at, f"not within {RECOVERY_SECONDS} s"
        time.sleep(0.05)  # a phone that tries again


def test_a_full_disk_refuses_and_keeps_and_takes_again(disk: SmallDisk | LimitedFiles) -> None:
    served = Served(disk.folder)
    served.start()
    with httpx2.Client(base_url=served.url, headers=bearer("steward1"), timeout=30) as phone:
        acknowledged: set[str] = set()
        refused: set[str] = set()
        for number in range(40):
            assert push(phone, f"before{number}").status_code == 201
            acknowledged.add(f"before{number}")

        disk.fill(served)
        for number in range(300):
            answer = push(phone, f"while{number}")
            assert answer.status_code in (201, 507), answer.text
            (acknowledged if answer.status_code == 201 else refused).add(f"while{number}")
            if len(refused) == 20:
                break
        assert len(refused) == 20
        assert answer.json()["error"] == "insufficient_storage"
        assert int(answer.headers["retry-after"]) > 0
        rows = phone.get(f"/{AREA}/_all_docs").json()["rows"]
        assert {row["id"] for row in rows} == acknowledged
        assert phone.get(f"/{AREA}/before7").json()["text"] == "x" * 2000

        disk.make_room(served)
        wait_for(lambda: push(phone, "after").status_code == 201)
        acknowledged.add("after")

        served.kill()
        served.start()
        rows = phone.get(f"/{AREA}/_all_docs").json()["rows"]
        assert {row["id"] for row in rows} == acknowledged
        served.stop()
