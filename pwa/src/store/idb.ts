/** One IndexedDB database, strictly written, whose handle is renewed when it died.
 *
 * For: single transactions of plain requests. Not for: what is kept, and how it is sealed (local.ts).
 * Source: promises.md D8, F-01 to F-04.
 */
import { mendLog, noteTorn } from './torn-log'


/** The device has no room left. Nothing of the failed transaction was kept, and nothing older was touched. */
export class StorageFull extends Error {
  override name = 'StorageFull'
}

/** The browser's database failed twice in a row, the second time with a fresh handle. */
export class StorageFailed extends Error {
  override name = 'StorageFailed'
}

export class Database {
  readonly #name: string
  readonly #factory: IDBFactory
  readonly #upgrades: readonly ((database: IDBDatabase) => void)[]
  #opening: Promise<IDBDatabase> | null = null
  /** The handle once it is open: whoever asks then is on his way to the disk at once, before the page goes on. */
  #handle: IDBDatabase | null = null

  constructor(name: string, factory: IDBFactory, upgrades: readonly ((database: IDBDatabase) => void)[]) {
    this.#name = name
    this.#factory = factory
    this.#upgrades = upgrades
  }

  /** Every request of `work` must follow the one before without waiting for anything else, as IndexedDB demands.
   * Resolves when the transaction is on the disk. Raises StorageFull or StorageFailed; then nothing of it was kept. */
  async run<T>(stores: string[], mode: IDBTransactionMode, work: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
    try {
      return await this.#attempt(stores, mode, work)
    } catch (error) {
      if (!isStorageError(error)) throw error
      this.#learn(error)
      if (isFull(error)) throw new StorageFull('this device has no room left', { cause: error })
      // A handle dies when the browser suspends the page, after a quota error, or when another tab upgrades. A new one
      // helps (F-04). The work is repeated whole: its first transaction was aborted, so nothing of it was kept.
      this.#forget()
    }
    try {
      return await this.#attempt(stores, mode, work)
    } catch (error) {
      if (!isStorageError(error)) throw error
      this.#learn(error)
      if (isFull(error)) throw new StorageFull('this device has no room left', { cause: error })
      throw new StorageFailed(`the local database failed twice: ${String(error)}`, { cause: error })
    }
  }

  /** Close the handle, for tests and before deleting. The next use opens a new one. */
  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = this.#handle = null
    if (opening !== null) (await opening).close()
  }

  async #attempt<T>(stores: string[], mode: IDBTransactionMode, work: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
    const database = this.#handle ?? (await this.#open())
    const transaction = database.transaction(stores, mode, mode === 'readwrite' ? { durability: 'strict' } : undefined)
    const finished = completion(transaction)
    // Without this an abort while `work` still runs would count as an unhandled rejection.
    finished.catch(() => undefined)
    let result: T
    try {
      result = await work(transaction)
    } catch (error) {
      abortQuietly(transaction)
      // The abort's own reason (quota) says more than the request that merely failed with it.
      await finished.catch((reason: unknown) => {
        if (isFull(reason)) throw reason
      })
      throw error
    }
    // What was read is read; only of what is written is it the end that counts.
    if (mode === 'readwrite') await finished
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
    const request = this.#factory.open(this.#name, this.#upgrades.length)
    request.onupgradeneeded = (event) => {
      for (const upgrade of this.#upgrades.slice(event.oldVersion)) upgrade(request.result)
    }
    const database = await settled(request)
    try {
      await mendLog(this.#factory)
    } catch (error) {
      database.close()
      throw error
    }
    database.onversionchange = () => this.#forget()
    database.onclose = () => {
      noteTorn()
      this.#forget()
    }
    this.#handle = database
    return database
  }

  /** Of a disk that is full the handle is worth nothing any more, and the log may be torn (torn-log.ts). */
  #learn(error: Error): void {
    if (error.name !== 'UnknownError' && !isDiskFull(error)) return
    noteTorn()
    this.#forget()
  }

  #forget(): void {
    const opening = this.#opening
    this.#opening = this.#handle = null
    opening?.then((database) => database.close()).catch(() => undefined)
  }
}

export function settled<T>(request: IDBRequest<T>): Promise<T> {
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

/** A quota that is used up, or a disk. Chromium names a full disk plainly only once; from then on it cannot open the database until there
 * is room, and says no more than that. Its quota says nothing of it: there may be a gigabyte left by its count. */
function isFull(error: unknown): boolean {
  return error instanceof Error && (error.name === 'QuotaExceededError' || isDiskFull(error))
}

function isDiskFull(error: Error): boolean {
  return /NO_SPACE|full disk|opening backing store/i.test(error.message)
}
