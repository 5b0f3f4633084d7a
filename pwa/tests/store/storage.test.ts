import { get } from 'svelte/store'
import { expect, it, vi } from 'vitest'
import type { KeptPhoto } from '../../src/store/kept'
import { local } from '../../src/store/local'
import { thumbKey } from '../../src/store/photos'
import { askToKeep, freePhotos, readRoom, removablePhotos, room } from '../../src/store/storage'

function photo(sha256: string, state: KeptPhoto['state'], savedAt: string): KeptPhoto {
  return { sha256, bytes: 100, mime: 'image/jpeg', kind: 'overview', source: 'camera', takenAt: savedAt, savedAt, user: 'steward1', state, sent: 0, uploadUrl: null, tries: 0 }
}

async function keep(...photos: KeptPhoto[]): Promise<void> {
  await local.write(['photos', 'photo_bytes'], async (transaction) => {
    for (const one of photos) {
      await transaction.put('photos', one)
      await transaction.put('photo_bytes', new ArrayBuffer(100), one.sha256)
    }
  })
}

const bytesOf = (key: string): Promise<ArrayBuffer | undefined> => local.read(['photo_bytes'], (transaction) => transaction.get<ArrayBuffer>('photo_bytes', key))
const shrink = async (): Promise<ArrayBuffer> => new ArrayBuffer(7)

it('only received photos are offered, and freed: those that wait keep every byte', async () => {
  await keep(photo('b', 'received', '2026-11-02'), photo('a', 'received', '2026-11-01'), photo('s', 'saved', '2026-10-01'), photo('u', 'sending', '2026-10-01'))

  expect((await removablePhotos()).map((one) => one.sha256)).toEqual(['a', 'b'])
  // Asked for by name they stay all the same.
  expect(await freePhotos(['a', 's', 'u', 'unknown'], shrink)).toEqual({ photos: 1, bytes: 100 })

  expect((await bytesOf('s'))?.byteLength).toBe(100)
  expect((await bytesOf('u'))?.byteLength).toBe(100)
  expect(await bytesOf('a')).toBeUndefined()
  expect((await bytesOf(thumbKey('a')))?.byteLength).toBe(7)
  expect((await removablePhotos()).map((one) => one.sha256)).toEqual(['b'])
})

it('a photo that cannot be made small is given up without a small picture', async () => {
  await keep(photo('c', 'received', '2026-11-03'))
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

  expect((await freePhotos(['c'], async () => Promise.reject(new Error('not a picture')))).photos).toBe(1)

  expect(await bytesOf('c')).toBeUndefined()
  expect(await bytesOf(thumbKey('c'))).toBeUndefined()
  expect(warn).toHaveBeenCalled()
})

it('the browser is asked once to keep the data, and its answer is remembered in the meter', async () => {
  const manager = { estimate: async () => ({ usage: 30, quota: 100 }), persisted: vi.fn(async () => false), persist: vi.fn(async () => true) }

  expect(await askToKeep(manager as never)).toBe(true)
  manager.persisted.mockResolvedValue(true)
  await readRoom(manager as never)
  expect(await askToKeep(manager as never)).toBe(true)

  expect(manager.persist).toHaveBeenCalledTimes(1)
  expect(get(room)).toEqual({ used: 30, free: 70, isKept: true, isInstalled: false })
})
