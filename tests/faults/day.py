"""A day of faults: hundreds of visits recorded in a moment, and what the phone told its steward about them.

For: `FaultyDay`: a phone behind the proxy, and the judgement over it. Not for: the faults, or the phones (phone.py).
Source: promises I1, I3, I5, I9.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ulid import ULID

from tests.e2e.demo_server import DemoServer, OfficeClient, wait_until
from tests.e2e.pictures import draw_photo
from tests.faults.phone import Given, PhoneUnderTest
from tests.faults.proxy import Proxy

NUDGE_EVERY_SECONDS = 0.3
LOOK_EVERY_SECONDS = 0.05
RECORDED_HERE = ("airing", "decoration_patrol")


@dataclass
class Saved:
    revision: str
    type: str
    at: datetime


@dataclass
class FaultyDay:
    phone: PhoneUnderTest
    demo: DemoServer
    proxy: Proxy
    folder: Path
    user: str = "steward1"
    area: str = "a1"
    saved: dict[str, Saved] = field(default_factory=dict)
    _bytes: dict[str, bytes] = field(default_factory=dict)
    _patterns: dict[str, dict[str, Any]] = field(default_factory=dict)
    _before: Counter[str] = field(default_factory=Counter)

    def begins(self) -> None:
        """Look up what this steward records on such a day; the phone is signed in and has its list already."""
        rows = self.demo.office(self.user).get(f"/db/area-{self.area}/_all_docs", include_docs="true")["rows"]
        for kind in RECORDED_HERE:
            self._patterns[kind] = next(row["doc"] for row in rows if row["doc"]["type"] == kind)
        self._before = self._records_of_the_office()

    def records(self, count: int, *, with_photo: bool = False, photos: int = 1) -> list[str]:
        """`count` visits; with a photo the last one is a patrol that has new ones."""
        given = [self.visit("airing") for _ in range(count)]
        if with_photo:
            given[-1] = self.visit("decoration_patrol", [self._photo() for _ in range(photos)])
        return self.saves(given)

    def visit(self, kind: str, photos: Sequence[bytes] = ()) -> Given:
        pattern = self._patterns[kind]
        return Given(
            type=kind,
            subject=pattern["subject"],
            area=self.area,
            body=dict(pattern["body"]),
            photos=list(photos),
        )

    def saves(self, given: list[Given]) -> list[str]:
        before = datetime.now(UTC)
        records = self.phone.saves(given)
        for one in records:
            self.saved[one.id] = Saved(one.revision, one.type, before)
        for photo in (photo for one in given for photo in one["photos"]):
            self._bytes[hashlib.sha256(photo).hexdigest()] = photo
        return [one.id for one in records]

    def everything_arrives(self, seconds: float, *, is_nudged: bool = True) -> None:
        """Until the badge says so; a phone whose line came back is told `online` by its browser, as here."""
        deadline = time.monotonic() + seconds
        nudge_at = 0.0
        while not (standing := self.phone.stands()).is_all_received():
            assert time.monotonic() < deadline, f"not all arrived in {seconds:.0f} s: {standing}"
            if is_nudged and time.monotonic() > nudge_at:
                self.phone.tells_the_worker(kind="nudge", reason="online")
                nudge_at = time.monotonic() + NUDGE_EVERY_SECONDS
            time.sleep(LOOK_EVERY_SECONDS)  # another process: there is no event to wait for

    def nothing_was_lost_doubled_or_claimed(self) -> None:
        assert self.proxy.broken == []
        wait_until(lambda: self.saved.keys() <= self._records_of_the_office().keys(), "every saved record")
        assert self._records_of_the_office() - self._before == Counter(self.saved.keys())
        self._each_has_one_revision(self.demo.office(self.user))
        self.every_photo_is_there()
        self.it_was_true_whenever_the_badge_said_so()

    def every_photo_is_there(self) -> None:
        """Byte for byte."""
        office = self.demo.office("supervisor1")
        for sha256, content in self._bytes.items():
            assert office.raw(f"/media/photos/{sha256}", view="original").content == content

    def arrived(self, ids: list[str]) -> None:
        """These are in the office's registers."""
        wait_until(lambda: set(ids) <= self._records_of_the_office().keys(), "every good record")

    def held_by_the_office(self) -> dict[str, str]:
        """Of every held fact the code."""
        office = self.demo.office("supervisor1")
        found: dict[str, str] = {}
        cursor: dict[str, str] = {}
        for _ in range(100):
            page = office.get("/api/held", limit=500, **cursor)
            found |= {one["id"]: one["code"] for one in page["items"]}
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}
        raise AssertionError("the list of held facts never ended")

    def it_was_true_whenever_the_badge_said_so(self) -> None:
        said = [datetime.fromtimestamp(at / 1000, UTC) for at in self.phone.said_all_received_at_ms()]
        assert said, "the badge never said it"
        received = {
            str(row["id"]): datetime.fromisoformat(row["received_at"])
            for kind in {one.type for one in self.saved.values()}
            for row in self.demo.office("supervisor1").records(kind)
        }
        false = [
            (id, at) for at in said for id, one in self.saved.items() if one.at < at and received[id] > at
        ]
        assert false == []

    def _each_has_one_revision(self, steward: OfficeClient) -> None:
        rows = steward.get(f"/db/area-{self.area}/_changes", style="all_docs")["results"]
        found = {row["id"]: [one["rev"] for one in row["changes"]] for row in rows if row["id"] in self.saved}
        assert found == {id: [one.revision] for id, one in self.saved.items()}

    def _records_of_the_office(self) -> Counter[str]:
        """Of this day's area: in the others other stewards' phones record, whose days are stories of their own."""
        office = self.demo.office("office1")
        return Counter(
            str(row["id"]) for kind in RECORDED_HERE for row in office.records(kind, area=self.area)
        )

    def _photo(self) -> bytes:
        return draw_photo(self.folder / f"{ULID()}.jpg", (640, 480)).read_bytes()
