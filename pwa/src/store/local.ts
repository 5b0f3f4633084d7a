/** This phone's own database `xunlu`: what must not be lost, written strictly, and sealed where it is personal.
 *
 * For: outbox, photos, drafts, receipts, session and read marks; one transaction at a time, and the data key they are sealed with.
 * Not for: the replicas (PouchDB's own databases, sync/replicas.ts) or what any of it means.
 * Source: promises.md D8, D13, F-01 to F-04, F-07, S-28 to S-30.
 */
import { open, seal, type DataKey, type SealKey } from '../vault/boxes'
import { newKey, openKey, type KeptKey } from '../vault/keys'
import { packJson, unpack } from '../vault/packing'
import { binaryText, bytesOfBinaryText } from '../wire/base64url'
import { Database, settled, StorageFailed } from './idb'
import { SEAL_KEY } from './kept'
import { keepHandlesAlive } from './living-handles'
import { askForStrictDurability } from './strict'
import { KEY, Transaction, type StoreName } from './transaction'

export { StorageFailed, StorageFull } from './idb'
export { STORES, Transaction, type StoreName } from './transaction'

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
  (database) => {
    database.createObjectStore('vault')
    database.createObjectStore('sealed', { keyPath: 'id' })
  },
]
const TRIES = 100
const NONCE_BYTES = 12

export class LocalStore {
  readonly #database: Database
  #key: Promise<DataKey> | null = null
  /** The key that a PIN opened, while it is in this memory. */
  #unlockedKid: string | null = null
  /** Whoever waits for the PIN. */
  #unlocked: ((key: DataKey) => void)[] = []

  constructor(name = 'xunlu', factory: IDBFactory = indexedDB) {
    askForStrictDurability()
    keepHandlesAlive()
    this.#database = new Database(name, factory, UPGRADES)
  }

  /** What is read stands as it was at some moment between beginning and end; only `write` makes sure that all of it is of one moment. */
  read<T>(_stores: StoreName[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return work(this.#transaction())
  }

  /** Resolves when the transaction is on the disk. Raises StorageFull or StorageFailed; then nothing of it was kept.
   * `work` is done again when what it read was changed meanwhile. */
  async write<T>(_stores: StoreName[], work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const transaction = this.#transaction()
      const result = await work(transaction)
      if (await transaction.commit()) return result
    }
    throw new StorageFailed(`the local database was changed by others ${TRIES} times in a row`)
  }

  /** As it stands on the disk, in one plain transaction: for what must not, or cannot, be opened. */
  raw<T>(stores: StoreName[], mode: IDBTransactionMode, work: (transaction: IDBTransaction) => Promise<T>): Promise<T> {
    return this.#database.run(stores, mode, work)
  }

  /** The key's line on the disk; undefined before its first use. */
  keptKey(): Promise<KeptKey | undefined> {
    return this.raw(['vault'], 'readonly', (transaction) => settled(transaction.objectStore('vault').get(KEY) as IDBRequest<KeptKey | undefined>))
  }

  /** The data key, made when there is none. While the phone is locked it is waited for. */
  dataKey(): Promise<DataKey> {
    this.#key ??= this.#findKey().catch((error: unknown) => {
      this.#key = null
      throw error
    })
    return this.#key
  }

  /** Somebody opened it with the PIN. */
  unlock(key: DataKey): void {
    this.#key = Promise.resolve(key)
    this.#unlockedKid = key.kid
    for (const resolve of this.#unlocked.splice(0)) resolve(key)
  }

  /** Whether only a PIN or the password opens what is kept, and nobody gave it here. */
  async isLocked(): Promise<boolean> {
    const kept = await this.keptKey()
    return kept !== undefined && kept.kind !== 'open' && kept.kid !== this.#unlockedKid
  }

  /** It is not in this memory any more; the next use looks for the one there is now. */
  forgetKey(): void {
    this.#key = null
    this.#unlockedKid = null
  }

  /** After somebody else may have changed the key: forget the one in memory when it is not the one on the disk. */
  async checkKey(): Promise<void> {
    if (this.#key === null) return
    const kept = await this.keptKey()
    if (kept !== undefined && kept.kid !== (await this.#key).kid) this.forgetKey()
  }

  /** A JSON value as sealed text, for databases that are not ours. */
  async sealText(value: unknown): Promise<string> {
    const { iv, data } = await seal(packJson(value), await this.dataKey())
    return binaryText(iv) + binaryText(new Uint8Array(data))
  }

  /** Raises OperationError when it was sealed with another key. */
  async openText(text: string): Promise<unknown> {
    return unpack(await this.openBytes(text))
  }

  /** The same, still packed (vault/packing.ts): to be handed on as it is. */
  async openBytes(text: string): Promise<ArrayBuffer> {
    const bytes = bytesOfBinaryText(text)
    return open({ iv: bytes.subarray(0, NONCE_BYTES), data: bytes.subarray(NONCE_BYTES) }, (await this.dataKey()).key)
  }

  close(): Promise<void> {
    return this.#database.close()
  }

  #transaction(): Transaction {
    return new Transaction(this.#database, { dataKey: () => this.dataKey(), forget: () => this.forgetKey(), sealKey: () => this.#sealKey() })
  }

  async #findKey(): Promise<DataKey> {
    const kept = await this.keptKey()
    if (kept === undefined) return this.#makeKey()
    const key = await openKey(kept)
    return key ?? new Promise((resolve) => this.#unlocked.push(resolve))
  }

  async #makeKey(): Promise<DataKey> {
    const made = await newKey()
    const won = await this.raw(['vault'], 'readwrite', async (transaction) => {
      const objects = transaction.objectStore('vault')
      if ((await settled(objects.count(KEY))) > 0) return false
      await settled(objects.put(made.kept, KEY))
      return true
    })
    return won ? made.key : this.#findKey()
  }

  #sealKey(): Promise<SealKey | null> {
    return this.raw(['meta'], 'readonly', async (transaction) => (await settled(transaction.objectStore('meta').get(SEAL_KEY) as IDBRequest<SealKey | undefined>)) ?? null)
  }
}

export const local = new LocalStore()
