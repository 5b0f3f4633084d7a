/** The shelf of a copy: quick to read, never wrong, and gone with the copy. */
import memory from 'pouchdb-adapter-memory'
import PouchDB from 'pouchdb-core'
import { beforeEach, expect, test, vi } from 'vitest'
import { DocumentMap } from '../../src/store/documents'
import { LocalStore } from '../../src/store/local'
import type { FromWorker } from '../../src/store/port'
import { Reader } from '../../src/sync/reader'
import { Replicas, type Replica, type Snapshot } from '../../src/sync/replicas'
import { newKey } from '../../src/vault/keys'
import type { JsonObject } from '../../src/wire/types'
import { Office } from './office'
import { Phone } from './phone'

PouchDB.plugin(memory)

const MANY = 300
let made = 0
let store: LocalStore
let pouches: PouchDB.Database[]
let copy: Replica

function replicasOf(one: LocalStore): Replicas {
  return new Replicas(one, (name) => {
    const pouch = new PouchDB(name, { adapter: 'memory' })
    pouches.push(pouch)
    return pouch
  })
}
const edit = (number: number, generation: number, content: JsonObject): JsonObject => ({
  _id: `household:${number}`, _rev: `${generation}-r${generation}`, type: 'household', ...content,
  _revisions: { start: generation, ids: Array.from({ length: generation }, (_, at) => `r${generation - at}`) },
})
const households = (count: number, from = 0): JsonObject[] => Array.from({ length: count }, (_, at) => edit(from + at, 1, { name: `林晓兰${from + at}` }))
/** What a page shows that was told this. */
function shown(snapshot: Snapshot): Map<string, JsonObject> {
  const map = new DocumentMap()
  tell(map, { kind: 'documents', database: 'area-a1', reset: true, ...snapshot })
  return new Map([...map.snapshot()].sort(([one], [other]) => (one < other ? -1 : 1)))
}
function tell(map: DocumentMap, message: FromWorker): void {
  map.apply(message)
  if (message.kind === 'documents') for (const piece of message.facts) map.addFacts(piece, message)
}
const pouch = (): PouchDB.Database => pouches.at(-1) as PouchDB.Database
const readsNoPieces = async (replica = copy): Promise<boolean> => (await replica.allAtOnce()).pieces.length === 0

beforeEach(async () => {
  made += 1
  pouches = []
  store = new LocalStore(`xunlu-shelf-${made}`)
  copy = replicasOf(store).open(`copy-${made}`)
  await copy.store(households(MANY))
})

test('the shelf and what changed since are what the copy holds', async () => {
  expect(await copy.shelve()).toBe(true)
  await copy.store([edit(1, 2, { name: '王敏' }), edit(2, 2, { _deleted: true }), edit(2 * MANY, 1, { name: '新' })])

  const all = await copy.allAtOnce()

  expect(all.pieces).toHaveLength(2)
  expect([all.documents.length, all.removed]).toEqual([2, ['household:2']])
  expect(shown(all)).toEqual(shown(await copy.all()))
  expect(shown(all).get('household:1')).toMatchObject({ name: '王敏' })
  expect(shown(all).has('household:2')).toBe(false)
  expect(all.seq).toBe((await copy.since(0)).seq)
})

test('a few changes do not fill it anew, many do', async () => {
  await copy.shelve()
  await copy.store(households(99, MANY))
  expect(await copy.shelve()).toBe(false)

  await copy.store(households(1, MANY + 99))

  expect(await copy.shelve()).toBe(true)
  expect((await copy.allAtOnce()).documents).toEqual([])
  expect(shown(await copy.allAtOnce()).size).toBe(MANY + 100)
})

test('killed at any step of filling it, the start shows what the copy holds', async () => {
  const own = pouch()
  await copy.shelve()
  for (let step = 1; step <= 4; step += 1) {
    await copy.store(households(100, MANY + 100 * step))
    const [real, kill] = [own.put.bind(own), new Error('killed')]
    const put = vi.spyOn(own, 'put')
    put.mockImplementation(((document: PouchDB.Core.PutDocument<object>) => (put.mock.calls.length >= step ? Promise.reject(kill) : real(document))) as never)
    await expect(copy.shelve()).rejects.toBe(kill)
    put.mockRestore()

    const again = replicasOf(store).open(`copy-${made}`)

    expect(shown(await again.allAtOnce())).toEqual(shown(await copy.all()))
  }
  expect(await copy.shelve()).toBe(true)
  expect(shown(await copy.allAtOnce()).size).toBe(MANY + 400)
})

