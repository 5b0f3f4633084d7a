/** A picture's bytes are on the disk when it was taken; its form and its record name them; what nothing names goes. */
import { get } from 'svelte/store'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { dropDraft, loadDraft, saveDraft } from '../../src/store/drafts'
import { DEVICE_KEY, SESSION_KEY, type KeptPhoto } from '../../src/store/kept'
import { local, type StoreName } from '../../src/store/local'
import { loadOutbox, saveRecord, saveRecords, type NewRecord } from '../../src/store/outbox'
import { dropUnnamedBytes } from '../../src/store/photo-bytes'
import { capturePhoto, loadPhotos, thumbKey, type CapturedPhoto } from '../../src/store/photos'
import { loadSession, session } from '../../src/store/session'
import { freePhotos } from '../../src/store/storage'
import { dropReceivedBytes } from '../../src/sync/photo-queue'
import { deviceKey } from '../../src/vault/device-key'

const EMPTIED = ['outbox', 'photos', 'photo_bytes', 'drafts', 'sealed'] as const
const signedIn = { me: { user: 'steward1', display_name: '', roles: ['steward'], projects: [{ id: 'demo', name: '', time_zone: 'Asia/Shanghai' }], areas: [], databases: [], epoch: 'e', now: '' }, device: 'dev-1', state: 'open', accessToken: 'a', accessExpiresAt: 0, refreshToken: 'r' }
const picture = (seed: number): Promise<CapturedPhoto> => capturePhoto(new Blob([new Uint8Array([seed, 2, 3])], { type: 'image/jpeg' }), 'overview', 'camera')
const patrol = (...photos: CapturedPhoto[]): NewRecord => ({ type: 'decoration_patrol', subject: 'decoration_project:01', area: 'a1', body: {}, photos })
const draft = (...photos: CapturedPhoto[]) => ({ values: {}, photos })
const bytesOf = (sha256: string) => local.read(['photo_bytes'], (transaction) => transaction.get<ArrayBuffer>('photo_bytes', sha256))
const keysOf = (name: StoreName) => local.raw([name], 'readonly', async (transaction) => new Promise((resolve) => {
  const request = transaction.objectStore(name).getAllKeys()
  request.onsuccess = () => resolve(request.result)
}))
/** The stores into which something is put from here on. */
function watchPuts(): string[] {
  const into: string[] = []
  const whole = IDBObjectStore.prototype.put
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...given) {
    into.push(this.name)
    return whole.apply(this, given)
  })
  return into
}

beforeAll(async () => {
  await local.write(['meta'], async (transaction) => {
    await transaction.put('meta', signedIn, SESSION_KEY)
    await transaction.put('meta', 'dev-1', DEVICE_KEY)
  })
  await deviceKey(local, 'steward1', 'dev-1')
  await Promise.all([loadSession(), loadOutbox(), loadPhotos()])
  expect(get(session)?.me.user).toBe('steward1')
})
beforeEach(() => local.write([...EMPTIED], async (transaction) => {
  for (const store of EMPTIED) await transaction.clear(store)
}))
afterEach(() => void vi.restoreAllMocks())

test('a form kept at each field writes the bytes of its photos once', async () => {
  const [one, two] = [await picture(1), await picture(2)]
  await saveDraft('a form', draft(one))
  const into = watchPuts()

  await saveDraft('a form', { values: { note: '渗水' }, photos: [one] })
  await saveDraft('a form', { values: { note: '渗水了' }, photos: [one, two] })

  expect(into).toEqual(['drafts', 'photo_bytes', 'drafts'])
  const loaded = await loadDraft('a form')
  expect(loaded?.photos.map(({ sha256, bytes }) => [sha256, bytes])).toEqual([[one.sha256, 3], [two.sha256, 3]])
  expect(new Uint8Array(await (loaded?.photos[1]?.blob as Blob).arrayBuffer())).toEqual(new Uint8Array([2, 2, 3]))
})

test('a record saved from a form has only lines to write, and its photos are there when the form is gone', async () => {
  const photo = await picture(1)
  await saveDraft('a form', draft(photo))
  const into = watchPuts()

  expect((await saveRecords([patrol(photo)], { draft: 'a form' })).ok).toBe(true)

  expect(into).toEqual(['outbox', 'photos'])
  expect(await keysOf('drafts')).toEqual([])
  await dropUnnamedBytes()
  expect(new Uint8Array((await bytesOf(photo.sha256)) as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]))
})

