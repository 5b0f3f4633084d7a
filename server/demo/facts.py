"""How people of the demo write facts: envelopes with deterministic ids, photos from the drawn pictures.

For: `Pen`, which the history writes with. Not for: what happened (server/demo/history).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from ulid import ULID

from media import Evidence, EvidenceStore
from server.demo.accounts import PROJECT
from server.demo.pictures import Scene, draw, numbered
from server.ledger.model import JsonObject, JsonValue

PICTURES_PER_SCENE = 8


@dataclass(frozen=True, slots=True)
class Written:
    """A fact and the moment at which its author wrote it."""

    at: datetime
    author: str
    document: JsonObject

    @property
    def id(self) -> str:
        return str(self.document["_id"])


@dataclass
class Album:
    """The pictures of the demo, stored as evidence: few are drawn, and no two photos are the same bytes."""

    random: Random
    store: EvidenceStore
    pictures: dict[Scene, list[bytes]] = field(default_factory=dict)
    taken: int = 0

    def fill(self) -> None:
        scenes: tuple[Scene, ...] = ("site", "hole", "mended", "empty_room", "notice")
        for scene in scenes:
            self.pictures[scene] = [draw(scene, self.random) for _ in range(PICTURES_PER_SCENE)]

    def take(self, scene: Scene, kind: str, at: datetime, count: int = 1) -> list[JsonObject]:
        """References to `count` different pictures, as a record lists them."""
        return [
            {
                "sha256": evidence.sha256,
                "bytes": evidence.bytes,
                "mime": evidence.mime,
                "kind": kind,
                "taken_at": at.isoformat(),
                "source": "camera",
            }
            for evidence in map(self._photograph, self.random.sample(self.pictures[scene], count))
        ]

    def _photograph(self, picture: bytes) -> Evidence:
        self.taken += 1
        return self.store.add(numbered(picture, self.taken), "image/jpeg")


@dataclass
class Pen:
    random: Random
    album: Album

    def new_id(self, kind: str, at: datetime) -> str:
        moment = int(at.timestamp() * 1000).to_bytes(6, "big")
        return f"{kind}:{ULID.from_bytes(moment + self.random.randbytes(10))}"

    def write(
        self,
        kind: str,
        subject: str | None,
        area: str,
        author: str,
        at: datetime,
        body: JsonObject,
        photos: list[JsonObject] | None = None,
        own_id: str | None = None,
    ) -> Written:
        """A fact of `kind`; without a subject it is its own."""
        fact_id = own_id or self.new_id(kind, at)
        listed: list[JsonValue] = list(photos or [])
        document: JsonObject = {
            "_id": fact_id,
            "type": kind,
            "v": 1,
            "project": PROJECT,
            "area": area,
            "subject": subject or fact_id,
            "author": author,
            "device": f"dev-{author}",
            "performed_at": at.isoformat(),
            "photos": listed,
            "body": body,
        }
        return Written(at, author, document)