test.each(['a piece is gone', 'a piece is of another writing', 'a piece cannot be opened'])('where %s, the copy itself is read', async (what) => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  await copy.shelve()
  const piece = await pouch().get<{ written: string; x: string }>('_local/xunlu-shelf-a-1')
  if (what.endsWith('gone')) await pouch().remove(piece)
  else await pouch().put({ ...piece, ...(what.endsWith('writing') ? { written: 'another' } : { x: `${piece.x.slice(0, -1)}${piece.x.endsWith('a') ? 'b' : 'a'}` }) })

  expect(await readsNoPieces()).toBe(true)
  expect(shown(await copy.allAtOnce())).toEqual(shown(await copy.all()))
})

test('two workers that fill it at once leave one that is right, or none', async () => {
  const other = replicasOf(store).open(`copy-${made}`)

  await Promise.allSettled([copy.shelve(), other.shelve()])

  expect(shown(await copy.allAtOnce())).toEqual(shown(await copy.all()))
  await copy.store(households(100, MANY))
  expect(await copy.shelve()).toBe(true)
  expect(shown(await other.allAtOnce()).size).toBe(MANY + 100)
})

test('a fact that changes while the shelf is filled is told with what changed since', async () => {
  const seal = store.sealText.bind(store)
  vi.spyOn(store, 'sealText').mockImplementationOnce(async (value) => {
    await copy.store([edit(1, 2, { name: '王敏' }), edit(2, 2, { _deleted: true })])
    return seal(value)
  })
  await copy.shelve()

  expect(shown(await copy.allAtOnce())).toEqual(shown(await copy.all()))
  expect(shown(await copy.allAtOnce()).get('household:1')).toMatchObject({ name: '王敏' })
})

test('nothing on it can be read, and it is gone with the data key', async () => {
  await copy.shelve()
  const first = pouch()
  const piece = await first.get<{ x: string }>('_local/xunlu-shelf-a-0')
  expect(Object.keys(piece).sort()).toEqual(['_id', '_rev', 'written', 'x'])
  expect(new TextDecoder().decode(Uint8Array.from(piece.x, (one) => one.charCodeAt(0)))).not.toContain('林晓兰')

  await replaceKey()

  expect(shown(await copy.allAtOnce()).size).toBe(0)
  expect(pouch()).not.toBe(first)
})

test('a key that goes while the shelf is filled seals nothing of it for the next one', async () => {
  const seal = store.sealText.bind(store)
  vi.spyOn(store, 'sealText').mockImplementationOnce(async (value) => {
    await replaceKey()
    return seal(value)
  })
  const first = pouch()

  await copy.shelve()

  await expect(first.get('_local/xunlu-shelf')).rejects.toMatchObject({ status: 404 })
  await expect(first.get('_local/xunlu-shelf-a-0')).rejects.toMatchObject({ status: 404 })
})

test('a destroyed copy leaves no shelf to one of the same name', async () => {
  await copy.shelve()
  await copy.destroy()

  expect(await readsNoPieces(replicasOf(store).open(`copy-${made}`))).toBe(true)
})

test('the leading worker fills it when it rests and there is room, and a page that opens then is shown the same', async () => {
  const office = new Office()
  for (const { _id, name } of households(MANY)) office.publish('area-a1', { _id: String(_id), type: 'household', name: String(name) })
  const phone = await Phone.signedIn(office)
  await phone.sync()
  const open = async (): Promise<FromWorker[]> => {
    const told: FromWorker[] = []
    await new Reader(phone.store, phone.replicas, (message) => told.push(structuredClone(message, { transfer: message.kind === 'documents' ? [...message.pieces, ...message.facts] : [] }))).refresh()
    return told
  }
  const map = (messages: FromWorker[]): ReadonlyMap<string, JsonObject> => {
    const documents = new DocumentMap()
    for (const message of messages) tell(documents, message)
    return documents.snapshot()
  }
  const before = await open()
  phone.freeBytes = 1e6
  await phone.round.shelve()
  expect((await open()).every((message) => message.kind === 'documents' && message.pieces.length === 0)).toBe(true)

  phone.freeBytes = 1e9
  await phone.round.shelve()

  const after = await open()
  expect(after.find((message) => message.database === 'area-a1')).toMatchObject({ reset: true, documents: [], removed: [] })
  expect(map(after)).toEqual(map(before))
  expect(map(after).size).toBe(MANY)
})

async function replaceKey(): Promise<void> {
  const { kept } = await newKey()
  await store.raw(['vault'], 'readwrite', async (transaction) => void transaction.objectStore('vault').put(kept, 'key'))
  store.forgetKey()
}
