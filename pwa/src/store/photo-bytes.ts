/** The bytes of pictures on this phone: sealed and written once, when a picture is taken, so that saving its record has only lines to write.
 *
 * For: drafts and records, which name a picture by its hash; and giving up the bytes that neither names any more.
 * Bytes and what names them are written in one transaction: a kill at any place leaves both or neither.
 * Not for: how far a photo has come (photos.ts), or giving up what the server confirmed (storage.ts).
 * Source: promises D7, D8, F-01, F-09, I7.
 */
import type { DataKey } from '../vault/boxes'
import { settled } from './idb'
import { local, type LocalStore, type StoreName, type Transaction } from './local'
import { thumbKey, type CapturedPhoto } from './photos'
import { picturesNamedIn, type Raw } from './sealed-form'

const NAMING: StoreName[] = ['drafts', 'photos', 'sealed', 'photo_bytes']
/** Hashes of what was read back from the disk with this key: while it stands there, it need not be read again. */
const wasReadBack = new WeakMap<DataKey, Set<string>>()

/** Put the bytes of these pictures into `transaction`. Returns the hashes of those that stood here already: of them nothing is written. */
export async function putBytes(transaction: Transaction, photos: readonly CapturedPhoto[]): Promise<ReadonlySet<string>> {
  const known = await knownHashes()
  const stood = new Set<string>()
  await Promise.all([...new Map(photos.map((photo) => [photo.sha256, photo])).values()].map(async (photo) => {
    if (await stands(transaction, photo, known)) {
      stood.add(photo.sha256)
      return
    }
    known.delete(photo.sha256)
    await transaction.put('photo_bytes', await photo.blob.arrayBuffer(), photo.sha256)
  }))
  return stood
}

/** Whether all of them stand on the disk, and were read from there since they were written: opened, and as long as they were taken. */
export async function areBytesKept(photos: readonly CapturedPhoto[]): Promise<boolean> {
  const known = await knownHashes()
  const kept = await local.read(['photo_bytes'], (transaction) => Promise.all(photos.map((photo) => stands(transaction, photo, known))))
  return kept.every(Boolean)
}

/** Give up the bytes that nothing names any more: of a form that was thrown away, or of a picture taken out of it. Returns how many. */
export async function dropUnnamedBytes(store: LocalStore = local): Promise<number> {
  if ((await store.raw(NAMING, 'readonly', unnamed)).length === 0) return 0
  return store.raw(NAMING, 'readwrite', async (transaction) => {
    const keys = await unnamed(transaction)
    await Promise.all(keys.map((key) => settled(transaction.objectStore('photo_bytes').delete(key))))
    return keys.length
  })
}

async function stands(transaction: Transaction, photo: CapturedPhoto, known: Set<string>): Promise<boolean> {
  if ((await transaction.count('photo_bytes', photo.sha256)) === 0) return false
  if (known.has(photo.sha256)) return true
  const isReadable = (await opened(transaction, photo.sha256))?.byteLength === photo.bytes
  if (isReadable) known.add(photo.sha256)
  return isReadable
}

/** Undefined when they are sealed with a key that is gone, or damaged. */
async function opened(transaction: Transaction, sha256: string): Promise<ArrayBuffer | undefined> {
  try {
    return await transaction.get<ArrayBuffer>('photo_bytes', sha256)
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'OperationError') throw error
    console.warn('the bytes of a picture are damaged here', sha256)
    return undefined
  }
}

async function knownHashes(): Promise<Set<string>> {
  const key = await local.dataKey()
  const known = wasReadBack.get(key) ?? new Set<string>()
  wasReadBack.set(key, known)
  return known
}

async function unnamed(transaction: IDBTransaction): Promise<IDBValidKey[]> {
  const [keys, lines, sealed, drafts] = await Promise.all([
    settled(transaction.objectStore('photo_bytes').getAllKeys()),
    settled(transaction.objectStore('photos').getAllKeys()),
    settled(transaction.objectStore('sealed').getAllKeys()),
    settled(transaction.objectStore('drafts').getAll() as IDBRequest<Raw[]>),
  ])
  const named = new Set([...picturesNamedIn(drafts), ...lines.map(String), ...sealed.map((id) => String(id).replace(/^photo:/, ''))])
  return keys.filter((key) => !named.has(String(key)) && !String(key).startsWith(thumbKey('')))
}
