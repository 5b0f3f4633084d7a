/** A newer version of the app finds what an older one wrote, and is killed while it changes it: old or new, never half, all of it sent once.
 *
 * Killed before each single write in turn: of the schema's change, of the key, and of sealing what lay in plain. What was committed
 * stands, the transaction that was open is undone, and the next start goes on.
 * Not for: that a browser itself undoes what was open (tests/e2e/test_older_version.py kills one). Source: promises F-07, D8, D13.
 */
import { afterEach, expect, test, vi } from 'vitest'
import { SEAL_KEY, SESSION_KEY, type KeptOutboxItem, type KeptPhoto, type KeptReceipt, type KeptSession } from '../../src/store/kept'
import { LocalStore } from '../../src/store/local'
import { settled } from '../../src/store/idb'
import { isSealed } from '../../src/store/sealed-form'
import { sealWhatIsNot } from '../../src/store/sealing'
import type { StoreName } from '../../src/store/transaction'
import { meOf } from '../../src/sync/tokens'
import { receiptHash, revisionFor, sha256Hex } from '../../src/wire/hash'
import type { Fact, JsonObject } from '../../src/wire/types'
import { Office } from '../sync/office'
import { BASE, Phone, picture, sameBytes } from '../sync/phone'

const SEALED: readonly StoreName[] = ['outbox', 'photo_bytes', 'receipts', 'drafts']
const IDS = [1, 2, 3].map((number) => `airing:01M8PZZZZZZZZZZZZZZZZZZZZ${number}`)

afterEach(() => void vi.restoreAllMocks())

/** The first version's stores, as it made them, with everything in plain. */
async function phoneOfTheFirstVersion(office: Office): Promise<Phone> {
  const phone = new Phone(office)
  const opening = indexedDB.open(`xunlu-${phone.name}`, 1)
  opening.onupgradeneeded = () => {
    for (const name of ['meta', 'photo_bytes', 'drafts', 'marks']) opening.result.createObjectStore(name)
    opening.result.createObjectStore('outbox', { keyPath: 'document._id' })
    opening.result.createObjectStore('photos', { keyPath: 'sha256' })
    opening.result.createObjectStore('receipts', { keyPath: 'document._id' })
  }
  const database = await settled(opening)
  const me = meOf(await (await office.fetch(`${BASE}/api/me`, { headers: { Authorization: 'Bearer access-0' } })).json())
  const session: KeptSession = { me, device: 'dev-1', state: 'open', accessToken: 'access-0', accessExpiresAt: phone.clock + 600_000, refreshToken: 'refresh-0' }
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])).publicKey)
  const bytes = picture(2_000)
  const photo: KeptPhoto = {
    sha256: await sha256Hex(bytes), bytes: bytes.byteLength, mime: 'image/jpeg', kind: 'overview', source: 'camera', takenAt: '2026-11-25T02:00:00Z', savedAt: '1', user: 'steward1',
    state: 'saved', sent: 0, uploadUrl: null, tries: 0,
  }
  const items = await Promise.all(IDS.map(async (id, place): Promise<KeptOutboxItem> => {
    const photos = place === 0 ? [{ sha256: photo.sha256, bytes: photo.bytes, mime: photo.mime, kind: photo.kind, taken_at: photo.takenAt, source: photo.source }] : []
    const document: Fact = { _id: id, type: 'airing', v: 1, project: 'demo', area: 'a1', subject: 'unit:1', author: 'steward1', device: 'dev-1', performed_at: '2026-11-25T10:00:00+08:00', photos, body: { note: '漏水' } }
    const hash = await receiptHash(document as unknown as JsonObject)
    return { document, hash, rev: revisionFor(hash), user: 'steward1', database: 'area-a1', savedAt: String(place), state: 'saved', tries: 0 }
  }))
  const { document, hash, rev, user } = items[0] as KeptOutboxItem
  const receipt: KeptReceipt = { document: { ...document, _id: 'airing:long ago', photos: [] }, hash, rev, user, database: 'area-a1', receivedAt: '2026-11-24T00:00:00Z' }
  const stores = database.transaction([...database.objectStoreNames], 'readwrite')
  const put = (store: string, value: unknown, key?: string): void => void stores.objectStore(store).put(value, key)
  put('meta', session, SESSION_KEY)
  put('meta', { kid: 'k', x, y }, SEAL_KEY)
  for (const item of items) put('outbox', item)
  put('photos', photo)
  put('photo_bytes', bytes.buffer, photo.sha256)
  put('receipts', receipt)
  put('drafts', { values: { note: '写到一半' }, photos: [], updatedAt: '1' }, 'form')
  await new Promise((resolve) => (stores.oncomplete = resolve))
  database.close()
  return phone
}

