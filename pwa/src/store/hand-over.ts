/** The user leaves this phone: nothing of him stays readable, and nothing he recorded is lost.
 *
 * For: sign-out, another user's sign-in, a wiped PIN, a phone reported lost. In one transaction what waits becomes sealed work,
 * which only the server opens; everything readable goes, and with it the data key, so that what is still on the disk (copies of
 * the area, freed pages) cannot be read either. Needs no key: it works on a locked phone and without a network.
 * Not for: sending the sealed work (sync/sealed.ts).
 * Source: promises D13, F-06, F-23, S-28, S-29.
 */
import { newKey } from '../vault/keys'
import type { ServerOpening, SharedBox } from '../vault/boxes'
import { settled } from './idb'
import { DEVICE_KEY, REPLICAS_KEY, SESSION_KEY, SIGNING_KEY, TRUST_KEY, type KeptOutboxItem, type KeptPhoto } from './kept'
import type { LocalStore, StoreName } from './local'
import type { Raw } from './sealed-form'
import { KEY } from './transaction'

/** `sealed`, by id. The bytes of a photo stay where they are, in `photo_bytes`. */
export type SealedItem =
  | { id: string; kind: 'record'; savedAt: string; box: SealedBox; problem?: string; reason?: string }
  | { id: string; kind: 'photo'; savedAt: string; sha256: string; mime: string; problem?: string; reason?: string }
export type SealedBox = { iv: SharedBox['iv']; data: ArrayBuffer; forServer: ServerOpening }

/** What waits cannot be sealed to the server: its key was never seen here. Nothing was changed. */
export class CannotSeal extends Error {
  override name = 'CannotSeal'
}

const STORES: StoreName[] = ['meta', 'outbox', 'photos', 'photo_bytes', 'drafts', 'receipts', 'marks', 'sealed', 'vault']
const EMPTIED: readonly StoreName[] = ['outbox', 'photos', 'drafts', 'receipts', 'marks']
const FORGOTTEN = [SESSION_KEY, SIGNING_KEY, DEVICE_KEY, REPLICAS_KEY, TRUST_KEY]

type OutboxHead = Raw & Pick<KeptOutboxItem, 'state' | 'savedAt' | 'onlyHere'> & { document: { _id: string } }

/** Returns how many records and photos wait sealed now. Raises CannotSeal. */
export async function handOver(store: LocalStore): Promise<number> {
  const made = await newKey()
  const sealed = await store.raw(STORES, 'readwrite', async (transaction) => {
    const objects = (name: StoreName): IDBObjectStore => transaction.objectStore(name)
    for (const item of await sealable(transaction)) await settled(objects('sealed').put(item))
    const there = await settled(objects('photo_bytes').getAllKeys())
    const kept = new Set<unknown>()
    const all = await settled(objects('sealed').getAll() as IDBRequest<SealedItem[]>)
    for (const item of all) if (item.kind === 'photo') kept.add(item.sha256)
    for (const key of there) if (!kept.has(key)) await settled(objects('photo_bytes').delete(key))
    for (const name of EMPTIED) await settled(objects(name).clear())
    for (const name of FORGOTTEN) await settled(objects('meta').delete(name))
    await settled(objects('vault').clear())
    await settled(objects('vault').put(made.kept, KEY))
    return all.length
  })
  store.unlock(made.key)
  return sealed
}

/** Raises CannotSeal where `handOver` would. */
export async function assertCanHandOver(store: LocalStore): Promise<void> {
  await store.raw(STORES, 'readonly', sealable)
}

/** What waits, as sealed items. Raises CannotSeal. */
async function sealable(transaction: IDBTransaction): Promise<SealedItem[]> {
  const objects = (name: StoreName): IDBObjectStore => transaction.objectStore(name)
  const items = (await settled(objects('outbox').getAll() as IDBRequest<OutboxHead[]>)).filter(waits)
  const photos = (await settled(objects('photos').getAll() as IDBRequest<KeptPhoto[]>)).filter((photo) => photo.state !== 'received')
  const sealed: SealedItem[] = items.map(({ document, savedAt, box }) => {
    const { iv, data, forServer } = (box ?? {}) as Partial<SharedBox>
    if (iv === undefined || data === undefined || forServer === undefined) throw new CannotSeal('a record that waits has no opening for the server')
    return { id: document._id, kind: 'record', savedAt, box: { iv, data, forServer } }
  })
  for (const { sha256, mime, savedAt } of photos) {
    const bytes = await settled(objects('photo_bytes').get(sha256) as IDBRequest<{ box?: SharedBox } | undefined>)
    if (bytes === undefined) continue // Its bytes were gone before: nothing can bring them back.
    if (bytes.box?.forServer === undefined) throw new CannotSeal('a photo that waits has no opening for the server')
    sealed.push({ id: `photo:${sha256}`, kind: 'photo', savedAt, sha256, mime })
  }
  return sealed
}

/** A held record is at the server too, unless only this phone holds it. */
function waits(item: OutboxHead): boolean {
  return item.state === 'saved' || item.state === 'sent' || item.onlyHere === true
}
