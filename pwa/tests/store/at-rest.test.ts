/** What lies on the disk of this phone says nothing about anybody to whoever copies it (promises S-30), and nothing older is lost. */
import { beforeEach, expect, test, vi } from 'vitest'
import { SEAL_KEY, SESSION_KEY, type KeptOutboxItem, type KeptReceipt } from '../../src/store/kept'
import { LocalStore, STORES, type StoreName } from '../../src/store/local'
import { sealWhatIsNot } from '../../src/store/sealing'
import type { SealKey } from '../../src/vault/boxes'
import { pack, unpack } from '../../src/vault/packing'
import { Replicas } from '../../src/sync/replicas'
import { Office } from '../sync/office'
import { Phone, picture, sameBytes } from '../sync/phone'
import PouchDB from 'pouchdb-core'

const CANARIES = ['林晓兰', '13800001234', '王敏', 'access-0', 'refresh-0', '漏水']
let phone: Phone
beforeEach(async () => {
  phone = await Phone.signedIn(new Office())
})

/** Every value of every store, as text in which a canary would be found. */
async function onDisk(store: LocalStore): Promise<string> {
  const found: string[] = []
  const text = (value: unknown): string => JSON.stringify(value, (_name, member: unknown) => {
    if (member instanceof ArrayBuffer) return new TextDecoder('utf-8').decode(member)
    return ArrayBuffer.isView(member) ? new TextDecoder().decode(member as Uint8Array) : member
  }) ?? ''
  await store.raw([...STORES], 'readonly', async (transaction) => {
    for (const name of STORES) {
      for (const request of [transaction.objectStore(name).getAll(), transaction.objectStore(name).getAllKeys()]) {
        await new Promise<void>((resolve) => (request.onsuccess = () => (found.push(text(request.result)), resolve())))
      }
    }
  })
  return found.join('\n')
}
const put = (store: LocalStore, name: StoreName, value: unknown, key?: IDBValidKey) =>
  store.raw([name], 'readwrite', async (transaction) => {
    const request = transaction.objectStore(name).put(value, key)
    await new Promise<void>((resolve) => (request.onsuccess = () => resolve()))
  })

async function everythingPersonal(): Promise<string> {
  const fact = await phone.record('fee_visit', new TextEncoder().encode(`照片 ${CANARIES[0]}`), { contact: CANARIES[0] as string, phone: CANARIES[1] as string, note: '漏水' })
  const [item] = await phone.outbox()
  await phone.store.write(['drafts', 'receipts'], async (transaction) => {
    await transaction.put('drafts', { values: { name: CANARIES[0] }, photos: [{ bytes: new TextEncoder().encode(CANARIES[1]).buffer, sha256: 'a' }], updatedAt: '' }, 'form')
    await transaction.put('receipts', { ...(item as KeptOutboxItem), receivedAt: '2026-11-25T00:00:00Z' })
  })
  return fact._id
}

test('no name, number, token or word of a record is readable on the disk, and all of it here', async () => {
  const id = await everythingPersonal()

  const disk = await onDisk(phone.store)

  expect(CANARIES.filter((canary) => disk.includes(canary))).toEqual([])
  expect(disk).toContain(id)
  expect((await phone.outbox())[0]?.document.body['contact']).toBe('林晓兰')
  expect((await phone.receipts())[0]?.document.body['phone']).toBe('13800001234')
  expect((await phone.me()).display_name).toBe('王敏')
  const draft = await phone.store.read(['drafts'], (transaction) => transaction.get<{ photos: { bytes: ArrayBuffer }[] }>('drafts', 'form'))
  expect(new TextDecoder().decode(draft?.photos[0]?.bytes)).toBe('13800001234')
})