/** From its `at`-th write on nothing is written any more. Returns how to be alive again, and whether it came to that. */
function killedAt(at: number): () => boolean {
  let writes = 0
  const spies = [
    ...(['put', 'delete', 'clear'] as const).map((name) => ({ on: IDBObjectStore.prototype as object, name: name as string })),
    { on: IDBDatabase.prototype as object, name: 'createObjectStore' },
  ].map(({ on, name }) => {
    const target = on as Record<string, (...given: unknown[]) => unknown>
    const original = target[name] as (...given: unknown[]) => unknown
    return vi.spyOn(target, name).mockImplementation(function (this: unknown, ...given: unknown[]) {
      writes += 1
      if (writes >= at) throw new Error('killed')
      return original.apply(this, given)
    })
  })
  return () => {
    spies.forEach((spy) => spy.mockRestore())
    return writes >= at
  }
}

/** What of the old phone the next start does not find as it was. */
async function missingOn(store: LocalStore): Promise<string[]> {
  const missing: string[] = []
  const found = await store.read(['outbox', 'receipts', 'drafts', 'photo_bytes', 'photos', 'meta'], async (transaction) => ({
    items: await transaction.all<KeptOutboxItem>('outbox'), receipts: await transaction.all<KeptReceipt>('receipts'), draft: await transaction.get<{ values: JsonObject }>('drafts', 'form'),
    photos: await transaction.all<KeptPhoto>('photos'), session: await transaction.get<KeptSession>('meta', SESSION_KEY),
  }))
  const bytes = await store.read(['photo_bytes'], (transaction) => transaction.get<ArrayBuffer>('photo_bytes', found.photos[0]?.sha256 ?? ''))
  for (const id of IDS) if (found.items.filter((item) => item.document._id === id && item.document.body['note'] === '漏水' && item.state === 'saved').length !== 1) missing.push(id)
  if (found.receipts.length !== 1) missing.push('receipt')
  if (found.draft?.values['note'] !== '写到一半') missing.push('draft')
  if (found.session?.accessToken !== 'access-0') missing.push('session')
  if (bytes === undefined || !sameBytes(new Uint8Array(bytes), picture(2_000))) missing.push('photo')
  return missing
}

/** Kills a start at each of its writes in turn. Returns what was lost, by the write; each start that ends whole is sent and looked at. */
async function killedAtEachWrite(sealing: (store: LocalStore) => Promise<unknown>): Promise<{ kills: number; lost: string[] }> {
  const lost: string[] = []
  for (let at = 1; ; at += 1) {
    const office = new Office()
    const phone = await phoneOfTheFirstVersion(office)
    const name = `xunlu-${phone.name}`
    const revive = killedAt(at)
    const first = new LocalStore(name)
    const ended = await first.dataKey().then(() => sealing(first)).then(() => 'whole', () => 'killed')
    const isKilled = revive()
    expect(ended).toBe(isKilled ? 'killed' : 'whole')
    await first.close().catch(() => undefined)
    const version = (await indexedDB.databases()).find((one) => one.name === name)?.version
    expect([1, 2]).toContain(version)

    const next = new LocalStore(name)
    lost.push(...(await missingOn(next)).map((one) => `${at}: ${one}`))
    await sealing(next)
    lost.push(...(await missingOn(next)).map((one) => `${at}, sealed: ${one}`))
    for (const store of SEALED) expect((await next.read([store], (transaction) => transaction.heads(store))).every(isSealed)).toBe(true)
    await next.close()
    if (lost.length === 0) {
      expect(await phone.sync()).toBeNull()
      const pushed = [...(office.databases.get('area-a1')?.keys() ?? [])]
      expect(pushed.sort()).toEqual(IDS)
      expect([...office.photos.values()].filter((one) => sameBytes(one, picture(2_000)))).toHaveLength(1)
    }
    if (!isKilled) return { kills: at - 1, lost }
  }
}

test('killed before any write of the change, nothing is lost or doubled and the next start ends it', async () => {
  const { kills, lost } = await killedAtEachWrite(sealWhatIsNot)

  expect(lost).toEqual([])
  // Two stores and the key; three records, a photo, a receipt, a draft and the session.
  expect(kills).toBe(3 + 7)
})

test('a sealing that took the plain record away first would be caught', async () => {
  const inTwoSteps = async (store: LocalStore): Promise<void> => {
    for (const id of IDS) {
      const item = await store.read(['outbox'], (transaction) => transaction.get<KeptOutboxItem>('outbox', id))
      await store.write(['outbox'], (transaction) => transaction.remove('outbox', id))
      if (item !== undefined) await store.write(['outbox'], (transaction) => transaction.put('outbox', item))
    }
    await sealWhatIsNot(store)
  }

  expect((await killedAtEachWrite(inTwoSteps)).lost.length).toBeGreaterThan(0)
})
