"""A store of 1 GB that was killed with a long WAL answers again within three seconds.

Runs in `make soak`: it builds the gigabyte first. Source: promises F-31.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import httpx2
import pytest

from sync.database import Edit, Pusher
from sync.documents import content_of
from sync.revisions import Revision
from sync.sqlite import open_store
from sync.sqlite.schema import FILE_NAME, open_reader, rows
from tests.sync.people import OPERATOR
from tests.sync.served import AREA, Served

STORE_BYTES = 1_000_000_000
WAL_BYTES = 45 * 1024 * 1024
FIRST_ANSWER_SECONDS = 3.0


def edits(dice: random.Random, count: int) -> list[Edit]:
    return [
        Edit(
            f"patrol:{dice.randbytes(12).hex()}",
            (Revision(1, dice.randbytes(16).hex()),),
            False,
            content_of({"type": "patrol", "text": dice.randbytes(450).hex()}),
        )
        for _ in range(count)
    ]


async def build(folder: Path, dice: random.Random) -> None:
    store = open_store(folder)
    await store.create(AREA)
    area = store.database(AREA)
    while (await area.info()).file_bytes < STORE_BYTES:
        for _ in range(50):
            await area.push(edits(dice, 1000), Pusher("steward1", "phone"))
    await store.close()


@pytest.mark.soak
@pytest.mark.anyio
@pytest.mark.timeout(3600)
async def test_a_killed_gigabyte_answers_within_three_seconds(tmp_path: Path) -> None:
    dice = random.Random(31)
    await build(tmp_path, dice)
    wal = tmp_path / f"{FILE_NAME}-wal"
    served = Served(tmp_path)
    served.start()
    reader = open_reader(tmp_path)  # keeps the WAL from being emptied
    rows(reader, "BEGIN")
    rows(reader, "SELECT count(*) FROM db")
    with httpx2.Client(base_url=served.url, headers=OPERATOR, timeout=60) as operator:
        while wal.stat().st_size < WAL_BYTES:
            docs = [
                {"_id": one.id, "_rev": str(one.history[0]), "text": "x" * 900} for one in edits(dice, 500)
            ]
            answer = operator.post(f"/{AREA}/_bulk_docs", json={"docs": docs, "new_edits": False})
            assert answer.status_code == 201
        count = operator.get(f"/{AREA}").json()["doc_count"]
        served.kill()
        reader.close()

        started = time.monotonic()
        served.start()
        told = operator.get(f"/{AREA}").json()
        took = time.monotonic() - started
        served.stop()

    print(f"first answer after {took:.2f} s; {count} documents, WAL {WAL_BYTES // 1024**2} MiB")
    assert told["doc_count"] == count
    assert took <= FIRST_ANSWER_SECONDS