test('what an older version wrote in plain is read, and then sealed without loss, also when it is killed in between', async () => {
  const old = { document: { _id: 'airing:1', type: 'airing', author: 'steward1', photos: [], body: { note: '漏水' } }, hash: 'h', rev: '1-h', user: 'steward1', database: null, savedAt: '1', state: 'saved', tries: 0 }
  const bytes = picture(2_000)
  for (const number of [1, 2, 3]) await put(phone.store, 'outbox', { ...old, document: { ...old.document, _id: `airing:${number}` } })
  await put(phone.store, 'photo_bytes', bytes.buffer, 'sha')
  await put(phone.store, 'drafts', { values: { name: '林晓兰' }, photos: [], updatedAt: '' }, 'form')
  expect((await phone.outbox()).map((item) => item.document.body['note'])).toEqual(['漏水', '漏水', '漏水'])
  const write = vi.spyOn(phone.store, 'write')
  const whole = write.getMockImplementation() ?? LocalStore.prototype.write.bind(phone.store)
  write.mockImplementation(async (stores, work) => (write.mock.calls.length > 2 ? Promise.reject(new Error('killed')) : whole(stores, work)))
  await expect(sealWhatIsNot(phone.store)).rejects.toThrow('killed')
  write.mockRestore()

  await sealWhatIsNot(phone.store)

  const disk = await onDisk(phone.store)
  expect(CANARIES.filter((canary) => disk.includes(canary))).toEqual([])
  expect((await phone.outbox()).map(({ document, state }) => [document._id, document.body['note'], state])).toEqual([1, 2, 3].map((number) => [`airing:${number}`, '漏水', 'saved']))
  const kept = await phone.store.read(['photo_bytes'], (transaction) => transaction.get<ArrayBuffer>('photo_bytes', 'sha'))
  expect(sameBytes(new Uint8Array(kept as ArrayBuffer), bytes)).toBe(true)
  expect(await sealWhatIsNot(phone.store)).toBe(0)
})

test('a copy of the area keeps ids and revisions, and nothing else that can be read', async () => {
  const name = `copy-${phone.name}`
  const pouches: PouchDB.Database[] = []
  const replica = new Replicas(phone.store, (one) => (pouches.push(new PouchDB(one, { adapter: 'memory' })), pouches.at(-1) as PouchDB.Database)).open(name)
  await replica.store([{ _id: 'household:1', _rev: '1-a', _revisions: { start: 1, ids: ['a'] }, name: '林晓兰', phones: ['13800001234'] }])

  const kept = (await (pouches[0] as PouchDB.Database).allDocs({ include_docs: true })).rows[0]?.doc

  expect(Object.keys(kept ?? {}).sort()).toEqual(['_id', '_rev', 'x'])
  expect(JSON.stringify(kept)).not.toContain('林晓兰')
  expect((await replica.all()).documents).toEqual([{ _id: 'household:1', _rev: '1-a', name: '林晓兰', phones: ['13800001234'] }])
})

test('two writers at once both keep what they wrote', async () => {
  const other = new LocalStore(`xunlu-${phone.name}`)
  const item = { receivedAt: '1', hash: 'h', rev: 'r', user: 'steward1', database: null }
  const add = (store: LocalStore, note: string) => store.write(['receipts'], async (transaction) => {
    const kept = await transaction.get<KeptReceipt>('receipts', 'airing:1')
    const notes = [...((kept?.document.body['notes'] as string[] | undefined) ?? []), note]
    await transaction.put('receipts', { ...item, document: { _id: 'airing:1', photos: [], body: { notes } } })
  })

  await Promise.all(Array.from({ length: 12 }, (_, number) => add(number % 2 === 0 ? phone.store : other, String(number))))

  expect(new Set((await phone.receipts())[0]?.document.body['notes'] as string[]).size).toBe(12)
})

test('what waits can be opened by the server as soon as its key is known', async () => {
  await everythingPersonal()
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])).publicKey)
  const heads = (name: StoreName) => phone.store.read([name], (transaction) => transaction.heads<{ box: { forServer?: object } }>(name))
  expect((await heads('outbox'))[0]?.box.forServer).toBeUndefined()

  await phone.store.write(['meta'], (transaction) => transaction.put('meta', { kid: 'k', x, y } satisfies SealKey, SEAL_KEY))
  await sealWhatIsNot(phone.store)

  expect((await heads('outbox'))[0]?.box.forServer).toMatchObject({ kid: 'k' })
  expect((await heads('photo_bytes'))[0]?.box.forServer).toMatchObject({ kid: 'k' })
  expect((await phone.outbox())[0]?.document.body['contact']).toBe('林晓兰')
})

test('packing gives back what went in', () => {
  const value = { b: new Uint8Array([1, 2]).buffer, list: [{ a: new Uint8Array([3]).buffer }, null, '字'], 2: new Uint8Array([]).buffer }
  expect(unpack(pack(value))).toEqual(value)
})

test('a session that this memory cannot open is none', async () => {
  await phone.store.raw(['vault'], 'readwrite', async (transaction) => void transaction.objectStore('vault').clear())
  phone.store.forgetKey()
  expect(await phone.store.read(['meta'], (transaction) => transaction.get('meta', SESSION_KEY))).toBeUndefined()
})
