"""What a phone has in its own database, read the way a person with the developer tools would.

For: `memory_of(page)`: every record of the outbox and of the receipts, which is what "saved on this phone" promises. What a
    record says is sealed there; its plain head says enough. `put_forged_tokens(page)` opens one with the phone's own key.
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
    const line = ({ document, rev, hash, photos }, state) => ({
      id: document._id, type: document._id.split(':')[0], rev, hash, state,
      photos: photos ?? document.photos.map((photo) => photo.sha256),
    })
    return {
      records: [...receipts.map((kept) => line(kept, 'receipted')), ...outbox.map((kept) => line(kept, kept.state))],
      photos_waiting: photos.filter((photo) => photo.state !== 'received').length,
      drafts: Object.fromEntries(draftKeys.map((key, at) => [key, drafts[at].photoCount ?? drafts[at].photos.length])),
    }
  } finally {
    database.close()
  }
}
"""
_FORGE_TOKENS = """
async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const database = await done(indexedDB.open('xunlu'))
  const { by, iv, wrapped } = await done(database.transaction('vault').objectStore('vault').get('key'))
  const { box } = await done(database.transaction('meta').objectStore('meta').get('session'))
  const named = (nonce) => ({ name: 'AES-GCM', iv: nonce })
  const key = await crypto.subtle.unwrapKey('raw', wrapped, by, named(iv), 'AES-GCM', false, ['decrypt'])
  const packed = await crypto.subtle.decrypt(named(box.iv), key, box.data)
  const session = JSON.parse(new TextDecoder().decode(packed.slice(4)))
  const meta = database.transaction('meta', 'readwrite').objectStore('meta')
  await done(meta.put({ ...session, accessToken: 'forged', refreshToken: 'forged' }, 'session'))
  database.close()
}
"""
# Everything in every database of this origin, keys too, bytes read as UTF-8.
_EVERYTHING = """
async () => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
  const text = (value) => JSON.stringify(value, (_name, member) => {
    if (member instanceof ArrayBuffer || ArrayBuffer.isView(member)) return new TextDecoder().decode(member)
    return member
  }) ?? ''
  const found = []
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      const objects = database.transaction(store).objectStore(store)
      const [keys, values] = await Promise.all([done(objects.getAllKeys()), done(objects.getAll())])
      found.push(name, text(keys), text(values))
    }
    database.close()
  }
  return found.join('\\n')
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


def put_forged_tokens(page: Page) -> None:
    """The signed-in session goes on with tokens that no server gave out."""
    page.evaluate(_FORGE_TOKENS)


def texts_on_disk(page: Page) -> str:
    """All that IndexedDB holds of this origin, as text in which a name would be found."""
    found: str = page.evaluate(_EVERYTHING)
    return found
