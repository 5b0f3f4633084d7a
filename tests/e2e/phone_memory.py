"""What a phone has in its own database, read the way a person with the developer tools would.

For: `kept_records(page)`: every record of the outbox and of the receipts, which is what "saved on this phone" promises.
Not for: the copies of the server's databases, or what is on the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

_READ = """
async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const database = await done(indexedDB.open('xunlu'))
  try {
    const stores = database.transaction(['outbox', 'receipts', 'photos', 'drafts'])
    const [outbox, receipts, photos, draftKeys, drafts] = await Promise.all([
      done(stores.objectStore('outbox').getAll()),
      done(stores.objectStore('receipts').getAll()),
      done(stores.objectStore('photos').getAll()),
      done(stores.objectStore('drafts').getAllKeys()),
      done(stores.objectStore('drafts').getAll()),
    ])
    const line = ({ document, rev, hash }, state) =>
      ({ id: document._id, type: document.type, rev, hash, state, photos: document.photos.map((photo) => photo.sha256) })
    return {
      records: [...receipts.map((kept) => line(kept, 'receipted')), ...outbox.map((kept) => line(kept, kept.state))],
      photos_waiting: photos.filter((photo) => photo.state !== 'received').length,
      drafts: Object.fromEntries(draftKeys.map((key, at) => [key, drafts[at].photos.length])),
    }
  } finally {
    database.close()
  }
}
"""


@dataclass(frozen=True, slots=True)
class KeptRecord:
    id: str
    type: str
    rev: str
    hash: str
    state: str  # of the outbox: saved, sent, received, held; or receipted once it has left the outbox
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    records: dict[str, KeptRecord]
    photos_waiting: int
    drafts: dict[str, int]  # how many photos each form begun and not saved has

    def is_all_received(self) -> bool:
        return self.photos_waiting == 0 and not any(
            record.state in ("saved", "sent") for record in self.records.values()
        )


def memory_of(page: Page) -> Memory:
    """Everything recorded here and not signed out since: of one record, what the outbox says of it."""
    found = page.evaluate(_READ)
    records = [KeptRecord(**{**line, "photos": tuple(line["photos"])}) for line in found["records"]]
    return Memory({record.id: record for record in records}, found["photos_waiting"], found["drafts"])
