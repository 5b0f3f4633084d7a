"""SIGKILL at random moments while phones push: what was acknowledged is there afterwards.

20 kills here; `make soak` (marker soak) runs 1,000, the full count of promises G1.
"""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import apsw
import httpx2
import pytest

from sync.sqlite import schema
from tests.sync.people import bearer
from tests.sync.served import AREA, Served


class Phone:
    """Pushes batches until the server is gone; remembers what was acknowledged."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.acknowledged: set[str] = set()
        self._sent = 0

    def push_until_cut(self, url: str) -> None:
        with httpx2.Client(base_url=url, headers=bearer("steward1", self.name), timeout=30) as client:
            while True:
                ids = [f"patrol:{self.name}-{self._sent + n}" for n in range(5)]
                self._sent += 5
                docs = [{"_id": one, "_rev": "1-a", "text": "x" * 900} for one in ids]
                try:
                    answer = client.post(f"/{AREA}/_bulk_docs", json={"docs": docs, "new_edits": False})
                except httpx2.TransportError:
                    return
                assert answer.status_code == 201
                self.acknowledged.update(row["id"] for row in answer.json() if row.get("ok"))


def kill_again_and_again(folder: Path, kills: int, seed: int) -> None:
    dice = random.Random(seed)
    server = Served(folder)
    phones = [Phone(f"phone{n}") for n in range(3)]
    slowest = 0.0
    for _ in range(kills):
        started = time.monotonic()
        server.start()
        slowest = max(slowest, time.monotonic() - started)
        threads = [threading.Thread(target=phone.push_until_cut, args=(server.url,)) for phone in phones]
        for thread in threads:
            thread.start()
        time.sleep(dice.uniform(0.02, 0.25))  # the moment of death is what varies
        server.kill()
        for thread in threads:
            thread.join()

    db = apsw.Connection(str(folder / schema.FILE_NAME), flags=apsw.SQLITE_OPEN_READWRITE)
    assert db.pragma("integrity_check") == "ok"
    stored = {doc_id for (doc_id,) in db.execute("SELECT id FROM doc")}
    counted = db.execute("SELECT documents FROM db WHERE name = ?", (AREA,)).get
    db.close()
    acknowledged = set().union(*(phone.acknowledged for phone in phones))
    assert len(acknowledged) > kills
    assert acknowledged <= stored
    assert counted == len(stored)
    assert slowest < 10


def test_nothing_acknowledged_is_lost_in_20_kills(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, 20, seed=20261125)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_in_1000_kills(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, 1000, seed=31)
