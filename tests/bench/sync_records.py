"""What the replication measurements send: patrol records of about 1 KiB with random revision hashes.

For: the same records on every run, from a fixed seed, as ready bytes so that the sender costs little.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import orjson

_NOTES = ("一切正常，无异常情况", "墙面基层处理完成，待验收", "Waterproofing cured, second coat due tomorrow")


@dataclass(frozen=True, slots=True)
class Record:
    id: str
    history: tuple[str, ...]  # digests, newest first
    body: dict[str, Any]

    @property
    def rev(self) -> str:
        return f"{len(self.history)}-{self.history[0]}"

    def document(self) -> dict[str, Any]:
        revisions = {"start": len(self.history), "ids": list(self.history)}
        return {"_id": self.id, "_rev": self.rev, "_revisions": revisions, **self.body}

    def edited(self, dice: random.Random) -> Record:
        body = {**self.body, "edit": len(self.history)}
        return Record(self.id, (f"{dice.getrandbits(128):032x}", *self.history), body)


def records(count: int, seed: int, author: str = "steward1") -> list[Record]:
    dice = random.Random(seed)
    return [_patrol(dice, seed, author) for _ in range(count)]


def bulk_docs(batch: list[Record]) -> bytes:
    return orjson.dumps({"docs": [one.document() for one in batch], "new_edits": False})


def revs_diff(batch: list[Record]) -> bytes:
    return orjson.dumps({one.id: [one.rev] for one in batch})


def batches(items: list[Record], size: int) -> list[list[Record]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _patrol(dice: random.Random, seed: int, author: str) -> Record:
    number = f"{dice.getrandbits(100):026d}"[:26]
    items = [{"code": f"item-{n}", "result": "normal", "note": dice.choice(_NOTES)} for n in range(6)]
    body = {
        "type": "decoration_patrol", "v": 1, "project": "demo", "area": "a1",
        "subject": f"decoration_project:{dice.randrange(25):026d}", "author": author, "device": "phone",
        "performed_at": "2026-11-22T10:03:05+08:00",
        "gps": {"lat": 31.2 + dice.random() / 100, "lon": 121.5 + dice.random() / 100, "accuracy_m": 12},
        "photos": [{"sha256": f"{dice.getrandbits(256):064x}", "bytes": 312345, "mime": "image/jpeg", "kind": "overview"}],
        "body": {"items": items, "stage": "carpentry"},
    }  # fmt: skip
    return Record(f"decoration_patrol:{seed}-{number}", (f"{dice.getrandbits(128):032x}",), body)
