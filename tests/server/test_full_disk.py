"""The server on a disk that is really full: sign-in, receipts and sign-out go on; records are refused and kept by the phones.

Needs root, for a small disk of its own. Source: promises F-33.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.receipts import receipt_hash, revision_of
from sync.sqlite.space import RESERVE_NAME
from tests.small_disk import fill, small_disk

DISK_BYTES = 200 * 1024 * 1024
WITHIN_SECONDS = 10
WORD = "correct horse 楼"
SET_UP = (
    ("project", "add", "yunqi", "--title", "云栖里"),
    ("area", "add", "e1", "--project", "yunqi", "--title", "东区"),
    ("user", "add", "lin", "--title", "林晓禾", "--password-stdin"),
    ("user", "grant", "lin", "--role", "steward", "--project", "yunqi", "--area", "e1"),
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path, DISK_BYTES) as disk:
        yield disk


@pytest.fixture
def url(disk: Path) -> Iterator[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XUNLU_")}
    environment["XUNLU_DATA"] = str(disk / "data")
    xunlu = [sys.executable, "-m", "server", "--log-level", "error"]
    for words in SET_UP:
        subprocess.run(
            [*xunlu, *words], env=environment, input=f"{WORD}\n", text=True, check=True, timeout=60
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*xunlu, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL
    )
    found = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: is_ready(found), 60)
        yield found
    finally:
        server.terminate()
        server.wait(timeout=20)


def is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx2.TransportError:
        return False


def wait_for(what: Callable[[], bool], seconds: float = WITHIN_SECONDS) -> None:
    ends_at = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends_at, f"not within {seconds} s"
        time.sleep(0.05)  # somebody who tries again


def record(number: int) -> dict[str, Any]:
    """Held, not good: what it says is of no matter here."""
    return {
        "_id": f"airing:01KAJ{number:021d}", "type": "airing", "v": 1, "project": "yunqi", "area": "e1",
        "subject": "unit:yunqi-1-1-101", "author": "lin", "device": "dev-1", "performed_at": "2026-11-25T08:00:00+08:00",
        "photos": [], "body": {"note": "x" * 3000},
    }  # fmt: skip


def push(http: httpx2.Client, document: dict[str, Any]) -> httpx2.Response:
    sent = document | {"_rev": revision_of(receipt_hash(document))}
    return http.post("/db/area-e1/_bulk_docs", json={"docs": [sent], "new_edits": False})


def sign_in(http: httpx2.Client) -> httpx2.Response:
    return http.post("/api/session", json={"username": "lin", "password": WORD, "device": "dev-1"})


def test_people_go_on_while_the_disk_is_full_and_records_are_taken_again_after(disk: Path, url: str) -> None:
    reserve = disk / "data" / "documents" / RESERVE_NAME
    with httpx2.Client(base_url=url, timeout=30) as http:
        http.headers["Authorization"] = f"Bearer {sign_in(http).json()['access_token']}"
        taken = record(1)
        assert push(http, taken).status_code == 201
        assert reserve.stat().st_blocks * 512 > 60_000_000

        fill(disk / "filler")
        # Whoever meets the full disk first is told so, and then there is room for what must go on.
        answers = [sign_in(http) for _ in range(8)]
        assert {answer.status_code for answer in answers} <= {200, 503}
        assert all("磁盘已满" in answer.json()["reason"] for answer in answers if answer.status_code == 503)
        assert answers[-1].status_code == 200
        number = 1
        while (refused := push(http, record(number := number + 1))).status_code == 201:
            assert number < 3000
        assert (refused.status_code, refused.json()["error"]) == (507, "insufficient_storage")
        assert not reserve.exists()
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert "磁盘已满" in ready.json()["reason"]

        photo = http.post("/media/uploads", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1000"})
        assert (photo.status_code, photo.json()["error"]) == (507, "insufficient_storage")

        token = sign_in(http).json()["access_token"]
        items = [
            {"id": one["_id"], "rev": revision_of(receipt_hash(one)), "hash": receipt_hash(one)}
            for one in (taken, record(number))
        ]
        receipts = http.post("/api/receipts", json={"items": items}).json()["items"]
        assert [one["state"] != "missing" for one in receipts] == [True, False]
        signed_out = http.delete("/api/session", headers={"Authorization": f"Bearer {token}"})
        assert signed_out.status_code < 300
        assert http.get("/api/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401

        (disk / "filler").unlink()
        wait_for(lambda: is_ready(url))
        assert push(http, record(number)).status_code == 201
        assert reserve.stat().st_blocks * 512 > 60_000_000
