import 'fake-indexeddb/auto'
import { get } from 'svelte/store'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { SESSION_KEY, type KeptPhoto, type KeptSession } from '../../src/store/kept'
import type { Network } from '../../src/store/port'

type Told = Parameters<Network['reportLost']>[0]
const ME = { user: 'steward1', display_name: '林', roles: [], projects: [{ id: 'demo', name: '示范', time_zone: 'Asia/Shanghai' }], areas: [], databases: [], epoch: 'e', now: '' }
const SESSION: KeptSession = { me: ME, device: 'dev-here', state: 'open', accessToken: 'a', accessExpiresAt: 0, refreshToken: null }
const times = process.env['XUNLU_SOAK'] === '1' ? 100 : 10

/** localStorage, which outlives the database. */
class Shelf {
  readonly #kept = new Map<string, string>()
  getItem = (key: string): string | null => this.#kept.get(key) ?? null
  setItem = (key: string, value: string): void => void this.#kept.set(key, value)
  removeItem = (key: string): void => void this.#kept.delete(key)
}

let shelf = new Shelf()
let told: Told[] = []
let mine: Awaited<ReturnType<Network['ownPhones']>> = []

/** The app as it starts anew: every module fresh, over what the phone kept. */
async function start() {
  vi.resetModules()
  const [{ local }, { connectNetwork }, { loadSession }, outbox, photos, losses] = await Promise.all([
    import('../../src/store/local'), import('../../src/store/port'), import('../../src/store/session'), import('../../src/store/outbox'), import('../../src/store/photos'), import('../../src/store/losses'),
  ])
  connectNetwork({
    signIn: async () => ({ ok: true, me: ME }), signOut: async () => undefined, accessToken: async () => null, isKnown: async () => true, preview: async () => null, pushKey: async () => null, startPush: async () => null, endPush: async () => undefined,
    ownPhones: async () => mine, reportLost: async (lost) => told.push(lost) > 0,
  })
  await losses.findLosses(shelf)
  await local.write(['meta'], (transaction) => transaction.put('meta', SESSION, SESSION_KEY))
  await Promise.all([loadSession(), outbox.loadOutbox(), photos.loadPhotos()])
  const stop = losses.followWaiting(shelf)
  return { local, outbox, photos, losses, stop: async () => (stop(), local.close()) }
}

type App = Awaited<ReturnType<typeof start>>

async function record(app: App, count: number): Promise<{ records: string[]; photos: string[] }> {
  const records: string[] = []
  const photos: string[] = []
  for (let number = 0; number < count; number += 1) {
    const photo = await app.photos.capturePhoto(new Blob([crypto.getRandomValues(new Uint8Array(64))], { type: 'image/jpeg' }), 'overview', 'camera')
    const saved = await app.outbox.saveRecord({ type: 'vacancy_check', subject: 'unit:demo-1-1-101', area: 'a1', body: {}, photos: [photo] })
    if (!saved.ok) throw new Error(saved.message.en)
    records.push(saved.fact._id)
    photos.push(photo.sha256)
  }
  return { records, photos }
}

function named(app: App, kind: 'record' | 'photo'): string[] {
  return get(app.losses.losses).filter((loss) => loss.kind === kind).map((loss) => loss.id).sort()
}

async function evict(app: App): Promise<void> {
  await app.stop()
  await emptied()
}

async function emptied(): Promise<void> {
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase('xunlu')
    request.onsuccess = resolve
    request.onerror = reject
  })
}

beforeEach(async () => {
  await emptied()
  shelf = new Shelf()
  told = []
  mine = []
  vi.stubGlobal('BroadcastChannel', class { postMessage(): void {} addEventListener(): void {} removeEventListener(): void {} close(): void {} })
})

