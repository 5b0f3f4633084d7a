"""The app finds what its first version kept on the phone, and its browser is killed while it changes that.

A real browser and SIGKILL, by `make soak`. Before each single write in turn: pwa/tests/store/upgrading.test.ts.
Source: promises F-07, I1, I5.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright
from ulid import ULID

from server.receipts import receipt_hash, revision_of
from tests.e2e.demo_server import PASSWORD, SITE, DemoServer, OfficeClient
from tests.e2e.killed_phone import kill_browser, phone_on
from tests.e2e.people import Steward
from tests.e2e.phone_memory import memory_of

KILLS = 20
RECORDS = 8
DEVICE = "dev-old-phone"
LONGEST_START_MS = 1_200

# As the first version made it: version 1, everything in plain, no key.
KEEP = """
async (kept) => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  for (const { name } of await indexedDB.databases()) await done(indexedDB.deleteDatabase(name))
  const opening = indexedDB.open('xunlu', 1)
  opening.onupgradeneeded = () => {
    for (const name of ['meta', 'photo_bytes', 'drafts', 'marks']) opening.result.createObjectStore(name)
    for (const name of ['outbox', 'receipts']) opening.result.createObjectStore(name, { keyPath: 'document._id' })
    opening.result.createObjectStore('photos', { keyPath: 'sha256' })
  }
  const database = await done(opening)
  const stores = database.transaction(['meta', 'outbox', 'photos', 'photo_bytes'], 'readwrite', { durability: 'strict' })
  stores.objectStore('meta').put(kept.session, 'session')
  stores.objectStore('meta').put(kept.session.device, 'device')
  for (const item of kept.outbox) stores.objectStore('outbox').put(item)
  for (const { content, ...photo } of kept.photos) {
    stores.objectStore('photos').put(photo)
    stores.objectStore('photo_bytes').put(Uint8Array.from(atob(content), (one) => one.charCodeAt(0)).buffer, photo.sha256)
  }
  await new Promise((resolve) => (stores.oncomplete = resolve))
  database.close()
}
"""
VERSION = "async () => (await indexedDB.databases()).find((one) => one.name === 'xunlu').version"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_browser_killed_while_it_takes_over_what_an_older_version_kept_loses_and_doubles_nothing(
    demo: DemoServer, playwright: Playwright, tmp_path: Path, photos: Callable[[int], list[Path]]
) -> None:
    chance = random.Random(20_261_201)
    office = demo.office("supervisor1")
    steward = demo.office("steward1")
    rows = steward.get("/db/area-a1/_all_docs", include_docs="true")["rows"]
    patterns = {row["doc"]["type"]: row["doc"] for row in rows}
    interrupted = 0
    for number in range(KILLS):
        profile = tmp_path / f"profile-{number}"
        taken = photos(1)[0].read_bytes()
        kept = old_phone(demo, patterns, taken)
        ids = {item["document"]["_id"]: item["rev"] for item in kept["outbox"]}
        with phone_on(playwright, profile) as page:
            on_a_page_of_the_server(page, demo).evaluate(KEEP, kept)
            assert page.evaluate(VERSION) == 1
            page.goto(demo.url, wait_until="commit")
            page.wait_for_timeout(chance.uniform(0, LONGEST_START_MS))  # any moment of the start
            kill_browser(profile)
        interrupted += len(revisions_of(steward, ids)) < len(ids)
        with phone_on(playwright, profile) as page:
            assert on_a_page_of_the_server(page, demo).evaluate(VERSION) in (1, 2)
            Steward(page, demo).opens("/")

            Steward(page, demo).everything_is_received(timeout_ms=120_000)

            assert memory_of(page).is_all_received()
        assert revisions_of(steward, ids) == {id: [rev] for id, rev in ids.items()}
        sha256 = hashlib.sha256(taken).hexdigest()
        assert office.raw(f"/media/photos/{sha256}", view="original").content == taken
    assert interrupted > 0, "every kill came after everything was sent: nothing was tried"


def on_a_page_of_the_server(page: Page, demo: DemoServer) -> Page:
    """Of the same origin, and without the app."""
    page.goto(f"{demo.url}/healthz")
    return page


def old_phone(demo: DemoServer, patterns: dict[str, Any], photo: bytes) -> dict[str, Any]:
    """What it keeps: a session, and visits that wait, the first of them a patrol with a photo."""
    told = demo.office("steward1")
    signed_in = told.post(
        "/api/session", {"username": "steward1", "password": PASSWORD, "device": DEVICE}
    ).json()
    sha256 = hashlib.sha256(photo).hexdigest()
    at = datetime.now(SITE).isoformat(timespec="seconds")
    line = {
        "sha256": sha256,
        "bytes": len(photo),
        "mime": "image/jpeg",
        "kind": "overview",
        "source": "camera",
    }
    outbox = []
    for number in range(RECORDS):
        pattern = patterns["decoration_patrol" if number == 0 else "airing"]
        fact = {
            "_id": f"{pattern['type']}:{ULID()}",
            **{name: pattern[name] for name in ("type", "v", "project", "area", "subject", "author", "body")},
            "device": DEVICE,
            "performed_at": at,
            "photos": [{**line, "taken_at": at}] if number == 0 else [],
        }
        hash_ = receipt_hash(fact)
        outbox.append({
            "document": fact, "hash": hash_, "rev": revision_of(hash_), "user": "steward1", "database": "area-a1",
            "savedAt": at, "state": "saved", "tries": 0,
        })  # fmt: skip
    waiting = {
        "takenAt": at,
        "savedAt": at,
        "user": "steward1",
        "state": "saved",
        "sent": 0,
        "uploadUrl": None,
        "tries": 0,
    }
    session = {
        "me": told.get("/api/me"), "device": DEVICE, "state": "open", "accessToken": signed_in["access_token"],
        "accessExpiresAt": 0, "refreshToken": signed_in["refresh_token"],
    }  # fmt: skip
    return {
        "session": session,
        "outbox": outbox,
        "photos": [{**line, **waiting, "content": base64.b64encode(photo).decode()}],
    }


def revisions_of(steward: OfficeClient, ids: dict[str, str]) -> dict[str, list[str]]:
    rows = steward.get("/db/area-a1/_changes", style="all_docs")["results"]
    return {row["id"]: [one["rev"] for one in row["changes"]] for row in rows if row["id"] in ids}