test('a record whose bytes another tab gave up meanwhile is saved with them all the same', async () => {
  const photo = await picture(1)
  await saveDraft('a form', draft(photo))
  await dropDraft('a form')
  expect(await keysOf('photo_bytes')).toEqual([])

  expect((await saveRecords([patrol(photo)], { draft: 'a form' })).ok).toBe(true)

  expect((await bytesOf(photo.sha256))?.byteLength).toBe(3)
})

test('a record is not called saved when the bytes of a photo cannot be read back', async () => {
  const photo = await picture(1)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)

  expect(await saveRecord(patrol({ ...photo, bytes: 4 }))).toMatchObject({ ok: false, code: 'failed' })
})

test('bytes go with the form that named them, unless another form, a record or sealed work names them too', async () => {
  const [own, shared, saved, sealed] = [await picture(1), await picture(2), await picture(3), await picture(4)]
  await saveDraft('a form', draft(own, shared, saved, sealed))
  await saveDraft('another form', draft(shared))
  await saveRecord(patrol(saved))
  await local.write(['sealed', 'photo_bytes'], async (transaction) => {
    await transaction.put('sealed', { id: `photo:${sealed.sha256}`, kind: 'photo' })
    await transaction.put('photo_bytes', new ArrayBuffer(7), thumbKey('freed long ago'))
  })

  await dropDraft('a form')

  expect(await keysOf('photo_bytes')).toEqual([shared.sha256, saved.sha256, sealed.sha256, thumbKey('freed long ago')].sort())
})

test('the bytes of a photo taken out of a form go when the form is kept again', async () => {
  const [one, two] = [await picture(1), await picture(2)]
  await saveDraft('a form', draft(one, two))

  await saveDraft('a form', draft(two))

  expect(await keysOf('photo_bytes')).toEqual([two.sha256])
})

test('a form that an older version kept, bytes and all, is read, and from then on names its photos', async () => {
  const { blob, bytes: _bytes, ...photo } = await picture(1)
  await local.write(['drafts'], async (transaction) => transaction.put('drafts', { key: 'a form', values: {}, photos: [{ ...photo, bytes: await blob.arrayBuffer() }], updatedAt: '1' }, 'a form'))

  const loaded = await loadDraft('a form')
  await saveDraft('a form', loaded ?? draft())

  expect(loaded?.photos).toMatchObject([{ sha256: photo.sha256, bytes: 3 }])
  expect((await bytesOf(photo.sha256))?.byteLength).toBe(3)
  expect((await loadDraft('a form'))?.photos).toMatchObject([{ sha256: photo.sha256, bytes: 3 }])
})

test('bytes that were sealed with a key that is gone are written anew', async () => {
  const photo = await picture(1)
  await saveDraft('a form', draft(photo))
  await local.raw(['vault', 'meta', 'drafts'], 'readwrite', async (transaction) => {
    for (const name of ['vault', 'meta', 'drafts']) transaction.objectStore(name).clear()
  })
  local.forgetKey()
  await local.write(['meta'], (transaction) => transaction.put('meta', signedIn, SESSION_KEY))
  expect(await bytesOf(photo.sha256)).toBeUndefined()

  await saveDraft('a form', draft(photo))

  expect((await bytesOf(photo.sha256))?.byteLength).toBe(3)
})

test('what a form names is not given up, though the office has it', async () => {
  const photo = await picture(1)
  await saveRecord(patrol(photo))
  await local.write(['photos'], async (transaction) => {
    const kept = (await transaction.get<KeptPhoto>('photos', photo.sha256)) as KeptPhoto
    await transaction.put('photos', { ...kept, state: 'received', savedAt: '2026-01-01T00:00:00Z' })
  })
  await saveDraft('a correction', draft(photo))

  expect(await dropReceivedBytes(local, new Date('2026-11-30T00:00:00Z'))).toBe(0)
  expect((await freePhotos([photo.sha256], async () => null)).photos).toBe(0)
  await dropDraft('a correction')

  expect((await bytesOf(photo.sha256))?.byteLength).toBe(3)
  expect(await dropReceivedBytes(local, new Date('2026-11-30T00:00:00Z'))).toBe(1)
})