describe('a phone whose database the browser cleared', () => {
  it(`names exactly what was in it at the next start, ${times} times`, async () => {
    for (let round = 0; round < times; round += 1) {
      const before = await start()
      await before.losses.acknowledgeLosses()
      const { records, photos } = await record(before, 1 + (round % 3))
      await vi.waitFor(() => expect(shelf.getItem('xunlu.waiting')).toContain(photos.at(-1) as string))
      await evict(before)

      const after = await start()

      expect(named(after, 'record')).toEqual([...records].sort())
      expect(named(after, 'photo')).toEqual([...photos].sort())
      await vi.waitFor(() => expect(told.at(-1)?.records.slice().sort()).toEqual([...records].sort()))
      expect(told.at(-1)?.device).toBe('dev-here')
      await evict(after)
      shelf = new Shelf()
    }
  }, times * 10_000)

  it('remembers the photos of a record together with it, also before their states are read', async () => {
    const app = await start()
    const { records, photos } = await record(app, 2)
    const items = get(app.outbox.outbox)

    const waiting = app.losses.waitingOf(items, new Map())

    expect(waiting.records.map(({ id }) => id).sort()).toEqual([...records].sort())
    expect(waiting.photos.map(({ id, about }) => `${about} ${id}`).sort()).toEqual(records.map((id, place) => `${id} ${photos[place]}`).sort())
    const received = { state: 'received', sent: 1, bytes: 1 } as const
    expect(app.losses.waitingOf(items, new Map(photos.map((id) => [id, received]))).photos).toEqual([])
    await app.stop()
  })

  it('is noticed while the app runs too, and its memo is not overwritten with nothing', async () => {
    const app = await start()
    const { records } = await record(app, 1)
    await vi.waitFor(() => expect(shelf.getItem('xunlu.waiting')).toContain(records[0] as string))
    await app.local.write(['meta', 'outbox', 'photos', 'photo_bytes'], async (transaction) => {
      for (const store of ['meta', 'outbox', 'photos', 'photo_bytes'] as const) await transaction.clear(store)
    })

    await app.photos.notePhotosChanged()

    await vi.waitFor(() => expect(named(app, 'record')).toEqual(records))
    await evict(app)
  })

  it('says nothing when nothing waited, nor at a start that found everything', async () => {
    const first = await start()
    const { records } = await record(first, 1)
    await first.stop()
    const second = await start()

    expect(get(second.losses.losses)).toEqual([])
    expect(get(second.outbox.outbox).map((item) => item.document._id)).toEqual(records)
    await evict(second)
  })

  it('asks the server when the memo is gone as well; the person says whether it was this phone', async () => {
    mine = [{ device: 'dev-before', lastContactAt: '2026-11-22T02:00:00Z', records: ['fee_visit:1'], photos: [] }]
    const app = await start()
    await vi.waitFor(() => expect(get(app.losses.suspects)).toHaveLength(1))

    await app.losses.answerSuspect(get(app.losses.suspects)[0] as never, true)

    expect(told).toEqual([{ device: 'dev-before', reason: 'evicted', records: ['fee_visit:1'], photos: [] }])
    expect(get(app.losses.suspects)).toEqual([])
    await evict(app)
  })
})

it(`a photo that cannot be read any more is reported by name, ${times} times, and put aside once the person knows`, async () => {
  for (let round = 0; round < times; round += 1) {
    const app = await start()
    const { records, photos } = await record(app, 1)
    const sha256 = photos[0] as string
    await app.local.write(['photos'], async (transaction) => {
      const photo = (await transaction.get<KeptPhoto>('photos', sha256)) as KeptPhoto
      await transaction.put('photos', { ...photo, problem: 'unreadable' })
    })
    await app.photos.notePhotosChanged()

    await vi.waitFor(() => expect(get(app.losses.losses)).toMatchObject([{ kind: 'photo', id: sha256, about: records[0], reason: 'damaged', told: true }]))
    expect(told.at(-1)).toEqual({ device: 'dev-here', reason: 'damaged', records: [], photos: [sha256] })
    await app.losses.acknowledgeLosses()
    expect(get(app.photos.photoStates).has(sha256)).toBe(false)
    await evict(app)
    shelf = new Shelf()
  }
}, times * 10_000)
