/** A transaction over sealed records: it reads and opens, gathers what is to be written, and commits all of it or nothing.
 *
 * For: `LocalStore`. IndexedDB ends a transaction that waits for cryptography. So the reading is done first, one request at a time,
 * and the writing in one strict transaction that first makes sure that everything read still stands as it was; else the work is done again.
 * Not for: opening the database (idb.ts) or the shape on the disk (sealed-form.ts).
 */
import type { DataKey, SealKey } from '../vault/boxes'
import type { KeptKey } from '../vault/keys'
import { settled, type Database } from './idb'
import { hasOwnKey, isKeptSealed, isSealed, keyOf, openRecord, sealRecord, tagOf, type Head } from './sealed-form'

export const STORES = ['meta', 'outbox', 'photos', 'photo_bytes', 'drafts', 'receipts', 'marks', 'vault', 'sealed'] as const
export type StoreName = (typeof STORES)[number]
export const KEY = 'key'

export type Keys = { dataKey: () => Promise<DataKey>; forget: (key: DataKey) => void; sealKey: () => Promise<SealKey | null> }
type Change = { kind: 'put'; store: StoreName; key: IDBValidKey; value: unknown } | { kind: 'remove'; store: StoreName; key: IDBValidKey } | { kind: 'clear'; store: StoreName }
type Row = { key: IDBValidKey; raw: unknown }
/** Of one record, of whether one stands there (`isCounted`), or of a whole store (no key). `isCovered`: its whole store was read. */
type Seen = { store: StoreName; key: IDBValidKey | null; tag: string; raw?: unknown; isCounted?: true; isCovered?: true }
/** What was opened of a store before, by key: only what was changed since is opened again. */
export type Opened = Map<string, { tag: string; value: unknown }>

export class Transaction {
  readonly #database: Database
  readonly #keys: Keys
  /** What was read, each with a tag that tells whether it still stands. */
  readonly #seen = new Map<string, Seen>()
  readonly #changes: Change[] = []

  constructor(database: Database, keys: Keys) {
    this.#database = database
    this.#keys = keys
  }

