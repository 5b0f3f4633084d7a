/** This phone's own database `xunlu`: what must not be lost, written strictly.
 *
 * For: outbox, photos, drafts, receipts, session and read marks; one transaction at a time, reopened when its handle died.
 * Not for: the replicas (PouchDB's own databases, sync/replicas.ts) or what any of it means.
 * Source: promises.md D8, F-01 to F-04, F-07.
 */
import { askForStrictDurability } from './strict'

export const STORES = ['meta', 'outbox', 'photos', 'photo_bytes', 'drafts', 'receipts', 'marks'] as const
export type StoreName = (typeof STORES)[number]

/** The device has no room left. Nothing of the failed transaction was kept, and nothing older was touched. */
export class StorageFull extends Error {
  override name = 'StorageFull'
}

/** The browser's database failed twice in a row, the second time with a fresh handle. */
export class StorageFailed extends Error {
  override name = 'StorageFailed'
}

/** One transaction. Every call must follow the one before without waiting for anything else, as IndexedDB demands. */
export class Transaction {
  readonly #transaction: IDBTransaction
  constructor(transaction: IDBTransaction) {
    this.#transaction = transaction
  }
  get<T>(store: StoreName, key: IDBValidKey): Promise<T | undefined> {
    return settled(this.#store(store).get(key) as IDBRequest<T | undefined>)
  }
  all<T>(store: StoreName, range?: IDBKeyRange): Promise<T[]> {
    return settled(this.#store(store).getAll(range) as IDBRequest<T[]>)
  }
  count(store: StoreName, key?: IDBValidKey): Promise<number> {
    return settled(this.#store(store).count(key))
  }
  async put(store: StoreName, value: unknown, key?: IDBValidKey): Promise<void> {
    await settled(this.#store(store).put(value, key))
  }
  async remove(store: StoreName, key: IDBValidKey): Promise<void> {
    await settled(this.#store(store).delete(key))
  }
  async clear(store: StoreName): Promise<void> {
    await settled(this.#store(store).clear())
  }
  abort(): void {
    this.#transaction.abort()
  }
  #store(name: StoreName): IDBObjectStore {
    return this.#transaction.objectStore(name)
  }
}

/** Steps from one version of the schema to the next. Appended to, never edited: a phone may come from any of them. */
const UPGRADES: readonly ((database: IDBDatabase) => void)[] = [
  (database) => {
    database.createObjectStore('meta')
    database.createObjectStore('outbox', { keyPath: 'document._id' })
    database.createObjectStore('photos', { keyPath: 'sha256' })
    database.createObjectStore('photo_bytes')
    database.createObjectStore('drafts')
    database.createObjectStore('receipts', { keyPath: 'document._id' })
    database.createObjectStore('marks')
  },
]

export class LocalStore {
  readonly #name: string
  readonly #factory: IDBFactory
  #opening: Promise<IDBDatabase> | null = null

  constructor(name = 'xunlu', factory: IDBFactory = indexedDB) {
    askForStrictDurability()
    this.#name = name
    this.#factory = factory
  }

  read<T>(stores: StoreName[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#run(stores, 'readonly', work)
  }

  /** Resolves when the transaction is on the disk. Raises StorageFull or StorageFailed; then nothing of it was kept. */
  write<T>(stores: StoreName[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#run(stores, 'readwrite', work)
  }

  /** Close the handle, for tests and before deleting. The next use opens a new one. */
  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = null
    if (opening !== null) (await opening).close()
  }

  async #run<T>(stores: StoreName[], mode: IDBTransactionMode, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(stores, mode, work)
    } catch (error) {
      if (!isStorageError(error)) throw error
      if (isFull(error)) throw new StorageFull('this device has no room left', { cause: error })
      // A handle dies when the browser suspends the page, after a quota error, or when another tab upgrades. A new one
      // helps (F-04). The work is repeated whole: its first transaction was aborted, so nothing of it was kept.
      this.#forget()
    }
    try {
      return await this.#attempt(stores, mode, work)
    } catch (error) {
      if (!isStorageError(error)) throw error
      if (isFull(error)) throw new StorageFull('this device has no room left', { cause: error })
      throw new StorageFailed(`the local database failed twice: ${String(error)}`, { cause: error })
    }
  }

  async #attempt<T>(stores: StoreName[], mode: IDBTransactionMode, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const database = await this.#open()
    const transaction = database.transaction(stores, mode, mode === 'readwrite' ? { durability: 'strict' } : undefined)
    const finished = completion(transaction)
    // Without this an abort while `work` still runs would count as an unhandled rejection.
    finished.catch(() => undefined)
    let result: T
    try {
      result = await work(new Transaction(transaction))
    } catch (error) {
      abortQuietly(transaction)
      // The abort's own reason (quota) says more than the request that merely failed with it.
      await finished.catch((reason: unknown) => {
        if (isFull(reason)) throw reason
      })
      throw error
    }
    await finished
    return result
  }

  #open(): Promise<IDBDatabase> {
    this.#opening ??= this.#openFresh().catch((error: unknown) => {
      this.#opening = null
      throw error
    })
    return this.#opening
  }

  async #openFresh(): Promise<IDBDatabase> {
    const request = this.#factory.open(this.#name, UPGRADES.length)
    request.onupgradeneeded = (event) => {
      for (const upgrade of UPGRADES.slice(event.oldVersion)) upgrade(request.result)
    }
    const database = await settled(request)
    database.onversionchange = () => this.#forget()
    database.onclose = () => this.#forget()
    return database
  }

  #forget(): void {
    const opening = this.#opening
    this.#opening = null
    opening?.then((database) => database.close()).catch(() => undefined)
  }
}

export const local = new LocalStore()

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new DOMException('request failed', 'UnknownError'))
  })
}

function completion(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new DOMException('transaction aborted', 'AbortError'))
  })
}

function abortQuietly(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch (error) {
    // It ended by itself between the failure and now: that is what we wanted.
    if (!(error instanceof DOMException)) throw error
  }
}

function isStorageError(error: unknown): error is Error {
  return error instanceof DOMException || (error instanceof Error && error.name.endsWith('Error') && 'code' in error)
}

function isFull(error: unknown): boolean {
  return error instanceof Error && error.name === 'QuotaExceededError'
}
