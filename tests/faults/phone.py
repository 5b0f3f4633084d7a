"""A phone that records hundreds of visits in a moment, and remembers what it told its steward about them.

For: `FaultyDay`: the shipped app in a real browser behind the proxy. Records are put into the phone's own outbox exactly as
    store/outbox.ts keeps them, because filling in a form takes a second each; everything after that is the shipped code.
Not for: filling in forms (tests/e2e), or what the faults are.
Source: promises I1, I3, I5, I9.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from ulid import ULID

from server.receipts import receipt_hash, revision_of
from tests.e2e.demo_server import SITE, DemoServer, OfficeClient, wait_until
from tests.e2e.phone_memory import memory_of
from tests.e2e.pictures import draw_photo
from tests.faults.proxy import Proxy

ALL_RECEIVED = "已全部送达"
NUDGE_EVERY_SECONDS = 0.4

# Notes each time the badge begins to say that all was received, by the clock that server and phone share here.
_WATCH = """
(words) => {
  window.saidAllReceived = []
  let before = false
  const look = () => {
    const now = document.querySelector('[data-testid="truth-badge"]')?.textContent.includes(words) ?? false
    if (now && !before) window.saidAllReceived.push(Date.now())
    before = now
  }
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
}
"""
_SAVE = """
async ({ items, photos }) => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const database = await done(indexedDB.open('xunlu'))
  const transaction = database.transaction(['outbox', 'photos', 'photo_bytes'], 'readwrite')
  for (const item of items) transaction.objectStore('outbox').put(item)
  for (const { kept, bytes } of photos) {
    transaction.objectStore('photo_bytes').put(Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0)).buffer, kept.sha256)
    transaction.objectStore('photos').put(kept)
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve
    transaction.onabort = () => reject(transaction.error)
  })
  database.close()
  const channel = new BroadcastChannel('xunlu')
  for (const kind of ['outbox_changed', 'photos_changed']) channel.postMessage({ kind })
  channel.postMessage({ kind: 'nudge', reason: 'saved' })
  channel.close()
}
"""
_KEPT = """
(key) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('xunlu')
  opening.onerror = () => reject(opening.error)
  opening.onsuccess = () => {
    const [store, name] = key
    const kept = opening.result.transaction(store).objectStore(store)
    const asking = name === undefined ? kept.getAll() : kept.get(name)
    asking.onsuccess = () => resolve(asking.result)
    asking.onerror = () => reject(asking.error)
    opening.result.close()
  }
})
"""
_TELL = "(message) => { const channel = new BroadcastChannel('xunlu'); channel.postMessage(message); channel.close() }"


@dataclass
class Saved:
    revision: str
    type: str
    at: datetime


@dataclass
class FaultyDay:
    page: Page
    demo: DemoServer
    proxy: Proxy
    folder: Path
    saved: dict[str, Saved] = field(default_factory=dict)
    _bytes: dict[str, bytes] = field(default_factory=dict)
    _device: str = ""
    _patterns: list[dict[str, Any]] = field(default_factory=list)
    _before: Counter[str] = field(default_factory=Counter)

    def begins(self) -> None:
        """Look up what this steward records on such a day; the phone is signed in and has its list already."""
        office = self.demo.office("steward1")
        rows = office.get("/db/area-a1/_all_docs", include_docs="true")["rows"]
        known = [row["doc"] for row in rows if row["doc"]["type"] in ("decoration_patrol", "airing")]
        self._patterns = [
            next(one for one in known if one["type"] == kind) for kind in ("airing", "decoration_patrol")
        ]
        self._device = self.page.evaluate(_KEPT, ["meta", "session"])["device"]
        self._before = self._records_of_the_office()
        self.page.evaluate(_WATCH, ALL_RECEIVED)

    def records(self, count: int, *, with_photo: bool = False) -> list[str]:
        """`count` visits; with a photo the last one is a patrol that has a new one."""
        items, photos = [], []
        for number in range(count):
            is_patrol = with_photo and number == count - 1
            content = self._photo() if is_patrol else None
            item = self._item(self._patterns[is_patrol], content)
            items.append(item)
            if content is not None:
                photos.append(_kept_photo(item, content))
        before = datetime.now(UTC)
        self.page.evaluate(_SAVE, {"items": items, "photos": photos})
        for item in items:
            document = item["document"]
            self.saved[document["_id"]] = Saved(item["rev"], document["type"], before)
        return [item["document"]["_id"] for item in items]

    def tells_the_worker(self, **message: Any) -> None:
        self.page.evaluate(_TELL, message)

    def everything_arrives(self, seconds: float, *, is_nudged: bool = True) -> None:
        """Until the badge says so; a phone whose line came back is told `online` by its browser, as here."""
        badge = self.page.get_by_test_id("truth-badge")
        deadline = time.monotonic() + seconds
        while ALL_RECEIVED not in (badge.text_content() or "") or not memory_of(self.page).is_all_received():
            assert time.monotonic() < deadline, self._how_it_stands(seconds)
            if is_nudged:
                self.tells_the_worker(kind="nudge", reason="online")
            self.page.wait_for_timeout(1000 * NUDGE_EVERY_SECONDS)

    def nothing_was_lost_doubled_or_claimed(self) -> None:
        assert self.proxy.broken == []
        office = self.demo.office("supervisor1")
        wait_until(lambda: self.saved.keys() <= self._records_of_the_office().keys(), "every saved record")
        assert self._records_of_the_office() - self._before == Counter(self.saved.keys())
        self._each_has_one_revision(self.demo.office("steward1"))
        for sha256, content in self._bytes.items():
            assert office.raw(f"/media/photos/{sha256}", view="original").content == content
        self._it_was_true_whenever_the_badge_said_so(office)

    def _it_was_true_whenever_the_badge_said_so(self, office: OfficeClient) -> None:
        said = [datetime.fromtimestamp(at / 1000, UTC) for at in self.page.evaluate("saidAllReceived")]
        assert said, "the badge never said it"
        received = {
            str(row["id"]): datetime.fromisoformat(row["received_at"])
            for kind in {one.type for one in self.saved.values()}
            for row in office.records(kind)
        }
        false = [
            (id, at) for at in said for id, one in self.saved.items() if one.at < at and received[id] > at
        ]
        assert false == []

    def _each_has_one_revision(self, steward: OfficeClient) -> None:
        rows = steward.get("/db/area-a1/_changes", style="all_docs")["results"]
        found = {row["id"]: [one["rev"] for one in row["changes"]] for row in rows if row["id"] in self.saved}
        assert found == {id: [one.revision] for id, one in self.saved.items()}

    def _records_of_the_office(self) -> Counter[str]:
        office = self.demo.office("office1")
        return Counter(
            str(row["id"]) for kind in ("decoration_patrol", "airing") for row in office.records(kind)
        )

    def _item(self, pattern: dict[str, Any], photo: bytes | None) -> dict[str, Any]:
        now = datetime.now(SITE).isoformat(timespec="seconds")
        document = {name: value for name, value in pattern.items() if not name.startswith("_")}
        document |= {"_id": f"{pattern['type']}:{ULID()}", "performed_at": now, "device": self._device}
        if photo is not None:
            sha256 = hashlib.sha256(photo).hexdigest()
            line = {"sha256": sha256, "bytes": len(photo), "mime": "image/jpeg", "kind": "overview"}
            document["photos"] = [line | {"taken_at": now, "source": "camera"}]
            self._bytes[sha256] = photo
        hash_ = receipt_hash(document)
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        kept = {"hash": hash_, "rev": revision_of(hash_), "user": "steward1", "database": "area-a1"}
        return {"document": document, **kept, "savedAt": at, "state": "saved", "tries": 0}

    def _photo(self) -> bytes:
        return draw_photo(self.folder / f"{ULID()}.jpg", (640, 480)).read_bytes()

    def _how_it_stands(self, seconds: float) -> str:
        badge = self.page.get_by_test_id("truth-badge").text_content()
        memory = memory_of(self.page)
        waiting = {id: one.state for id, one in memory.records.items() if one.state != "receipted"}
        why = [f"{one.get('code')}: {one.get('reason')}" for one in self.page.evaluate(_KEPT, ["outbox"])]
        return (
            f"not all arrived in {seconds:.0f} s: {badge!r}, {waiting}, photos {memory.photos_waiting}, {why}"
        )


def _kept_photo(item: dict[str, Any], content: bytes) -> dict[str, Any]:
    (photo,) = item["document"]["photos"]
    kept = {name: photo[name] for name in ("sha256", "bytes", "mime", "kind", "source")}
    more = {
        "savedAt": item["savedAt"],
        "user": item["user"],
        "state": "saved",
        "sent": 0,
        "uploadUrl": None,
        "tries": 0,
    }
    return {"kept": kept | more | {"takenAt": photo["taken_at"]}, "bytes": base64.b64encode(content).decode()}
