/** Brings what this phone keeps into its sealed form: what an older version wrote in plain, and what waits without an opening for the server.
 *
 * For: once at each start, and when the server's key is first known. Each record is one transaction, so a kill at any place loses
 * nothing and the next start goes on (promises F-07). Safe to repeat, and cheap when nothing is left to do.
 * Not for: the form itself (sealed-form.ts).
 */
import type { SealKey, SharedBox } from '../vault/boxes'
import { settled } from './idb'
import { SEAL_KEY } from './kept'
import type { LocalStore, StoreName } from './local'
import { isKeptSealed, isSealed, type Raw } from './sealed-form'

const STORES: readonly StoreName[] = ['meta', 'outbox', 'photo_bytes', 'receipts', 'drafts']
const SHARED: readonly StoreName[] = ['outbox', 'photo_bytes']

/** Returns how many records were sealed anew. */
export async function sealWhatIsNot(store: LocalStore): Promise<number> {
  const sealKey = await store.read(['meta'], (transaction) => transaction.get<SealKey>('meta', SEAL_KEY))
  let sealed = 0
  for (const name of STORES) {
    for (const key of await keysToSeal(store, name, sealKey !== undefined)) {
      sealed += await store.write([name], async (transaction) => {
        const value = await transaction.get(name, key)
        if (value === undefined) return 0
        await transaction.put(name, value, key)
        return 1
      })
    }
  }
  return sealed
}

/** One record after the other is looked at, so that a hundred pictures are never in memory together. */
function keysToSeal(store: LocalStore, name: StoreName, hasSealKey: boolean): Promise<IDBValidKey[]> {
  return store.raw([name], 'readonly', async (transaction) => {
    const objects = transaction.objectStore(name)
    const keys: IDBValidKey[] = []
    for (const key of (await settled(objects.getAllKeys())).filter((one) => isKeptSealed(name, one))) {
      const raw = (await settled(objects.get(key))) as Raw
      const lacksOpening = hasSealKey && SHARED.includes(name) && isSealed(raw) && (raw.box as SharedBox).forServer === undefined
      if (!isSealed(raw) || lacksOpening) keys.push(key)
    }
    return keys
  })
}
