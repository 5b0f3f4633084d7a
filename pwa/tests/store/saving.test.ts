/** "Saved" means: in the phone's database, read back, with its photos. Otherwise nothing of it is there and the form is told. */
import { get } from 'svelte/store'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { openBus } from '../../src/store/bus'
import { loadDraft, saveDraft } from '../../src/store/drafts'
import { DEVICE_KEY, SESSION_KEY, type KeptOutboxItem, type KeptPhoto } from '../../src/store/kept'
import { local, LocalStore, StorageFailed, StorageFull } from '../../src/store/local'
import { loadOutbox, outbox, saveRecord, saveRecords, sendHeldAgain, type NewRecord } from '../../src/store/outbox'
import { capturePhoto, loadPhotos, photoStates } from '../../src/store/photos'
import { canSignOut, loadSession, session, signOut, UnsentWork } from '../../src/store/session'
import { receiptHash } from '../../src/wire/hash'
import type { JsonObject } from '../../src/wire/types'

const anotherTab = openBus()
const signedIn = { me: { user: 'steward1', display_name: '', roles: ['steward'], projects: [{ id: 'demo', name: '', time_zone: 'Asia/Shanghai' }], areas: [], databases: [], epoch: 'e', now: '' }, device: 'dev-1', state: 'open', accessToken: 'a', accessExpiresAt: 0, refreshToken: 'r' }
const picture = (seed: number) => capturePhoto(new Blob([new Uint8Array([seed, 2, 3])], { type: 'image/jpeg' }), 'overview', 'camera')
const patrol = (change: Partial<NewRecord> = {}): NewRecord => ({ type: 'decoration_patrol', subject: 'decoration_project:01', area: 'a1', body: { note: '一切正常' }, photos: [], ...change })
const stored = () => local.read(['outbox', 'photos', 'photo_bytes'], async (transaction) => ({
  items: await transaction.all<KeptOutboxItem>('outbox'), photos: await transaction.all<KeptPhoto>('photos'), bytes: await transaction.count('photo_bytes'),
}))

beforeEach(async () => {
  await local.write(['meta', 'outbox', 'photos', 'photo_bytes', 'receipts'], async (transaction) => {
    for (const store of ['meta', 'outbox', 'photos', 'photo_bytes', 'receipts'] as const) await transaction.clear(store)
    await transaction.put('meta', signedIn, SESSION_KEY)
    await transaction.put('meta', 'dev-1', DEVICE_KEY)
  })
  // Another tab tells that all of it changed.
  for (const kind of ['session_changed', 'outbox_changed', 'photos_changed'] as const) anotherTab.tell({ kind })
  await vi.waitFor(() => expect([get(outbox).length, get(photoStates).size, get(session)?.me.user]).toEqual([0, 0, 'steward1']))
})
beforeAll(() => Promise.all([loadSession(), loadOutbox(), loadPhotos()]))
afterAll(() => anotherTab.close())
afterEach(() => void vi.restoreAllMocks())

test('a saved record is there with its photos, hash and revision', async () => {
  const saved = await saveRecord(patrol({ photos: [await picture(1), await picture(2)] }))

  expect(saved.ok).toBe(true)
  const { items, photos, bytes } = await stored()
  expect(items).toMatchObject([{ state: 'saved', user: 'steward1', tries: 0, document: { author: 'steward1', device: 'dev-1', project: 'demo', performed_at: expect.stringMatching(/\+08:00$/) as string } }])
  expect(items[0]?.hash).toBe(await receiptHash(items[0]?.document as unknown as JsonObject))
  expect(items[0]?.rev).toBe(`1-${items[0]?.hash.slice(0, 32)}`)
  expect([photos.length, bytes]).toEqual([2, 2])
  expect(get(outbox).map((item) => item.document._id)).toEqual([items[0]?.document._id])
  expect([...get(photoStates).values()].map((photo) => photo.state)).toEqual(['saved', 'saved'])
})

test('a patrol and its violation are saved together or not at all', async () => {
  const broken = patrol({ body: { impossible: undefined as never } })
  expect((await saveRecords([patrol(), broken])).ok).toBe(true)
  expect((await stored()).items).toHaveLength(2)

  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => { throw new DOMException('full', 'QuotaExceededError') })
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  expect(await saveRecords([patrol(), patrol()])).toMatchObject({ ok: false, code: 'full', message: { zh: expect.stringContaining('没有保存') as string } })
  put.mockRestore()

  expect((await stored()).items).toHaveLength(2)
})

test('a full phone keeps what was there and says so', async () => {
  await saveRecord(patrol())
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => { throw new DOMException('full', 'QuotaExceededError') })
  expect(await saveRecord(patrol({ photos: [await picture(3)] }))).toMatchObject({ ok: false, code: 'full' })
  vi.restoreAllMocks()

  expect(await stored()).toMatchObject({ items: [{ state: 'saved' }], photos: [], bytes: 0 })
})

test('a dead handle is replaced and the save succeeds', async () => {
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementationOnce(() => { throw new DOMException('The database connection is closing', 'InvalidStateError') })

  expect((await saveRecord(patrol())).ok).toBe(true)
})

test('a database that fails twice is told, not hidden', async () => {
  const store = new LocalStore('xunlu-broken')
  await store.write(['meta'], (transaction) => transaction.put('meta', 0, 'x'))
  vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(() => { throw new DOMException('closing', 'InvalidStateError') })

  await expect(store.write(['meta'], (transaction) => transaction.put('meta', 1, 'x'))).rejects.toBeInstanceOf(StorageFailed)
  vi.restoreAllMocks()
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => { throw new DOMException('full', 'QuotaExceededError') })
  await expect(store.write(['meta'], (transaction) => transaction.put('meta', 1, 'x'))).rejects.toBeInstanceOf(StorageFull)
})

