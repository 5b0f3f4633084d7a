/** A handle that the browser gave up: whoever keeps it, as PouchDB does, goes on with it after one failed call. Source: promises F-03, F-04. */
import 'fake-indexeddb/auto'
import { afterEach, expect, test, vi } from 'vitest'
import { keepHandlesAlive } from '../../src/store/living-handles'

keepHandlesAlive()
afterEach(() => vi.restoreAllMocks())

const done = <T>(request: IDBRequest<T>): Promise<T> => new Promise((resolve, reject) => ((request.onsuccess = () => resolve(request.result)), (request.onerror = () => reject(request.error))))
const open = (name: string): Promise<IDBDatabase> => {
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => void request.result.createObjectStore('s')
  return done(request)
}
const put = (database: IDBDatabase, value: number) => done(database.transaction('s', 'readwrite').objectStore('s').put(value, 'x'))
const read = (database: IDBDatabase) => done(database.transaction('s').objectStore('s').get('x'))

test('goes on through a new handle, again and again, and finds what was kept', async () => {
  const kept = await open('copies')
  await put(kept, 1)
  kept.close()
  expect(() => kept.transaction('s')).toThrow(/InvalidState|clos/)
  await vi.waitFor(async () => expect(await read(kept)).toBe(1))

  // The heir is given up too: it makes way for a newer schema.
  ;(await done(indexedDB.open('copies', 2))).close()
  expect(() => kept.transaction('s')).toThrow(/InvalidState|clos/)
  await vi.waitFor(async () => expect(await read(kept)).toBe(1))
  await put(kept, 2)
  expect(await read(kept)).toBe(2)
})

test('does not make a deleted database anew', async () => {
  const kept = await open('gone')
  kept.close()
  await done(indexedDB.deleteDatabase('gone') as IDBRequest<unknown>)
  const warned = vi.spyOn(console, 'warn').mockReturnValue(undefined)

  expect(() => kept.transaction('s')).toThrow(/InvalidState|clos/)

  await vi.waitFor(() => expect(warned).toHaveBeenCalled())
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain('gone')
})

test('a call that is wrong in itself fails as ever', async () => {
  const kept = await open('whole')
  expect(() => kept.transaction('nothing of that name')).toThrow(/objectStore|found/i)
  await put(kept, 3)
  expect(await read(kept)).toBe(3)
})