  async get<T>(store: StoreName, key: IDBValidKey): Promise<T | undefined> {
    const own = this.#ownOf(store, key)
    if (own !== null) return own.value as T | undefined
    return (await this.#open(store, await this.#raw(store, key))) as T | undefined
  }

  async all<T>(store: StoreName, range?: IDBKeyRange): Promise<T[]> {
    const isWanted = (key: IDBValidKey): boolean => range === undefined || range.includes(key)
    const rows = (await this.#rows(store)).filter(({ key }) => isWanted(key))
    const values = await Promise.all(rows.map(async ({ key, raw }) => {
      const own = this.#ownOf(store, key)
      return own === null ? this.#open(store, raw) : own.value
    }))
    const here = new Set(rows.map(({ key }) => String(key)))
    for (const change of this.#changes) {
      if (change.kind !== 'put' || change.store !== store || !isWanted(change.key) || here.has(String(change.key))) continue
      here.add(String(change.key))
      values.push(this.#ownOf(store, change.key)?.value)
    }
    return values.filter((value) => value !== undefined) as T[]
  }

  /** For reading only: all records, of which those in `opened` are taken from there when they still stand as they did; `opened` is brought up to date. */
  async allSince<T>(store: StoreName, opened: Opened): Promise<T[]> {
    const rows = await this.#rows(store)
    const found = await Promise.all(rows.map(async ({ key, raw }) => {
      const tag = tagOf(raw)
      const before = opened.get(String(key))
      return [String(key), before?.tag === tag ? before : { tag, value: await this.#open(store, raw) }] as const
    }))
    opened.clear()
    for (const [key, one] of found) if (one.value !== undefined) opened.set(key, one)
    return [...opened.values()].map(({ value }) => value as T)
  }

  /** The plain heads of all records, nothing opened: cheap, and possible while locked. */
  async heads<T extends Head>(store: StoreName): Promise<T[]> {
    return (await this.#rows(store)).map(({ raw }) => raw as T)
  }

  /** Of one key, whether a record stands there: nothing is read or opened. */
  async count(store: StoreName, key?: IDBValidKey): Promise<number> {
    if (key === undefined) return (await this.all(store)).length
    const own = this.#ownOf(store, key)
    return own === null ? this.#counted(store, key) : Number(own.value !== undefined)
  }

  async put(store: StoreName, value: unknown, key?: IDBValidKey): Promise<void> {
    this.#changes.push({ kind: 'put', store, key: keyOf(store, value, key), value })
  }

  async remove(store: StoreName, key: IDBValidKey): Promise<void> {
    this.#changes.push({ kind: 'remove', store, key })
  }

  async clear(store: StoreName): Promise<void> {
    this.#changes.push({ kind: 'clear', store })
  }

  /** Whether it was written. False: something read was changed meanwhile, or the key is another one; nothing was written. */
  async commit(): Promise<boolean> {
    if (this.#changes.length === 0) return true
    const needsKey = this.#changes.some((change) => change.kind === 'put' && isKeptSealed(change.store, change.key))
    const [dataKey, sealKey] = needsKey ? await Promise.all([this.#keys.dataKey(), this.#keys.sealKey()]) : [null, null]
    const changes = await Promise.all(this.#changes.map(async (change) => {
      if (change.kind !== 'put' || dataKey === null || !isKeptSealed(change.store, change.key)) return change
      const before = this.#seen.get(placeOf(change.store, change.key))?.raw
      return { ...change, value: await sealRecord(change.store, change.key, change.value, before, dataKey, sealKey) }
    }))
    const stores = new Set<string>([...changes, ...this.#seen.values()].map(({ store }) => store))
    if (dataKey !== null) stores.add('vault')
    return this.#database.run([...stores], 'readwrite', async (transaction) => {
      if (dataKey !== null) {
        const kept = await settled(transaction.objectStore('vault').get(KEY) as IDBRequest<KeptKey | undefined>)
        if (kept?.kid !== dataKey.kid) {
          this.#keys.forget(dataKey)
          return false
        }
      }
      // Asked for together: one request at a time would be a turn of the browser's each.
      const stands = await Promise.all([...this.#seen.values()].map(async ({ store, key, tag, isCounted, isCovered }) => {
        if (isCovered === true) return true // The whole store is compared.
        const objects = transaction.objectStore(store)
        if (isCounted === true && key !== null) return String(await settled(objects.count(key))) === tag
        return tagOf(await settled(key === null ? objects.getAll() : objects.get(key))) === tag
      }))
      if (!stands.every(Boolean)) return false
      await Promise.all(changes.map(async (change) => {
        const objects = transaction.objectStore(change.store)
        if (change.kind === 'clear') await settled(objects.clear())
        else if (change.kind === 'remove') await settled(objects.delete(change.key))
        else await settled(hasOwnKey(change.store) ? objects.put(change.value) : objects.put(change.value, change.key))
      }))
      return true
    })
  }

  /** What this transaction itself last made of a record; null when it did not touch it. */
  #ownOf(store: StoreName, key: IDBValidKey): { value: unknown } | null {
    const last = this.#changes.filter((change) => change.store === store && (change.kind === 'clear' || String(change.key) === String(key))).at(-1)
    return last === undefined ? null : { value: last.kind === 'put' ? last.value : undefined }
  }

  async #raw(store: StoreName, key: IDBValidKey): Promise<unknown> {
    const place = placeOf(store, key)
    const seen = this.#seen.get(place)
    if (seen !== undefined) return seen.raw
    const raw: unknown = await this.#database.run([store], 'readonly', (transaction) => settled(transaction.objectStore(store).get(key)))
    this.#seen.set(place, { store, key, tag: tagOf(raw), raw })
    return raw
  }

  async #counted(store: StoreName, key: IDBValidKey): Promise<number> {
    const place = placeOf(store, key)
    const seen = this.#seen.get(place)
    if (seen !== undefined) return Number(seen.raw !== undefined)
    const counted = this.#seen.get(`${place}${COUNTED}`)
    if (counted !== undefined) return Number(counted.tag)
    const count = await this.#database.run([store], 'readonly', (transaction) => settled(transaction.objectStore(store).count(key)))
    this.#seen.set(`${place}${COUNTED}`, { store, key, tag: String(count), isCounted: true })
    return count
  }

  async #rows(store: StoreName): Promise<Row[]> {
    const { keys, values } = await this.#database.run([store], 'readonly', async (transaction) => {
      const objects = transaction.objectStore(store)
      const [keys, values] = await Promise.all([settled(objects.getAllKeys()), settled(objects.getAll() as IDBRequest<unknown[]>)])
      return { keys, values }
    })
    this.#seen.set(store, { store, key: null, tag: tagOf(values) })
    return keys.map((key, at) => {
      const raw = values[at]
      this.#seen.set(placeOf(store, key), { store, key, tag: '', raw, isCovered: true })
      return { key, raw }
    })
  }

  async #open(store: StoreName, raw: unknown): Promise<unknown> {
    if (!isSealed(raw)) return raw
    let key = await this.#keys.dataKey()
    if (key.kid !== raw.box.kid) {
      this.#keys.forget(key)
      key = await this.#keys.dataKey()
    }
    // Sealed with a key that is gone: to everybody here it is as if it were not.
    return key.kid === raw.box.kid ? openRecord(store, raw, key) : undefined
  }
}

const COUNTED = '\u0000count'
const placeOf = (store: string, key: IDBValidKey): string => `${store}\u0000${String(key)}`