test.each(['IO error: 000004.log: FILE_ERROR_NO_SPACE', 'Internal error opening backing store for indexedDB.open.'])('a disk that is full is told as such, and the next write finds a new handle: %s', async (message) => {
  const store = new LocalStore('xunlu-no-room')
  await store.write(['meta'], (transaction) => transaction.put('meta', 0, 'x'))
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => { throw new DOMException(message, 'UnknownError') })
  await expect(store.write(['meta'], (transaction) => transaction.put('meta', 1, 'x'))).rejects.toBeInstanceOf(StorageFull)
  // No room for what leads away from the torn log either: nothing is called saved.
  await expect(store.write(['meta'], (transaction) => transaction.put('meta', 1, 'x'))).rejects.toBeInstanceOf(StorageFull)
  vi.restoreAllMocks()

  await store.write(['meta'], (transaction) => transaction.put('meta', 2, 'x'))

  expect(await store.read(['meta'], (transaction) => transaction.get('meta', 'x'))).toBe(2)
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('xunlu-filling')
})

test('every write asks for strict durability, also one that forgot to', () => {
  const asked: (IDBTransactionOptions | undefined)[] = []
  const opened = { transaction: (_names: unknown, _mode: unknown, options?: IDBTransactionOptions) => (asked.push(options), {} as IDBTransaction) }
  return import('../../src/store/strict').then(({ askForStrictDurability }) => {
    askForStrictDurability(opened as unknown as IDBDatabase)
    const database = opened as unknown as IDBDatabase
    database.transaction(['a'], 'readwrite')
    database.transaction(['a'], 'readwrite', { durability: 'relaxed' })
    database.transaction(['a'], 'readonly')
    expect(asked).toEqual([{ durability: 'strict' }, { durability: 'strict' }, undefined])
  })
})

test('nobody signs out over unsent work that cannot be sealed yet', async () => {
  await saveRecord(patrol())

  expect(get(canSignOut)).toBe(false)
  await expect(signOut()).rejects.toBeInstanceOf(UnsentWork)
})

const hold = (id: string) => local.write(['outbox'], async (transaction) => {
  const item = (await transaction.get<KeptOutboxItem>('outbox', id)) as KeptOutboxItem
  await transaction.put('outbox', { ...item, state: 'held', code: 'x', reason: 'y', tries: 2 })
})

test('a refused record can be sent again', async () => {
  const saved = await saveRecord(patrol())
  if (!saved.ok) throw new Error('not saved')
  await hold(saved.fact._id)

  await sendHeldAgain(saved.fact._id)

  expect((await stored()).items).toMatchObject([{ document: { _id: saved.fact._id }, state: 'saved', tries: 0 }])
})

test('a correction takes the place of the refused record and of its draft, all at once or not at all', async () => {
  const refused = await saveRecord(patrol())
  if (!refused.ok) throw new Error('not saved')
  await hold(refused.fact._id)
  await saveDraft('a form', { values: { note: '改过' }, photos: [] })
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(() => { throw new DOMException('full', 'QuotaExceededError') })
  expect((await saveRecords([patrol()], { draft: 'a form', replaces: refused.fact._id })).ok).toBe(false)
  put.mockRestore()
  expect((await stored()).items.map((item) => item.document._id)).toEqual([refused.fact._id])
  expect((await loadDraft('a form'))?.values['note']).toBe('改过')

  const corrected = await saveRecords([patrol()], { draft: 'a form', replaces: refused.fact._id })

  expect((await stored()).items.map((item) => item.document._id)).toEqual(corrected.ok ? [corrected.facts[0]?._id] : [])
  expect(await loadDraft('a form')).toBeNull()
})

test('a correction never removes a record that is on its way again', async () => {
  const first = await saveRecord(patrol())
  if (!first.ok) throw new Error('not saved')

  expect((await saveRecords([patrol()], { replaces: first.fact._id })).ok).toBe(true)

  expect((await stored()).items).toHaveLength(2)
})

test('after two weeks without a network one save opens its own record and none of the others', async () => {
  await saveRecords(Array.from({ length: 30 }, () => patrol()))
  const opened = vi.spyOn(crypto.subtle, 'decrypt')

  await saveRecord(patrol())

  expect(get(outbox)).toHaveLength(31)
  // Read back, and read into the list.
  expect(opened.mock.calls.length).toBeLessThanOrEqual(2)
})

test('the list of what waits follows a record that another tab changed or took away', async () => {
  const [one, other] = [await saveRecord(patrol()), await saveRecord(patrol())]
  if (!one.ok || !other.ok) throw new Error('not saved')
  await local.write(['outbox'], async (transaction) => {
    const item = (await transaction.get<KeptOutboxItem>('outbox', one.fact._id)) as KeptOutboxItem
    await transaction.put('outbox', { ...item, state: 'held', code: 'x', reason: '另一个标签页' })
    await transaction.remove('outbox', other.fact._id)
  })

  anotherTab.tell({ kind: 'outbox_changed' })

  await vi.waitFor(() => expect(get(outbox)).toMatchObject([{ document: { _id: one.fact._id }, state: 'held', reason: '另一个标签页' }]))
})

test('a save wakes whoever leads the sync', async () => {
  const told: string[] = []
  const heard = new Promise<void>((resolve) => anotherTab.hear((message) => void (told.push(message.kind), message.kind === 'nudge' && resolve())))

  await saveRecord(patrol())
  await heard

  expect(told).toContain('outbox_changed')
})
