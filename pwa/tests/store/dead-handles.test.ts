/** The phone's database handle dies anywhere in a save: a new one is opened and the save succeeds, without a reload.
 *
 * A tenth of the full count of F-04 (50 runs); XUNLU_SOAK=1 runs all of them. A database that fails twice is told: saving.test.ts.
 * Source: promises F-04, D8, I1.
 */
import { get } from 'svelte/store'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { DEVICE_KEY, SESSION_KEY, type KeptOutboxItem } from '../../src/store/kept'
import { local } from '../../src/store/local'
import { loadOutbox, saveRecord } from '../../src/store/outbox'
import { capturePhoto, loadPhotos } from '../../src/store/photos'
import { loadSession, session } from '../../src/store/session'

const RUNS = process.env['XUNLU_SOAK'] === '1' ? 50 : 5
const signedIn = { me: { user: 'steward1', display_name: '', roles: ['steward'], projects: [{ id: 'demo', name: '', time_zone: 'Asia/Shanghai' }], areas: [], databases: [], epoch: 'e', now: '' }, device: 'dev-1', state: 'open', accessToken: 'a', accessExpiresAt: 0, refreshToken: 'r' }

type Begin = typeof IDBDatabase.prototype.transaction
type Death = (database: IDBDatabase, begin: () => IDBTransaction) => IDBTransaction
const DEATHS: { [name: string]: Death } = {
  'closed by the browser, which says so': (database, begin) => {
    database.close()
    database.onclose?.(new Event('close'))
    return begin()
  },
  'closed, and nobody said so': (database, begin) => (database.close(), begin()),
  'connection is closing': () => {
    throw new DOMException('The database connection is closing', 'InvalidStateError')
  },
  'the tab was suspended and the transaction undone': (database, begin) => {
    const transaction = begin()
    transaction.abort()
    database.close()
    return transaction
  },
  'the disk failed once': () => {
    throw new DOMException('Internal error.', 'UnknownError')
  },
}

beforeAll(async () => {
  await local.write(['meta'], async (transaction) => {
    await transaction.put('meta', signedIn, SESSION_KEY)
    await transaction.put('meta', 'dev-1', DEVICE_KEY)
  })
  await Promise.all([loadSession(), loadOutbox(), loadPhotos()])
  expect(get(session)?.me.user).toBe('steward1')
})
afterEach(() => void vi.restoreAllMocks())

const save = async (seed: number) => {
  const photo = await capturePhoto(new Blob([new Uint8Array([seed, seed >> 8, 7])], { type: 'image/jpeg' }), 'overview', 'camera')
  const saved = await saveRecord({ type: 'decoration_patrol', subject: 'decoration_project:01', area: 'a1', body: { note: String(seed) }, photos: [photo] })
  return { saved, photo }
}

/** The `at`-th transaction from now on meets this death. Returns how many began, and whether it came to that. */
function dying(at: number, death: Death): () => { begun: number; died: boolean } {
  const original = IDBDatabase.prototype.transaction
  let begun = 0
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...given: Parameters<Begin>) {
    begun += 1
    const begin = (): IDBTransaction => original.apply(this, given)
    return begun === at ? death(this, begin) : begin()
  })
  return () => (spy.mockRestore(), { begun, died: begun >= at })
}

test('wherever in a save the handle dies, and of whatever, the record and its photo are saved without a reload', async () => {
  const counted = dying(Infinity, (_database, begin) => begin())
  const kept = [await save(0)]
  const { begun } = counted()
  expect(begun).toBeGreaterThanOrEqual(4)
  const deaths = Object.entries(DEATHS)
  const died: string[] = []

  for (let run = 0; run < RUNS; run += 1) {
    const [name, death] = deaths[run % deaths.length] as [string, Death]
    const dead = dying(1 + ((run * 7 + Math.floor(run / deaths.length)) % begun), death)
    kept.push(await save(run + 1))
    if (dead().died) died.push(name)
    expect(kept.at(-1)?.saved, name).toMatchObject({ ok: true })
  }

  expect(died).toHaveLength(RUNS)
  const { items, bytes } = await local.read(['outbox', 'photo_bytes'], async (transaction) => ({
    items: await transaction.all<KeptOutboxItem>('outbox'),
    bytes: await Promise.all(kept.map(({ photo }) => transaction.get<ArrayBuffer>('photo_bytes', photo.sha256))),
  }))
  expect(items.map((item) => item.document._id).sort()).toEqual(kept.map(({ saved }) => (saved.ok ? saved.fact._id : '')).sort())
  expect(bytes.every((one) => one?.byteLength === 3)).toBe(true)
})

test('after a full disk, once there is room the next save succeeds without a reload', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => { throw new DOMException('full', 'QuotaExceededError') })
  const original = IDBDatabase.prototype.transaction
  const seen = new Set<IDBDatabase>()
  const spy = vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...given: Parameters<Begin>) {
    seen.add(this)
    return original.apply(this, given)
  })
  expect((await save(10_000)).saved).toMatchObject({ ok: false, code: 'full' })
  put.mockRestore()
  spy.mockRestore()
  for (const database of seen) database.close() // What some browsers do to every handle after that.

  expect((await save(10_001)).saved).toMatchObject({ ok: true })
})
